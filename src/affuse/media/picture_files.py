"""The picture of a stretch of a file -> an mp4 without sound: copied, or re-encoded."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
import av.error
import cv2
import numpy as np

from affuse.errors import MediaError
from affuse.media.decode import check_complete, open_media, origin_s, video_stream
from affuse.media.geometry import Image, Scaler, upright_shape
from affuse.media.grid import Grid
from affuse.media.shown import refuse_cover, shown_frames, timed_frames

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

_COPIED_CODECS = frozenset({"h264", "hevc", "mpeg4", "vp9", "av1"})
_CLOCK = 90_000
_QUALITY = {"crf": "15", "preset": "veryfast", "bf": "0"}
"""Without pictures out of order, so that an mp4 keeps for how long each one stands."""

_REORDERED_S = 0.5
"""By so much a picture may be decoded before it is shown, where a format does not say."""

_BEGINS_WITHIN_S = 0.1
"""A file whose picture begins later is read as if it began there, and would lose its place."""

_ENDS_WITHIN_S = 0.2

_FEWEST = 2
"""Pictures that are copied: a single one is decoded first, as it may be a cover."""


def write_picture(source: Path, target: Path, start_s: float, duration_s: float) -> None:
    """Write the pictures of a stretch, and read them back as a check.

    Parameters
    ----------
    source, target : Path
    start_s, duration_s : float
        Stretch in seconds, from the file's common origin of sound and picture.

    Raises
    ------
    MediaError
        The source cannot be decoded, has no picture there, or what was written reads otherwise.
    """
    if start_s or not _is_copied(source, target, duration_s):
        n_frames, end_s = _compressed(source, target, Grid(start_s, _CLOCK, _slots(duration_s), 1))
        n_read, ends_s = _read_back(target)
        if n_read != n_frames or abs(ends_s - end_s) > _ENDS_WITHIN_S:
            what = f"{n_read} of {n_frames} pictures, {ends_s:.2f} of {end_s:.2f} s"
            raise unlike_what_was_written(source, what)


def unlike_what_was_written(source: Path, what: str) -> MediaError:
    """The error for a new file that does not read back as it was written.

    Parameters
    ----------
    source : Path
        What it was made from.
    what : str
        What of it could be read.

    Returns
    -------
    MediaError
    """
    return MediaError(
        f"what was written of {source} does not read back whole ({what}); expected all of it: "
        "the file is damaged in a way that decoders take differently, re-encode it"
    )


def _slots(duration_s: float) -> int:
    return max(round(duration_s * _CLOCK), 1)


def _is_copied(source: Path, target: Path, duration_s: float) -> bool:
    """Copy compressed pictures; False where an mp4 cannot hold them unchanged."""
    with open_media(source) as before:
        stream = video_stream(before)
        packets = _packets_of(before, stream, duration_s)
        if stream.codec_context.name not in _COPIED_CODECS or len(packets) < _FEWEST:
            return False
        end_s = max(
            float((cast(int, packet.pts) + (packet.duration or 0)) * packet.time_base)
            for packet in packets
        )
        if end_s < duration_s:
            check_complete(before, stream, end_s)
        try:
            _copy(packets, stream, target)
        except av.error.FFmpegError:
            return False
    n_read, ends_s = _read_back(target)
    return n_read == len(packets) and abs(ends_s - end_s) <= _ENDS_WITHIN_S


def _packets_of(
    container: InputContainer, stream: VideoStream, duration_s: float
) -> Sequence[Packet[Any]]:
    """Packets of the pictures shown before `duration_s`, counted from the file's origin.

    Nothing where time runs back, as in joined recordings, or the picture begins late.
    """
    clock = stream.time_base or Fraction(1, _CLOCK)
    origin, packets = round(origin_s(container) / clock), list[Any]()
    for packet in container.demux(stream):
        if packet.pts is None or not packet.size:
            continue
        late_s = _REORDERED_S if packet.dts is None else 0.0
        stamp = packet.pts if packet.dts is None else packet.dts
        if (stamp - origin) * clock >= duration_s + late_s:
            break
        packets.append(packet)
    if not packets or min(packet.pts - origin for packet in packets) * clock > _BEGINS_WITHIN_S:
        return ()
    _count_from(origin, packets)
    _end_by(round(duration_s / clock), packets)
    in_order = all(packet.dts < following.dts for packet, following in pairwise(packets))
    return packets if in_order else ()


def _count_from(origin: int, packets: Sequence[Packet[Any]]) -> None:
    """Shift time stamps; missing decoding times, as in Matroska, are made up."""
    shown = [cast(int, packet.pts) - origin for packet in packets]
    ordered = sorted(shown)
    lacking = any(packet.dts is None for packet in packets)
    late = max(first - pts for first, pts in zip(ordered, shown, strict=True))
    for packet, pts, first in zip(packets, shown, ordered, strict=True):
        packet.dts = first - late if lacking else cast(int, packet.dts) - origin
        packet.pts = pts


def _end_by(end: int, packets: Sequence[Packet[Any]]) -> None:
    """End all pictures with the stretch: before a gap, an mp4 holds one until the next."""
    for packet in packets:
        if packet.duration:
            room = max(end - cast(int, packet.pts), 0)
            packet.duration = min(packet.duration, room or packet.duration)


def _copy(packets: Sequence[Packet[Any]], stream: VideoStream, target: Path) -> None:
    with av.open(str(target), "w") as after:
        copy = after.add_stream_from_template(stream)
        for packet in packets:
            packet.stream = copy
            after.mux(packet)


def _read_back(target: Path) -> tuple[int, float]:
    """Number of pictures in a file, and the end of the last one; 0 where it cannot be read."""
    n_frames, end_s = 0, 0.0
    with suppress(MediaError), open_media(target) as container:
        for timed in timed_frames(container, video_stream(container)):
            n_frames, end_s = n_frames + 1, timed.end_s
    return n_frames, end_s


def _compressed(source: Path, target: Path, grid: Grid) -> tuple[int, float]:
    """Re-encode upright frames at their own size and times; returns their number and end."""
    with av.open(str(target), "w") as after, open_media(source) as before:
        stream, scaled = video_stream(before), Scaler(before.name)
        aspect, writer = stream.sample_aspect_ratio, None
        for shown in shown_frames(before, stream, grid):
            refuse_cover(before, shown)
            height = round(upright_shape(shown.frame, aspect)[0])
            image = scaled(shown.frame, height, aspect)
            writer = writer or _Writer(after, image, stream.average_rate)
            if shown.end > shown.first:
                writer.write(image, shown.first, shown.end)
        assert writer is not None
        writer.finish()
    return writer.n_frames, writer.end / grid.fps


class _Writer:
    """Encodes upright pictures of any size at the size of the first, with even sides."""

    def __init__(self, container: OutputContainer, first: Image, rate: Fraction | None) -> None:
        self.n_frames = self.end = 0
        self._container = container
        self._lengths: dict[int, int] = {}
        usual = Fraction(rate.numerator, rate.denominator) if rate else Fraction(30)
        usual = min(max(usual, Fraction(1)), Fraction(240)).limit_denominator(1001)
        self._stream = container.add_stream("libx264", rate=usual, options=_QUALITY)
        height, width = (max(length // 2 * 2, 2) for length in first.shape[:2])
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.thread_count = 1
        self._stream.codec_context.time_base = Fraction(1, _CLOCK)

    def write(self, image: Image, begin: int, end: int) -> None:
        """Write a picture shown from tick to tick; a black one before the first if it is late."""
        if not self.n_frames and begin > 0:
            self._encode(np.zeros_like(image), 0, begin)
        self._encode(image, begin, end)

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._mux(self._stream.encode())

    def _encode(self, image: Image, begin: int, end: int) -> None:
        width, height = self._stream.width, self._stream.height
        if not (0 <= image.shape[0] - height <= 1 and 0 <= image.shape[1] - width <= 1):
            image = np.asarray(cv2.resize(image, (width, height)), np.uint8)
        frame = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(image[:height, :width]), format="rgb24"
        )
        frame.pts, frame.time_base = begin, Fraction(1, _CLOCK)
        self._lengths[begin] = end - begin
        self.n_frames, self.end = self.n_frames + 1, end
        self._mux(self._stream.encode(frame))

    def _mux(self, packets: Sequence[Packet[Any]]) -> None:
        """Give packets the durations of their pictures, which the encoder drops."""
        for packet in packets:
            packet.duration = self._lengths.pop(cast(int, packet.pts))
            self._container.mux(packet)
