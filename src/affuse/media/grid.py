"""Which positions of an even grid of time the frames of a stream fill."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median_low
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_BEGINS_WITHIN_S = 0.5
"""So much later than its sound a picture may begin and still count as there from the first."""

_LEAST_HOLD_S = 1.0
_MOST_HOLD_S = 30.0
_SPACINGS = 25
"""How many of the last distances between frames tell what is usual in a stream."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A decoded frame, the positions [first, end) that it fills, and its time stamps."""

    frame: VideoFrame
    first: int
    end: int
    start_s: float
    end_s: float
    is_only: bool


@dataclass(frozen=True, slots=True)
class Grid:
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


class Line:
    """Which positions of a grid the frames of a stream fill, one after another."""

    def __init__(self, grid: Grid, usual_s: float) -> None:
        self.held: VideoFrame | None = None
        self.fills_any = False
        self.time_s = grid.begin_s
        self._grid = grid
        self._first = self._n_frames = 0
        self._begun_s = grid.begin_s
        self._length_s = usual_s
        self._spacings_s: deque[float] = deque(maxlen=_SPACINGS)

    @property
    def stated_end_s(self) -> float:
        """When the last frame ends, as the file has it."""
        return self.time_s + self._length_s

    def until(self, frame: VideoFrame, time_s: float | None) -> Iterator[Shown]:
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

    def finish(self) -> Iterator[Shown]:
        """What the last frame fills: a position in any case where it is the only one."""
        assert self.held is not None
        end_s = self.time_s + min(self._length_s, self._longest_s(self._length_s))
        if end_s > self._grid.begin_s:
            end = max(self._grid.slot(end_s), self._first + (not self.fills_any))
            yield self._filled(self._grid.clipped(end), end_s, is_only=self._n_frames == 1)

    def _up_to(self, time_s: float) -> Iterator[Shown]:
        assert self.held is not None
        spacing_s = time_s - self.time_s
        if spacing_s > 0:
            self._spacings_s.append(spacing_s)
        longest_s = self._longest_s(spacing_s)
        has_gap = spacing_s > longest_s
        end_s = self.time_s + longest_s if has_gap else time_s
        end = self._grid.slot(end_s)
        if end > self._first or has_gap:
            yield self._filled(end, end_s)
        if has_gap:
            self._begin(time_s)

    def _longest_s(self, spacing_s: float) -> float:
        usual_s = median_low(self._spacings_s) if self._spacings_s else spacing_s
        return min(max(2 * usual_s, _LEAST_HOLD_S), _MOST_HOLD_S)

    def _begin(self, time_s: float) -> None:
        self._begun_s = time_s
        self._first = max(self._first, self._grid.slot(time_s))

    def _filled(self, end: int, end_s: float, *, is_only: bool = False) -> Shown:
        assert self.held is not None
        first, self._first = self._first, max(end, self._first)
        begun_s, self._begun_s = self._begun_s, end_s
        self.fills_any = self.fills_any or end > first
        return Shown(self.held, first, max(end, first), begun_s, end_s, is_only)
