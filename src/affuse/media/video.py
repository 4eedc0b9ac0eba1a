"""Pictures of a file -> small upright RGB frames on an even grid of time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from affuse.errors import MediaError
from affuse.media.decode import check_complete, frames_from, open_media, origin_s, video_stream

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

Image = NDArray[np.uint8]

_EXACT = 0x2000 | 0x40000
"""libswscale's SWS_FULL_CHR_H_INT and SWS_ACCURATE_RND, which PyAV 17 takes but does not name.

Without them, pictures of even width come out one or two grey levels too dark."""

_THREADS = 2
"""Of `read_looks`: its pictures are few, and what takes time is the decoding between them."""


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
    comes, whatever the file's own rate, constant or not. Frames that nobody asked for are decoded
    but never converted; memory stays that of a few frames.

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
        Not a media file, no picture, cut short, or the stretch begins after its end.
    """
    with open_media(path) as container:
        stream = video_stream(container)
        n_slots = None if duration_s is None else max(round(duration_s * fps), 1)
        grid = _Grid(origin_s(container) + start_s, fps, n_slots, frame_step)
        scaled = Scaler()
        for held in _held(container, stream, grid, start_s):
            if held.n_positions:
                image = scaled(held.frame, height, stream.sample_aspect_ratio)
                for _ in range(held.n_positions):
                    yield image


@dataclass(frozen=True, slots=True)
class Look:
    """One picture of a recording, and for how long it stands.

    Attributes
    ----------
    image : (height, width, 3) uint8
        Upright RGB.
    time_s : float
        Of the first position of the grid that it fills, from the file's common origin.
    n_positions : int
        How many it fills; 0 is possible for the last picture of a file.
    end_s : float
        When the next picture comes, or the recording ends.
    """

    image: Image
    time_s: float
    n_positions: int
    end_s: float

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
        grid = _Grid(origin, per_s, None, 1)
        scaled, position = Scaler(), 0
        for held in _held(container, stream, grid, 0.0):
            image = scaled(held.frame, _height(held.frame, aspect, short_side), aspect)
            yield Look(image, position / per_s, held.n_positions, held.end_s - origin)
            position += held.n_positions


@dataclass(frozen=True, slots=True)
class _Held:
    """A decoded frame, the number of wanted positions it fills, and the time stamp of its end."""

    frame: VideoFrame
    n_positions: int
    end_s: float


@dataclass(frozen=True, slots=True)
class _Grid:
    """Even positions in time: `n_slots` of them (None: no end), each `frame_step`-th wanted."""

    begin_s: float
    fps: float
    n_slots: int | None
    frame_step: int

    def slot(self, time_s: float) -> int:
        """Nearest position; halves go up, so that 60 frames a second keep every second one."""
        return math.floor((time_s - self.begin_s) * self.fps + 0.5)

    def clipped(self, slot: int) -> int:
        return slot if self.n_slots is None else min(slot, self.n_slots)

    def n_wanted(self, first: int, end: int) -> int:
        """How many wanted positions lie in [first, end)."""
        return max(-(-end // self.frame_step) - -(-first // self.frame_step), 0)


def _held(
    container: InputContainer, stream: VideoStream, grid: _Grid, start_s: float
) -> Iterator[_Held]:
    """Each frame that fills positions of the grid, and the last; the first fills all before it.

    What is missing at the end of a file cut short is said after all that is there.
    """
    held: VideoFrame | None = None
    held_s, next_slot = grid.begin_s, 0
    length_s = float(1 / (stream.average_rate or Fraction(grid.fps)))
    for decoded in frames_from(container, stream, start_s):
        frame = cast("VideoFrame", decoded)
        time_s = held_s + length_s if frame.pts is None else frame.time
        slot = grid.clipped(grid.slot(time_s))
        if held is not None and slot > next_slot:
            yield _Held(held, grid.n_wanted(next_slot, slot), time_s)
            next_slot = slot
        if next_slot == grid.n_slots:
            return
        held, held_s = frame, time_s
        if frame.duration and frame.time_base:
            length_s = float(frame.duration * frame.time_base)
    if held is None:
        check_complete(container, stream, None)
        return
    end_s = held_s + length_s
    if end_s > grid.begin_s:
        end = grid.clipped(max(grid.slot(end_s), 0 if next_slot else 1))
        yield _Held(held, grid.n_wanted(next_slot, end), end_s)
    check_complete(container, stream, end_s - origin_s(container))
    if end_s <= grid.begin_s:
        raise MediaError(
            f"{container.name} has no picture from {start_s:.2f} s on: it ends after "
            f"{end_s - origin_s(container):.2f} s; expected a stretch within it: "
            "mend the start of this clip"
        )


def _decode_in_threads(stream: VideoStream) -> None:
    """Decode ahead while somebody looks at the last picture; the pictures are the same."""
    stream.codec_context.thread_count = _THREADS
    stream.thread_type = "AUTO"


def _height(frame: VideoFrame, pixel_aspect: Fraction | None, short_side: int) -> int:
    """Height of the upright picture whose shorter side is `short_side`, or smaller as it is."""
    width, height = frame.width * float(pixel_aspect or 1), float(frame.height)
    if round(frame.rotation / 90) % 2:
        width, height = height, width
    return max(round(height * min(short_side / min(width, height), 1.0)), 1)


class Scaler:
    """Brings decoded frames to upright RGB; keeps what the scaling of one size needs."""

    def __init__(self) -> None:
        self._smaller, self._coloured = VideoReformatter(), VideoReformatter()

    def __call__(self, frame: VideoFrame, height: int, pixel_aspect: Fraction | None) -> Image:
        """One decoded frame as upright RGB of a given height, (height, width, 3) uint8."""
        n_turns = round(frame.rotation / 90) % 4
        width = _upright_width(frame, height, pixel_aspect, sideways=n_turns % 2 == 1)
        shape = (height, width) if n_turns % 2 else (width, height)
        shrinks = shape[0] <= frame.width and shape[1] <= frame.height
        kind = (Interpolation.AREA if shrinks else Interpolation.BICUBIC) | _EXACT
        small = frame
        if shrinks and frame.format.name == "yuv420p":
            # Brightness and colour shrink apart, and only then become red, green and blue: a
            # third cheaper than the other way round, and the same within two grey levels.
            small = self._smaller.reformat(frame, *shape, "yuv444p", interpolation=kind, threads=1)
        small = self._coloured.reformat(small, *shape, "rgb24", interpolation=kind, threads=1)
        image = cast(Image, small.to_ndarray())
        return np.ascontiguousarray(np.rot90(image, n_turns)) if n_turns else image


def _upright_width(
    frame: VideoFrame, height: int, pixel_aspect: Fraction | None, *, sideways: bool
) -> int:
    """Width that keeps the aspect of the upright picture, rounded down, without rounding before."""
    aspect = pixel_aspect or Fraction(1)
    across, down = frame.width * aspect.numerator, frame.height * aspect.denominator
    if sideways:
        across, down = down, across
    return max(across * height // down, 1)
