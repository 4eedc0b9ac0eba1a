"""Pictures of a file -> small upright RGB frames on an even grid of time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING, cast

from affuse.errors import MediaError
from affuse.media.decode import check_complete, frames_from, open_media, origin_s, video_stream
from affuse.media.geometry import Image, Scaler, upright_shape

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_THREADS = 2
"""Of `read_looks`: its pictures are few, and what takes time is the decoding between them."""

_BEGINS_WITHIN_S = 0.5
"""So much later than its sound a picture may begin and still count as there from the first."""

_LEAST_HOLD_S = 1.0
_MOST_HOLD_S = 30.0
_SPACINGS = 25
"""How many of the last distances between frames tell what is usual in a stream."""


def read_frames(
    path: str | Path,
    *,
    height: int,
    fps: float = 30.0,
    frame_step: int = 1,
    start_s: float = 0.0,
    duration_s: float | None = None,
) -> Iterator[Image]:
    """Frames of a file, scaled, upright, and brought to one frame rate by their time stamps.

    Each frame of the file goes to the nearest position of the grid and holds until the next one
    comes, whatever the file's own rate, constant or not; but no longer than a frame may stand for
    what nobody saw (`Look`). Positions that no frame fills, before a picture that begins late and
    while the camera was off, are left out. Frames that nobody asked for are decoded but never
    converted; memory stays that of a few frames.

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
        Not a media file, no picture, cut short, or no picture within the stretch.
    """
    with open_media(path) as container:
        stream = video_stream(container)
        n_slots = None if duration_s is None else max(round(duration_s * fps), 1)
        grid = _Grid(origin_s(container) + start_s, fps, n_slots, frame_step)
        scaled = Scaler(container.name)
        for shown in _shown(container, stream, grid, start_s):
            if n_positions := grid.n_wanted(shown.first, shown.end):
                image = scaled(shown.frame, height, stream.sample_aspect_ratio)
                for _ in range(n_positions):
                    yield image


@dataclass(frozen=True, slots=True)
class Look:
    """One picture of a recording, and for how long it stands.

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
    is_only : bool
        The file holds this one picture and no other, as a cover.
    """

    image: Image
    time_s: float
    n_positions: int
    end_s: float
    start_s: float
    is_only: bool = False

    def times_s(self, per_s: float) -> tuple[float, ...]:
        """Of all positions that it fills, on a grid of so many a second."""
        return tuple(self.time_s + position / per_s for position in range(self.n_positions))


def read_looks(path: str | Path, *, per_s: float, short_side: int) -> Iterator[Look]:
    """Pictures of a whole file on an even grid of time, sparse and large enough to see faces.

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

    Raises
    ------
    MediaError
        Not a media file, or no picture.
    CutShort
        The file is cut short; the last picture that could be decoded has been given.
    """
    with open_media(path) as container:
        stream = video_stream(container)
        _decode_in_threads(stream)
        aspect, origin = stream.sample_aspect_ratio, origin_s(container)
        grid, scaled = _Grid(origin, per_s, None, 1), Scaler(container.name)
        for shown in _shown(container, stream, grid, 0.0):
            image = scaled(shown.frame, _height(shown.frame, aspect, short_side), aspect)
            yield Look(
                image,
                time_s=shown.first / per_s,
                n_positions=shown.end - shown.first,
                end_s=shown.end_s - origin,
                start_s=shown.start_s - origin,
                is_only=shown.is_only,
            )


@dataclass(frozen=True, slots=True)
class _Shown:
    """A decoded frame, the positions [first, end) that it fills, and its time stamps."""

    frame: VideoFrame
    first: int
    end: int
    start_s: float
    end_s: float
    is_only: bool


@dataclass(frozen=True, slots=True)
class _Grid:
    """Even positions in time: `n_slots` of them (None: no end), each `frame_step`-th wanted."""

    begin_s: float
    fps: float
    n_slots: int | None
    frame_step: int

    def slot(self, time_s: float) -> int:
        """Nearest position; halves go up, so that 60 frames a second keep every second one."""
        return self.clipped(max(math.floor((time_s - self.begin_s) * self.fps + 0.5), 0))

    def clipped(self, slot: int) -> int:
        """No position beyond the end."""
        return slot if self.n_slots is None else min(slot, self.n_slots)

    def n_wanted(self, first: int, end: int) -> int:
        """How many wanted positions lie in [first, end)."""
        return max(-(-end // self.frame_step) - -(-first // self.frame_step), 0)


class _Line:
    """Which positions of a grid the frames of a stream fill, one after another."""

    def __init__(self, grid: _Grid, usual_s: float) -> None:
        self.held: VideoFrame | None = None
        self.fills_any = False
        self.time_s = self.end_s = grid.begin_s
        self._grid = grid
        self._first = self._n_frames = 0
        self._begun_s = grid.begin_s
        self._length_s = usual_s
        self._spacings_s: deque[float] = deque(maxlen=_SPACINGS)

    def until(self, frame: VideoFrame, time_s: float | None) -> Iterator[_Shown]:
        """What the frame before this one filled; None: this one has no time stamp."""
        time_s = self.time_s + self._length_s if time_s is None else time_s
        if self.held is not None:
            yield from self._up_to(time_s)
        elif time_s - self._grid.begin_s > _BEGINS_WITHIN_S:
            self._begin(time_s)
        self.held, self.time_s = frame, time_s
        self._n_frames += 1
        if frame.duration and frame.time_base:
            self._length_s = float(frame.duration * frame.time_base)

    def finish(self) -> Iterator[_Shown]:
        """What the last frame fills: a position in any case where it is the only one."""
        assert self.held is not None
        self.end_s = self.time_s + min(self._length_s, self._longest_s(self._length_s))
        if self.end_s > self._grid.begin_s:
            end = max(self._grid.slot(self.end_s), self._first + (not self.fills_any))
            yield self._filled(self._grid.clipped(end), self.end_s, is_only=self._n_frames == 1)

    def _up_to(self, time_s: float) -> Iterator[_Shown]:
        assert self.held is not None
        spacing_s = time_s - self.time_s
        if spacing_s > 0:
            self._spacings_s.append(spacing_s)
        end_s = self.time_s + min(spacing_s, self._longest_s(spacing_s))
        end = self._grid.slot(end_s)
        if end > self._first or end_s < time_s:
            yield self._filled(end, end_s)
        if end_s < time_s:
            self._begin(time_s)

    def _longest_s(self, spacing_s: float) -> float:
        usual_s = median_low(self._spacings_s) if self._spacings_s else spacing_s
        return min(max(2 * usual_s, _LEAST_HOLD_S), _MOST_HOLD_S)

    def _begin(self, time_s: float) -> None:
        self._begun_s = time_s
        self._first = max(self._first, self._grid.slot(time_s))

    def _filled(self, end: int, end_s: float, *, is_only: bool = False) -> _Shown:
        assert self.held is not None
        first, self._first = self._first, max(end, self._first)
        begun_s, self._begun_s = self._begun_s, end_s
        self.fills_any = self.fills_any or end > first
        return _Shown(self.held, first, max(end, first), begun_s, end_s, is_only)


def _shown(
    container: InputContainer, stream: VideoStream, grid: _Grid, start_s: float
) -> Iterator[_Shown]:
    """Each frame that fills positions of the grid or stands before a gap, and the last.

    What is missing at the end of a file cut short is said after all that is there.
    """
    line = _Line(grid, float(1 / (stream.average_rate or Fraction(grid.fps))))
    for decoded in frames_from(container, stream, start_s):
        frame = cast("VideoFrame", decoded)
        yield from line.until(frame, None if frame.pts is None else frame.time)
        if grid.slot(line.time_s) == grid.n_slots:
            if not line.fills_any:
                raise _nothing_within(container, grid, start_s, line.time_s)
            return
    if line.held is None:
        check_complete(container, stream, None)
        return
    yield from line.finish()
    end_s = line.end_s - origin_s(container)
    check_complete(container, stream, end_s)
    if not line.fills_any:
        raise MediaError(
            f"{container.name} has no picture from {start_s:.2f} s on: it ends after "
            f"{end_s:.2f} s; expected a stretch within it: mend the start of this clip"
        )


def _nothing_within(
    container: InputContainer, grid: _Grid, start_s: float, next_s: float
) -> MediaError:
    length_s = (grid.n_slots or 0) / grid.fps
    return MediaError(
        f"{container.name} has no picture from {start_s:.2f} s to {start_s + length_s:.2f} s: the "
        f"next one comes at {next_s - origin_s(container):.2f} s; expected a stretch with a "
        "picture: mend the start and end of this clip, or leave its video out"
    )


def _decode_in_threads(stream: VideoStream) -> None:
    """Decode ahead while somebody looks at the last picture; the pictures are the same."""
    stream.codec_context.thread_count = _THREADS
    stream.thread_type = "AUTO"


def _height(frame: VideoFrame, stated_aspect: Fraction | None, short_side: int) -> int:
    """Height of the upright picture whose shorter side is `short_side`, or smaller as it is."""
    height, width = upright_shape(frame, stated_aspect)
    return max(round(height * min(Fraction(short_side) / min(width, height), Fraction(1))), 1)
