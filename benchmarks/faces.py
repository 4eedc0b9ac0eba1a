"""How many faces are found in film, by the cascade alone and with the wider search beside it.

usage: python benchmarks/faces.py FOLDER [FOLDER ...] [--per-s 6] [--versions NAME ...] [--clips]
                                  [--repeated]

Each film is followed as it is and in versions made harder: turned, smaller, darker, partly covered,
coded with few bits, and with a person who leaves. Where the face really is, is taken from the
cascade in the film as it is, between two finds interpolated: everybody stays in the picture, but
for the films in `ENDS` and `NOBODY`. One line a version (with `--clips` one a film too): pictures
with a face, share of them in which it was found, false faces in a hundred pictures, CPU ms a
picture, each before and after. `--repeated`: with the wider search, before and after small faces
are searched for only now and then.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from affuse.media.face_boxes import square_of
from affuse.media.face_detectors import HaarDetector
from affuse.media.tracking import FaceTracker, TrackedFace
from affuse.media.video import sample_frames
from affuse.media.wider_search import WiderSearch
from face_versions import VERSIONS, Scene, Square

SHORT_SIDE = 480
ENDS = ("face_then_none",)
NOBODY = ("no_face",)
UNKNOWN_BEFORE_FIRST = ("three_people",)
"""First seen from afar, faces of 12 pixels: what is found there is neither right nor false."""

OFF_CENTRE = 0.4
LEAST_RATIO, MOST_RATIO = 0.55, 1.8


@dataclass
class Count:
    """What one way of following made of some pictures."""

    n_pictures: int = 0
    n_faces: int = 0
    n_right: int = 0
    n_false: int = 0
    cpu_s: float = 0.0

    def add(self, other: Count) -> None:
        """Count the other's pictures too."""
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def right(self) -> float:
        """Share of the faces; not a number without any."""
        return self.n_right / self.n_faces if self.n_faces else float("nan")

    @property
    def false_of_100(self) -> float:
        """False faces in a hundred pictures."""
        return 100 * self.n_false / self.n_pictures

    @property
    def ms(self) -> float:
        """CPU milliseconds a picture."""
        return 1000 * self.cpu_s / self.n_pictures


@dataclass
class Comparison:
    """Before and after, of one line."""

    before: Count = field(default_factory=Count)
    after: Count = field(default_factory=Count)

    def line(self, title: str) -> str:
        """One line of the table."""
        one, other = self.before, self.after
        return (
            f"{title:<34}{one.n_faces:>6}{one.right:>9.1%}{other.right:>8.1%}"
            f"{one.false_of_100:>9.1f}{other.false_of_100:>7.1f}{one.ms:>9.1f}{other.ms:>7.1f}"
        )


def main(
    folders: Sequence[Path],
    per_s: float,
    versions: Sequence[str],
    *,
    clips: bool,
    repeated: bool,
) -> None:
    """Print the table."""
    FaceTracker(HaarDetector(), search=WiderSearch()).update(0.0, np.zeros((48, 48), np.uint8))
    print(
        f"{'':<34}{'faces':>6}{'found':>9}{'after':>8}{'false':>9}{'after':>7}{'ms':>9}{'after':>7}"
    )
    totals = {name: Comparison() for name in versions}
    paths = (path for folder in folders for path in sorted(folder.iterdir()))
    for at, path in enumerate(path for path in paths if path.suffix in (".mp4", ".mov")):
        scenes = list(read_scenes(path, per_s))
        for name in versions:
            compared = comparison(list(VERSIONS[name](scenes, at)), repeated)
            totals[name].before.add(compared.before)
            totals[name].after.add(compared.after)
            if clips:
                print(compared.line(f"{path.stem[:22]} {name}"), flush=True)
    for name, total in totals.items():
        print(total.line(name))


def read_scenes(path: Path, per_s: float) -> Iterator[Scene]:
    """The pictures of a film, and where the face is in each."""
    frames = list(sample_frames(path, per_s=per_s, short_side=SHORT_SIDE))
    detector = HaarDetector()
    found: list[Square | None] = []
    for frame in frames:
        faces = detector.detect(frame.image)
        height, width = frame.image.shape[:2]
        found.append(Square(*square_of(faces[0].box, width, height)) if faces else None)
    stem = path.stem
    truth = found if stem in (*ENDS, *NOBODY, *UNKNOWN_BEFORE_FIRST) else interpolated(found)
    for frame, square in zip(frames, truth, strict=True):
        known = square is not None or stem not in UNKNOWN_BEFORE_FIRST
        yield Scene(frame.time_s, frame.image, square, known)


def interpolated(found: Sequence[Square | None]) -> list[Square | None]:
    """Squares for all pictures of a film in which the face never leaves."""
    places = [at for at, square in enumerate(found) if square is not None]
    rows = np.array([[s.x, s.y, s.side] for s in found if s is not None])
    columns = [np.interp(range(len(found)), places, column) for column in rows.T]
    return [Square(*(float(value) for value in row)) for row in np.stack(columns, axis=1)]


def comparison(scenes: Sequence[Scene], repeated: bool) -> Comparison:
    """The same pictures followed both ways."""
    searching = counted(scenes, FaceTracker(HaarDetector(), search=WiderSearch()))
    if repeated:
        return Comparison(searching, counted(scenes, FaceTracker()))
    return Comparison(counted(scenes, FaceTracker(HaarDetector())), searching)


def counted(scenes: Iterable[Scene], tracker: FaceTracker) -> Count:
    """Follow the faces of some pictures and compare them with the truth."""
    count = Count()
    for scene in scenes:
        began_s = time.process_time()
        faces = [face for face in tracker.update(scene.time_s, scene.image) if face.found]
        count.cpu_s += time.process_time() - began_s
        count.n_pictures += 1
        if scene.is_known:
            is_right = any(fits(face, scene) for face in faces)
            count.n_faces += scene.square is not None
            count.n_right += is_right
            count.n_false += len(faces) - is_right
    return count


def fits(face: TrackedFace, scene: Scene) -> bool:
    """Whether a face is where the truth has it, and about as large."""
    if scene.square is None:
        return False
    height, width = scene.image.shape[:2]
    x, y, side = square_of(face.box, width, height)
    off = np.hypot(x - scene.square.x, y - scene.square.y) / scene.square.side
    return bool(off < OFF_CENTRE and LEAST_RATIO < side / scene.square.side < MOST_RATIO)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--per-s", type=float, default=6.0, help="pictures a second")
    parser.add_argument("--versions", nargs="+", choices=VERSIONS, default=list(VERSIONS))
    parser.add_argument("--clips", action="store_true", help="a line for each film too")
    parser.add_argument("--repeated", action="store_true", help="compare searches for small faces")
    given = parser.parse_args()
    main(given.folders, given.per_s, given.versions, clips=given.clips, repeated=given.repeated)
