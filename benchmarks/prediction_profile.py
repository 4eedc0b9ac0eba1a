"""Where the time of a prediction goes, on one long 720p file.

usage: python benchmarks/prediction_profile.py FOLDER [--minutes 10] [--b-frames] [--json FILE]

The file is that of prediction.py. Each stage is CPU of the threads that call it, as the functions
it consists of are entered and left; decoding runs in FFmpeg's own threads, which the operating
system counts each by its own. What remains is Python between the stages. Beside it stands what
bare decoding of the same file takes by one thread.
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
from affuse.predict import members, picture, recording
from prediction import clip_of, length_s, repeated

STAGES: dict[str, list[tuple[Any, str]]] = {
    "scaling and colours": [(video.Scaler, "__call__")],
    "finding and following faces": [(tracking.FaceTracker, "update")],
    "cropping faces": [(picture, "face_crop")],
    "face networks": [(members.Members, "face_outputs")],
    "is it speech": [(speech.SpeechStream, "feed"), (speech.SpeechStream, "finish")],
    "features and networks of the voice": [(members.Members, "voice_output")],
}
OF_SOUND = ("is it speech", "features and networks of the voice")
WHOLE_SOUND = "sound"


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


def divided(spent: Counter[str], cpu_s: float, own_s: float) -> dict[str, float]:
    """All of a prediction: what was clocked, what FFmpeg's threads took, and what remains."""
    of_sound = sum(spent[stage] for stage in OF_SOUND)
    of_picture = sum(spent[stage] for stage in STAGES if stage not in OF_SOUND)
    return {
        **{stage: spent[stage] for stage in STAGES},
        "decoding pictures": cpu_s - own_s - spent[WHOLE_SOUND],
        "reading sound": spent[WHOLE_SOUND] - of_sound,
        "between them": own_s - of_picture,
    }


def bare_decoding(path: Path) -> dict[str, float]:
    """CPU seconds of decoding the pictures, and the sound, by one thread and for nobody."""
    found = {}
    for kind in ("video", "audio"):
        began = time.process_time()
        with av.open(str(path)) as container:
            stream = getattr(container.streams, kind)[0]
            stream.codec_context.thread_count = 1
            for _ in container.decode(stream):
                pass
        found[kind] = time.process_time() - began
    return found


def main(given: argparse.Namespace) -> None:
    """Predict once, decode once, print the table."""
    spent: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for stage, functions in STAGES.items():
        for owner, name in functions:
            clocked(owner, name, stage, spent, calls)
    clocked(recording, "_detected_speech", WHOLE_SOUND, spent, calls)
    recogniser = affuse.load()
    loaded = time.process_time()
    given.folder.mkdir(parents=True, exist_ok=True)
    folder = given.folder / "b-frames" if given.b_frames else given.folder
    folder.mkdir(exist_ok=True)
    clip = clip_of(folder, b_frames=given.b_frames)
    path = repeated(clip, 60 * given.minutes, folder / f"{given.minutes:g}min.mp4")
    wall, cpu, own = time.perf_counter(), time.process_time(), time.thread_time()
    recogniser.predict(path)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    own = time.thread_time() - own
    bare = bare_decoding(path)
    stages = divided(spent, cpu, own)
    film = length_s(path)
    print(f"{film / 60:.1f} min of 720p: {film / wall:.1f} x real time,")
    print(f"{cpu:.1f} CPU s, and {loaded:.1f} to import and load\n")
    for kind, seconds in bare.items():
        print(f"bare decoding of {kind} takes {seconds:.1f} CPU s")
    for stage, seconds in sorted(stages.items(), key=lambda item: -item[1]):
        print(f"{stage:<36}{seconds:>8.1f} CPU s {seconds / cpu:>6.0%}{calls[stage] or '':>8}")
    if given.json:
        figures = {"film_s": film, "wall_s": wall, "cpu_s": cpu}
        given.json.write_text(
            json.dumps({**figures, "bare": bare, "stages": stages}, indent=2) + "\n", "utf-8"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--b-frames", action="store_true")
    parser.add_argument("--json", type=Path)
    main(parser.parse_args())
