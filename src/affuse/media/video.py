"""Pictures of a file -> small upright RGB frames on a regular time grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from affuse.media.decode import open_media, video_stream
from affuse.media.geometry import Image, Scaler, upright_shape
from affuse.media.grid import Grid, Shown
from affuse.media.shown import refuse_cover, shown_frames

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

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
    with open_media(path, only="picture") as container:
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
    with open_media(path, only="picture") as container:
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
