"""Removal of a constant offset, as cheap sound cards add to a signal."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float32]

LEAST_OFFSET = 1e-4
"""Share of full scale below which the mean of four seconds is no offset: nearly all clips of
RAVDESS are below it."""

_SURE_AFTER_S = 4.0
_CHANCES = 4
_LEAST_STEP = 0.02
_PADDING = 400
"""Samples of exactly 0 in a row that nobody recorded: clips are filled up to one length with them,
and no converter with an offset gives them."""

_REACH = 4
"""Seconds before and after one that say what its offset is."""


@dataclass(slots=True)
class _Second:
    """One second of sound; its pieces were recorded, or fill a gap."""

    pieces: list[tuple[Signal, bool]] = field(default_factory=list)
    length: int = 0
    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(6))

    def close(self, t: NDArray[np.float64]) -> None:
        """Sum up 1, t, t^2, x, tx and x^2 over what was recorded; t of a whole second is given."""
        self.pieces = [
            part
            for is_recorded, pieces in groupby(self.pieces, key=itemgetter(1))
            for part in _parted(_joined([signal for signal, _ in pieces]), is_recorded)
            if len(part[0])
        ]
        places = np.cumsum([0, *(len(signal) for signal, _ in self.pieces)])
        # A click between zeros says nothing of an offset.
        least = len(t) // 10 if len(self.pieces) > 1 else 1
        recorded = [
            n for n, (x, is_sound) in enumerate(self.pieces) if is_sound and len(x) >= least
        ]
        if not recorded:
            return
        # Added up in one array, so that the sums do not depend on a codec's frames.
        x = _joined([self.pieces[n][0] for n in recorded]).astype(np.float64)
        t = _joined([t[places[n] : places[n + 1]] for n in recorded])
        self.sums = np.array([len(x), t.sum(), t @ t, x.sum(), t @ x, x @ x])

    def level(self) -> tuple[float, float]:
        """Mean and standard deviation of what was recorded."""
        n, _, _, x, _, xx = self.sums
        return float(x / n), math.sqrt(max(float(xx / n - (x / n) ** 2), 0.0))

    def seen_from(self, seconds_before: int) -> NDArray[np.float64]:
        """The sums with t relative to the middle of another second."""
        n, t, tt, x, tx, xx = self.sums
        d = seconds_before
        return np.array([n, t + d * n, tt + 2 * d * t + d * d * n, x, tx + d * x, xx])


def _joined(pieces: list[NDArray[Any]]) -> NDArray[Any]:
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _parted(signal: Signal, is_recorded: bool) -> Iterator[tuple[Signal, bool]]:
    """Pieces of a signal, and whether they were recorded: long runs of exact zeros were not."""
    # A run that is long enough holds one of so many samples: most seconds need no other look.
    if signal[::_PADDING].all() or np.count_nonzero(signal) > len(signal) - _PADDING:
        yield signal, is_recorded
        return
    sounding = np.flatnonzero(signal) if is_recorded else np.zeros(0, np.intp)
    begins, ends = np.append(0, sounding + 1), np.append(sounding, len(signal))
    first = 0
    for gap in np.flatnonzero(ends - begins >= _PADDING):
        yield signal[first : begins[gap]], is_recorded
        yield signal[begins[gap] : ends[gap]], False
        first = int(ends[gap])
    yield signal[first:], is_recorded


def _within_steps(around: Sequence[_Second], own: int) -> tuple[int, int]:
    """Seconds that share their offset with a given one: from one step to the next."""
    begin = end = own
    while begin > 0 and not _is_step(around[begin - 1], around[begin]):
        begin -= 1
    while end + 1 < len(around) and not _is_step(around[end], around[end + 1]):
        end += 1
    return begin, end + 1


def _is_step(one: _Second, other: _Second) -> bool:
    """Whether the mean changes by more than the sound around it, as where recordings are joined."""
    if not (one.sums[0] and other.sums[0]):
        return False
    (mean, deviation), (next_mean, next_deviation) = one.level(), other.level()
    return abs(mean - next_mean) > max(_LEAST_STEP, min(deviation, next_deviation))


class OffsetRemoval:
    """Subtracts from each second the straight line that fits the nine around it.

    So an offset that drifts goes as well, and of recordings that were joined each has its own. A
    line within `LEAST_OFFSET` of zero is none, and the samples stay as they are to the last bit; a
    slope within four times what chance gives is none either. Of less than four seconds of sound the
    same holds of the mean, which also has to be more in proportion: a voice has a mean of its own
    over so short a time. Unlike a filter this leaves everything above 0.1 Hz alone.

    Parameters
    ----------
    sample_rate : int
        Hz.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> signal = (0.01 * rng.standard_normal(40_000)).astype(np.float32)
    >>> removal = OffsetRemoval(8000)
    >>> pieces = [*removal.taken(signal + np.float32(0.005), True), *removal.finished()]
    >>> bool(np.abs(np.concatenate(pieces) - signal).max() < 2e-4)
    True
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._t = (np.arange(sample_rate) + 0.5) / sample_rate - 0.5
        """Time within a second, from -1/2 to 1/2."""
        self._seconds: deque[_Second] = deque()
        self._filling = _Second()
        self._n_done = 0

    def taken(self, signal: Signal, is_recorded: bool) -> Iterator[Signal]:
        """Output that these samples make possible; it lags by four seconds.

        Parameters
        ----------
        signal : (n_samples,) float32
        is_recorded : bool
            Whether it was in the file; False for silence that fills a gap.

        Yields
        ------
        (n_samples,) float32
        """
        while len(signal):
            room = self._rate - self._filling.length
            piece, signal = signal[:room], signal[room:]
            self._filling.pieces.append((piece, is_recorded))
            self._filling.length += len(piece)
            if self._filling.length == self._rate:
                self._close()
                if len(self._seconds) - self._n_done > _REACH:
                    yield from self._next()

    def finished(self) -> Iterator[Signal]:
        """The rest of the output.

        Yields
        ------
        (n_samples,) float32
        """
        if self._filling.length:
            self._close()
        while self._n_done < len(self._seconds):
            yield from self._next()

    def _close(self) -> None:
        self._filling.close(self._t)
        self._seconds.append(self._filling)
        self._filling = _Second()

    def _next(self) -> Iterator[Signal]:
        """The next second with its offset removed."""
        second = self._seconds[self._n_done]
        mean, slope = self._line(self._n_done)
        first = 0
        for signal, is_recorded in second.pieces:
            if is_recorded and (mean or slope):
                t = self._t[first : first + len(signal)]
                yield signal - (mean + slope * t).astype(np.float32)
            else:
                yield signal
            first += len(signal)
        second.pieces = []
        self._n_done += 1
        if self._n_done > _REACH:
            self._seconds.popleft()
            self._n_done -= 1

    def _line(self, number: int) -> tuple[float, float]:
        """Offset in the middle of a second, and its slope."""
        first = max(number - _REACH, 0)
        around = list(self._seconds)[first : number + _REACH + 1]
        begin, end = _within_steps(around, number - first)
        sums = sum(around[n].seen_from(first + n - number) for n in range(begin, end))
        n, t, tt, x, tx, xx = np.asarray(sums, np.float64)
        if not n:
            return 0.0, 0.0
        spread = tt / n - (t / n) ** 2
        slope = (tx / n - t * x / n**2) / spread if spread > 0 else 0.0
        half_change = slope * n / self._rate / 2
        by_chance = _CHANCES * math.sqrt(max(xx / n - (x / n) ** 2, 0.0) / n)
        if abs(half_change) <= max(LEAST_OFFSET, math.sqrt(3) * by_chance):
            slope = half_change = 0.0
        missing = _SURE_AFTER_S * self._rate / n
        least = LEAST_OFFSET if missing <= 1 else max(LEAST_OFFSET * missing, by_chance)
        if abs(x / n) + abs(half_change) <= least:
            return 0.0, 0.0
        return float((x - slope * t) / n), float(slope)
