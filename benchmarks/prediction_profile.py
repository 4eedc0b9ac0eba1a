"""Where the time of a prediction goes, on one long 720p file.

usage: python benchmarks/prediction_profile.py FOLDER [--minutes 10] [--json FILE]

The file is that of prediction.py. Each stage is CPU of the threads that call it, as the functions
it consists of are entered and left; decoding runs in FFmpeg's own threads, so it is what bare
decoding of the same file takes. What remains is Python between the stages.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections import Counter
from functools import wraps
from pathlib import Path
from typing import Any

import av

import affuse
from affuse.media import speech, tracking, video
from affuse.predict import members, picture
from prediction import clip_of, length_s, repeated

STAGES: dict[str, list[tuple[Any, str]]] = {
    "scaling and colours": [(video.Scaler, "__call__")],
    "finding and following faces": [(tracking.FaceTracker, "update")],
    "cropping faces": [(picture, "face_crop")],
    "face networks": [(members.Members, "face_rows")],
    "is it speech": [(speech.SpeechStream, "feed"), (speech.SpeechStream, "finish")],
    "features and networks of the voice": [(members.Members, "voice_row")],
}


def clocked(owner: Any, name: str, stage: str, spent: Counter[str], calls: Counter[str]) -> None:
    """Let a function add what it takes to a stage."""
    inner, lock = getattr(owner, name), threading.Lock()

    @wraps(inner)
    def outer(*args: Any, **named: Any) -> Any:
        began = time.thread_time()
        try:
            return inner(*args, **named)
        finally:
            with lock:
                spent[stage] += time.thread_time() - began  # type: ignore[assignment]
                calls[stage] += 1

    setattr(owner, name, outer)


def bare_decoding(path: Path) -> dict[str, float]:
    """CPU seconds of decoding the pictures, and the sound, with nobody looking or listening."""
    found = {}
    for kind in ("video", "audio"):
        began = time.process_time()
        with av.open(str(path)) as container:
            stream = getattr(container.streams, kind)[0]
            for _ in container.decode(stream):
                pass
        found[f"decoding {kind}"] = time.process_time() - began
    return found


def main(given: argparse.Namespace) -> None:
    """Predict once, decode once, print the table."""
    spent: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for stage, functions in STAGES.items():
        for owner, name in functions:
            clocked(owner, name, stage, spent, calls)
    recogniser = affuse.load()
    loaded = time.process_time()
    given.folder.mkdir(parents=True, exist_ok=True)
    path = repeated(
        clip_of(given.folder), 60 * given.minutes, given.folder / f"{given.minutes:g}min.mp4"
    )
    wall, cpu = time.perf_counter(), time.process_time()
    recogniser.predict(path)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    stages = {**bare_decoding(path), **spent}
    stages["between them"] = cpu - sum(stages.values())
    film = length_s(path)
    print(f"{film / 60:.1f} min of 720p: {film / wall:.1f} x real time,")
    print(f"{cpu:.1f} CPU s, and {loaded:.1f} to import and load\n")
    for stage, seconds in sorted(stages.items(), key=lambda item: -item[1]):
        print(f"{stage:<36}{seconds:>8.1f} CPU s {seconds / cpu:>6.0%}{calls[stage] or '':>8}")
    if given.json:
        figures = {"film_s": film, "wall_s": wall, "cpu_s": cpu}
        given.json.write_text(json.dumps({**figures, "stages": stages}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--json", type=Path)
    main(parser.parse_args())
