"""One recording of a voice as an array -> input of the voice network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import soxr
from numpy.typing import ArrayLike, NDArray

from affuse.errors import FeatureError
from affuse.media.signals import refuse_unusable
from affuse.media.speech import SAMPLE_RATE
from affuse.predict.windows import Windows

Floats = NDArray[np.float64]
Signal = NDArray[np.float32]


def checked_signal(signal: ArrayLike, sample_rate: int) -> Signal:
    """A checked signal at 16 kHz.

    Parameters
    ----------
    signal : (n_samples,) float
        Mono, in [-1, 1].
    sample_rate : int
        Hz.

    Returns
    -------
    (n_samples,) float32
        At 16 kHz.

    Raises
    ------
    FeatureError
        Not mono, not floating point, empty or not finite; no sample rate.
    """
    samples = np.asarray(signal)
    if samples.ndim != 1 or not len(samples) or not np.issubdtype(samples.dtype, np.floating):
        raise FeatureError(
            f"a signal of shape {samples.shape} and type {samples.dtype} was given; expected "
            "(n_samples,), mono, floating point in [-1, 1]: take the mean of the channels, divide "
            "whole numbers by their full scale (32768 for int16)"
        )
    refuse_unusable(samples, sample_rate)
    single = samples.astype(np.float32)
    if sample_rate == SAMPLE_RATE:
        return single
    return np.asarray(soxr.resample(single, sample_rate, SAMPLE_RATE, quality="HQ"), np.float32)


def averaged_voice(signal: Signal, judge: Callable[[Signal], Floats]) -> Floats:
    """Probabilities for a signal at 16 kHz; the mean over windows if it is longer than two.

    Parameters
    ----------
    signal : (n_samples,) float32
        Mono, at 16 kHz.
    judge : callable
        A signal of one window -> (n_classes,) probabilities.

    Returns
    -------
    (n_classes,) float64
        They sum to 1, as those of the windows do.
    """
    windows = Windows()
    duration_s = len(signal) / SAMPLE_RATE
    if duration_s <= 2 * windows.window_s:
        return judge(signal)
    rows = []
    for number in range(windows.count(duration_s)):
        span = windows.span(number, duration_s)
        rows.append(
            judge(signal[round(span.start_s * SAMPLE_RATE) : round(span.end_s * SAMPLE_RATE)])
        )
    return np.asarray(np.mean(rows, axis=0))
