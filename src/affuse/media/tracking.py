"""The same face followed from picture to picture of one recording."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from affuse.media.face_detectors import default_detector
from affuse.media.faces import FaceDetector, FoundFace, Image, checked
from affuse.records import Box

_ROUNDING_S = 1e-6
"""Time stamps are rounded: a difference this much too small or too large is none."""


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """One face at one time.

    Attributes
    ----------
    number : int
        From 1, in order of appearance; the same face keeps it.
    box : Box
        Smoothed over time, framed like FER2013.
    found : bool
        Whether the detector found it when it last looked; if not, it is held where it was.
    score : float
        Of the detector, when it last found the face.
    roll_deg : float
        Turn of the head, clockwise, smoothed; 0 where the detector gives no landmarks.
    """

    number: int
    box: Box
    found: bool
    score: float = 1.0
    roll_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Following:
    """How faces are followed. All times in seconds, so that the frame rate does not matter.

    Attributes
    ----------
    every_s : float
        Least time between two looks of the detector, which is what costs; between them boxes
        stay where they are. 0: it looks at every picture.
    hold_s : float
        How long a face that is not found any more is still shown, and one that was found for the
        first time waits to be confirmed by a second look.
    return_s : float
        How long a face that has gone may take to come back and keep its number.
    smooth_s : float
        Time constant of the boxes. 0: as found.
    """

    every_s: float = 0.0
    hold_s: float = 0.5
    return_s: float = 3.0
    smooth_s: float = 0.15


@dataclass(frozen=True, slots=True)
class _Track:
    """A face that was seen: `number` 0 until it is confirmed."""

    number: int
    face: FoundFace
    seen_s: float
    n_seen: int = 1


class FaceTracker:
    """Follows the faces of one recording; a new recording needs a new tracker.

    A face is shown from the second look that finds it (`Following.hold_s`), so that what a
    detector takes for a face once is none; in the first picture of a recording, which may be its
    only one, a face counts at once.

    Parameters
    ----------
    detector : FaceDetector, optional
        `default_detector()` where none is given.
    following : Following, optional

    Examples
    --------
    >>> import numpy as np
    >>> tracker = FaceTracker()
    >>> tracker.update(0.0, np.zeros((90, 160, 3), np.uint8))
    ()
    """

    def __init__(
        self, detector: FaceDetector | None = None, following: Following | None = None
    ) -> None:
        self._detector = detector or default_detector()
        self._following = following or Following()
        self._tracks: tuple[_Track, ...] = ()
        self._looked_s: float | None = None
        self._n_numbers = 0

    def update(self, time_s: float, image: Image) -> tuple[TrackedFace, ...]:
        """Faces at this time, by number; none is ().

        Parameters
        ----------
        time_s : float
            Of the picture; not before that of the last one.
        image : (height, width, 3) or (height, width) uint8
            RGB or grey.

        Returns
        -------
        tuple of TrackedFace

        Raises
        ------
        MediaError
            The image is not a picture.
        """
        if self._is_due(time_s):
            found = self._detector.detect(image)
            self._tracks = self._followed(time_s, found)
            self._looked_s = time_s
        else:
            checked(image)
        shown = (track for track in self._tracks if self._is_shown(track, time_s))
        return tuple(self._tracked(track) for track in sorted(shown, key=_number))

    def _is_due(self, time_s: float) -> bool:
        if self._looked_s is None or time_s < self._looked_s:
            return True
        return time_s - self._looked_s >= self._following.every_s - _ROUNDING_S

    def _followed(self, time_s: float, found: Sequence[FoundFace]) -> tuple[_Track, ...]:
        """All tracks after a look."""
        seen = dict(_pairs(self._tracks, found, self._looked_s))
        tracks = [
            self._seen_again(track, found[seen[at]], time_s) if at in seen else track
            for at, track in enumerate(self._tracks)
            if at in seen or self._is_kept(track, time_s)
        ]
        first = self._looked_s is None
        for at, face in enumerate(found):
            if at not in seen.values():
                tracks.append(_Track(self._new_number() if first else 0, face, time_s))
        return tuple(tracks)

    def _seen_again(self, track: _Track, face: FoundFace, time_s: float) -> _Track:
        passed_s = max(time_s - track.seen_s, 0.0)
        # After an absence there is nothing to smooth with: the face may be elsewhere.
        smooth_s = 0.0 if passed_s > self._following.hold_s else self._following.smooth_s
        weight = 1.0 if smooth_s == 0 else 1.0 - math.exp(-passed_s / smooth_s)
        return _Track(
            track.number or self._new_number(),
            _between(track.face, face, weight),
            time_s,
            track.n_seen + 1,
        )

    def _new_number(self) -> int:
        self._n_numbers += 1
        return self._n_numbers

    def _is_kept(self, track: _Track, time_s: float) -> bool:
        longest_s = self._following.return_s if track.number else self._following.hold_s
        return time_s - track.seen_s <= longest_s + _ROUNDING_S

    def _is_shown(self, track: _Track, time_s: float) -> bool:
        if track.number == 0:
            return False
        if track.seen_s == self._looked_s:
            return True
        held_s = time_s - track.seen_s
        return track.n_seen > 1 and held_s <= self._following.hold_s + _ROUNDING_S

    def _tracked(self, track: _Track) -> TrackedFace:
        face, found = track.face, track.seen_s == self._looked_s
        return TrackedFace(track.number, face.box, found, face.score, face.roll_deg)


def _pairs(
    tracks: Sequence[_Track], found: Sequence[FoundFace], looked_s: float | None
) -> list[tuple[int, int]]:
    """Positions of tracks and of the found faces that go on with them.

    The nearest pairs first; faces that were there at the last look before those that return.
    """
    candidates = sorted(
        (track.seen_s != looked_s, distance, at, face_at)
        for at, track in enumerate(tracks)
        for face_at, face in enumerate(found)
        if (distance := _distance(track.face.box, face.box)) < 1.0
    )
    pairs: dict[int, int] = {}
    for _, _, at, face_at in candidates:
        if at not in pairs and face_at not in pairs.values():
            pairs[at] = face_at
    return list(pairs.items())


def _distance(one: Box, other: Box) -> float:
    """How unlike two boxes are: 1 for a step of one face's width, or for twice the size.

    >>> _distance(Box(0.1, 0.1, 0.2, 0.4), Box(0.2, 0.1, 0.2, 0.4))
    0.5
    """
    width, height = (one.width + other.width) / 2, (one.height + other.height) / 2
    across = (one.left - other.left + (one.width - other.width) / 2) / width
    down = (one.top - other.top + (one.height - other.height) / 2) / height
    growth = math.log2(max(one.height, one.width) / max(other.height, other.width))
    return math.hypot(across, down, growth)


def _between(old: FoundFace, new: FoundFace, weight: float) -> FoundFace:
    """The new face, its box and roll drawn towards the old ones."""

    def mixed(before: float, after: float) -> float:
        return before + weight * (after - before)

    box = Box(
        mixed(old.box.left, new.box.left),
        mixed(old.box.top, new.box.top),
        mixed(old.box.width, new.box.width),
        mixed(old.box.height, new.box.height),
    )
    turn = (new.roll_deg - old.roll_deg + 180.0) % 360.0 - 180.0
    return replace(new, box=box, roll_deg=old.roll_deg + weight * turn)


def _number(track: _Track) -> int:
    return track.number
