"""Out-of-fold predictions -> the figures of one row of the results."""

from __future__ import annotations

from dataclasses import replace

from affuse.errors import FeatureError
from affuse.evaluation.answers import chance
from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable
from affuse.tasks.classification import Scores
from affuse.tasks.intervals import N_RESAMPLES
from affuse.tasks.task import Figures


def scores(
    result: OutOfFold, table: FeatureTable, *, n_bootstrap: int = N_RESAMPLES, seed: int = 0
) -> Figures:
    """Figures of one system.

    Parameters
    ----------
    result : OutOfFold
    table : FeatureTable
        The one that `result` has rows of.
    n_bootstrap, seed : int
        Of the interval over speakers.

    Returns
    -------
    Scores or NumberScores
        Of a classification, or of a dimensional task.

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
    figures = result.task.figures(
        table, result.rows, result.outputs, result.folds, n_resamples=n_bootstrap, seed=seed
    )
    if result.answers is None or not isinstance(figures, Scores):
        return figures
    return replace(figures, chance=chance(table.labels[result.rows], result.answers))
