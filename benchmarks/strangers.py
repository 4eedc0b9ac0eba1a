"""Labelled clips of people from elsewhere: how often face, voice and both are right.

usage: python benchmarks/strangers.py TABLE.csv [TABLE.csv ...] [--bundle DIR ...] [--picture KIND]

Tables list clips (path,emotion,speaker). Those in which a face is seen and speech is heard are
printed and counted, once more without the speakers whom the bundle was trained on, and all
together; of several bundles each judges all clips, the one that comes with affuse by default. With
--picture clips in which both are there as they are have their pictures made worse, at 360 pixels,
and are judged again.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np

from affuse import load
from affuse.bundle.provenance import known_speakers
from affuse.corpora.table import read_table
from affuse.export.plain import top_emotion
from affuse.predict.recogniser import Recogniser
from affuse.records import Clip, Prediction

SOURCES = {"voice": "audio", "face": "video"}
SHORT_SIDE = 360
_RNG = np.random.default_rng(0)


def blurred(frame: np.ndarray) -> np.ndarray:
    """A sixtieth of the width in deviation."""
    return cv2.GaussianBlur(frame, (0, 0), frame.shape[1] / 60)


def more_blurred(frame: np.ndarray) -> np.ndarray:
    """A fortieth."""
    return cv2.GaussianBlur(frame, (0, 0), frame.shape[1] / 40)


def moving(frame: np.ndarray) -> np.ndarray:
    """The mean over a twelfth of the width."""
    n = frame.shape[1] // 12
    return cv2.filter2D(frame, -1, np.full((1, n), 1 / n, np.float32))


def tiny(frame: np.ndarray) -> np.ndarray:
    """A fortieth of the pixels each way."""
    height, width = frame.shape[:2]
    small = cv2.resize(frame, (width // 40, height // 40), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def compressed(frame: np.ndarray) -> np.ndarray:
    """A third of the pixels each way, as JPEG of quality 4."""
    height, width = frame.shape[:2]
    small = cv2.resize(frame, (width // 3, height // 3), interpolation=cv2.INTER_AREA)
    stored = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 4])[1]
    return cv2.resize(cv2.imdecode(stored, cv2.IMREAD_COLOR), (width, height))


def noisy(frame: np.ndarray) -> np.ndarray:
    """Noise of 60 grey levels."""
    return _levels(frame + _RNG.standard_normal(frame.shape, np.float32) * 60)


def dark(frame: np.ndarray) -> np.ndarray:
    """A sixteenth of the light, and noise of 3 grey levels."""
    return _levels(frame / 16 + _RNG.standard_normal(frame.shape, np.float32) * 3)


WORSE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    each.__name__.replace("_", " "): each
    for each in (blurred, more_blurred, moving, tiny, compressed, noisy, dark)
}


def _levels(values: np.ndarray) -> np.ndarray:
    return np.clip(values, 0, 255).astype(np.uint8)


def main() -> None:
    """Judge all clips with each bundle, print each answer and how many were right."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", type=Path, nargs="+")
    parser.add_argument("--bundle", type=Path, action="append")
    parser.add_argument("--picture", choices=WORSE, action="append", default=[])
    asked = parser.parse_args()
    clips = [clip for table in asked.tables for clip in read_table(table)]
    for folder in asked.bundle or [None]:
        recogniser = load(folder)
        both = report(recogniser, clips)
        for name in asked.picture:
            print(f"{name:<13} {made_worse(recogniser, both, WORSE[name])}")


def made_worse(
    recogniser: Recogniser, clips: list[Clip], worse: Callable[[np.ndarray], np.ndarray]
) -> str:
    """How often each is right where the picture is made worse."""
    right: Counter[str] = Counter()
    n_faces = 0
    with tempfile.TemporaryDirectory() as folder:
        for clip in clips:
            path = Path(folder) / "worse.mp4"
            rewritten(clip.video or clip.audio, path, worse)
            found = recogniser.predict(path)
            n_faces += "video" in found.probabilities
            right.update(n for n, word in answers(found).items() if word == clip.emotion)
    told = "   ".join(f"{name} {right[name]}" for name in ("fused", *SOURCES))
    return f"of {len(clips)} right: {told}   a face is seen in {n_faces}"


def rewritten(source: Path, path: Path, worse: Callable[[np.ndarray], np.ndarray]) -> None:
    """A film whose pictures are made worse, and whose sound stays."""
    with av.open(str(source)) as given, av.open(str(path), "w") as made:
        shown, heard = given.streams.video[0], given.streams.audio[0]
        scale = min(SHORT_SIDE / min(shown.width, shown.height), 1.0)
        pictures = made.add_stream("libx264", rate=shown.average_rate)
        pictures.width, pictures.height = (
            int(n * scale) // 2 * 2 for n in (shown.width, shown.height)
        )
        pictures.pix_fmt, pictures.options = "yuv420p", {"preset": "ultrafast"}
        sound = made.add_stream("aac", rate=heard.rate)
        sound.layout = "mono"
        resampler = av.AudioResampler("fltp", "mono", heard.rate)
        for frame in given.decode(shown, heard):
            if isinstance(frame, av.VideoFrame):
                image = frame.reformat(pictures.width, pictures.height, "rgb24").to_ndarray()
                other = av.VideoFrame.from_ndarray(np.ascontiguousarray(worse(image)))
                other.pts, other.time_base = frame.pts, frame.time_base
                made.mux(pictures.encode(other))
            else:
                made.mux([p for part in resampler.resample(frame) for p in sound.encode(part)])
        made.mux([*pictures.encode(), *sound.encode()])


def report(recogniser: Recogniser, clips: list[Clip]) -> list[Clip]:
    """What one bundle says of the clips; those with face and voice."""
    print(f"\n{recogniser.bundle.title}")
    known = known_speakers(recogniser.bundle.manifest.trained_on, clips)
    found = [(clip, recogniser.predict(clip.video or clip.audio)) for clip in clips]
    both = [each for each in found if set(SOURCES.values()) <= set(each[1].probabilities)]
    for clip, each in both:
        told = "   ".join(f"{name} {word}" for name, word in answers(each).items())
        print(f"{clip.id:<44} is {clip.emotion:<10} {told}   {each.disagreement}")
    print(f"of {len(both)} clips with face and voice right: {counted_right(both)}")
    unmet = [each for each in both if each[0].speaker not in known]
    print(f"of the {len(unmet)} of speakers it was not trained on: {counted_right(unmet)}")
    print(f"of all {len(clips)} clips right: {counted_right(found)}")
    return [clip for clip, _ in both]


def counted_right(found: list[tuple[Clip, Prediction]]) -> str:
    """How often each is right, and how often nothing is named."""
    right: Counter[str] = Counter()
    for clip, each in found:
        right.update(name for name, word in answers(each).items() if word == clip.emotion)
    told = "   ".join(f"{name} {right[name]}" for name in ("fused", *SOURCES))
    return f"{told}   undecided {sum(each.emotion is None for _, each in found)}"


def answers(found: Prediction) -> dict[str, str | None]:
    """The emotion that each names; None: undecided."""
    alone = {name: top_emotion(found, source) for name, source in SOURCES.items()}
    return {"fused": found.emotion, **{name: word and word[0] for name, word in alone.items()}}


if __name__ == "__main__":
    main()
