"""How well what a mouth does agrees with the sound, twenty-five times a second."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affuse.people.records import MouthTrack

PER_S = 25
"""Positions in a second, both of mouths and of levels."""

_PER_POSITION = 100 // PER_S
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_SEEN_WITHIN_S = 0.25
_LAGS = range(-7, 8)
"""Positions by which the sound may be late or early: 0.2 s, and 0.08 s by which lips go ahead."""

_USUAL_LAGS = range(3)
_NEAR, _WIDE = 12, 25
"""Positions on either side over which motion and sound are compared: half a second, and one."""

_SLOW = 2
"""Positions on either side over which the opening is averaged, a fifth of a second in all: what
moves no faster than that is chewing (1 to 2 Hz) or a head that turns; syllables come at 3 to 8."""

_TOP_PERCENT = 95
_RANGE_DB = 15.0
_LOWEST, _HIGHEST = -3.0, 0.5
_LEAST_RATE = 0.0083
"""Heights of a face in a second: what noise alone moves."""

_NOISE = (0.000868, 0.1, 0.001)
"""Variances of noise: of opening, of the logarithm of its rate, and of loudness and its slope."""

FEATURES = ("opening near", "opening near usual", "opening wide", "opening wide usual",
            "rate wide", "rate wide usual", "rate")  # fmt: skip
"""Correlation of opening with the slope of loudness and of its rate with loudness itself, near
and wide, the best over all lags and the mean over the usual ones; and the mean rate. Rates are
those of the opening without what is slower than syllables."""

_WEIGHTS = (2.1358, 1.1692, 3.2633, 1.5853, 2.2287, 1.2948, 1.1555)
_BIAS = 1.3865
"""Fitted on eleven clips of nine people: `benchmarks/mouths_fit.py`, with voices off-screen of
which the network of voices had learned."""


def loudness(envelope: NDArray[np.floating], spoken: Mask) -> Floats:
    """Level as a share of that of speech.

    Parameters
    ----------
    envelope : (n,) float
        In dB, a hundred times a second, as of `SoundEnvelope`.
    spoken : (n,) bool
        Whether there is speech.

    Returns
    -------
    (n // 4,) float64
        0 where it is as loud as speech is at its loudest, -1 where it is 15 dB below.
    """
    count = len(envelope) // _PER_POSITION
    if not count:
        return np.zeros(0)
    level = np.asarray(envelope[: count * _PER_POSITION], np.float64)
    level = level.reshape(count, _PER_POSITION).mean(axis=1)
    top = np.percentile(envelope[spoken] if spoken.any() else envelope, _TOP_PERCENT)
    return np.asarray(np.clip((level - top) / _RANGE_DB, _LOWEST, _HIGHEST))


def synchrony(mouths: Sequence[MouthTrack], loud: Floats) -> Floats:
    """Logarithm of how much likelier it is that this mouth speaks than that it does not.

    Parameters
    ----------
    mouths : sequence of MouthTrack
        Of one person.
    loud : (n,) float64
        Of `loudness`.

    Returns
    -------
    (n,) float64
        Not a number where the mouth is not seen.
    """
    found, seen = features(mouths, loud)
    score = found @ np.array(_WEIGHTS) + _BIAS
    return np.where(seen, score, np.nan)


def features(mouths: Sequence[MouthTrack], loud: Floats) -> tuple[Floats, Mask]:
    """What `synchrony` weighs.

    Parameters
    ----------
    mouths : sequence of MouthTrack
        Of one person.
    loud : (n,) float64

    Returns
    -------
    tuple of ((n, 7) float64, (n,) bool)
        `FEATURES` at each position, and whether the mouth is seen.
    """
    opening, seen = _on_grid(mouths, len(loud))
    quick = np.where(seen, opening - _mean(opening, seen, _SLOW), 0.0)
    rate = np.log(_LEAST_RATE + _mean(np.abs(quick), seen, 1))
    slope = np.gradient(loud) if len(loud) > 1 else np.zeros(len(loud))
    columns: list[Floats] = []
    for signal, noise, other, width in (
        (opening, _NOISE[0], slope, _NEAR),
        (opening, _NOISE[0], slope, _WIDE),
        (rate, _NOISE[1], loud, _WIDE),
    ):
        by_lag = _Correlation(signal, seen, width, noise)
        columns += _over_lags(by_lag, other)
    return np.column_stack([*columns, _mean(rate, seen, _NEAR)]), seen


def _on_grid(mouths: Sequence[MouthTrack], count: int) -> tuple[Floats, Mask]:
    """Opening at each position, 0 where it is not seen, and where it is."""
    times_s = np.concatenate([np.zeros(0), *(mouth.times_s for mouth in mouths)])
    opening = np.concatenate([np.zeros(0), *(mouth.motion[:, 0] for mouth in mouths)])
    order = np.argsort(times_s, kind="stable")
    order = order[np.isfinite(opening[order])]
    if len(order) < 2 or not count:
        return np.zeros(count), np.zeros(count, bool)
    times_s, opening = times_s[order], opening[order]
    at_s = (np.arange(count) + 0.5) / PER_S
    after = np.clip(np.searchsorted(times_s, at_s), 1, len(times_s) - 1)
    near_s = np.minimum(np.abs(times_s[after] - at_s), np.abs(at_s - times_s[after - 1]))
    seen = near_s <= _SEEN_WITHIN_S
    return np.where(seen, np.interp(at_s, times_s, opening), 0.0), seen


class _Correlation:
    """Of one signal with others, around each position; noise keeps that of stillness low."""

    def __init__(self, signal: Floats, seen: Mask, width: int, noise: float) -> None:
        self._signal, self._seen, self._width = signal, seen, width
        self._n_seen = _total(seen.astype(np.float64), width)
        self._mean = self._over(signal)
        self._variance = self._over(signal**2) - self._mean**2 + noise

    def of(self, other: Floats) -> Floats:
        mean = self._over(other)
        variance = self._over(other**2) - mean**2 + _NOISE[2]
        both = self._over(self._signal * other) - self._mean * mean
        scale = np.sqrt(np.maximum(self._variance * variance, 1e-12))
        return np.where(self._n_seen >= self._width, both / scale, 0.0)

    def _over(self, values: Floats) -> Floats:
        return _total(np.where(self._seen, values, 0.0), self._width) / np.maximum(self._n_seen, 1)


def _over_lags(correlation: _Correlation, other: Floats) -> tuple[Floats, Floats]:
    """The best over all lags, and the mean over the usual ones; no more than these are kept."""
    best, usual = np.full(len(other), -np.inf), []
    for lag in _LAGS:
        found = correlation.of(_earlier(other, lag))
        best = np.maximum(best, found)
        if lag in _USUAL_LAGS:
            usual.append(found)
    return best, np.asarray(np.mean(usual, axis=0))


def _mean(values: Floats, seen: Mask, width: int) -> Floats:
    """Mean of what is seen around each position."""
    n_seen = _total(seen.astype(np.float64), width)
    return _total(np.where(seen, values, 0.0), width) / np.maximum(n_seen, 1)


def _total(values: Floats, width: int) -> Floats:
    """Sum over so many positions on either side."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(len(values))
    first, end = np.maximum(at - width, 0), np.minimum(at + width + 1, len(values))
    return np.asarray(sums[end] - sums[first])


def _earlier(values: Floats, lag: int) -> Floats:
    """What comes `lag` positions later, brought here; the ends go on."""
    at = np.arange(len(values)) + lag
    return values[np.clip(at, 0, max(len(values) - 1, 0))]
