"""How well and how fast faces are found and followed in real recordings of one person each.

usage: python benchmarks/face_tracking.py FOLDER [--per-s 8] [--detector DETECTOR.onnx]

One line a file: looks, share of them with the face, number of faces, CPU ms of a look (without
decoding), and the median step of the face's centre from look to look, in widths of its box.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from affuse.media.face_detectors import HaarDetector, YunetDetector
from affuse.media.faces import FaceDetector
from affuse.media.tracking import FaceTracker, TrackedFace
from affuse.media.video import SampledFrame, sample_frames

SHORT_SIDE = 480


def main(folder: Path, per_s: float, detector: FaceDetector) -> None:
    """Print one line for each video of a folder."""
    FaceTracker(detector).update(0.0, np.zeros((48, 48, 3), np.uint8))
    print(f"{'file':<28}{'looks':>6}{'found':>8}{'faces':>7}{'ms':>7}{'step':>8}")
    for path in sorted(folder.glob("*.mp4")):
        looks = list(sample_frames(path, per_s=per_s, short_side=SHORT_SIDE))
        shown, cpu_s = followed(looks, detector)
        found = [faces for faces in shown if any(face.found for face in faces)]
        numbers = {face.number for faces in shown for face in faces}
        print(
            f"{path.name:<28}{len(looks):>6}{len(found) / len(looks):>8.1%}{len(numbers):>7}"
            f"{1000 * cpu_s / len(looks):>7.1f}{step([faces[0] for faces in found]):>8.4f}"
        )


def followed(
    looks: list[SampledFrame], detector: FaceDetector
) -> tuple[list[tuple[TrackedFace, ...]], float]:
    """Faces of each look, and CPU seconds in all."""
    tracker, began_s = FaceTracker(detector), time.process_time()
    shown = [tracker.update(look.time_s, look.image) for look in looks]
    return shown, time.process_time() - began_s


def step(faces: list[TrackedFace]) -> float:
    """Median way of the centre from look to look, in widths of the box."""
    boxes = np.array([[f.box.left, f.box.top, f.box.width, f.box.height] for f in faces])
    centres = boxes[:, :2] + boxes[:, 2:] / 2
    return float(np.median(np.abs(np.diff(centres, axis=0) / boxes[1:, 2:]).max(axis=1)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--per-s", type=float, default=8.0)
    parser.add_argument("--detector", type=Path, help="YuNet's file; the cascade by default")
    given = parser.parse_args()
    chosen = YunetDetector(given.detector) if given.detector else HaarDetector()
    main(given.folder, given.per_s, chosen)
