"""Where FER2013 has the face in its frame, as the detectors of affuse see it.

usage: python benchmarks/face_framing.py FER2013.zip [--part val] [--faces 1000]

Each face is enlarged, put into a larger picture whose margins repeat its edge, and looked for with
the cascade; then its eyes and mouth are looked for with OpenCV's own cascades for these. The
medians are the constants in `face_detectors.py` and `face_poses.py` of `src/affuse/media`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.corpora.fer2013 import read_fer2013
from affuse.media.face_detectors import HaarDetector
from affuse.media.face_poses import Framing

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]

ENLARGED = 3
MARGINS = (24, 72)
"""Pixels around the enlarged face: the cascade's scales fall differently in each picture."""


def main(source: Path, part: str, n_faces: int) -> None:
    """Print medians, and quartiles in brackets."""
    images = read_fer2013(source, part).images
    chosen = np.random.default_rng(0).permutation(len(images))[:n_faces]
    enlarged = [cv2.resize(images[at], None, None, ENLARGED, ENLARGED) for at in chosen]
    squares = [square for image in enlarged for square in _squares(image)]
    report(
        f"cascade's square, seen in {len(squares) / len(enlarged) / len(MARGINS):.0%}",
        np.array(squares),
        ("enlargement to the frame", "shift right to its centre", "shift down to its centre"),
    )
    eyes = [found for image in enlarged if (found := _eyes_and_mouth(image)) is not None]
    report(
        f"eyes and mouth, seen in {len(eyes) / len(enlarged):.0%}, shares of the frame",
        np.array(eyes),
        ("middle of the eyes, x", "middle of the eyes, y", "eyes apart", "from eyes to mouth"),
    )


def report(title: str, values: Floats, names: tuple[str, ...]) -> None:
    """One line for each column."""
    print(title)
    for name, column in zip(names, values.T, strict=True):
        low, median, high = np.nanpercentile(column, (25, 50, 75))
        print(f"  {name:<28}{median:7.3f}   [{low:.3f}, {high:.3f}]")


def _squares(face: Image) -> list[tuple[float, float, float]]:
    """Enlargement and shifts from the cascade's square to the frame, in sides of the square."""
    measures = []
    for margin in MARGINS:
        picture = cv2.copyMakeBorder(face, *[margin] * 4, cv2.BORDER_REPLICATE)
        found = HaarDetector(framing=Framing()).detect(np.asarray(picture, np.uint8))
        if len(found) != 1:
            continue
        box = found[0].box
        side, frame = box.width, len(face) / len(picture)
        x, y = box.left + box.width / 2, box.top + box.height / 2
        measures.append((frame / side, (0.5 - x) / side, (0.5 - y) / side))
    return measures


def _eyes_and_mouth(face: Image) -> tuple[float, float, float, float] | None:
    """Middle of the eyes, their distance, and that to the mouth (nan where it is not seen)."""
    side = len(face)
    upper, lower = face[: round(0.6 * side)], face[side // 2 :]
    found = _cascade("haarcascade_eye.xml").detectMultiScale(
        upper, 1.05, 6, minSize=(side // 7, side // 7), maxSize=(side // 2, side // 2)
    )
    if len(found) != 2:
        return None
    right, left = sorted((x + width / 2, y + height / 2) for x, y, width, height in found)
    apart = np.hypot(left[0] - right[0], left[1] - right[1])
    if not right[0] < side / 2 < left[0] or apart < side / 4:
        return None
    middle_x, middle_y = (right[0] + left[0]) / 2, (right[1] + left[1]) / 2
    mouths = _cascade("haarcascade_smile.xml").detectMultiScale(
        lower, 1.05, 15, minSize=(side // 4, side // 8)
    )
    down = np.nan
    if len(mouths) == 1:
        _, top, _, height = mouths[0]
        down = side // 2 + top + height / 2 - middle_y
    return middle_x / side, middle_y / side, apart / side, down / side


def _cascade(name: str) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(cv2.data.haarcascades + name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("--part", default="val")
    parser.add_argument("--faces", type=int, default=1000)
    given = parser.parse_args()
    main(given.source, given.part, given.faces)
