"""The picture of a recording: who is seen when, and what a face network makes of each sight."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from affuse.errors import CutShort
from affuse.media.faces import face_crop
from affuse.media.geometry import Image
from affuse.media.video import Look, read_looks
from affuse.predict.settings import Faces
from affuse.predict.windows import Span
from affuse.records import Box

if TYPE_CHECKING:
    from affuse.media.tracking import TrackedFace


Crop = NDArray[np.uint8]
Classify = Callable[[Sequence[Crop]], NDArray[np.floating]]

SHORT_SIDE = 480
"""Pixels: a face of a twentieth of the picture still fills half of the network's 48."""

BATCH = 32
"""Faces classified at once."""

STAYS_WITH = 0.6
"""The followed face is left for a larger one when it is smaller than this share of its area."""


class Tracker(Protocol):
    """Follows the faces of one recording, picture by picture."""

    def update(self, time_s: float, image: Image) -> tuple[TrackedFace, ...]:
        """Faces at this time, each under the number that it keeps."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One face in one look.

    Attributes
    ----------
    time_s : float
    number : int
        Of the face, from 1.
    box : Box
    probabilities : (n_classes,) float or None
        None: no network was asked.
    """

    time_s: float
    number: int
    box: Box
    probabilities: NDArray[np.floating] | None

    @property
    def area(self) -> float:
        """Share of the picture."""
        return self.box.width * self.box.height


@dataclass
class Watched:
    """What is known of a recording's picture once it has been read.

    Attributes
    ----------
    looks_per_s : float
    sights : list of Sight
        By time.
    times_s : list of float
        Of all looks that could be had, with a face or without.
    start_s : float
        When the picture begins.
    duration_s : float
        When it ends; 0: there is none.
    may_end_s : float
        Until when the last picture may stand, where the sound goes on.
    gaps : list of Span
        Stretches between them in which nothing was shown.
    is_still : bool
        It is one single picture, as a cover.
    n_faces : int
        Most faces found in one look.
    cut : CutShort or None
        Set where the file ends too early.
    """

    looks_per_s: float
    sights: list[Sight] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    start_s: float = 0.0
    duration_s: float = 0.0
    may_end_s: float = 0.0
    gaps: list[Span] = field(default_factory=list)
    is_still: bool = False
    n_faces: int = 0
    cut: CutShort | None = None

    def n_looks(self, span: Span) -> int:
        """Looks that belong to a stretch, those that could not be had included; one at least."""
        first, end = self._positions(span)
        return end - first

    def within(self, span: Span) -> Sequence[Sight]:
        """Sights within a stretch."""
        edges = self._positions(span)
        first, end = (bisect_left(self.sights, edge, key=self._position_of) for edge in edges)
        return self.sights[first:end]

    def go_on(self, end_s: float) -> None:
        """Let the last picture stand as long as is usual, but not beyond the recording's end."""
        end_s = min(end_s, self.may_end_s)
        if self.cut or not self.times_s or end_s <= self.duration_s:
            return
        last_s = self.times_s[-1]
        seen = [sight for sight in self.sights if sight.time_s == last_s]
        for position in range(self._position(last_s) + 1, self._position(end_s)):
            time_s = position / self.looks_per_s
            self.times_s.append(time_s)
            self.sights += [replace(sight, time_s=time_s) for sight in seen]
        self.duration_s = end_s

    def _positions(self, span: Span) -> tuple[int, int]:
        """First and end on the grid of looks."""
        first, end = (self._position(time_s) for time_s in (span.start_s, span.end_s))
        return first, max(end, first + 1)

    def _position_of(self, sight: Sight) -> int:
        return self._position(sight.time_s)

    def _position(self, time_s: float) -> int:
        return math.floor(time_s * self.looks_per_s + 0.5)


def watch(
    path: str | Path,
    tracker: Tracker,
    classify: Classify | None,
    *,
    faces: Faces,
    looks_per_s: float,
    reached: Callable[[float], None] | None = None,
) -> Watched:
    """Read the picture of a file once, in bounded memory.

    Parameters
    ----------
    path : str or Path
    tracker : Tracker
        Fresh: it has seen no other recording.
    classify : callable or None
        Crops of faces, each (48, 48) uint8 -> (n, n_classes) probabilities.
    faces : {"largest", "all"}
        ``largest``: one face per look, which is left only for one that is clearly larger.
    looks_per_s : float
    reached : callable, optional
        Called with the seconds read so far; what it raises ends the reading.

    Raises
    ------
    MediaError
        The file has no picture.
    """
    watched = Watched(looks_per_s)
    follow = Followed() if faces == "largest" else None
    waiting: list[_Waiting] = []
    for look in _looks(path, watched, reached):
        found = tuple(face for face in tracker.update(look.time_s, look.image) if face.found)
        watched.n_faces = max(watched.n_faces, len(found))
        for face in found if follow is None else follow.chosen(found):
            crop = (
                None
                if classify is None
                else face_crop(look.image, face.box, roll_deg=face.roll_deg)
            )
            waiting.append(_Waiting(look.times_s(looks_per_s), face, crop))
        if len(waiting) >= BATCH:
            watched.sights += _classified(waiting, classify)
            waiting = []
    watched.sights += _classified(waiting, classify)
    return watched


class Followed:
    """The face that is followed where only one is wanted.

    Examples
    --------
    >>> from affuse.media.tracking import TrackedFace
    >>> near, far = Box(0, 0, 0.4, 0.4), Box(0.5, 0, 0.3, 0.3)
    >>> follow = Followed()
    >>> [face.number for face in follow.chosen((TrackedFace(1, far, True),))]
    [1]
    >>> both = (TrackedFace(1, far, True), TrackedFace(2, near, True))
    >>> [face.number for face in follow.chosen(both)]
    [2]
    """

    def __init__(self) -> None:
        self._number = 0

    def chosen(self, found: Sequence[TrackedFace]) -> Sequence[TrackedFace]:
        """The one to look at, none where there is none."""
        if not found:
            return ()
        largest = max(found, key=_area)
        same = [face for face in found if face.number == self._number]
        stays = bool(same) and _area(same[0]) >= STAYS_WITH * _area(largest)
        face = same[0] if stays else largest
        self._number = face.number
        return (face,)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A face to be classified, and all looks that it stands for."""

    times_s: tuple[float, ...]
    face: TrackedFace
    crop: Crop | None


def _looks(
    path: str | Path, watched: Watched, reached: Callable[[float], None] | None
) -> Iterator[Look]:
    """All looks, noting when there are some; a cut is noted, not raised."""
    per_s = watched.looks_per_s
    try:
        for number, look in enumerate(read_looks(path, per_s=per_s, short_side=SHORT_SIDE)):
            if number == 0:
                watched.start_s = look.start_s
            elif look.start_s > watched.duration_s:
                watched.gaps.append(Span(watched.duration_s, look.start_s))
            watched.duration_s = max(look.end_s, 0.0)
            watched.is_still = look.is_only
            watched.may_end_s = look.may_end_s
            if reached is not None:
                reached(watched.duration_s)
            if look.n_positions:
                watched.times_s += look.times_s(per_s)
                yield look
    except CutShort as error:
        watched.cut = error


def _classified(waiting: Sequence[_Waiting], classify: Classify | None) -> list[Sight]:
    """One sight for each look; those of a picture that is held share their probabilities."""
    crops = [item.crop for item in waiting if item.crop is not None]
    rows: Sequence[NDArray[np.floating] | None] = [None] * len(waiting)
    if classify is not None and crops:
        rows = list(classify(crops))
    sights = [
        Sight(time_s, item.face.number, item.face.box, row)
        for item, row in zip(waiting, rows, strict=True)
        for time_s in item.times_s
    ]
    return sorted(sights, key=_time_s)


def _time_s(sight: Sight) -> float:
    return sight.time_s


def _area(face: TrackedFace) -> float:
    return face.box.width * face.box.height
