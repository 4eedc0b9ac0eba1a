"""Agreement of predicted with true numbers, from values or from sums that can be resampled.

All three figures come from six sums of each target (`moments`), which add up over speakers: a
resample of speakers is a product of matrices.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.errors import FeatureError

Floats = NDArray[np.float64]

N_MOMENTS = 6


def ccc(truth: ArrayLike, predicted: ArrayLike) -> Floats:
    """Concordance correlation coefficient of each target.

    ``2 cov(t, p) / (var(t) + var(p) + (mean(t) - mean(p))**2)``: 1 where every number is
    predicted exactly, 0 for a constant; unlike a correlation it falls where predictions are
    shifted or too narrow.

    Parameters
    ----------
    truth, predicted : (n_clips, n_targets) or (n_clips,) array

    Returns
    -------
    (n_targets,) float64
        NaN where truth and prediction are one and the same constant.

    Raises
    ------
    FeatureError
        The two are not of one shape, or hold no clip.

    Notes
    -----
    Source: Lin 1989, "A concordance correlation coefficient to evaluate reproducibility",
    Biometrics 45, with variances over n.

    Examples
    --------
    >>> ccc([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]).round(3)  # right but for a shift
    array([0.571])
    """
    return ccc_of(moments(truth, predicted))


def pearson(truth: ArrayLike, predicted: ArrayLike) -> Floats:
    """Pearson's correlation of each target: (n_targets,) float64, NaN where one is constant.

    Parameters
    ----------
    truth, predicted : (n_clips, n_targets) or (n_clips,) array

    Returns
    -------
    (n_targets,) float64
        In [-1, 1].

    Raises
    ------
    FeatureError
        The two are not of one shape, or hold no clip.

    Examples
    --------
    >>> pearson([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]).round(3)
    array([1.])
    """
    return pearson_of(moments(truth, predicted))


def rmse(truth: ArrayLike, predicted: ArrayLike) -> Floats:
    """Root mean squared error of each target, in its own unit: (n_targets,) float64.

    Parameters
    ----------
    truth, predicted : (n_clips, n_targets) or (n_clips,) array

    Returns
    -------
    (n_targets,) float64
        0 is best.

    Raises
    ------
    FeatureError
        The two are not of one shape, or hold no clip.

    Examples
    --------
    >>> rmse([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])
    array([1.])
    """
    true, given = _columns(truth, predicted)
    return np.asarray(np.sqrt(np.square(true - given).mean(axis=0)))


def moments(truth: ArrayLike, predicted: ArrayLike) -> Floats:
    """Sums from which all figures follow: (n_targets, 6) float64.

    ``n, t, p, t * t, p * p, t * p`` summed over the clips of truth `t` and prediction `p`.

    Parameters
    ----------
    truth, predicted : (n_clips, n_targets) or (n_clips,) array

    Returns
    -------
    (n_targets, 6) float64
        Those of several sets of clips add up to those of all.

    Raises
    ------
    FeatureError
        The two are not of one shape, or hold no clip.
    """
    true, given = _columns(truth, predicted)
    terms = (np.ones_like(true), true, given, true * true, given * given, true * given)
    return np.stack([term.sum(axis=0) for term in terms], axis=-1)


def ccc_of(sums: ArrayLike) -> Floats:
    """CCC of each of some `moments` (..., 6): (...) float64.

    Parameters
    ----------
    sums : (..., 6) array
        As `moments` gives them.

    Returns
    -------
    (...) float64
        In [-1, 1]; NaN where it is not defined.
    """
    n, true, given, true_2, given_2, both = np.moveaxis(np.asarray(sums, np.float64), -1, 0)
    mean_t, mean_p = _ratio(true, n), _ratio(given, n)
    variances = _ratio(true_2, n) - mean_t**2 + _ratio(given_2, n) - mean_p**2
    covariance = _ratio(both, n) - mean_t * mean_p
    return _ratio(2 * covariance, np.maximum(variances, 0) + (mean_t - mean_p) ** 2)


def pearson_of(sums: ArrayLike) -> Floats:
    """Pearson's correlation of each of some `moments` (..., 6): (...) float64.

    Parameters
    ----------
    sums : (..., 6) array
        As `moments` gives them.

    Returns
    -------
    (...) float64
        In [-1, 1]; NaN where one of both is constant.
    """
    n, true, given, true_2, given_2, both = np.moveaxis(np.asarray(sums, np.float64), -1, 0)
    product = (n * true_2 - true**2) * (n * given_2 - given**2)
    # Rounding leaves a trace of a variance where a column is constant.
    varies = product > (1e-12 * n * true_2) * (n * given_2)
    return _ratio(n * both - true * given, np.where(varies, np.sqrt(np.maximum(product, 0)), 0))


def _columns(truth: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats]:
    true, given = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    if true.ndim not in (1, 2) or true.shape != given.shape or not len(true):
        raise FeatureError(
            f"true numbers of shape {true.shape} and predicted ones of shape {given.shape} were "
            "given; expected one of each for at least one clip"
        )
    return true.reshape(len(true), -1), given.reshape(len(given), -1)


def _ratio(above: Floats, below: Floats) -> Floats:
    undefined = np.full(np.broadcast(above, below).shape, np.nan)
    return np.asarray(np.divide(above, below, out=undefined, where=below > 0))
