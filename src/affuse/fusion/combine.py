"""Fixed rules that combine the probabilities of several modalities; numpy alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.errors import ConfigError, FeatureError

Rule = Literal["mean", "weighted", "product", "max", "min", "median", "majority"]
RULES: tuple[str, ...] = get_args(Rule)

Stack = NDArray[np.float64]

SUM_TOLERANCE = 1e-3
"""Published probabilities are rounded; a row may miss 1 by this much."""

FLOOR = 1e-12
"""Smallest probability in a product, so that one modality's 0 does not end all discussion."""


def combine(
    probabilities: Sequence[ArrayLike],
    rule: Rule = "product",
    weights: Sequence[float] | None = None,
) -> Stack:
    """Probabilities of several modalities combined clip by clip.

    Parameters
    ----------
    probabilities : sequence of (n_clips, n_classes) array
        One per modality, the same clips and classes in each; rows sum to 1. A row of NaN says
        that the clip lacks this modality: the others decide alone.
    rule : str
        ``mean``, ``weighted`` (mean with `weights`), ``product`` (the product of experts,
        normalised), ``max``, ``min``, ``median``, ``majority`` (votes; ties are broken by the
        mean).
    weights : sequence of float, optional
        One per modality, not negative; with rule ``weighted`` only.

    Returns
    -------
    (n_clips, n_classes) float64
        Rows sum to 1. Where all modalities are missing the row is NaN.

    Raises
    ------
    ConfigError
        Unknown rule; weights missing, misplaced, negative or of the wrong number.
    FeatureError
        Shapes differ, values are not probabilities, a row is NaN in part.

    Notes
    -----
    The rules are those of Kittler, Hatef, Duin & Matas 1998, "On combining classifiers".

    Examples
    --------
    >>> combine([[[0.6, 0.4]], [[0.2, 0.8]]], rule="product").round(3)
    array([[0.273, 0.727]])
    """
    stack = _validated_stack(probabilities)
    if rule not in RULES:
        raise ConfigError(f"rule {rule!r} was given; expected one of {', '.join(RULES)}")
    shares = _validated_weights(weights, rule, len(stack))
    present = ~np.isnan(stack[:, :, 0])
    combined = np.full(stack.shape[1:], np.nan)
    some = present.any(axis=0)
    combined[some] = _RULES[rule](stack[:, some], shares[:, None] * present[:, some])
    totals = combined[some].sum(axis=1, keepdims=True)
    # A minimum can be 0 in every class: then nothing is left to prefer.
    uniform = np.full_like(combined[some], 1 / stack.shape[2])
    combined[some] = np.divide(combined[some], totals, out=uniform, where=totals > 0)
    return combined


def _weighted_mean(stack: Stack, weights: Stack) -> Stack:
    total = weights.sum(axis=0)
    # A clip whose only modality weighs nothing still has that modality's word.
    weights = np.where(total > 0, weights, ~np.isnan(stack[:, :, 0]))
    return np.asarray(np.einsum("mnc,mn->nc", np.nan_to_num(stack), weights))


def _product(stack: Stack, weights: Stack) -> Stack:
    logs = np.nansum(np.log(np.maximum(stack, FLOOR)), axis=0)
    return np.asarray(np.exp(logs - logs.max(axis=1, keepdims=True)))


def _majority(stack: Stack, weights: Stack) -> Stack:
    n_classes = stack.shape[2]
    votes = np.eye(n_classes)[np.nan_to_num(stack).argmax(axis=2)]
    votes[np.isnan(stack[:, :, 0])] = 0
    # Votes differ by whole numbers and means by less than one: the mean decides ties only.
    return np.asarray(votes.sum(axis=0) + np.nanmean(stack, axis=0))


_RULES: dict[str, Callable[[Stack, Stack], Stack]] = {
    "mean": _weighted_mean,
    "weighted": _weighted_mean,
    "product": _product,
    "max": lambda stack, _: np.nanmax(stack, axis=0),
    "min": lambda stack, _: np.nanmin(stack, axis=0),
    "median": lambda stack, _: np.nanmedian(stack, axis=0),
    "majority": _majority,
}


def _validated_stack(probabilities: Sequence[ArrayLike]) -> Stack:
    arrays = [np.asarray(p, dtype=np.float64) for p in probabilities]
    shapes = [array.shape for array in arrays]
    if not arrays or arrays[0].ndim != 2 or len(set(shapes)) != 1:
        raise FeatureError(
            f"probabilities of shapes {shapes} were given; expected one array (n_clips, n_classes) "
            "per modality, all of one shape"
        )
    for position, array in enumerate(arrays):
        check_probabilities(array, f"array {position} of the probabilities")
    return np.stack(arrays)


def check_probabilities(array: Stack, name: str) -> None:
    """FeatureError unless each row sums to 1 from 0, or is NaN throughout; `name` says whose."""
    missing = np.isnan(array).all(axis=1)
    rows = array[~missing]
    if np.isnan(rows).any():
        row = int(np.flatnonzero(np.isnan(array).any(axis=1) & ~missing)[0])
        raise FeatureError(
            f"{name} has NaN in part of row {row}; expected numbers, or NaN in the whole row "
            "where the clip lacks the modality"
        )
    if rows.size and (rows.min() < 0 or np.abs(rows.sum(axis=1) - 1).max() > SUM_TOLERANCE):
        off = (array < 0).any(axis=1) | (np.abs(array.sum(axis=1) - 1) > SUM_TOLERANCE)
        row = int(np.flatnonzero(off)[0])
        raise FeatureError(
            f"row {row} of {name} sums to {array[row].sum():.4g} with smallest value "
            f"{array[row].min():.4g}; expected values from 0 that sum to 1: normalise the rows"
        )


def _validated_weights(weights: Sequence[float] | None, rule: str, n: int) -> Stack:
    if rule != "weighted":
        if weights is not None:
            raise ConfigError(f"weights were given with rule {rule!r}; only 'weighted' takes them")
        return np.ones(n)
    values = np.asarray([] if weights is None else weights, dtype=np.float64)
    legal = values.shape == (n,) and np.isfinite(values).all() and (values >= 0).all()
    if not legal or values.sum() == 0:
        given = None if weights is None else list(weights)
        raise ConfigError(
            f"weights {given} were given for {n} modalities; expected {n} numbers from 0, not all 0"
        )
    return np.asarray(values / values.sum())
