"""Decode only the pictures that are wanted, and those that the wanted ones refer to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, cast

import av.error

from affuse.media.grid import Grid, Line, Shown, TimedFrame

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_MOST_WAITING = 64
"""Packets that may wait for one another; H.264 decodes at most 16 pictures ahead of showing."""

_TRIALS = 50
"""Unwanted pictures that all had to be decoded: the stream has no others, as those of cameras."""


@dataclass(frozen=True, slots=True, order=True)
class Passed:
    """A picture that was not decoded; its time stamp keeps its place among the others.

    Attributes
    ----------
    pts, duration : int
        In ticks.
    time_base : Fraction
        Seconds of a tick.
    """

    pts: int
    duration: int
    time_base: Fraction

    @property
    def time(self) -> float:
        """Time at which it is shown, in seconds."""
        return self.pts * self.time_base.numerator / self.time_base.denominator


def is_wanted(grid: Grid, shown: Shown[Any]) -> bool:
    """Whether a picture must be decoded: it fills a wanted position, or is last, or alone.

    Parameters
    ----------
    grid : Grid
    shown : Shown

    Returns
    -------
    bool
    """
    at_an_end = shown.end <= shown.first
    return at_an_end or shown.is_only or grid.n_wanted(shown.first, shown.end) > 0


class CannotPassOver(Exception):
    """Raised where a stream is damaged, or its pictures do not come as its time stamps stated."""


def wanted_frames(
    packets: Iterable[Packet[Any]], stream: VideoStream, grids: Sequence[Grid], origin_s: float
) -> Iterator[VideoFrame | Passed]:
    """Pictures of a stream in order of presentation, without decoding those not needed.

    The decoder itself decides which of the unwanted it can do without: those that no other refers
    to (its `skip_frame`); of codecs without references it gets none.

    Parameters
    ----------
    packets : iterable of Packet
        Of the stream, in the order of decoding; the last one empty.
    stream : VideoStream
    grids : sequence of Grid
        Of which positions are wanted; a picture is as soon as one of them wants it.
    origin_s : float
        Time stamp that counts as 0 s.

    Yields
    ------
    VideoFrame or Passed

    Raises
    ------
    CannotPassOver
        Something was passed over in a stream whose pictures then come in another order; or one is
        damaged, and would be mended from whichever picture was decoded before it.
    """
    context = stream.codec_context
    has_references = not context.codec.intra_only
    if has_references and not context.is_open:
        context.options = {**context.options, "err_detect": "explode"}
    ahead, ordered = _LookAhead(grids, origin_s), _Ordered(is_strict=len(grids) > 1)
    for packet, wanted in ahead.marked(packets):
        ahead.has_ended = ordered.has_ended
        is_known = ahead.has_reordered or not context.has_b_frames
        passes = not wanted and is_known and ordered.is_trusted
        if passes:
            ordered.pass_over(packet)
        else:
            ordered.expect(packet)
        if passes and not has_references:
            continue
        context.skip_frame = "NONREF" if passes else "DEFAULT"
        for frame in _decoded(packet, is_strict=has_references):
            yield from ordered.up_to(frame)
    yield from ordered.rest()


def _decoded(packet: Packet[Any], *, is_strict: bool) -> Iterator[VideoFrame]:
    if is_strict and packet.is_corrupt:
        raise CannotPassOver
    try:
        yield from packet.decode()
    except av.error.FFmpegError as error:
        if is_strict:
            raise CannotPassOver from error


class _Ordered:
    """Merges the pictures that were not decoded with those that were.

    Nothing is to be passed over before the first picture has come, nor in a stream that is
    interlaced, where a packet may be half a picture, that has shown one before another, that has
    lost one, or that has none to spare. Where `is_strict`, a picture that is lost or damaged counts
    also if nothing has been passed over: what is wanted here is passed over by who asks for less,
    and both are to have the same.
    """

    def __init__(self, *, is_strict: bool) -> None:
        self.is_trusted = False
        self._is_strict = is_strict
        self._passed: list[Passed] = []
        self._expected: list[int] = []
        self._last_pts: int | None = None
        self._n_dropped = self._n_decoded = 0

    @property
    def has_ended(self) -> bool:
        """Whether no further picture will be left out."""
        return not self.is_trusted and self._last_pts is not None

    @property
    def _must_hold(self) -> bool:
        return self._is_strict and self.is_trusted

    def pass_over(self, packet: Packet[Any]) -> None:
        heappush(self._passed, Passed(packet.pts or 0, packet.duration or 0, packet.time_base))

    def expect(self, packet: Packet[Any]) -> None:
        if not self.has_ended and packet.pts is not None and not packet.is_discard:
            heappush(self._expected, packet.pts)

    def up_to(self, frame: VideoFrame) -> Iterator[VideoFrame | Passed]:
        """The pictures that were left out before a decoded frame, then the frame."""
        if not self.has_ended or self._passed:
            yield from self._passed_before(frame)
        yield frame

    def _passed_before(self, frame: VideoFrame) -> Iterator[Passed]:
        pts, is_first = frame.pts, self._last_pts is None
        is_expected = pts is not None and self._is_next(pts) and not frame.is_corrupt
        if (self._n_dropped or self._passed or self._must_hold) and not is_expected:
            raise CannotPassOver
        while self._passed and pts is not None and self._passed[0].pts <= pts:
            before = heappop(self._passed)
            self._n_decoded += before.pts == pts
            if before.pts < pts:
                self._n_dropped += 1
                yield before
        is_sound = is_expected and not frame.interlaced_frame
        is_useful = self._n_dropped > 0 or self._n_decoded < _TRIALS
        self.is_trusted = is_sound and is_useful and (self.is_trusted or is_first)
        self._last_pts = pts if pts is not None else self._last_pts

    def rest(self) -> Iterator[Passed]:
        if (self._passed or self._must_hold) and self._expected:
            raise CannotPassOver
        while self._passed:
            yield heappop(self._passed)

    def _is_next(self, pts: int) -> bool:
        """Whether nothing that was expected is missing before it; in the beginning all may be."""
        n_before = 0
        while self._expected and self._expected[0] <= pts:
            n_before += heappop(self._expected) < pts
        return self._last_pts is None or (n_before == 0 and pts > self._last_pts)


@dataclass(slots=True, eq=False)
class _Waiting:
    """A packet, and whether its picture is wanted, once that is known."""

    packet: Packet[Any]
    time_s: float
    wanted: bool | None = None


class _LookAhead:
    """Marks packets whose pictures are wanted, by time stamps alone, in decoding order.

    `has_reordered`: stamps have told of a picture that is decoded after one that is shown later. A
    picture's place is certain when the next packet is decoded no sooner than it is shown; when
    that of the picture after it is certain too, `Line` tells what it fills. Whatever cannot be
    known is wanted: what has no time stamps or strange ones, and all that follows it; so is all
    once it `has_ended`.
    """

    def __init__(self, grids: Sequence[Grid], origin_s: float) -> None:
        self.has_reordered = self.has_ended = False
        self._lines = [(grid, Line(grid)) for grid in grids]
        self._origin_s = origin_s
        self._tick: Fraction | None = None
        self._queue: deque[_Waiting] = deque()
        self._unplaced: list[tuple[int, int, _Waiting]] = []
        self._placed: _Waiting | None = None
        self._n_packets = 0
        self._last_dts: int | None = None
        self._highest_pts: int | None = None

    def marked(self, packets: Iterable[Packet[Any]]) -> Iterator[tuple[Packet[Any], bool]]:
        is_certain = True
        for packet in packets:
            is_certain = is_certain and not self.has_ended and self._is_certain(packet)
            if is_certain:
                self._take(packet)
            else:
                yield from self._rest()
                yield packet, True
            while self._queue and self._queue[0].wanted is not None:
                first = self._queue.popleft()
                yield first.packet, bool(first.wanted)

    def _rest(self) -> Iterator[tuple[Packet[Any], bool]]:
        while self._queue:
            first = self._queue.popleft()
            yield first.packet, first.wanted is not False

    def _is_certain(self, packet: Packet[Any]) -> bool:
        if not packet.size or packet.pts is None or len(self._queue) >= _MOST_WAITING:
            return False
        if packet.dts is None:
            # At the beginning of a Matroska file; the packets that follow tell.
            return self._last_dts is None
        is_later = self._last_dts is None or packet.dts > self._last_dts
        return is_later and packet.dts <= packet.pts

    def _take(self, packet: Packet[Any]) -> None:
        if packet.is_discard:
            self._queue.append(_Waiting(packet, 0.0, wanted=True))
            return
        self._tick = self._tick or packet.time_base
        pts = cast(int, packet.pts)
        highest = self._highest_pts
        self.has_reordered |= highest is not None and pts < highest
        self._highest_pts = pts if highest is None else max(highest, pts)
        time_s = pts * self._tick.numerator / self._tick.denominator - self._origin_s
        waiting = _Waiting(packet, time_s)
        self._queue.append(waiting)
        self._n_packets += 1
        heappush(self._unplaced, (pts, self._n_packets, waiting))
        if packet.dts is not None:
            self._last_dts = packet.dts
            while self._unplaced and self._unplaced[0][0] < packet.dts:
                self._place(heappop(self._unplaced)[2])

    def _place(self, following: _Waiting) -> None:
        """The next picture in order of presentation is known, and so the end of the last one."""
        last, self._placed = self._placed, following
        if last is not None:
            timed = TimedFrame(last, last.time_s, following.time_s)
            filled = [(grid, line.fill(timed)) for grid, line in self._lines]
            is_used = any(shown is not None and is_wanted(grid, shown) for grid, shown in filled)
            last.wanted = is_used or last.packet.is_corrupt
