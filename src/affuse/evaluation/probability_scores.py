"""Quality of probabilities, and temperatures fitted across folds that improve it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from affuse.errors import ConfigError, FeatureError, MissingDependency
from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable
from affuse.probabilities import FLOOR, SUM_TOLERANCE
from affuse.tasks.metrics import ece

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ProbabilityScores:
    """Scores of probabilities; lower is better in each.

    Attributes
    ----------
    ece : float
        Expected calibration error, 15 bins.
    brier : float
        From 0 to 2.
    log_loss : float
        In nats.
    """

    ece: float
    brier: float
    log_loss: float


@dataclass(frozen=True)
class Calibrated:
    """One system with its probabilities tempered, fold by fold.

    Attributes
    ----------
    out_of_fold : OutOfFold
        The same clips and decisions; other probabilities.
    temperatures : dict of int to float
        Number of each fold -> its temperature: above 1 where the system was too sure.
    before, after : ProbabilityScores
    """

    out_of_fold: OutOfFold
    temperatures: dict[int, float]
    before: ProbabilityScores
    after: ProbabilityScores


def brier(truth: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean over clips of ``sum over classes of (p - [class is true])^2``: from 0 to 2.

    Parameters
    ----------
    truth : (n_clips,) int
    probabilities : (n_clips, n_classes) array
        Rows sum to 1.

    Returns
    -------
    float
        0 is best.

    Raises
    ------
    FeatureError
        Shapes or labels do not fit, or a row is not one of probabilities.

    Notes
    -----
    Source: Brier 1950, for several classes; two classes give twice what scikit-learn's
    ``brier_score_loss`` gives by default.

    Examples
    --------
    >>> round(brier([0, 1], [[0.9, 0.1], [0.8, 0.2]]), 2)
    0.65
    """
    true, table = _checked(truth, probabilities)
    hits = np.eye(table.shape[1])[true]
    return float(((table - hits) ** 2).sum(axis=1).mean())


def log_loss(truth: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean over clips of ``-log p(true class)``, p at least 1e-12.

    Errors as in `brier`.

    Parameters
    ----------
    truth : (n_clips,) int
    probabilities : (n_clips, n_classes) array
        Rows sum to 1.

    Returns
    -------
    float
        Nats; 0 is best.

    Examples
    --------
    >>> round(log_loss([0, 1], [[0.5, 0.5], [0.75, 0.25]]), 2)
    1.04
    """
    true, table = _checked(truth, probabilities)
    return float(-np.log(np.maximum(table[np.arange(len(true)), true], FLOOR)).mean())


def probability_scores(truth: ArrayLike, probabilities: ArrayLike) -> ProbabilityScores:
    """All three scores of some probabilities; errors as in `brier`.

    Parameters
    ----------
    truth : (n_clips,) int
    probabilities : (n_clips, n_classes) array
        Rows sum to 1.

    Returns
    -------
    ProbabilityScores
    """
    return ProbabilityScores(
        ece=ece(*_checked(truth, probabilities)),
        brier=brier(truth, probabilities),
        log_loss=log_loss(truth, probabilities),
    )


def calibrate_across_folds(result: OutOfFold, table: FeatureTable) -> Calibrated:
    """Probabilities of one system, each fold's tempered by a fit to the other folds.

    The temperature of a fold is the one with which the out-of-fold probabilities of all other
    folds have the least log loss, so no clip's own label, nor one of its speaker's where folds
    keep speakers apart, has a part in its calibration.

    Parameters
    ----------
    result : OutOfFold
    table : FeatureTable
        The one that `result` has rows of.

    Returns
    -------
    Calibrated
        With the order of classes of every clip kept, and thereby UAR and accuracy.

    Raises
    ------
    ConfigError
        Fewer than two folds.
    FeatureError
        Probabilities that are none.

    Notes
    -----
    Source: Guo, Pleiss, Sun & Weinberger 2017, "On calibration of modern neural networks", on
    logarithms of probabilities in the place of logits.
    """
    truth = table.labels[result.rows]
    before = probability_scores(truth, result.probabilities)
    temperatures = _temperatures(result, truth)
    divisors = np.array([temperatures[number] for number in result.folds.tolist()])
    tempered = softmax(_logs(result.probabilities) / divisors[:, None], axis=1)
    return Calibrated(
        out_of_fold=replace(result, outputs=tempered),
        temperatures=temperatures,
        before=before,
        after=probability_scores(truth, tempered),
    )


def _temperatures(result: OutOfFold, truth: Labels) -> dict[int, float]:
    try:
        from affuse.models.calibrated import fit_temperature
    except ModuleNotFoundError as error:
        raise MissingDependency("scikit-learn", "train") from error
    numbers = np.unique(result.folds).tolist()
    if len(numbers) < 2:
        raise ConfigError(
            f"{len(numbers)} fold was given to calibrate {result.system.name!r} across folds; "
            "expected at least two, so that each can learn from others: raise folds.n_folds"
        )
    logs = _logs(result.probabilities)
    others = {number: result.folds != number for number in numbers}
    return {n: fit_temperature(logs[at], truth[at]) for n, at in others.items()}


def _logs(probabilities: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(probabilities, FLOOR)))


def _checked(truth: ArrayLike, probabilities: ArrayLike) -> tuple[Labels, Floats]:
    true, table = np.asarray(truth, np.int64), np.asarray(probabilities, np.float64)
    if true.ndim != 1 or table.ndim != 2 or len(true) != len(table) or not len(true):
        raise FeatureError(
            f"true labels of shape {true.shape} and probabilities of shape {table.shape} were "
            "given; expected (n_clips,) and (n_clips, n_classes) for at least one clip"
        )
    if true.min() < 0 or true.max() >= table.shape[1]:
        raise FeatureError(
            f"true labels from {true.min()} to {true.max()} were given with probabilities of "
            f"{table.shape[1]} classes; expected 0 to {table.shape[1] - 1}"
        )
    wrong = ~(np.all(table >= 0, axis=1) & (np.abs(table.sum(axis=1) - 1) <= SUM_TOLERANCE))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise FeatureError(
            f"row {row} of the probabilities sums to {table[row].sum():.4g} with smallest value "
            f"{table[row].min():.4g}; expected values from 0 that sum to 1: normalise the rows"
        )
    return true, table
