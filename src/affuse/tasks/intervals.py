"""Intervals for new speakers: bootstrap over speakers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.config import EvaluationConfig
from affuse.tasks.metrics import accuracy_of, confusion, macro_f1_of, uar_of

N_RESAMPLES = EvaluationConfig().n_bootstrap
"""Resamples where nobody says how many: the setting's default."""

Metric = Literal["uar", "accuracy", "macro_f1"]

_METRICS: dict[Metric, Callable[[ArrayLike], NDArray[np.float64]]] = {
    "uar": uar_of,
    "accuracy": accuracy_of,
    "macro_f1": macro_f1_of,
}


class Interval(NamedTuple):
    """Bounds of a 95 % interval; both NaN where there is one speaker.

    Attributes
    ----------
    low, high : float
        In the figure's own unit.
    """

    low: float
    high: float


def speaker_interval(
    truth: ArrayLike,
    predicted: ArrayLike,
    speakers: ArrayLike,
    metric: Metric = "uar",
    *,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> Interval:
    """95 % bootstrap interval of a figure, whole speakers drawn with replacement.

    Clips of one speaker resemble each other: to draw clips would pretend that there is more
    evidence than there is.

    Parameters
    ----------
    truth, predicted : (n_clips,) int
    speakers : (n_clips,) str
    metric : {"uar", "accuracy", "macro_f1"}
    n_resamples : int
    seed : int

    Returns
    -------
    Interval
        2.5th and 97.5th percentile over the resamples. NaN with one speaker, who says nothing
        about others.

    Raises
    ------
    FeatureError
        The labels are not of one length.

    Notes
    -----
    Percentile bootstrap over clusters: Field & Welsh 2007.

    Examples
    --------
    >>> speaker_interval([0, 1, 0, 1], [0, 1, 0, 0], ["Ann", "Ann", "Bob", "Bob"])
    Interval(low=0.5, high=1.0)
    """
    n_classes = _n_classes(truth, predicted)
    counts = _speaker_confusions(truth, predicted, speakers, n_classes)
    return percentile_interval(_METRICS[metric](_resampled(counts, n_resamples, seed)), len(counts))


def uar_draws(
    truth: ArrayLike, predicted: ArrayLike, speakers: ArrayLike, n_resamples: int, seed: int
) -> NDArray[np.float64]:
    """UAR of each resample of speakers; two systems on the same clips share the resamples.

    Parameters
    ----------
    truth, predicted : (n_clips,) int
    speakers : (n_clips,) str
    n_resamples, seed : int

    Returns
    -------
    (n_resamples,) float64

    Examples
    --------
    >>> bool(np.all(uar_draws([0, 1], [0, 1], ["Ann", "Ann"], 3, seed=0) == 1))
    True
    """
    counts = _speaker_confusions(truth, predicted, speakers, _n_classes(truth, predicted))
    return uar_of(_resampled(counts, n_resamples, seed))


def _n_classes(truth: ArrayLike, predicted: ArrayLike) -> int:
    return int(max(np.max(truth, initial=0), np.max(predicted, initial=0))) + 1


def _speaker_confusions(
    truth: ArrayLike, predicted: ArrayLike, speakers: ArrayLike, n_classes: int
) -> NDArray[np.int64]:
    true, given, names = np.asarray(truth), np.asarray(predicted), np.asarray(speakers)
    return np.stack(
        [confusion(true[names == s], given[names == s], n_classes) for s in np.unique(names)]
    )


def _resampled(counts: NDArray[np.int64], n_resamples: int, seed: int) -> NDArray[np.float64]:
    """Confusion matrix of each resample of speakers: (n_resamples, n_classes, n_classes)."""
    times = speaker_draws(len(counts), n_resamples, seed)
    return np.asarray(np.tensordot(times.astype(np.float64), counts, axes=1), np.float64)


def speaker_draws(n_speakers: int, n_resamples: int, seed: int) -> NDArray[np.int64]:
    """How often each speaker is in each resample: (n_resamples, n_speakers).

    Parameters
    ----------
    n_speakers : int
    n_resamples : int
    seed : int

    Returns
    -------
    (n_resamples, n_speakers) int64
        Rows sum to `n_speakers`.
    """
    drawn = np.random.default_rng(seed).integers(n_speakers, size=(n_resamples, n_speakers))
    return np.asarray((drawn[:, :, None] == np.arange(n_speakers)).sum(axis=1), np.int64)


def percentile_interval(draws: NDArray[np.float64], n_speakers: int) -> Interval:
    """2.5th and 97.5th percentile of a figure over resamples; NaN with one speaker.

    Parameters
    ----------
    draws : (n_resamples,) float64
        The figure of each resample.
    n_speakers : int

    Returns
    -------
    Interval
    """
    if n_speakers < 2:
        return Interval(float("nan"), float("nan"))
    low, high = np.percentile(draws, [2.5, 97.5])
    return Interval(float(low), float(high))
