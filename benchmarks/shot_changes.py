"""Cuts found where shots follow each other otherwise than by a plain cut, and where there is none.

usage: python benchmarks/shot_changes.py FOLDER [FOLDER ...]

Each of the changes is made eighty times, from one clip of FOLDERs to another or within one, five
pictures a second. Printed: in how many of them a shot was said to begin, and the most in one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.media.video import sample_frames
from affuse.people.shots import ShotDetector

Image = NDArray[np.uint8]
Change = Callable[[Sequence[Image], Sequence[Image]], Sequence[Image]]

NOT_WHOLE = ("no_face", "three_people", "face_then_none")
N_TIMES = 80
N_PICTURES = 10
ALIKE = 9


def main(folders: Sequence[Path]) -> None:
    """Print a line for each change."""
    clips = dict(read_clips(folders))
    rng = np.random.default_rng(0)
    drawn = (rng.permutation(list(clips))[:2] for _ in range(10 * N_TIMES))
    # Files whose names begin alike show the same person in the same place.
    pairs = [(a, b) for a, b in drawn if a[:ALIKE] != b[:ALIKE]][:N_TIMES]
    for name, change in CHANGES.items():
        found = []
        for one, other in pairs:
            height, width = clips[one][0].shape[:2]
            second = [cv2.resize(picture, (width, height)) for picture in clips[other]]
            shots = ShotDetector()
            for number, picture in enumerate(change(clips[one], second)):
                shots.see(number / 5, picture)
            found.append(len(shots.cuts_s))
        n_with = sum(n > 0 for n in found)
        print(f"{name:<36}{n_with:>4} of {N_TIMES}, at most {max(found)} cuts")


def read_clips(folders: Sequence[Path]) -> Iterator[tuple[str, list[Image]]]:
    """The first two seconds of each clip."""
    for path in (path for folder in folders for path in sorted(folder.iterdir())):
        if path.suffix in (".mp4", ".mov") and path.stem not in NOT_WHOLE:
            frames = sample_frames(path, per_s=5.0, short_side=240)
            pictures = [frame.image for _, frame in zip(range(N_PICTURES), frames, strict=False)]
            if len(pictures) == N_PICTURES:
                yield path.stem, pictures


def dissolved(one: Image, other: Image, n_pictures: int) -> list[Image]:
    """A picture that becomes another, without the two."""
    shares = np.arange(1, n_pictures + 1) / (n_pictures + 1)
    return [np.asarray(cv2.addWeighted(one, 1 - s, other, s, 0), np.uint8) for s in shares]


def lit(picture: Image, gain: float, more: float = 0.0) -> Image:
    """A picture in other light."""
    return np.clip(picture * gain + more, 0, 255).astype(np.uint8)


def panned(pictures: Sequence[Image]) -> list[Image]:
    """Half of the pictures, moved by a tenth of what is shown from each to the next."""
    height, width = pictures[0].shape[:2]
    places = [0, 1, 2, 3, 2, 1, 0, 1, 2, 3]
    return [
        picture[height // 6 : -height // 6, place * width // 20 :][:, : width // 2]
        for picture, place in zip(pictures, places, strict=True)
    ]


CHANGES: Mapping[str, Change] = {
    "plain cut": lambda a, b: [*a[:5], *b[5:]],
    "dissolve of 0.4 s": lambda a, b: [*a[:5], *dissolved(a[5], b[4], 2), *b[5:]],
    "dissolve of 1 s": lambda a, b: [*a[:5], *dissolved(a[4], b[5], 5), *b[5:]],
    "through black, 1 s": lambda a, b: [
        *a[:5], *(lit(a[5], g) for g in (0.66, 0.33, 0)),
        *(lit(b[4], g) for g in (0.33, 0.66)), *b[5:],
    ],
    "none: the same through black": lambda a, b: [
        *a[:5], *(lit(a[5], g) for g in (0.66, 0.33, 0, 0.33, 0.66)), *a[5:]
    ],
    "none: a flash": lambda a, b: [*a[:5], lit(a[5], 3, 60), *a[6:]],
    "none: light by half more": lambda a, b: [*a[:5], *(lit(picture, 1.5) for picture in a[5:])],
    "none: light by half less": lambda a, b: [*a[:5], *(lit(picture, 0.5) for picture in a[5:])],
    "none: a pan, half a width a second": lambda a, b: panned(a),
}  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main([Path(given) for given in sys.argv[1:]])
