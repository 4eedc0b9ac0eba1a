"""Pictures of a file -> small upright RGB frames on a regular time grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from affuse.errors import MediaError
from affuse.media.decode import (
    check_complete,
    frames_from,
    open_media,
    origin_s,
    reopened,
    video_stream,
)
from affuse.media.geometry import Image, Scaler, upright_shape
from affuse.media.grid import Grid, Line, Shown, TimedFrame
from affuse.media.look_ahead import CannotPassOver, Passed, is_wanted

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

Decoded = TypeVar("Decoded", "VideoFrame", "VideoFrame | Passed")

_USUAL_FPS = 30
DECODING_THREADS = 2
"""Of `sample_frames`: its pictures are few, and what takes time is the decoding between them."""


def read_frames(
    path: str | Path,
    *,
    height: int,
    fps: float = 30.0,
    frame_step: int = 1,
    start_s: float = 0.0,
    duration_s: float | None = None,
) -> Iterator[Image]:
    """Frames of a file, scaled, upright, and resampled to one frame rate by their time stamps.

    Each frame of the file goes to the nearest position of the grid and holds until the next one
    comes, whatever the file's own rate, constant or not; but no longer than a frame may stand for
    what nobody saw (`SampledFrame`). Positions that no frame fills, before a picture that begins
    late and while the camera was off, are left out. Frames that nobody asked for are never
    converted, and not even decoded where the others do without them; memory stays that of a few
    frames.

    Parameters
    ----------
    path : str or Path
        Any file with pictures.
    height : int
        Height to scale to, in pixels; the width keeps the aspect, rounded down: 1280x720 gives
        227x128.
    fps : float
        Positions per second of the grid.
    frame_step : int
        Give every so-manyth position only.
    start_s, duration_s : float
        Stretch in seconds, counted from the file's common origin of sound and picture; to the end
        by default. A file that ends sooner gives fewer frames.

    Yields
    ------
    (height, width, 3) uint8
        RGB. A frame that holds over several positions is one and the same array: do not write
        to it.

    Raises
    ------
    MediaError
        Not a media file, no picture but a cover beside its sound, cut short, or no picture within
        the stretch.

    Examples
    --------
    >>> import affuse, numpy as np
    >>> frames = list(affuse.read_frames("talk.mp4", height=128, duration_s=4))  # doctest: +SKIP
    >>> np.stack(frames).shape                                          # doctest: +SKIP
    (120, 128, 227, 3)
    """
    with open_media(path) as container:
        stream = video_stream(container)
        n_slots = None if duration_s is None else max(round(duration_s * fps), 1)
        grid = Grid(start_s, fps, n_slots, frame_step)
        scaled = Scaler(container.name)
        for shown in shown_frames(container, stream, grid):
            refuse_cover(container, shown)
            if n_positions := grid.n_wanted(shown.first, shown.end):
                image = scaled(shown.frame, height, stream.sample_aspect_ratio)
                for _ in range(n_positions):
                    yield image


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """One picture of a recording, and how long it is shown.

    A picture stands until the next one comes, but at most for twice the distance that is usual
    between the last pictures of its stream, and in any case for 1 s and never for more than 30 s:
    one picture every two seconds fills all of the time, and a camera that is off for a minute
    leaves a minute in which nothing was seen. A stream that begins within half a second is taken
    to begin at once.

    Attributes
    ----------
    image : (height, width, 3) uint8
        Upright RGB.
    time_s : float
        Of the first position of the grid that it fills, from the file's common origin.
    n_positions : int
        How many it fills; 0 is possible for the last picture of a file or before a gap.
    end_s : float
        Until when it stands.
    start_s : float
        Since when the stream has shown what it stands for: where the look before ends, unless
        nothing was shown between them.
    may_end_s : float
        Until when it may stand if it is the last and the sound goes on: as long as is usual.
    is_only : bool
        The file holds this one picture and no other, as a cover.
    """

    image: Image
    time_s: float
    n_positions: int
    end_s: float
    start_s: float
    may_end_s: float = 0.0
    is_only: bool = False

    def times_s(self, per_s: float) -> tuple[float, ...]:
        """Times of all grid positions that the frame fills, at a given rate.

        Parameters
        ----------
        per_s : float
            Positions in a second.

        Returns
        -------
        tuple of float
            In seconds.
        """
        return tuple(self.time_s + position / per_s for position in range(self.n_positions))


def sample_frames(
    path: str | Path, *, per_s: float, short_side: int, n_threads: int = DECODING_THREADS
) -> Iterator[SampledFrame]:
    """Pictures of a whole file on a regular time grid, sparse and large enough to detect faces.

    The grid and what falls on it are those of `read_frames`; a picture that holds over several
    positions comes once.

    Parameters
    ----------
    path : str or Path
        Any file with pictures.
    per_s : float
        Positions per second.
    short_side : int
        Pixels of the shorter side, whether the picture lies or stands; a smaller picture stays
        as it is.
    n_threads : int
        What decodes; the pictures are the same.

    Yields
    ------
    SampledFrame

    Raises
    ------
    MediaError
        Not a media file, or no picture.
    CutShort
        The file is cut short; the last picture that could be decoded has been given.
    """
    with open_media(path) as container:
        stream = video_stream(container)
        decode_in_threads(stream, n_threads)
        sampled = Sampling(container.name, stream.sample_aspect_ratio, per_s, short_side)
        for shown in shown_frames(container, stream, sampled.grid):
            yield sampled(shown)


class Sampling:
    """Makes the pictures of `sample_frames` of what is shown on their grid.

    Parameters
    ----------
    name : str
        Of the file, for errors.
    aspect : Fraction or None
        Of a pixel, as the file states it.
    per_s : float
        Positions per second.
    short_side : int
        As in `sample_frames`.
    """

    def __init__(self, name: str, aspect: Fraction | None, per_s: float, short_side: int) -> None:
        self.grid = Grid(0.0, per_s, None, 1)
        self._scaled = Scaler(name)
        self._aspect = aspect
        self._short_side = short_side

    def __call__(self, shown: Shown[VideoFrame]) -> SampledFrame:
        """The picture, converted."""
        height = _height(shown.frame, self._aspect, self._short_side)
        return SampledFrame(
            self._scaled(shown.frame, height, self._aspect),
            time_s=shown.first / self.grid.fps,
            n_positions=shown.end - shown.first,
            end_s=shown.end_s,
            start_s=shown.start_s,
            may_end_s=shown.may_end_s,
            is_only=shown.is_only,
        )


def timed_frames(
    container: InputContainer, stream: VideoStream, start_s: float = 0.0
) -> Iterator[TimedFrame[VideoFrame]]:
    """All decoded frames with their times, from some time before `start_s` on.

    A frame without a time stamp comes when the one before it ends.

    Parameters
    ----------
    container : InputContainer
        Opened.
    stream : VideoStream
        Of the file.
    start_s : float
        In seconds from the file's origin.

    Yields
    ------
    TimedFrame

    Raises
    ------
    CutShort
        Not one frame can be decoded.
    """
    frames = cast("Iterator[VideoFrame]", frames_from(container, stream, start_s))
    return _timed(container, stream, frames, from_start=not start_s)


def shown_frames(
    container: InputContainer, stream: VideoStream, grid: Grid
) -> Iterator[Shown[VideoFrame]]:
    """Each frame that fills wanted positions or precedes a gap, and the last.

    They are those that decoding everything would give. Where a picture that was expected does not
    come, as in a damaged file, one that was passed over would stand for it: then the file is
    decoded once more, and all of it.

    Parameters
    ----------
    container : InputContainer
        Opened.
    stream : VideoStream
        Of the file.
    grid : Grid

    Yields
    ------
    Shown

    Raises
    ------
    CutShort
        The file is cut short; all that is there has been given.
    MediaError
        No position of the grid is filled.
    """
    for _, (shown,) in shown_on(container, stream, (grid,)):
        if shown is not None:
            yield shown


def shown_on(
    container: InputContainer, stream: VideoStream, grids: Sequence[Grid]
) -> Iterator[tuple[float, tuple[Shown[VideoFrame] | None, ...]]]:
    """`shown_frames` of several grids, the file decoded once.

    Parameters
    ----------
    container : InputContainer
        Opened.
    stream : VideoStream
        Of the file.
    grids : sequence of Grid
        They begin at the same time.

    Yields
    ------
    tuple of (float, tuple of (Shown or None))
        When a frame comes, and what it is on each grid: None where it is not wanted.

    Raises
    ------
    CutShort
        The file is cut short; all that is there has been given.
    MediaError
        No position of the grids is filled.
    """
    n_given, begin_s = 0, grids[0].begin_s
    frames = frames_from(container, stream, begin_s, *grids)
    pictures = cast("Iterator[VideoFrame | Passed]", frames)
    timed = _timed(container, stream, pictures, from_start=not begin_s)
    with suppress(CannotPassOver):
        for time_s, filled in _filling(container, stream, timed, grids):
            if any(shown is not None and isinstance(shown.frame, Passed) for shown in filled):
                raise CannotPassOver
            yield time_s, cast("tuple[Shown[VideoFrame] | None, ...]", filled)
            n_given += 1
        return
    with reopened(container, stream) as (again, same):
        everything = _filling(again, same, timed_frames(again, same, begin_s), grids)
        yield from islice(everything, n_given, None)


def _timed(
    container: InputContainer,
    stream: VideoStream,
    frames: Iterator[Decoded],
    *,
    from_start: bool,
) -> Iterator[TimedFrame[Decoded]]:
    origin, length_s = origin_s(container), float(1 / (stream.average_rate or _USUAL_FPS))
    frame: Decoded | None = None
    time_s, is_only = -length_s, from_start
    for following in frames:
        next_s = time_s + length_s if following.pts is None else following.time - origin
        if frame is not None:
            yield TimedFrame(frame, time_s, next_s)
            is_only = False
        frame, time_s = following, next_s
        if frame.duration and frame.time_base:
            length_s = float(frame.duration * frame.time_base)
    if frame is None:
        check_complete(container, stream, None)
    else:
        yield TimedFrame(frame, time_s, time_s + length_s, is_last=True, is_only=is_only)


def _filling(
    container: InputContainer,
    stream: VideoStream,
    frames: Iterator[TimedFrame[Decoded]],
    grids: Sequence[Grid],
) -> Iterator[tuple[float, tuple[Shown[Decoded] | None, ...]]]:
    lines = [(grid, Line(grid)) for grid in grids]
    for timed in frames:
        filled = tuple(_wanted(grid, line.fill(timed)) for grid, line in lines)
        if any(shown is not None for shown in filled):
            yield timed.time_s, filled
        if timed.is_last:
            check_complete(container, stream, timed.end_s)
        if timed.is_last or all(grid.slot(timed.end_s) == grid.n_slots for grid in grids):
            if not any(line.fills_any for _, line in lines):
                raise _nothing_within(container.name, grids[0], timed)
            return


def _wanted(grid: Grid, shown: Shown[Decoded] | None) -> Shown[Decoded] | None:
    return shown if shown is not None and is_wanted(grid, shown) else None


def refuse_cover(
    container: InputContainer, shown: Shown[VideoFrame] | TimedFrame[VideoFrame]
) -> None:
    """Refuse the only picture of a file with sound: it is a cover, not a speaking face.

    Parameters
    ----------
    container : InputContainer
        Opened.
    shown : Shown or TimedFrame
        The only picture.

    Raises
    ------
    MediaError
        It is the only one.
    """
    if shown.is_only and container.streams.audio:
        raise MediaError(
            f"{container.name} has sound and one still picture, a cover; expected a moving "
            "picture: name another file, or leave its video out"
        )


def _nothing_within(name: str, grid: Grid, timed: TimedFrame[Decoded]) -> MediaError:
    begin_s = grid.begin_s
    if timed.end_s <= begin_s:
        return MediaError(
            f"{name} has no picture from {begin_s:.2f} s on: it ends after {timed.end_s:.2f} s; "
            "expected a stretch within it: mend the start of this clip"
        )
    end_s = begin_s + (grid.n_slots or 0) / grid.fps
    next_s = timed.time_s if timed.time_s > begin_s else timed.end_s
    return MediaError(
        f"{name} has no picture from {begin_s:.2f} s to {end_s:.2f} s: the next one comes at "
        f"{next_s:.2f} s; expected a stretch with a picture: mend the start and end of this clip, "
        "or leave its video out"
    )


def decode_in_threads(stream: VideoStream, n_threads: int) -> None:
    """Decode ahead while the last picture is processed; the pictures are the same.

    Parameters
    ----------
    stream : VideoStream
        Not yet decoded.
    n_threads : int
    """
    stream.codec_context.thread_count = n_threads
    stream.thread_type = "AUTO"


def _height(frame: VideoFrame, stated_aspect: Fraction | None, short_side: int) -> int:
    """Height of an upright picture whose shorter side is `short_side`, never scaled up."""
    height, width = upright_shape(frame, stated_aspect)
    return max(round(height * min(Fraction(short_side) / min(width, height), Fraction(1))), 1)
