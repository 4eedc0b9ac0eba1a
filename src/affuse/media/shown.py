"""Decoded frames of a stream on regular time grids: which are shown when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, TypeVar, cast

from affuse.errors import MediaError
from affuse.media.decode import check_complete, frames_from, origin_s, reopened
from affuse.media.grid import Grid, Line, Shown, TimedFrame
from affuse.media.look_ahead import CannotPassOver, Passed, is_wanted

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

Decoded = TypeVar("Decoded", "VideoFrame", "VideoFrame | Passed")

_USUAL_FPS = 30


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
        if frame.duration and (tick := frame.time_base):
            length_s = frame.duration * tick.numerator / tick.denominator
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
