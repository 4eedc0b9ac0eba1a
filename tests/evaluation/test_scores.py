"""Figures of one row of the results."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.errors import FeatureError
from affuse.evaluation.metrics import accuracy, uar
from affuse.evaluation.scores import paired_interval, scores
from affuse.evaluation.systems import OutOfFold, System


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


def test_pairs_are_the_clips_that_both_have_scored(make_table):
    table = make_table(n_speakers=4)
    right = result(table, table.labels[:20], np.arange(20))
    wrong = result(table, (table.labels[6:] + 1) % 3, np.arange(6, 24))
    low, high = paired_interval(right, wrong, table)
    # All 14 clips of both differ, and that is as far as they go.
    assert 0 < low < high == 1


def test_pairs_that_share_no_clip_are_refused(make_table):
    table = make_table(n_speakers=4)
    one = result(table, table.labels[:6], np.arange(6))
    other = result(table, table.labels[6:12], np.arange(6, 12))
    with pytest.raises(FeatureError, match=r"have scored no clip in common; expected clips that"):
        paired_interval(one, other, table)


def test_nothing_scored(make_table):
    empty = result(make_table(), np.array([], int), np.array([], int))
    with pytest.raises(FeatureError, match="system 'guess' scored no clip: no test clip has audio"):
        scores(empty, make_table())
