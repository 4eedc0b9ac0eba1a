"""Weights of members in a mean, learned from out-of-fold outputs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import softmax

from affuse.fusion.rule import Stack
from affuse.probabilities import FLOOR

_BOUND = 8.0
"""Of the logits of the weights: none counts less than e^-16 of another."""


def weights_of_least_log_loss(stack: Stack, labels: NDArray[np.int64]) -> Stack:
    """Weights of the mean of probabilities that has the least log loss.

    Parameters
    ----------
    stack : (n_members, n_clips, n_classes) float64
        Out-of-fold probabilities; a row of NaN where a member has no output.
    labels : (n_clips,) int64
        Columns of the true classes.

    Returns
    -------
    (n_members,) float64
        From 0, summing to 1; equal where no clip has two members' word.
    """
    several = _several_speak(stack)
    columns = labels[several]
    truth = np.nan_to_num(stack[:, several])[:, np.arange(len(columns)), columns]

    def loss(weights: Stack) -> float:
        mean = (weights * truth).sum(axis=0) / np.maximum(weights.sum(axis=0), FLOOR)
        return -float(np.log(np.maximum(mean, FLOOR)).mean())

    return _least(loss, stack[:, several])


def weights_of_least_squares(stack: Stack, truth: Stack) -> Stack:
    """Weights of the mean of numbers that has the least squared error.

    Parameters
    ----------
    stack : (n_members, n_clips, n_targets) float64
        Out-of-fold numbers; a row of NaN where a member has no output.
    truth : (n_clips, n_targets) float64
        Each target counts alike, whatever its unit.

    Returns
    -------
    (n_members,) float64
        As `weights_of_least_log_loss`.
    """
    spread = np.asarray(truth, np.float64).std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    several = _several_speak(stack)
    given, wanted = np.nan_to_num(stack[:, several]) / scale, np.asarray(truth)[several] / scale

    def loss(weights: Stack) -> float:
        total = np.maximum(weights.sum(axis=0), FLOOR)[:, None]
        mean = (weights[:, :, None] * given).sum(axis=0) / total
        return float(((mean - wanted) ** 2).mean())

    return _least(loss, stack[:, several])


def _several_speak(stack: Stack) -> NDArray[np.bool_]:
    """Which clips have outputs of several members: only these bear on the weights."""
    return np.asarray((~np.isnan(stack[:, :, 0])).sum(axis=0) > 1)


def _least(loss: Callable[[Stack], float], stack: Stack) -> Stack:
    """Weights of least loss; `loss` takes them by member and clip, 0 for an absent output."""
    has_output = ~np.isnan(stack[:, :, 0])
    n_members, n_clips = has_output.shape
    if not n_clips:
        return np.full(n_members, 1 / n_members)

    def loss_of(logits: Stack) -> float:
        return loss(softmax(logits)[:, None] * has_output)

    bounds = [(-_BOUND, _BOUND)] * n_members
    found = minimize(loss_of, np.zeros(n_members), method="L-BFGS-B", bounds=bounds)
    return np.asarray(softmax(found.x))
