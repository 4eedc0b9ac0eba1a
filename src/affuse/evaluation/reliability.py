"""Reliability curve: accuracy as a function of confidence."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from affuse.errors import FeatureError

RELIABILITY_COLUMNS = ("low", "high", "confidence", "accuracy", "n_clips")


def reliability_curve(truth: ArrayLike, probabilities: ArrayLike, n_bins: int = 15) -> pd.DataFrame:
    """Mean confidence and accuracy in bins of confidence.

    A clip's confidence is its highest probability. The mean of ``|accuracy - confidence|`` over
    bins, weighted by `n_clips`, is `affuse.tasks.metrics.ece` of the same bins.

    Parameters
    ----------
    truth : (n_clips,) int
    probabilities : (n_clips, n_classes) array
        Rows sum to 1.
    n_bins : int
        Bins of equal width from 0 to 1, closed above.

    Returns
    -------
    DataFrame
        One row per bin, empty ones included: ``low``, ``high`` (its bounds), ``confidence``
        (mean), ``accuracy``, ``n_clips``; mean and accuracy are NaN where there is no clip.

    Raises
    ------
    FeatureError
        Shapes do not fit, or there is no bin; probabilities are not from 0 to 1 (or NaN), or a
        label is no column's position.

    Notes
    -----
    Source: DeGroot & Fienberg 1983; bins as in Guo et al. 2017.

    Examples
    --------
    >>> curve = reliability_curve([0, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]], n_bins=2)
    >>> curve.round(2).values.tolist()
    [[0.0, 0.5, nan, nan, 0.0], [0.5, 1.0, 0.8, 0.67, 3.0]]
    """
    true, table = np.asarray(truth, np.int64), np.asarray(probabilities, np.float64)
    if true.ndim != 1 or table.ndim != 2 or len(true) != len(table) or not len(true):
        raise FeatureError(
            f"true labels of shape {true.shape} and probabilities of shape {table.shape} were "
            "given; expected (n_clips,) and (n_clips, n_classes) for at least one clip"
        )
    likely = (table >= 0) & (table <= 1 + 1e-6)
    if not likely.all() or true.min() < 0 or true.max() >= table.shape[1]:
        raise FeatureError(
            f"labels from {true.min()} to {true.max()} and probabilities from {table.min():g} to "
            f"{table.max():g} were given; expected columns' positions, and numbers from 0 to 1"
        )
    if n_bins < 1:
        raise FeatureError(f"{n_bins} bins were asked for; expected at least 1 (15 is usual)")
    confidence = table.max(axis=1)
    bins = np.clip(np.ceil(confidence * n_bins).astype(int) - 1, 0, n_bins - 1)
    counts = np.bincount(bins, minlength=n_bins)
    sums = np.stack(
        [
            np.bincount(bins, weights=values, minlength=n_bins)
            for values in (confidence, table.argmax(axis=1) == true)
        ]
    )
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    edges = np.linspace(0, 1, n_bins + 1)
    columns = (edges[:-1], edges[1:], *means, counts)
    return pd.DataFrame(dict(zip(RELIABILITY_COLUMNS, columns, strict=True)))
