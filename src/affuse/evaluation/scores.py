"""Out-of-fold predictions -> the figures of one row of the results."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from affuse.errors import FeatureError
from affuse.evaluation.intervals import speaker_interval
from affuse.evaluation.metrics import accuracy, ece, macro_f1, uar
from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures of one system, as fractions; pooled over the folds unless said.

    Attributes
    ----------
    uar, uar_low, uar_high : float
        Bounds of the 95 % bootstrap over speakers; NaN with one speaker.
    accuracy, accuracy_fold_mean, macro_f1, ece : float
        `accuracy_fold_mean` is the mean of the folds' accuracies.
    n_clips, n_speakers, n_folds : int
        That were scored.
    chance : float
        UAR of a system that guesses.
    """

    uar: float
    uar_low: float
    uar_high: float
    accuracy: float
    accuracy_fold_mean: float
    macro_f1: float
    ece: float
    n_clips: int
    n_speakers: int
    n_folds: int
    chance: float


def scores(
    result: OutOfFold, table: FeatureTable, *, n_bootstrap: int = 2000, seed: int = 0
) -> Scores:
    """Figures of one system.

    Parameters
    ----------
    result : OutOfFold
    table : FeatureTable
        The one that `result` has rows of.
    n_bootstrap, seed : int
        Of the interval over speakers.

    Raises
    ------
    FeatureError
        No clip was scored.
    """
    if not len(result.rows):
        raise FeatureError(
            f"system {result.system.name!r} scored no clip: no test clip has "
            f"{result.system.modality}; leave this system out"
        )
    truth, speakers = table.labels[result.rows], table.speakers[result.rows]
    predicted, folds = result.predicted, np.unique(result.folds)
    interval = speaker_interval(truth, predicted, speakers, n_resamples=n_bootstrap, seed=seed)
    by_fold = [accuracy(truth[at], predicted[at]) for at in (result.folds == n for n in folds)]
    return Scores(
        uar=uar(truth, predicted),
        uar_low=interval.low,
        uar_high=interval.high,
        accuracy=accuracy(truth, predicted),
        accuracy_fold_mean=float(np.mean(by_fold)),
        macro_f1=macro_f1(truth, predicted),
        ece=ece(truth, result.probabilities),
        n_clips=len(truth),
        n_speakers=len(np.unique(speakers)),
        n_folds=len(folds),
        chance=1 / len(np.unique(table.labels)),
    )
