"""Faces tracked from picture to picture of one recording."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from affuse.media.face_detectors import HaarDetector, default_detector
from affuse.media.face_surroundings import LostFace, face_patch
from affuse.media.faces import FaceDetector, FoundFace, Image, checked
from affuse.media.repeated_detection import RepeatedDetection
from affuse.media.wider_search import WiderSearch
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
        Whether it was found at the last look, by the detector or by the wider search; if not, it
        is held where it was.
    score : float
        Of what last found the face.
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
    """Settings of the tracking. All times in seconds, so that the frame rate does not matter.

    Attributes
    ----------
    every_s : float
        Least time between two runs of the detector, which are what costs; between them boxes stay
        where they are. 0: it runs on every picture.
    hold_s : float
        How long a face that is not found any more is still shown, and one that was found for the
        first time waits to be confirmed by a second run.
    return_s : float
        How long a face that has gone may take to come back and keep its number.
    smooth_s : float
        Time constant of the boxes. 0: as found.
    search_s : float
        How long the wider search goes on for a face that no detector has found again.
    """

    every_s: float = 0.0
    hold_s: float = 0.5
    return_s: float = 3.0
    smooth_s: float = 0.15
    search_s: float = 1.0


@dataclass(frozen=True, slots=True)
class _Track:
    """One tracked face; its `number` is 0 until it is confirmed."""

    number: int
    face: FoundFace
    seen_s: float
    n_seen: int = 1
    detected_s: float = 0.0
    best_score: float = 0.0
    patch: Image | None = None


class FaceTracker:
    """Tracks the faces of one recording; every recording needs a new tracker.

    A face is shown from the second run that finds it (`Following.hold_s`), so that what a
    detector takes for a face once is none; in the first picture of a recording, which may be its
    only one, a face counts at once.

    Parameters
    ----------
    detector : FaceDetector, optional
        `default_detector()` where none is given.
    following : Following, optional
    search : WiderSearch, optional
        For faces that the detector misses, fresh; with it a cut ends what was followed. Where
        neither is given, the cascade has one, and searches for small faces less often
        (`RepeatedDetection`); YuNet has none: it needs none.

    Examples
    --------
    >>> import numpy as np
    >>> tracker = FaceTracker()
    >>> tracker.update(0.0, np.zeros((90, 160, 3), np.uint8))
    ()
    """

    def __init__(
        self,
        detector: FaceDetector | None = None,
        following: Following | None = None,
        search: WiderSearch | None = None,
    ) -> None:
        self._repeated: RepeatedDetection | None = None
        if detector is None:
            detector = default_detector()
            if search is None and isinstance(detector, HaarDetector):
                search = WiderSearch()
                self._repeated = RepeatedDetection(detector)
        self._detector = detector
        self._following = following or Following()
        self._search = search
        self._tracks: tuple[_Track, ...] = ()
        self._looked_s: float | None = None
        self._n_numbers = 0

    def update(self, time_s: float, image: Image) -> tuple[TrackedFace, ...]:
        """Faces at this time, sorted by number; an empty tuple if there is none.

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
            is_cut = self._search is not None and self._search.is_cut(checked(image))
            found = self._detected_faces(time_s, image, is_cut)
            known: tuple[FoundFace, ...] = found if self._looked_s is None else ()
            if self._search is not None:
                found, known = self._searched(time_s, image, found, self._search, is_cut)
            self._tracks = self._followed(time_s, image, found, known)
            self._looked_s = time_s
        else:
            checked(image)
        shown = (track for track in self._tracks if self._is_shown(track, time_s))
        return tuple(self._tracked(track) for track in sorted(shown, key=_number))

    def _detected_faces(self, time_s: float, image: Image, is_cut: bool) -> tuple[FoundFace, ...]:
        if self._repeated is None:
            return self._detector.detect(image)
        return self._repeated.faces(time_s, image, is_cut=is_cut)

    def _searched(
        self,
        time_s: float,
        image: Image,
        found: tuple[FoundFace, ...],
        search: WiderSearch,
        is_cut: bool,
    ) -> tuple[tuple[FoundFace, ...], tuple[FoundFace, ...]]:
        """All faces detected in a picture, and those of them that count at once."""
        known: tuple[FoundFace, ...] = found if self._looked_s is None else ()
        if is_cut:
            self._tracks = ()
            known = tuple(face for face in found if search.confirms(image, face))
        seen = dict(_pairs(self._tracks, found, self._looked_s))
        lost = [
            LostFace(track.face, track.patch, track.best_score)
            for at, track in enumerate(self._tracks)
            if at not in seen and track.patch is not None and self._is_searched(track, time_s)
        ]
        others = search.faces(time_s, image, found, lost)
        return found + others, known + others

    def _is_searched(self, track: _Track, time_s: float) -> bool:
        gone_s = time_s - track.detected_s
        return track.number > 0 and gone_s <= self._following.search_s + _ROUNDING_S

    def _is_due(self, time_s: float) -> bool:
        if self._looked_s is None or time_s < self._looked_s:
            return True
        return time_s - self._looked_s >= self._following.every_s - _ROUNDING_S

    def _followed(
        self,
        time_s: float,
        image: Image,
        found: Sequence[FoundFace],
        known: Sequence[FoundFace],
    ) -> tuple[_Track, ...]:
        """All tracks after a detection; a face that is `known` gets its number at once."""
        seen = dict(_pairs(self._tracks, found, self._looked_s))
        tracks = [
            self._seen_again(track, found[seen[at]], time_s, image) if at in seen else track
            for at, track in enumerate(self._tracks)
            if at in seen or self._is_kept(track, time_s)
        ]
        for at, face in enumerate(found):
            if at not in seen.values():
                number = self._new_number() if face in known else 0
                tracks.append(self._detected(_Track(number, face, time_s), image))
        return tuple(tracks)

    def _detected(self, track: _Track, image: Image) -> _Track:
        """A track whose face was detected just now."""
        patch = face_patch(image, track.face.box) if self._search and track.number else None
        best_score = max(track.best_score, track.face.score)
        return replace(track, detected_s=track.seen_s, patch=patch, best_score=best_score)

    def _seen_again(self, track: _Track, face: FoundFace, time_s: float, image: Image) -> _Track:
        passed_s = max(time_s - track.seen_s, 0.0)
        # After an absence there is nothing to smooth with: the face may be elsewhere.
        smooth_s = 0.0 if passed_s > self._following.hold_s else self._following.smooth_s
        weight = 1.0 if smooth_s == 0 else 1.0 - math.exp(-passed_s / smooth_s)
        again = replace(
            track,
            number=track.number or self._new_number(),
            face=_between(track.face, face, weight),
            seen_s=time_s,
            n_seen=track.n_seen + 1,
        )
        return again if face.carried else self._detected(again, image)

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
    """Pairs of positions: a track, and the detection that continues it.

    The nearest pairs first; faces that were there in the last run before those that return.
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
    """Distance of two boxes: 1 for a shift of one face's width, or for twice the size.

    >>> _distance(Box(0.1, 0.1, 0.2, 0.4), Box(0.2, 0.1, 0.2, 0.4))
    0.5
    """
    width, height = (one.width + other.width) / 2, (one.height + other.height) / 2
    across = (one.left - other.left + (one.width - other.width) / 2) / width
    down = (one.top - other.top + (one.height - other.height) / 2) / height
    growth = math.log2(max(one.height, one.width) / max(other.height, other.width))
    return math.hypot(across, down, growth)


def _between(old: FoundFace, new: FoundFace, weight: float) -> FoundFace:
    """The new face, with its box and roll smoothed towards the old ones."""

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
