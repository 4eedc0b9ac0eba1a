"""The picture of a recording: which face is seen when, and the face network's outputs for each."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.familiarity import MeasuredRows
from affuse.errors import CutShort
from affuse.media.dense import DenseFrame, dense_frames
from affuse.media.faces import face_crop
from affuse.media.geometry import Image
from affuse.media.small_pictures import one_thread
from affuse.media.video import DECODING_THREADS, SampledFrame, sample_frames
from affuse.predict.observer import Observer
from affuse.predict.settings import Faces
from affuse.predict.windows import Span
from affuse.records import Box

if TYPE_CHECKING:
    from affuse.media.tracking import TrackedFace


NumberedFace = TypeVar("NumberedFace", "TrackedFace", "FaceObservation")
Crop = NDArray[np.uint8]
Classify = Callable[[Sequence[Crop]], MeasuredRows]

SHORT_SIDE = 480
"""Pixels: a face of a twentieth of the picture still fills half of the network's 48."""

BATCH = 32
"""Faces classified at once."""

STAYS_WITH = 0.6
"""The followed face is left for a larger one when it is smaller than this share of its area."""


class Tracker(Protocol):
    """Tracks the faces of one recording, picture by picture."""

    def update(self, time_s: float, image: Image) -> tuple[TrackedFace, ...]:
        """Faces at this time, each under the number that it keeps.

        Parameters
        ----------
        time_s : float
            Later than that of the frame before.
        image : (height, width, 3) uint8
            RGB.

        Returns
        -------
        tuple of TrackedFace
        """


@dataclass(frozen=True, slots=True)
class FaceObservation:
    """One face in one sampled frame.

    Attributes
    ----------
    time_s : float
    number : int
        Of the face, from 1.
    box : Box
    probabilities : (n_classes,) float or None
        None: no network was asked.
    distance : float or None
        How far the face is from the network's training; None: not known.
    weight : float
        How much it counts of what it would if it could be seen well.
    """

    time_s: float
    number: int
    box: Box
    probabilities: NDArray[np.floating] | None
    distance: float | None = None
    weight: float = 1.0

    @property
    def area(self) -> float:
        """Share of the picture."""
        return self.box.width * self.box.height


@dataclass
class VideoAnalysis:
    """The outcome of reading a recording's picture.

    Attributes
    ----------
    sampled_fps : float
    observations : list of FaceObservation
        By time.
    times_s : list of float
        Of all sampled frames that could be had, with a face or without.
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
        Most faces found in one frame.
    cut : CutShort or None
        Set where the file ends too early.
    """

    sampled_fps: float
    observations: list[FaceObservation] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    start_s: float = 0.0
    duration_s: float = 0.0
    may_end_s: float = 0.0
    gaps: list[Span] = field(default_factory=list)
    is_still: bool = False
    n_faces: int = 0
    cut: CutShort | None = None

    def n_sampled(self, span: Span) -> int:
        """Number of sampled frames of a stretch, missing ones included; at least one.

        Parameters
        ----------
        span : Span

        Returns
        -------
        int
        """
        first, end = self._positions(span)
        return end - first

    def within(self, span: Span) -> Sequence[FaceObservation]:
        """Observations within a stretch.

        Parameters
        ----------
        span : Span

        Returns
        -------
        sequence of FaceObservation
            By time.
        """
        return self.among(self.observations, span)

    def among(
        self, observations: Sequence[FaceObservation], span: Span
    ) -> Sequence[FaceObservation]:
        """Those of some observations that lie within a stretch.

        Parameters
        ----------
        observations : sequence of FaceObservation
            By time.
        span : Span

        Returns
        -------
        sequence of FaceObservation
            By time.
        """
        edges = self._positions(span)
        first, end = (bisect_left(observations, edge, key=self._position_of) for edge in edges)
        return observations[first:end]

    def of_largest(self) -> VideoAnalysis:
        """The same, with one face per frame: the largest, as `FollowedFace` chooses it.

        Returns
        -------
        VideoAnalysis
        """
        follow = FollowedFace()
        frames = groupby(self.observations, key=_time_s)
        kept = [face for _, faces in frames for face in follow.chosen(list(faces))]
        return replace(self, observations=kept)

    def go_on(self, end_s: float) -> None:
        """Hold the last picture as long as usual, but not beyond the recording's end.

        Parameters
        ----------
        end_s : float
            Where the sound ends.
        """
        end_s = min(end_s, self.may_end_s)
        if self.cut or not self.times_s or end_s <= self.duration_s:
            return
        last_s = self.times_s[-1]
        at_the_end = [
            observation for observation in self.observations if observation.time_s == last_s
        ]
        for position in range(self._position(last_s) + 1, self._position(end_s)):
            time_s = position / self.sampled_fps
            self.times_s.append(time_s)
            self.observations += [replace(observation, time_s=time_s) for observation in at_the_end]
        self.duration_s = end_s

    def _positions(self, span: Span) -> tuple[int, int]:
        """First and end on the grid of sampled frames."""
        first, end = (self._position(time_s) for time_s in (span.start_s, span.end_s))
        return first, max(end, first + 1)

    def _position_of(self, observation: FaceObservation) -> int:
        return self._position(observation.time_s)

    def _position(self, time_s: float) -> int:
        return math.floor(time_s * self.sampled_fps + 0.5)


def analyse_video(
    path: str | Path,
    tracker: Tracker,
    classify: Classify | None,
    *,
    faces: Faces,
    sampled_fps: float,
    reached: Callable[[float], None] | None = None,
    n_threads: int = DECODING_THREADS,
    observer: Observer | None = None,
    dense: bool = True,
) -> VideoAnalysis:
    """Read the picture of a file once, in bounded memory.

    Parameters
    ----------
    path : str or Path
    tracker : Tracker
        Fresh: it has seen no other recording.
    classify : callable or None
        Crops of faces, each (48, 48) uint8 -> (n, n_classes) probabilities, and distances.
    faces : {"largest", "all"}
        ``largest``: one face per frame, which is left only for one that is clearly larger.
    sampled_fps : float
    reached : callable, optional
        Called with the seconds read so far; what it raises ends the reading.
    n_threads : int
        What decodes.
    observer : Observer, optional
        Is shown each picture, with the faces in it.
    dense : bool
        Whether it is shown those between the sampled ones too, which costs their decoding.

    Returns
    -------
    VideoAnalysis

    Raises
    ------
    MediaError
        The file has no picture.
    """
    video = VideoAnalysis(sampled_fps)
    if observer is None or not dense:
        frames = sample_frames(path, per_s=sampled_fps, short_side=SHORT_SIDE, n_threads=n_threads)
    else:
        every = dense_frames(path, per_s=sampled_fps, short_side=SHORT_SIDE, n_threads=n_threads)
        frames = _sampled(every, observer)
    with one_thread():
        _observe(_noted(frames, video, reached), tracker, classify, faces, video, observer)
    return video


def _sampled(
    frames: Iterator[SampledFrame | DenseFrame], observer: Observer
) -> Iterator[SampledFrame]:
    """The sampled frames; those between them are the observer's alone."""
    for frame in frames:
        if isinstance(frame, DenseFrame):
            observer.see_between(frame)
        else:
            yield frame


def _observe(
    frames: Iterator[SampledFrame],
    tracker: Tracker,
    classify: Classify | None,
    faces: Faces,
    video: VideoAnalysis,
    observer: Observer | None,
) -> None:
    """Look at all sampled frames."""
    follow = FollowedFace() if faces == "largest" else None
    pending: list[_PendingFace] = []
    for frame in frames:
        faces_now = tracker.update(frame.time_s, frame.image)
        visible = tuple(face for face in faces_now if face.found)
        video.n_faces = max(video.n_faces, len(visible))
        if observer is not None:
            observer.see(frame.time_s, frame.image, visible)
        for face in visible if follow is None else follow.chosen(visible):
            crop = (
                None
                if classify is None
                else face_crop(frame.image, face.box, roll_deg=face.roll_deg)
            )
            pending.append(_PendingFace(frame.times_s(video.sampled_fps), face, crop))
        if len(pending) >= BATCH:
            video.observations += _classified(pending, classify)
            pending = []
    video.observations += _classified(pending, classify)


class FollowedFace:
    """Tracks a single face, where only one is wanted.

    Examples
    --------
    >>> from affuse.media.tracking import TrackedFace
    >>> near, far = Box(0, 0, 0.4, 0.4), Box(0.5, 0, 0.3, 0.3)
    >>> follow = FollowedFace()
    >>> [face.number for face in follow.chosen((TrackedFace(1, far, True),))]
    [1]
    >>> both = (TrackedFace(1, far, True), TrackedFace(2, near, True))
    >>> [face.number for face in follow.chosen(both)]
    [2]
    """

    def __init__(self) -> None:
        self._number = 0

    def chosen(self, visible: Sequence[NumberedFace]) -> Sequence[NumberedFace]:
        """The largest face, or the one tracked before; none where there is none.

        Parameters
        ----------
        visible : sequence of TrackedFace or of FaceObservation
            All that are in the frame.

        Returns
        -------
        sequence of TrackedFace or of FaceObservation
            One, or none.
        """
        if not visible:
            return ()
        largest = max(visible, key=_area)
        same = [face for face in visible if face.number == self._number]
        stays = bool(same) and _area(same[0]) >= STAYS_WITH * _area(largest)
        face = same[0] if stays else largest
        self._number = face.number
        return (face,)


@dataclass(frozen=True, slots=True)
class _PendingFace:
    """A face to be classified, and all sampled frames that it stands for."""

    times_s: tuple[float, ...]
    face: TrackedFace
    crop: Crop | None


def _noted(
    frames: Iterator[SampledFrame], video: VideoAnalysis, reached: Callable[[float], None] | None
) -> Iterator[SampledFrame]:
    """All sampled frames, noting whether there are any; a cut is recorded, not raised."""
    try:
        for number, frame in enumerate(frames):
            if number == 0:
                video.start_s = frame.start_s
            elif frame.start_s > video.duration_s:
                video.gaps.append(Span(video.duration_s, frame.start_s))
            video.duration_s = max(frame.end_s, 0.0)
            video.is_still = frame.is_only
            video.may_end_s = frame.may_end_s
            if reached is not None:
                reached(video.duration_s)
            if frame.n_positions:
                video.times_s += frame.times_s(video.sampled_fps)
                yield frame
    except CutShort as error:
        video.cut = error


def _classified(
    pending: Sequence[_PendingFace], classify: Classify | None
) -> list[FaceObservation]:
    """One observation for each sampled frame; those of a repeated picture share their row."""
    crops = [item.crop for item in pending if item.crop is not None]
    rows: Sequence[NDArray[np.floating] | None] = [None] * len(pending)
    far: Sequence[float | None] = [None] * len(pending)
    weights: Sequence[float] = [1.0] * len(pending)
    if classify is not None and crops:
        found = classify(crops)
        rows = list(found.probabilities)
        far = far if found.distances is None else found.distances.tolist()
        weights = weights if found.weights is None else found.weights.tolist()
    observations = [
        FaceObservation(time_s, item.face.number, item.face.box, row, distance, weight)
        for item, row, distance, weight in zip(pending, rows, far, weights, strict=True)
        for time_s in item.times_s
    ]
    return sorted(observations, key=_time_s)


def _time_s(observation: FaceObservation) -> float:
    return observation.time_s


def _area(face: TrackedFace | FaceObservation) -> float:
    return face.box.width * face.box.height
