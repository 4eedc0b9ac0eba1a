"""How fast the lips of each tracked face open and close, measured densely without landmarks."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.media.dense import DenseFrame
from affuse.media.faces import Image, grey
from affuse.media.geometry import Orientation
from affuse.media.tracking import TrackedFace
from affuse.people.records import FaceLook, MouthTrack
from affuse.records import Box

Floats = NDArray[np.float32]
Area = tuple[slice, slice]

_FACE = 60
"""Pixels of the side of a face's box in a crop; a face of that size is not scaled."""

_MARGIN = 12
_SIDE = _FACE + 2 * _MARGIN
_REACH = 9
"""Pixels that a head may move from where its crop was first taken."""

_LEAST_LIKENESS = 0.6
_LONGEST_GAP_S = 0.5
_MOVED, _GROWN = 0.12, 0.25
_FLAT = 2.0
"""Square of the slope, in levels a pixel, that noise has where there is nothing to follow."""


def _area(top: float, bottom: float, left: float, right: float) -> Area:
    """Pixels of a crop between shares of the face's box."""
    rows, columns = (
        slice(*(round(_MARGIN + share * _FACE) for share in edges))
        for edges in ((top, bottom), (left, right))
    )
    return rows, columns


# The box reaches from the middle of the forehead to the chin; the mouth lies at seven tenths.
_EYES = _area(0.0, 0.53, 0.1, 0.9)
_UPPER_LIP = _area(0.46, 0.62, 0.25, 0.75)
_LOWER_LIP = _area(0.76, 1.02, 0.25, 0.75)


class MouthReader:
    """Measures the mouths of all tracked faces of one recording; each needs a new one.

    The face is held still by its eyes and forehead, which do not move with speech. Then what lies
    between the lower lip and the chin is compared with what lies above the upper lip: how much
    faster it moves down than the other is how fast the mouth opens. What is kept is one number of
    each face and picture, and the crops of the faces of the last half second.

    Examples
    --------
    >>> reader = MouthReader()
    >>> reader.see(0.0, np.zeros((90, 160, 3), np.uint8), ())
    >>> reader.tracks()
    []
    """

    def __init__(self) -> None:
        self._mouths: dict[int, _Mouth] = {}
        self._shown: dict[int, _Mouth] = {}

    def see(self, time_s: float, picture: DenseFrame | Image, faces: Sequence[TrackedFace]) -> None:
        """Measure the mouths in one picture.

        Parameters
        ----------
        time_s : float
            Later than that of the picture before; another one of the same time is passed over.
        picture : DenseFrame, or (height, width, 3) or (height, width) uint8
        faces : sequence of TrackedFace
            Those of the last look of the tracker, which may be some pictures ago; one that it did
            not find is left out.
        """
        if not isinstance(picture, DenseFrame):
            picture = DenseFrame(time_s, grey(picture), Orientation())
        for face in faces:
            if face.found:
                mouth = self._mouths.setdefault(face.number, _Mouth())
                mouth.see(time_s, picture, face.box)
                self._shown[face.number] = mouth
        for number in [n for n, mouth in self._shown.items() if mouth.is_gone(time_s)]:
            self._shown.pop(number).drop_crops()

    def tracks(self) -> list[MouthTrack]:
        """All that was measured.

        Returns
        -------
        list of MouthTrack
            By number of the track; `motion` is (n, 1): heights of the face in a second by which the
            mouth opens, negative where it closes; not a number where there was no picture before.
        """
        return [mouth.track(number) for number, mouth in sorted(self._mouths.items())]


@dataclass
class _Mouth:
    """One face: where its crops are taken, its eyes in the first of them, and the last one."""

    _anchor: Box | None = None
    _eyes: Floats | None = None
    _last: Floats | None = None
    _last_s: float = -math.inf
    _times_s: array[float] = field(default_factory=lambda: array("d"))
    _opening: array[float] = field(default_factory=lambda: array("f"))

    def see(self, time_s: float, frame: DenseFrame, box: Box) -> None:
        passed_s = time_s - self._last_s
        if passed_s <= 0:
            return
        crop = None
        if self._anchor and not _is_elsewhere(self._anchor, box) and passed_s <= _LONGEST_GAP_S:
            crop = self._steadied(_crop(frame, self._anchor))
        if crop is None:
            self._anchor, self._last = box, None
            crop = _crop(frame, box)
            self._eyes = crop[_EYES].copy()
        opening = math.nan
        if self._last is not None:
            moved = _down(self._last, crop, _LOWER_LIP) - _down(self._last, crop, _UPPER_LIP)
            opening = moved / _FACE / passed_s
        self._last, self._last_s = crop, time_s
        self._times_s.append(time_s)
        self._opening.append(opening)

    def is_gone(self, time_s: float) -> bool:
        """Whether the next crop could not be compared with the last one."""
        return time_s - self._last_s > _LONGEST_GAP_S

    def drop_crops(self) -> None:
        self._anchor = self._eyes = self._last = None

    def track(self, number: int) -> MouthTrack:
        opening = np.array(self._opening, np.float32)[:, None]
        return MouthTrack(number, np.array(self._times_s, np.float64), opening)

    def _steadied(self, crop: Floats) -> Floats | None:
        """The crop with its eyes where they were first; None where they are not found."""
        if self._eyes is None or self._last is None:
            return None
        place = _found(crop, self._eyes)
        if place is None:
            return None
        return _nudged(_shifted(crop, *place), self._last)


def mouths_of_people(
    tracks: Sequence[MouthTrack], faces: Sequence[FaceLook], people: Sequence[int]
) -> dict[int, list[MouthTrack]]:
    """What was measured of each person.

    Parameters
    ----------
    tracks : sequence of MouthTrack
    faces : sequence of FaceLook
        Of the same recording, by time.
    people : sequence of int
        Number of the person in each look; 0: it cannot be told.

    Returns
    -------
    dict of int to list of MouthTrack
        Of people from 1 on. What was measured after a look belongs to that look's person.
    """
    found: dict[int, list[MouthTrack]] = {}
    numbers, owners = np.array([look.track for look in faces]), np.asarray(people, int)
    times_s = np.array([look.time_s for look in faces])
    for track in tracks:
        own = numbers == track.track
        if not own.any():
            continue
        last = np.searchsorted(times_s[own], track.times_s + 1e-6) - 1
        owner = owners[own][np.maximum(last, 0)]
        for person in np.unique(owner[owner > 0]).tolist():
            kept = owner == person
            part = MouthTrack(track.track, track.times_s[kept], track.motion[kept])
            found.setdefault(person, []).append(part)
    return found


def _crop(frame: DenseFrame, box: Box) -> Floats:
    across, down = box.width * _MARGIN / _FACE, box.height * _MARGIN / _FACE
    around = Box(box.left - across, box.top - down, box.width + 2 * across, box.height + 2 * down)
    return frame.crop(around, _SIDE, _SIDE).astype(np.float32)


def _is_elsewhere(anchor: Box, box: Box) -> bool:
    across = abs(anchor.left - box.left + (anchor.width - box.width) / 2) / anchor.width
    down = abs(anchor.top - box.top + (anchor.height - box.height) / 2) / anchor.height
    return max(across, down) > _MOVED or abs(math.log2(box.height / anchor.height)) > _GROWN


def _found(crop: Floats, eyes: Floats) -> tuple[float, float] | None:
    """How far right and down the eyes are of where they were, to parts of a pixel."""
    rows, columns = _EYES
    around = crop[
        rows.start - _REACH : rows.stop + _REACH, columns.start - _REACH : columns.stop + _REACH
    ]
    likeness = cv2.matchTemplate(around, eyes, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(likeness)
    if best < _LEAST_LIKENESS or not (0 < x < 2 * _REACH and 0 < y < 2 * _REACH):
        return None
    across = x - _REACH + _vertex(*likeness[y, x - 1 : x + 2].tolist())
    return across, y - _REACH + _vertex(*likeness[y - 1 : y + 2, x].tolist())


def _vertex(before: float, here: float, after: float) -> float:
    """Where the parabola through three values is highest, from the middle one."""
    bend = before - 2 * here + after
    return 0.0 if bend >= 0 else min(max((before - after) / (2 * bend), -0.5), 0.5)


def _nudged(crop: Floats, last: Floats) -> Floats:
    """The crop moved by parts of a pixel, so that its eyes lie on those of the last one."""
    rows, columns = _EYES
    wider = last[rows.start - 1 : rows.stop + 1, columns.start - 1 : columns.stop + 1]
    across = (wider[1:-1, 2:] - wider[1:-1, :-2]) / 2
    down = (wider[2:, 1:-1] - wider[:-2, 1:-1]) / 2
    error = last[_EYES] - crop[_EYES]
    slopes = np.stack([across.ravel(), down.ravel()]).astype(np.float64)
    products = slopes @ slopes.T + _FLAT * error.size * np.eye(2)
    x, y = np.clip(np.linalg.solve(products, slopes @ error.ravel()), -1, 1).tolist()
    return _shifted(crop, x, y)


def _shifted(crop: Floats, across: float, down: float) -> Floats:
    move = np.array([[1, 0, across], [0, 1, down]], np.float64)
    return np.asarray(
        cv2.warpAffine(
            crop,
            move,
            (_SIDE, _SIDE),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.float32,
    )


def _down(before: Floats, after: Floats, area: Area) -> float:
    """Pixels by which an area has moved down.

    By the slope of brightness, as Lucas and Kanade 1981, "An iterative image registration
    technique", in one dimension.
    """
    rows, columns = area
    both = (before + after)[rows.start - 1 : rows.stop + 1, columns]
    slope = (both[2:] - both[:-2]) / 4
    change = (after - before)[area]
    return -float((slope * change).sum() / (np.square(slope).sum() + _FLAT * slope.size))
