"""One time axis for sound and picture of a file, however its time stamps jump.

Rules and reasons: docs/decisions/0009-clock.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av

from affuse.errors import MediaError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

_PRIMING_S = 0.1
"""A timeline that begins no further from 0 than this begins at 0: a decoder's start."""

_AGAIN_S = 0.1
_BACK_S = 1.0
_REORDERED = 20
"""Pictures by which decoding order may run ahead of display order."""

_JUMP_S = 10.0
"""A jump this long that no other stream makes is accepted when the next stamp confirms it."""

_BROADCASTS = ("mpegts", "mpeg")
"""Formats whose clock begins anywhere: of two that are joined, the second may be hours ahead."""

_LEAST_LIMIT_S = 3600.0
_LIMIT_S_PER_BYTE = 0.1
"""No recording has less than ten bytes for a second, silence of an hour apart."""


def origin_s(container: InputContainer) -> float:
    """Time stamp that counts as 0 s, the same for sound and picture of one file.

    It is that of whatever begins first. A stream that begins later than the other stays late.

    Parameters
    ----------
    container : InputContainer
        Opened.

    Returns
    -------
    float
        In seconds.
    """
    begin = (container.start_time or 0) / av.time_base
    return begin if abs(begin) > _PRIMING_S else 0.0


@dataclass(slots=True)
class _Track:
    """State of one stream: its part of a joined file, and its last stamps in that part."""

    part: int
    first_s: float
    last_s: float
    length_s: float
    waiting: Packet[Any] | None = None
    waiting_s: float = 0.0


class Clock:
    """Maps the time stamps of a file's packets onto one axis that never runs back.

    Where stamps start again, as in recordings that were joined, those that follow are moved
    behind the end of what came before, for all streams alike. A jump ahead is accepted, since a
    microphone may be muted for long; a single stamp that jumps and is not confirmed by the next one
    of its stream is not.

    Parameters
    ----------
    container : InputContainer
    from_start : bool
        Whether the packets are those from the beginning of the file.
    """

    def __init__(self, container: InputContainer, *, from_start: bool = True) -> None:
        self._name = container.name
        self._origin_s = origin_s(container)
        self._limit_s = _LEAST_LIMIT_S + _LIMIT_S_PER_BYTE * max(container.size or 0, 0)
        self._leaps_are_joins = container.format.name in _BROADCASTS
        self._reach_s = self._origin_s if from_start else math.inf
        self._shifts_s = [0.0]
        self._tracks: dict[int, _Track] = {}
        self._ticks_s: dict[int, float] = {}
        self._firsts: dict[int, tuple[Packet[Any], float]] = {}

    def placed(self, packets: Iterable[Packet[Any]]) -> Iterator[Packet[Any]]:
        """The packets with stamps on the common axis, including the last, empty one.

        Parameters
        ----------
        packets : iterable of Packet
            Of one stream, in the order of the file.

        Yields
        ------
        Packet

        Raises
        ------
        MediaError
            A stamp claims more time than the bytes of the file can hold.
        """
        for packet in packets:
            if packet.size == 0:
                yield from self._released()
            stamp = packet.pts if packet.dts is None else packet.dts
            if stamp is None:
                yield packet
                continue
            begin_s, index = stamp * self._tick_s(packet), packet.stream.index
            if index in self._firsts:
                yield self._begun(self._firsts.pop(index), begin_s)
            track = self._tracks.get(index)
            if track is not None and track.waiting is not None:
                yield self._confirmed(track, begin_s)
            if track is None and begin_s + self._shifts_s[-1] > self._reach_s + _JUMP_S:
                self._firsts[index] = packet, begin_s
            elif track is not None and self._leaps(track, begin_s):
                track.waiting, track.waiting_s = packet, begin_s
            else:
                yield self._moved(packet, begin_s)

    def begin_part(self, container: InputContainer) -> None:
        """Note that another recording in the same file follows.

        Parameters
        ----------
        container : InputContainer
            The recording that follows.
        """
        reach_s = self._origin_s if self._reach_s == math.inf else self._reach_s
        self._shifts_s.append(reach_s - origin_s(container))
        self._tracks.clear()
        self._ticks_s.clear()

    def _tick_s(self, packet: Packet[Any]) -> float:
        index = packet.stream.index
        if index not in self._ticks_s:
            self._ticks_s[index] = float(packet.time_base)
        return self._ticks_s[index]

    def _shown_s(self, packet: Packet[Any], begin_s: float) -> float:
        """Time at which a picture is shown, which may be later than it is decoded."""
        return begin_s if packet.pts is None else packet.pts * self._tick_s(packet)

    def _released(self) -> Iterator[Packet[Any]]:
        while self._firsts:
            yield self._moved(*self._firsts.popitem()[1])
        for track in self._tracks.values():
            if track.waiting is not None:
                packet, track.waiting = track.waiting, None
                yield self._moved(packet, track.waiting_s)

    def _leaps(self, track: _Track, begin_s: float) -> bool:
        reach_s = self._reach_s - self._shifts_s[track.part]
        return begin_s > max(track.last_s, reach_s) + _JUMP_S

    def _begun(self, first: tuple[Packet[Any], float], next_s: float) -> Packet[Any]:
        """The first packet of a stream that jumped, at its own stamp or at that of the next one.

        In a broadcast a stamp just before zero, as of a decoder's start, is one of 26 hours.
        """
        packet, begin_s = first
        if next_s < begin_s - _JUMP_S:
            begin_s = next_s
            packet.pts = packet.dts = round(begin_s / self._tick_s(packet))
        return self._moved(packet, begin_s)

    def _confirmed(self, track: _Track, next_s: float) -> Packet[Any]:
        """A packet that jumped, at its stamp if the next one confirms it, else after the last."""
        packet, track.waiting = track.waiting, None
        assert packet is not None
        begin_s = track.waiting_s
        if track.last_s - _BACK_S < next_s < begin_s - _JUMP_S:
            begin_s = track.last_s + track.length_s
            packet.pts = packet.dts = round(begin_s / self._tick_s(packet))
        return self._moved(packet, begin_s)

    def _moved(self, packet: Packet[Any], begin_s: float) -> Packet[Any]:
        track = self._track(packet, begin_s)
        shift_s = self._shifts_s[track.part]
        end_s = self._shown_s(packet, begin_s) + shift_s + track.length_s
        if end_s - self._origin_s > self._limit_s:
            raise self._too_long(end_s - self._origin_s)
        self._reach_s = end_s if self._reach_s == math.inf else max(self._reach_s, end_s)
        if shift_s:
            ticks = round(shift_s / self._tick_s(packet))
            packet.pts = None if packet.pts is None else packet.pts + ticks
            packet.dts = None if packet.dts is None else packet.dts + ticks
        return packet

    def _track(self, packet: Packet[Any], begin_s: float) -> _Track:
        """The packet's stream, moved on to a new part where its stamps start again."""
        index, length_s = packet.stream.index, (packet.duration or 0) * self._tick_s(packet)
        track = self._tracks.get(index)
        if track is None:
            track = _Track(len(self._shifts_s) - 1, begin_s, begin_s, length_s)
            self._tracks[index] = track
        elif _starts_again(track, packet, begin_s) or self._is_join(track, begin_s):
            track.part = self._next_part(track, begin_s, self._shown_s(packet, begin_s))
            track.first_s = begin_s
        elif not length_s:
            length_s = max(min(begin_s - track.last_s, _BACK_S), 0.0)
        track.last_s = begin_s
        track.length_s = length_s or track.length_s
        return track

    def _is_join(self, track: _Track, begin_s: float) -> bool:
        """Whether a jump of a broadcast's clock is a join rather than a pause."""
        if not self._leaps_are_joins:
            return False
        return begin_s + self._shifts_s[track.part] > self._reach_s + _LEAST_LIMIT_S

    def _next_part(self, track: _Track, begin_s: float, shown_s: float) -> int:
        """Number of the part that fits: one that another stream has begun, or a new one."""
        last_s = track.last_s + self._shifts_s[track.part]
        for part in range(track.part + 1, len(self._shifts_s)):
            if last_s - _BACK_S < begin_s + self._shifts_s[part] < self._reach_s + _LEAST_LIMIT_S:
                return part
        self._shifts_s.append(self._reach_s - shown_s)
        return len(self._shifts_s) - 1

    def _too_long(self, claimed_s: float) -> MediaError:
        return MediaError(
            f"{self._name} has a time stamp of {claimed_s:,.0f} s, more than so small a file can "
            f"hold ({self._limit_s:,.0f} s at most); expected time stamps of a recording: it is "
            "damaged, re-encode it"
        )


def _starts_again(track: _Track, packet: Packet[Any], begin_s: float) -> bool:
    """Whether a stamp belongs to another recording: back at the beginning, or far back."""
    back_s = track.last_s - begin_s
    if packet.is_keyframe and back_s > _AGAIN_S and begin_s <= track.first_s + _AGAIN_S:
        return True
    return back_s > max(_BACK_S, _REORDERED * track.length_s)
