"""Logistic regression with loss terms: a softmax over the emotions that each clip can have."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight

from affuse.errors import ConfigError

Floats = NDArray[np.float64]

FTOL = 64 * np.finfo(np.float64).eps
"""As scikit-learn has it: the gradient decides when to stop."""


class Clips(NamedTuple):
    """The training clips as the loss needs them.

    Attributes
    ----------
    rows : (n_clips, n_features) float64
    positions : (n_clips,) int64
        Of the true classes.
    impossible : (n_clips, n_classes) float64
        0 where a clip can be of the class, minus infinity where not.
    weights : (n_clips,) float64
        Sum to 1.
    """

    rows: Floats
    positions: NDArray[np.int64]
    impossible: Floats
    weights: Floats


def fit_masked(
    model: LogisticRegression,
    X: Floats,
    y: NDArray[np.int64],
    possible: NDArray[np.bool_] | None,
    weights: Floats | None,
) -> LogisticRegression:
    """Fit a logistic regression of scikit-learn on the masked and weighted log loss.

    The same objective as its own (L2 penalty of strength 1 / C, intercepts free), and so the same
    solution where every clip can be of every class.

    Parameters
    ----------
    model : LogisticRegression
        Unfitted; is fitted and returned.
    X : (n_clips, n_features) float
    y : (n_clips,) int
        Labels.
    possible : (n_clips, n_labels) bool or None
        A column for each label; None: all.
    weights : (n_clips,) float64 or None
        In the place of those of the model's ``class_weight``; None: those.

    Returns
    -------
    LogisticRegression
        `model`.

    Raises
    ------
    ConfigError
        Another penalty than L2.

    Examples
    --------
    >>> X, y = np.array([[0.0], [1.0], [4.0], [5.0]]), np.array([0, 0, 1, 1])
    >>> fit_masked(LogisticRegression(), X, y, None, None).predict([[4.5]])
    array([1])
    """
    if model.l1_ratio:
        raise ConfigError(
            f"l1_ratio = {model.l1_ratio} was given to logistic regression over corpora of "
            "different label sets; expected 0: leave it out, or set training.masked = false"
        )
    classes, positions = np.unique(y, return_inverse=True)
    if weights is None:
        weights = compute_sample_weight(model.class_weight, y)
    shape = (len(y), len(classes))
    open_to = np.ones(shape, np.bool_) if possible is None else possible[:, classes]
    clips = Clips(
        np.asarray(X, np.float64),
        positions,
        np.where(open_to, 0.0, -np.inf),
        weights / weights.sum(),
    )
    # Of two classes scikit-learn penalises the difference of their weights.
    penalty = (2.0 if len(classes) == 2 else 1.0) / (model.C * weights.sum())
    found = minimize(
        _loss, np.zeros((clips.rows.shape[1] + 1) * len(classes)), (clips, penalty), "L-BFGS-B",
        jac=True, options={"gtol": model.tol, "maxiter": model.max_iter, "maxls": 50, "ftol": FTOL},
    )  # fmt: skip
    _set(model, classes, found.x.reshape(-1, len(classes)), int(found.nit))
    return model


def _loss(flat: Floats, clips: Clips, penalty: float) -> tuple[float, Floats]:
    """Penalised loss and its gradient."""
    n_classes = clips.impossible.shape[1]
    solution = flat.reshape(-1, n_classes)
    coefficients, intercepts = solution[:-1], solution[-1]
    scores = clips.rows @ coefficients + intercepts + clips.impossible
    logs = scores - logsumexp(scores, axis=1, keepdims=True)
    at = np.arange(len(scores))
    loss = -clips.weights @ logs[at, clips.positions]
    residual = np.exp(logs)
    residual[at, clips.positions] -= 1
    residual *= clips.weights[:, None]
    gradient = np.vstack([clips.rows.T @ residual + penalty * coefficients, residual.sum(axis=0)])
    return float(loss + penalty / 2 * (coefficients**2).sum()), gradient.ravel()


def _set(
    model: LogisticRegression, classes: NDArray[np.int64], solution: Floats, n_iter: int
) -> None:
    """Set the attributes that scikit-learn's own fit sets."""
    if len(classes) == 2:
        solution = solution[:, 1:] - solution[:, :1]
    model.classes_, model.n_iter_ = classes, np.array([n_iter], np.int32)
    model.coef_, model.intercept_ = solution[:-1].T.copy(), solution[-1].copy()
    model.n_features_in_ = len(solution) - 1
