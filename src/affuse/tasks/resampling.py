"""Intervals of agreement, by bootstrap over speakers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.tasks.agreement import ccc_of, moments
from affuse.tasks.intervals import Interval, percentile_interval, speaker_draws

Floats = NDArray[np.float64]


def agreement_intervals(
    truth: ArrayLike,
    predicted: ArrayLike,
    speakers: ArrayLike,
    *,
    n_resamples: int,
    seed: int = 0,
) -> tuple[Interval, tuple[Interval, ...]]:
    """95 % bootstrap intervals of CCCs, whole speakers drawn with replacement.

    Parameters
    ----------
    truth, predicted : (n_clips, n_targets) array
    speakers : (n_clips,) str
    n_resamples, seed : int

    Returns
    -------
    Interval, tuple of Interval
        Of the mean over the targets, and of each; NaN with one speaker.

    Raises
    ------
    FeatureError
        Truth and prediction are not of one shape.

    Notes
    -----
    Percentile bootstrap over clusters: Field & Welsh 2007. A resample in which a figure is not
    defined counts as 0, what a constant is worth.

    Examples
    --------
    >>> truth, predicted = np.c_[[0.0, 1, 2, 3]], np.c_[[0.0, 1, 2, 4]]
    >>> mean, _ = agreement_intervals(truth, predicted, ["a", "a", "b", "b"], n_resamples=100)
    >>> bool(mean.low < 0.9 < mean.high)
    True
    """
    sums = speaker_moments(truth, predicted, speakers)
    times = speaker_draws(len(sums), n_resamples, seed).astype(np.float64)
    draws = np.nan_to_num(ccc_of(np.tensordot(times, sums, axes=1)))
    each = tuple(percentile_interval(column, len(sums)) for column in draws.T)
    return percentile_interval(draws.mean(axis=1), len(sums)), each


def speaker_moments(truth: ArrayLike, predicted: ArrayLike, speakers: ArrayLike) -> Floats:
    """Sums of each speaker, sorted by name: (n_speakers, n_targets, 6).

    Parameters
    ----------
    truth, predicted : (n_clips, n_targets) array
    speakers : (n_clips,) str

    Returns
    -------
    (n_speakers, n_targets, 6) float64
        As `affuse.tasks.agreement.moments` of each speaker's clips.
    """
    true, given, names = np.asarray(truth), np.asarray(predicted), np.asarray(speakers)
    return np.stack([moments(true[names == s], given[names == s]) for s in np.unique(names)])
