"""Figures below those of a row: of each speaker, and the recall of each emotion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from affuse.corpora.speakers import speaker_order
from affuse.errors import FeatureError
from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable
from affuse.tasks.metrics import confusion, per_class_recall

RECALL_COLUMNS = ("emotion", "recall", "n_clips", "taken_for", "taken_for_share")


@dataclass(frozen=True, slots=True)
class SpeakerRange:
    """The speakers with the highest and the lowest UAR, as fractions."""

    best: str
    best_uar: float
    worst: str
    worst_uar: float


def speaker_table(result: OutOfFold, table: FeatureTable) -> pd.DataFrame:
    """Figures of one system for each speaker.

    Parameters
    ----------
    result : OutOfFold
    table : FeatureTable
        The one that `result` has rows of.

    Returns
    -------
    DataFrame
        One row per speaker, numbers by value: ``speaker``, ``uar`` (over the emotions that the
        speaker shows, ``n_emotions`` of them), ``accuracy``, ``n_clips``; of numbers ``speaker``,
        ``ccc``, ``pearson``, ``rmse`` (means over the targets), ``n_clips``.

    Raises
    ------
    FeatureError
        No clip was scored.
    """
    _check_scored(result)
    truth, names, predicted = (
        table.truth[result.rows],
        table.speakers[result.rows],
        result.predicted,
    )
    rows = []
    for speaker in sorted({str(name) for name in names}, key=speaker_order):
        own = names == speaker
        rows.append({"speaker": speaker} | result.task.speaker_figures(truth[own], predicted[own]))
    return pd.DataFrame(rows)


def speaker_range(result: OutOfFold, table: FeatureTable) -> SpeakerRange:
    """Best and worst speaker of one system by UAR; among equals the first.

    Raises FeatureError where no clip was scored.

    Parameters
    ----------
    result : OutOfFold
    table : FeatureTable
        The clips that it predicts.

    Returns
    -------
    SpeakerRange
    """
    figures = speaker_table(result, table).set_index("speaker")["uar"]
    best, worst = str(figures.idxmax()), str(figures.idxmin())
    return SpeakerRange(best, float(figures.max()), worst, float(figures.min()))


def recall_table(result: OutOfFold, table: FeatureTable) -> pd.DataFrame:
    """Recall of each emotion by one system, and what it is confused with most.

    Parameters
    ----------
    result : OutOfFold
    table : FeatureTable
        The one that `result` has rows of.

    Returns
    -------
    DataFrame
        One row per class of the table: ``emotion``, ``recall``, ``n_clips``, ``taken_for`` (the
        most frequent wrong answer, empty where there is none), ``taken_for_share`` (of the
        emotion's clips). An emotion without a clip has NaN.

    Raises
    ------
    FeatureError
        No clip was scored.
    """
    _check_scored(result)
    n_classes = len(table.classes)
    truth = table.labels[result.rows]
    counts = confusion(truth, result.predicted, n_classes)
    n_clips = counts.sum(axis=1)
    wrong = counts * ~np.eye(n_classes, dtype=bool)
    shares = np.divide(
        wrong.max(axis=1), n_clips, out=np.full(n_classes, np.nan), where=n_clips > 0
    )
    mistaken = [table.classes[row.argmax()] if row.any() else "" for row in wrong]
    recalls = per_class_recall(truth, result.predicted, n_classes)
    columns = (table.classes, recalls, n_clips, mistaken, shares)
    return pd.DataFrame(dict(zip(RECALL_COLUMNS, columns, strict=True)))


def _check_scored(result: OutOfFold) -> None:
    if not len(result.rows):
        raise FeatureError(
            f"system {result.system.name!r} scored no clip: no test clip has "
            f"{result.system.modality}; leave this system out"
        )
