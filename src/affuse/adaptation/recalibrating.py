"""One member's probabilities and the true emotions -> its recalibration, shrunk to the old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from affuse.bundle.member import Member, Recalibration
from affuse.bundle.recalibration import logs_of, recalibrated, reference_of
from affuse.probabilities import FLOOR

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

SHRINKAGES = (300.0, 100.0, 30.0, 10.0)
"""Penalties to choose from, on the squared deviation from the bundle's own weights, in units of
twice the log loss of one clip."""


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """One member's probabilities for labelled clips.

    Attributes
    ----------
    rows : (n_clips, n_own_classes) float64
        Its probabilities, before any recalibration; no NaN.
    allowed : (n_clips, n_own_classes) bool
        Which of its classes may mean the true emotion.
    labels : (n_clips,) int64
        The true emotions.
    """

    rows: Floats
    allowed: NDArray[np.bool_]
    labels: Rows

    def take(self, chosen: NDArray[np.bool_]) -> LabelledRows:
        """Some of the clips.

        Parameters
        ----------
        chosen : (n_clips,) bool

        Returns
        -------
        LabelledRows
        """
        return LabelledRows(self.rows[chosen], self.allowed[chosen], self.labels[chosen])


class Chosen(NamedTuple):
    """A recalibration, and the held-out probabilities by which it was chosen.

    Attributes
    ----------
    member : Member
        Recalibrated; as it was where no shrinkage did better than changing nothing.
    shrinkage : float
        Infinite where nothing was changed.
    held_out : (n_clips, n_own_classes) float64
        The clips' probabilities, each recalibrated by what was fitted to other folds.
    """

    member: Member
    shrinkage: float
    held_out: Floats


def balanced(labels: Rows) -> Floats:
    """Weights that make each emotion count alike; they sum to the number of clips.

    Parameters
    ----------
    labels : (n_clips,) int64

    Returns
    -------
    (n_clips,) float64

    Examples
    --------
    >>> balanced(np.array([0, 0, 0, 1]))
    array([0.66666667, 0.66666667, 0.66666667, 2.        ])
    """
    _, own, counts = np.unique(labels, return_inverse=True, return_counts=True)
    weights = 1 / counts[own]
    return np.asarray(weights * len(labels) / weights.sum())


def fit_recalibration(
    member: Member, labelled: LabelledRows, shrinkage: float, power: float = 1.0
) -> Member:
    """The member with weights and bias of least log loss, shrunk to its present ones.

    Parameters
    ----------
    member : Member
    labelled : LabelledRows
        Of clips of at least two emotions.
    shrinkage : float
    power : float
        To which the bundle takes its probabilities afterwards.

    Returns
    -------
    Member

    Notes
    -----
    A logistic regression on the logarithms of the member's probabilities, every emotion counting
    alike, whose penalty (a ridge) is on the distance to the bundle's own weights: without clips
    nothing changes. Source: Kull et al. 2019, "Beyond temperature scaling".
    """
    logs, weights, n = logs_of(labelled.rows), balanced(labelled.labels), len(member.classes)
    own = np.vstack(reference_of(member))

    def loss(flat: Floats) -> tuple[float, Floats]:
        moved = flat.reshape(n + 1, n)
        found = own + moved
        likely = log_softmax(power * (logs @ found[:n] + found[n]), axis=1)
        probabilities = np.exp(likely)
        right = np.where(labelled.allowed, probabilities, 0.0)
        of_right = np.maximum(right.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        slopes = power * weights[:, None] * (probabilities - right / of_right)
        gradient = np.vstack([logs.T @ slopes, slopes.sum(axis=0)]) + shrinkage * moved
        total = -float(weights @ np.log(of_right[:, 0])) + shrinkage / 2 * float((moved**2).sum())
        return total, gradient.ravel()

    found = own + minimize(loss, np.zeros(own.size), jac=True, method="L-BFGS-B").x.reshape(
        n + 1, n
    )
    made = Recalibration(
        weights=tuple(tuple(row) for row in found[:n].tolist()), bias=tuple(found[n].tolist())
    )
    return member.model_copy(update={"recalibration": made})


def choose_recalibration(
    member: Member,
    labelled: LabelledRows,
    folds: Rows,
    power: float = 1.0,
    among: Sequence[float] = SHRINKAGES,
) -> Chosen:
    """The recalibration whose shrinkage has the least log loss on held-out folds.

    Parameters
    ----------
    member : Member
    labelled : LabelledRows
    folds : (n_clips,) int64
        Fold of each clip.
    power : float
        As in `fit_recalibration`.
    among : sequence of float
        Shrinkages; beside them, changing nothing.

    Returns
    -------
    Chosen
    """
    unchanged = recalibrated(member, labelled.rows)
    best = Chosen(member, float("inf"), unchanged)
    least = _loss(unchanged, labelled, power)
    for shrinkage in among:
        held_out = unchanged.copy()
        for fold in np.unique(folds):
            train = labelled.take(folds != fold)
            if len(np.unique(train.labels)) > 1:
                fitted = fit_recalibration(member, train, shrinkage, power)
                held_out[folds == fold] = recalibrated(fitted, labelled.rows[folds == fold])
        loss = _loss(held_out, labelled, power)
        if loss < least:
            least, best = loss, Chosen(member, shrinkage, held_out)
    if best.shrinkage == float("inf"):
        return best
    return best._replace(member=fit_recalibration(member, labelled, best.shrinkage, power))


def _loss(rows: Floats, labelled: LabelledRows, power: float) -> float:
    """Mean log loss, with every emotion counting alike."""
    likely = log_softmax(power * logs_of(rows), axis=1)
    right = np.where(labelled.allowed, np.exp(likely), 0.0).sum(axis=1)
    return -float(np.average(np.log(np.maximum(right, FLOOR)), weights=balanced(labelled.labels)))
