"""Which positions of a regular time grid the frames of a stream fill."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import median_low
from typing import Generic, TypeVar

Picture = TypeVar("Picture")

_BEGINS_WITHIN_S = 0.5
"""So much later than its sound a picture may begin and still count as there from the first."""

_LEAST_HOLD_S = 1.0
_MOST_HOLD_S = 30.0
_SPACINGS = 25
"""How many of the last distances between frames tell what is usual in a stream."""


@dataclass(frozen=True, slots=True)
class TimedFrame(Generic[Picture]):
    """A frame in seconds from the file's common origin.

    Attributes
    ----------
    frame : av.VideoFrame
        Or what stands for one that is not decoded.
    time_s, end_s : float
        When it comes, and when the next one does or the file says that it ends.
    is_last, is_only : bool
        No other comes after it; nor before it, where the file was read from its beginning.
    """

    frame: Picture
    time_s: float
    end_s: float
    is_last: bool = False
    is_only: bool = False


@dataclass(frozen=True, slots=True)
class Shown(Generic[Picture]):
    """A frame, the positions [first, end) that it fills, and its seconds."""

    frame: Picture
    first: int
    end: int
    start_s: float
    end_s: float
    may_end_s: float
    is_only: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """Regular positions in time: `n_slots` of them (None: no end), each `frame_step`-th wanted."""

    begin_s: float
    fps: float
    n_slots: int | None
    frame_step: int

    def slot(self, time_s: float) -> int:
        """Nearest position; halves go up, so that 60 frames a second keep every second one.

        Parameters
        ----------
        time_s : float
            In seconds from the file's origin.

        Returns
        -------
        int
        """
        return self.clipped(max(math.floor((time_s - self.begin_s) * self.fps + 0.5), 0))

    def clipped(self, slot: int) -> int:
        """The position, or the end of the grid if that is earlier.

        Parameters
        ----------
        slot : int

        Returns
        -------
        int
        """
        return slot if self.n_slots is None else min(slot, self.n_slots)

    def n_wanted(self, first: int, end: int) -> int:
        """How many wanted positions lie in [first, end).

        Parameters
        ----------
        first : int
            Position.
        end : int
            Position after the last.

        Returns
        -------
        int
        """
        return max(-(-end // self.frame_step) - -(-first // self.frame_step), 0)


class Line:
    """Which positions of a grid the frames of a stream fill, one after another.

    How long a frame stands is said at `affuse.media.video.SampledFrame`.

    Parameters
    ----------
    grid : Grid
    """

    def __init__(self, grid: Grid) -> None:
        self.fills_any = False
        self._grid = grid
        self._is_first = True
        self._first = 0
        self._begun_s = grid.begin_s
        self._spacings_s: deque[float] = deque(maxlen=_SPACINGS)

    def fill(self, timed: TimedFrame[Picture]) -> Shown[Picture] | None:
        """The positions that the next frame fills; None for one that fills none and can be dropped.

        Parameters
        ----------
        timed : TimedFrame
            The next frame.

        Returns
        -------
        Shown or None
        """
        if self._is_first and timed.time_s - self._grid.begin_s > _BEGINS_WITHIN_S:
            self._begin(timed.time_s)
        self._is_first = False
        usual_s = self._usual_s(timed)
        longest_s = min(max(2 * usual_s, _LEAST_HOLD_S), _MOST_HOLD_S)
        has_gap = timed.end_s - timed.time_s > longest_s
        end_s = timed.time_s + longest_s if has_gap else timed.end_s
        end = self._grid.slot(end_s)
        if timed.is_last and not self.fills_any and end_s > self._grid.begin_s:
            end = self._grid.clipped(max(end, self._first + 1))
        if end <= self._first and not (has_gap or timed.is_last):
            return None
        shown = self._filled(timed, end, end_s, timed.time_s + min(usual_s, _MOST_HOLD_S))
        if has_gap:
            self._begin(timed.end_s)
        return shown

    def _usual_s(self, timed: TimedFrame[Picture]) -> float:
        """Median distance between frames so far, including this one."""
        spacing_s = timed.end_s - timed.time_s
        if spacing_s > 0 and not timed.is_last:
            self._spacings_s.append(spacing_s)
        return median_low(self._spacings_s) if self._spacings_s else spacing_s

    def _begin(self, time_s: float) -> None:
        self._begun_s = time_s
        self._first = max(self._first, self._grid.slot(time_s))

    def _filled(
        self, timed: TimedFrame[Picture], end: int, end_s: float, may_end_s: float
    ) -> Shown[Picture]:
        first, self._first = self._first, max(end, self._first)
        begun_s, self._begun_s = self._begun_s, end_s
        self.fills_any = self.fills_any or end > first
        end = max(end, first)
        return Shown(timed.frame, first, end, begun_s, end_s, may_end_s, timed.is_only)
