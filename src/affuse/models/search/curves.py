"""Loss of held-out clips after each epoch, of any estimator over a FeatureTable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from affuse.features.table import FeatureTable

Floats = NDArray[np.float64]
PATIENCE = 8
"""Epochs without a lower loss after which training stops; in short ones a third of them."""
_LEAST = 1e-6


@runtime_checkable
class FitsByEpoch(Protocol):
    """An estimator that can be asked between two epochs of its training."""

    def fit_until(self, table: FeatureTable, after_epoch: Callable[[], bool] | None = None) -> Self:
        """Learn from all clips; `after_epoch` gives True to stop.

        Parameters
        ----------
        table : FeatureTable
        after_epoch : callable, optional

        Returns
        -------
        estimator
            Itself.
        """


def loss_curve(
    estimator: Any, training: FeatureTable, held_out: FeatureTable, epochs: int
) -> Floats:
    """Loss of held-out clips after each epoch of training.

    Parameters
    ----------
    estimator : estimator
        Unfitted, with a parameter ``epochs``; is fitted.
    training, held_out : FeatureTable
        Of different speakers.
    epochs : int
        At most; it stops when the loss has not been lower for some.

    Returns
    -------
    (n_epochs,) float64
        One number, that after the last epoch, where it cannot be asked between epochs; NaN before.
    """
    curve: list[float] = []
    patience = max(2, min(PATIENCE, epochs // 3))

    def after_epoch() -> bool:
        curve.append(held_out_loss(estimator, held_out))
        return len(curve) - 1 - int(np.argmin(curve)) >= patience

    if isinstance(estimator, FitsByEpoch):
        estimator.fit_until(training, after_epoch)
        return np.array(curve)
    estimator.fit(training)
    return np.array([*[np.nan] * (epochs - 1), held_out_loss(estimator, held_out)])


def held_out_loss(fitted: Any, table: FeatureTable) -> float:
    """Mean log loss of the true emotions; of numbers the mean squared error by their variance.

    Parameters
    ----------
    fitted : fitted estimator
    table : FeatureTable
        That it has not learned from; clips that it cannot decide about are left out.

    Returns
    -------
    float
    """
    own = table.take(fitted.can_decide(table))
    if own.targets:
        apart = (fitted.predict_values(own) - own.values) ** 2
        return float((apart.mean(axis=0) / np.maximum(own.values.var(axis=0), _LEAST)).mean())
    shares = own.shares if own.soft_labels else np.eye(len(own.classes))[own.labels]
    probabilities = np.full(shares.shape, _LEAST)
    probabilities[:, fitted.classes_] = np.maximum(fitted.predict_proba(own), _LEAST)
    return -float((shares * np.log(probabilities)).sum(axis=1).mean())


def best_epoch(curves: list[Floats]) -> tuple[int, float]:
    """Number of epochs after which the mean loss of several folds is least, and that loss.

    Parameters
    ----------
    curves : list of (n_epochs,) float64
        A fold that stopped early keeps its last loss.

    Returns
    -------
    epochs : int
    loss : float
        Infinite where no epoch has one: no settings are worse.

    Examples
    --------
    >>> best_epoch([np.array([3.0, 1.0, 2.0]), np.array([2.0, 2.0])])
    (2, 1.5)
    """
    longest = max(map(len, curves))
    mean = np.mean([np.pad(curve, (0, longest - len(curve)), "edge") for curve in curves], axis=0)
    if np.isnan(mean).all():
        return 1, np.inf
    best = int(np.nanargmin(mean))
    return best + 1, float(mean[best])
