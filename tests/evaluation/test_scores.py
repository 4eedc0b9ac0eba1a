"""Figures of one row of the results."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.errors import FeatureError
from affuse.evaluation.scores import scores
from affuse.evaluation.systems import OutOfFold, System
from affuse.tasks.metrics import accuracy, uar


def result(table, predicted, rows, folds=None):
    system = System("guess", "audio", "", "", "", lambda seed: None)
    folds = np.ones(len(rows), int) if folds is None else np.array(folds)
    n_classes = len(table.classes)
    return OutOfFold(system, "random", rows, folds, np.eye(n_classes)[predicted])


def test_pooled_figures_and_mean_over_folds(make_table):
    table = make_table(n_speakers=3, n_takes=1)
    rows = np.array([0, 1, 2, 3, 4, 5])
    found = scores(result(table, [0, 1, 2, 0, 0, 1], rows, [1, 1, 1, 1, 2, 2]), table)
    assert (
        found.accuracy == accuracy([0, 1, 2, 0, 1, 2], [0, 1, 2, 0, 0, 1]) == pytest.approx(4 / 6)
    )
    assert found.accuracy_fold_mean == pytest.approx((1 + 0) / 2)
    assert found.uar == uar([0, 1, 2, 0, 1, 2], [0, 1, 2, 0, 0, 1])
    assert found.ece == pytest.approx(2 / 6)
    assert (found.n_clips, found.n_speakers, found.n_folds) == (6, 2, 2)
    assert found.chance == pytest.approx(1 / 3)
    assert found.uar_low < found.uar < found.uar_high


def test_one_speaker_has_no_interval(make_table):
    table = make_table(n_speakers=1)
    found = scores(result(table, table.labels, np.arange(6)), table)
    assert np.isnan([found.uar_low, found.uar_high]).all()


def test_nothing_scored(make_table):
    empty = result(make_table(), np.array([], int), np.array([], int))
    with pytest.raises(FeatureError, match="system 'guess' scored no clip: no test clip has audio"):
        scores(empty, make_table())
