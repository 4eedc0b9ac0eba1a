"""A clip and its prediction -> the clip with the timeline burnt in."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
import av.error
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from affuse.errors import OutputError
from affuse.export.drawing import Image, Painter
from affuse.export.sound import encodable, sound_frames
from affuse.media.decode import (
    audio_stream,
    open_media,
    probe,
    video_stream,
)
from affuse.media.geometry import Scaler, upright_shape
from affuse.media.shown import refuse_cover, timed_frames
from affuse.records import Prediction, ProgressCallback
from affuse.storage.whole import new_path, refuse_existing

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_CLOCK = 90_000
_QUALITY = {"crf": "20", "preset": "veryfast", "bf": "0"}
"""Without pictures out of order, so that an mp4 keeps for how long each one stands."""

_AUDIO_BITS_PER_S = 160_000
_USUAL_FPS = 30
_SMALLEST = 2
_BT709 = (1, 1, 1)
"""Matrix, primaries and transfer that players take HD video for, as H.264 numbers them."""

Timed = tuple[float, list["Packet[Any]"]]
"""Seconds, and the packets that an encoder gave when fed with what belongs there."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """An upright frame, (height, width, 3) uint8 RGB, with its time and duration in s."""

    time_s: float
    duration_s: float
    image: Image


def annotate(
    path: str | Path,
    prediction: Prediction,
    out: str | Path,
    *,
    progress: ProgressCallback | None = None,
) -> Path:
    """The clip with its prediction drawn into the picture, as a new mp4 file.

    Over each frame: emotion and probability, what voice and face said, a box around each face,
    and along the bottom the whole timeline as stacked probabilities with a cursor; where the
    recogniser abstained, that and its colours faded. Pictures are upright, as large as before
    (sides of odd length one pixel shorter, pixels made square), at their own times whatever the
    frame rate; sound keeps its time too. A clip that is cut short is drawn as far as it goes.
    Memory stays that of some frames.

    Parameters
    ----------
    path : str or Path
        A file with pictures.
    prediction : Prediction
        What was predicted for it.
    out : str or Path
        Must end in .mp4 and not exist yet: H.264 and AAC.
    progress : callable, optional
        Called with ``("video", seconds_done, seconds_in_all)``.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    MediaError
        The clip is no media file, or has no pictures but a cover beside its sound.
    OutputError
        `out` exists, is no .mp4 or cannot be written.
    """
    target = Path(out)
    check_target(target)
    has_audio = probe(path).has_audio
    with new_path(target) as temporary, ExitStack() as opened:
        # The new file is closed last: what then goes wrong is no fault of the clip.
        container = opened.enter_context(av.open(str(temporary), "w", format="mp4"))
        source = opened.enter_context(open_media(path))
        pictures = _pictures(source, video_stream(source))
        container.metadata["comment"] = f"emotions by {prediction.recogniser}"
        tracks = [_video_packets(container, pictures, prediction, progress)]
        if has_audio:
            sound = opened.enter_context(open_media(path))
            tracks.append(_audio_packets(container, sound))
        _mux(container, tracks, target)
    return target


def check_target(out: Path) -> None:
    """Refuse, before a long run, a name under which no annotated video can be written.

    Parameters
    ----------
    out : Path

    Raises
    ------
    OutputError
        It exists, or does not end in .mp4.
    """
    if out.suffix.lower() != ".mp4":
        raise OutputError(
            f"{out} was given for the annotated video; expected a name that ends in .mp4: "
            f"name it {out.with_suffix('.mp4').name}"
        )
    refuse_existing(out)


def _mux(container: OutputContainer, tracks: Iterable[Iterator[Timed]], target: Path) -> None:
    """Encode and write in order of time, so that neither stream waits long for the other."""
    try:
        for _, packets in heapq.merge(*tracks, key=lambda timed: timed[0]):
            container.mux(packets)
    except av.error.FFmpegError as error:
        raise OutputError(
            f"{target} cannot be written as H.264 and AAC ({error.strerror}); expected a writable "
            "folder with enough space: mend that, or name another place"
        ) from error


def _pictures(container: InputContainer, stream: VideoStream) -> Iterator[_Picture]:
    """All frames, at the size of the first, with even sides."""
    shape, scaled = None, Scaler(container.name)
    for timed in timed_frames(container, stream):
        refuse_cover(container, timed)
        height = _upright_height(timed.frame, stream)
        image = scaled(timed.frame, height, stream.sample_aspect_ratio)
        shape = shape or _even(image)
        yield _Picture(timed.time_s, timed.end_s - timed.time_s, _fitted(image, shape))


def _upright_height(frame: VideoFrame, stream: VideoStream) -> int:
    """Height that keeps every pixel of a frame that may be stored rotated."""
    return round(upright_shape(frame, stream.sample_aspect_ratio)[0])


def _even(image: Image) -> tuple[int, int]:
    """Height and width as H.264 takes them, in steps of two."""
    height, width = image.shape[:2]
    return max(height // 2 * 2, 2), max(width // 2 * 2, 2)


def _fitted(image: Image, shape: tuple[int, int]) -> Image:
    """A copy of that height and width: cropped by a pixel, or scaled where the size has changed."""
    if _even(image) != shape or min(image.shape[:2]) < _SMALLEST:
        return np.asarray(cv2.resize(image, shape[::-1]), np.uint8)
    return image[: shape[0], : shape[1]].copy()


def _video_packets(
    container: OutputContainer,
    pictures: Iterator[_Picture],
    prediction: Prediction,
    progress: ProgressCallback | None,
) -> Iterator[Timed]:
    """Add the stream at once; draw and encode when iterated."""
    first = next(pictures)
    height, width = first.image.shape[:2]
    stream = container.add_stream("libx264", rate=_USUAL_FPS, options=_QUALITY)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, _CLOCK)
    context.colorspace, context.color_primaries, context.color_trc = _BT709
    context.color_range = ColorRange.MPEG
    painter = Painter(prediction, width, height)
    report = _reporter(prediction.duration_s, progress)
    return _drawn(chain([first], pictures), stream, painter, report)


def _drawn(
    pictures: Iterable[_Picture],
    stream: VideoStream,
    painter: Painter,
    report: Callable[[float], None],
) -> Iterator[Timed]:
    stamp, lengths = -1, dict[int, int]()
    for picture in pictures:
        painter.paint(picture.image, picture.time_s)
        frame = av.VideoFrame.from_ndarray(picture.image, format="rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        stamp = max(round(picture.time_s * _CLOCK), stamp + 1)
        frame.pts, frame.time_base = stamp, Fraction(1, _CLOCK)
        lengths[stamp] = round(picture.duration_s * _CLOCK)
        yield picture.time_s, _with_lengths(stream.encode(frame), lengths)
        report(picture.time_s)
    yield math.inf, _with_lengths(stream.encode(), lengths)


def _with_lengths(packets: list[Packet[Any]], lengths: dict[int, int]) -> list[Packet[Any]]:
    """Give packets the durations of their frames, which x264 drops: the last would be too short."""
    for packet in packets:
        packet.duration = lengths.pop(cast(int, packet.pts))
    return packets


def _audio_packets(container: OutputContainer, source: InputContainer) -> Iterator[Timed]:
    """Add the stream at once; encode when iterated."""
    before = audio_stream(source)
    shape = encodable(before)
    stream = container.add_stream("aac", rate=shape.sample_rate, layout=shape.layout)
    stream.bit_rate = _AUDIO_BITS_PER_S
    return _sound(sound_frames(source, before, shape), stream)


def _sound(frames: Iterable[AudioFrame], stream: AudioStream) -> Iterator[Timed]:
    for frame in frames:
        yield frame.time or 0.0, stream.encode(frame)
    yield math.inf, stream.encode()


def _reporter(duration_s: float, progress: ProgressCallback | None) -> Callable[[float], None]:
    """A function that tells `progress` of every whole second once."""
    n_seconds, reported_s = math.ceil(duration_s), -1

    def report(time_s: float) -> None:
        nonlocal reported_s
        if progress is not None and int(time_s) > reported_s:
            reported_s = int(time_s)
            progress("video", min(reported_s + 1, n_seconds), n_seconds)

    return report
