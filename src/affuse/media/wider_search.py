"""A search for faces that a detector of upright frontal faces misses, made where it pays off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from affuse.media.cuts import CutDetector
from affuse.media.face_boxes import holds_centre
from affuse.media.face_poses import FaceSquare, PoseDetector, Scales, pose_detectors
from affuse.media.face_surroundings import FACE_SIDE, LostFace, box_near, carried, surroundings
from affuse.media.faces import FoundFace, Image, grey, square_box
from affuse.media.small_pictures import brightened, fitted, one_thread
from affuse.records import Box

_NEAR_SCALES = Scales(round(0.6 * FACE_SIDE), round(1.7 * FACE_SIDE), step=1.15)
_NEAR_NEIGHBOURS = 4
"""Of 570 places in 57 pictures without faces, 3 had as many."""

_SMALL_SIDE, _FINE_SIDE = 320, 560
# From a twelfth of the picture's longer side on: the smallest windows cost most.
_POSE_SCALES = Scales(28, _SMALL_SIDE, step=1.2)
_UPRIGHT_SCALES = Scales(24, _SMALL_SIDE, step=1.2)
_FINE_SCALES = Scales(24, 46, step=1.2)
# A face that fills the picture: cascades need some of what is around it.
_CLOSE_SIDE, _CLOSE_MARGIN = 160, 48
_CLOSE_SCALES = Scales(90, 240, step=1.2)
# What a search of the whole picture finds is but a candidate: 8 neighbours near it make it a face.
_FAR_NEIGHBOURS = 2
_SURE_NEIGHBOURS = 8
_HALF_SURE = 5.0
_SURE_SCORE = _SURE_NEIGHBOURS / (_SURE_NEIGHBOURS + _HALF_SURE)

_ROUNDING_S = 1e-6
"""Time stamps are rounded: a difference this much too small is none."""


@dataclass(frozen=True, slots=True)
class _FarSearch:
    """One way to search the whole picture: a copy of this side, with a replicated margin."""

    detector: PoseDetector
    side: int
    scales: Scales
    margin: int = 0


class WiderSearch:
    """A second search within one recording, in pictures where the detector misses a face.

    A face that was there a moment ago is searched for near its last place: upright at finer
    steps, from either side, turned to either side, and, if no cascade finds it, by its likeness to
    what it was. Where nobody is, one way after another of searching the whole picture is tried:
    all of them in the first picture and soon after a cut, else one in `every_s`. What they find
    counts if the search near it confirms it. Dark pictures are brightened. Not for several threads
    at once.

    Parameters
    ----------
    every_s : float
        Between two searches of the whole picture.

    Notes
    -----
    To detect again when following fails, and to follow when detecting does, is the scheme of
    Kalal, Mikolajczyk & Matas 2012, Tracking-Learning-Detection; the likeness is the normalised
    cross-correlation of Lewis 1995.

    Examples
    --------
    >>> import numpy as np
    >>> WiderSearch().faces(0.0, np.zeros((90, 160, 3), np.uint8), (), ())
    ()
    """

    def __init__(self, every_s: float = 0.8) -> None:
        self._every_s = every_s
        self._cuts = CutDetector()
        self._near = pose_detectors()
        upright, *others = self._near
        self._far = (
            *(_FarSearch(detector, _SMALL_SIDE, _POSE_SCALES) for detector in others),
            _FarSearch(upright, _CLOSE_SIDE, _CLOSE_SCALES, _CLOSE_MARGIN),
            _FarSearch(upright, _FINE_SIDE, _FINE_SCALES),
        )
        self._upright = _FarSearch(upright, _SMALL_SIDE, _UPRIGHT_SCALES)
        self._turn = 0
        self._searched_s = -math.inf
        self._all_searched_s = -math.inf
        self._is_new_shot = True

    def is_cut(self, image: Image) -> bool:
        """Whether a new shot begins with this picture; to be called once for each picture.

        Parameters
        ----------
        image : (height, width, 3) or (height, width) uint8
            RGB or grey.

        Returns
        -------
        bool
        """
        is_cut = self._cuts.is_cut(image)
        self._is_new_shot |= is_cut
        return is_cut

    def faces(
        self,
        time_s: float,
        image: Image,
        found: Sequence[FoundFace],
        lost: Sequence[LostFace],
    ) -> tuple[FoundFace, ...]:
        """Faces beside those that the detector found.

        Parameters
        ----------
        time_s : float
            Of the picture.
        image : (height, width, 3) or (height, width) uint8
            RGB or grey.
        found : sequence of FoundFace
            What the detector found in it.
        lost : sequence of LostFace
            What it should have found.

        Returns
        -------
        tuple of FoundFace
            None of them where another is.
        """
        others: list[FoundFace] = []
        with one_thread():
            for one in lost:
                face = self._again(image, one)
                if face is not None and _is_apart(face, [*found, *others]):
                    others.append(face)
            if not found and not others:
                others += self._far_faces(time_s, image)
        if found or others:
            self._is_new_shot = False
        return tuple(others)

    def confirms(self, image: Image, face: FoundFace) -> bool:
        """Whether a separate search near a face finds it too.

        Parameters
        ----------
        image : (height, width, 3) or (height, width) uint8
            RGB or grey.
        face : FoundFace

        Returns
        -------
        bool
        """
        with one_thread():
            return self._near_face(image, face, _SURE_NEIGHBOURS) is not None

    def _again(self, image: Image, lost: LostFace) -> FoundFace | None:
        """A lost face near its last place; one that was never sure has to be sure now."""
        if lost.best_score < _SURE_SCORE:
            return self._near_face(image, lost.face, _SURE_NEIGHBOURS)
        return self._near_face(image, lost.face) or carried(image, lost)

    def _near_face(
        self, image: Image, face: FoundFace, least_neighbours: int = _NEAR_NEIGHBOURS
    ) -> FoundFace | None:
        near = brightened(surroundings(image, face.box))
        # A turned head stays turned for a while: its pose comes first.
        for detector in sorted(self._near, key=lambda one: abs(one.roll_deg - face.roll_deg)):
            for square in detector.squares(near, _NEAR_SCALES, least_neighbours):
                box = box_near(image, face.box, square)
                if not _is_empty(box):
                    return _found(box, square, detector)
        return None

    def _far_faces(self, time_s: float, image: Image) -> list[FoundFace]:
        for search in self._due(time_s):
            small = fitted(grey(image), search.side)
            bright = brightened(small)
            if search is self._upright and bright is small:
                continue  # The detector has done just that.
            faces = self._confirmed(image, bright, search)
            if faces:
                return faces
        return []

    def _due(self, time_s: float) -> Sequence[_FarSearch]:
        """The searches to be made at this time."""
        all_s = self._every_s * len(self._far)
        if self._is_new_shot and self._has_passed(time_s - self._all_searched_s, all_s):
            self._is_new_shot = False
            self._searched_s = self._all_searched_s = time_s
            return (self._upright, *self._far)
        if not self._has_passed(time_s - self._searched_s, self._every_s):
            return ()
        self._searched_s = time_s
        self._turn = (self._turn + 1) % len(self._far)
        return (self._upright, self._far[self._turn])

    @staticmethod
    def _has_passed(passed_s: float, least_s: float) -> bool:
        """Whether enough time has passed; also true when time stamps run back."""
        return not -_ROUNDING_S <= passed_s < least_s - _ROUNDING_S

    def _confirmed(self, image: Image, picture: Image, search: _FarSearch) -> list[FoundFace]:
        height, width = picture.shape
        margin = search.margin
        wide = np.pad(picture, margin, mode="edge") if margin else picture
        faces: list[FoundFace] = []
        for square in search.detector.squares(wide, search.scales, _FAR_NEIGHBOURS):
            box = square_box(square.x - margin, square.y - margin, square.side, width, height)
            rough = _found(box, square, search.detector)
            face = None if _is_empty(box) else self._near_face(image, rough, _SURE_NEIGHBOURS)
            if face is not None and _is_apart(face, faces):
                faces.append(face)
        return faces


def _found(box: Box, square: FaceSquare, detector: PoseDetector) -> FoundFace:
    score = square.neighbours / (square.neighbours + _HALF_SURE)
    return FoundFace(box, score, roll_deg=detector.roll_deg)


def _is_empty(box: Box) -> bool:
    return box.width <= 0 or box.height <= 0


def _is_apart(face: FoundFace, others: Sequence[FoundFace]) -> bool:
    return not any(
        holds_centre(other.box, face.box) or holds_centre(face.box, other.box) for other in others
    )
