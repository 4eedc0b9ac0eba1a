"""Brier, log loss, and temperatures fitted across folds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn import metrics as reference

from affuse.errors import ConfigError, FeatureError
from affuse.evaluation.probability_scores import (
    ProbabilityScores,
    brier,
    calibrate_across_folds,
    log_loss,
    probability_scores,
)
from affuse.evaluation.systems import OutOfFold, System
from affuse.features.table import FeatureTable
from affuse.records import RAVDESS_EMOTIONS
from affuse.tasks.metrics import ece

SYSTEM = System("SVM", "audio", "", "", "", lambda seed: None)


@pytest.fixture
def too_sure(rng) -> tuple[OutOfFold, FeatureTable]:
    """Calibrated probabilities of four classes, three times as sharp as they should be."""
    n = 2000
    logits = rng.normal(scale=1.5, size=(n, 4))
    truth = np.array([rng.choice(4, p=row) for row in softmax(logits, axis=1)])
    clips = np.array([f"{row:04}" for row in range(n)])
    folds = np.arange(n) % 5 + 1
    table = FeatureTable(clips, folds.astype(str), truth, ("a", "b", "c", "d"), {}, {})
    sharp = softmax(3 * logits, axis=1)
    return OutOfFold(SYSTEM, "speaker-independent", np.arange(n), folds, sharp), table


@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(1, 30))
def test_agree_with_scikit_learn(seed, n_classes, n_clips):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(n_classes), size=n_clips)
    truth = rng.integers(n_classes, size=n_clips)
    expected = reference.log_loss(truth, probabilities, labels=range(n_classes))
    assert log_loss(truth, probabilities) == pytest.approx(expected)
    squares = [
        np.mean((probabilities[:, label] - (truth == label)) ** 2) for label in range(n_classes)
    ]
    assert brier(truth, probabilities) == pytest.approx(sum(squares))


def test_bounds():
    assert brier([0, 1], np.eye(2)) == 0
    assert brier([1, 0], np.eye(2)) == 2
    assert log_loss([0, 1], np.eye(2)) == 0
    assert log_loss([1, 0], np.eye(2)) == pytest.approx(12 * np.log(10))


def test_all_three_figures():
    truth, probabilities = [0, 1], [[0.9, 0.1], [0.8, 0.2]]
    assert probability_scores(truth, probabilities) == ProbabilityScores(
        ece(truth, probabilities), brier(truth, probabilities), log_loss(truth, probabilities)
    )


def test_temperatures_take_back_what_is_too_sure(too_sure):
    result, table = too_sure
    found = calibrate_across_folds(result, table)
    assert sorted(found.temperatures) == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(list(found.temperatures.values()), 3, rtol=0.15)
    assert found.before.ece > 0.15
    assert found.after.ece < 0.04
    assert found.after.brier < found.before.brier
    assert found.after.log_loss < found.before.log_loss
    assert found.after == probability_scores(table.labels, found.out_of_fold.probabilities)


def test_decisions_stay(too_sure):
    result, table = too_sure
    calibrated = calibrate_across_folds(result, table).out_of_fold
    np.testing.assert_array_equal(calibrated.predicted, result.predicted)
    np.testing.assert_allclose(calibrated.probabilities.sum(axis=1), 1)
    assert calibrated.system is result.system
    assert calibrated.rows is result.rows


def test_no_label_has_a_part_in_its_own_calibration(too_sure):
    """All labels of a fold are turned round: its own temperature does not move, others do."""
    result, table = too_sure
    turned = table.labels.copy()
    turned[result.folds == 2] = 3 - turned[result.folds == 2]
    before = calibrate_across_folds(result, table)
    after = calibrate_across_folds(result, replace(table, labels=turned))
    own = result.folds == 2
    np.testing.assert_array_equal(
        before.out_of_fold.probabilities[own], after.out_of_fold.probabilities[own]
    )
    assert after.temperatures[2] == before.temperatures[2]
    assert all(after.temperatures[n] > 1.5 * before.temperatures[n] for n in (1, 3, 4, 5))


def test_a_class_that_a_fold_did_not_know(too_sure):
    result, table = too_sure
    probabilities = result.probabilities.copy()
    probabilities[result.folds == 1, 3] = 0
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    found = calibrate_across_folds(replace(result, outputs=probabilities), table)
    assert np.isfinite(found.out_of_fold.probabilities).all()
    assert np.isfinite([found.after.log_loss, found.before.log_loss]).all()


def test_one_fold_has_no_other_to_learn_from(too_sure):
    result, table = too_sure
    alone = replace(result, folds=np.ones_like(result.folds))
    with pytest.raises(ConfigError, match=r"1 fold was given to calibrate 'SVM' .* at least two"):
        calibrate_across_folds(alone, table)


@pytest.mark.parametrize(
    ("truth", "probabilities", "message"),
    [
        ([0], [[0.5, 0.5], [1, 0]], r"labels of shape \(1,\) and probabilities of shape \(2, 2\)"),
        ([], np.ones((0, 2)), r"expected \(n_clips,\) and \(n_clips, n_classes\) for at least one"),
        ([2], [[0.5, 0.5]], "labels from 2 to 2 were given with probabilities of 2 classes"),
        ([0, 1], [[1, 0], [0.5, 0.6]], r"row 1 .* sums to 1.1 .* sum to 1: normalise the rows"),
        ([0], [[1.2, -0.2]], "row 0 .* smallest value -0.2; expected values from 0"),
        ([0, 0], [[1, 0], [np.nan, 1]], "row 1 of the probabilities sums to nan"),
    ],
)
def test_what_is_no_probability(truth, probabilities, message):
    for figure in (brier, log_loss, probability_scores):
        with pytest.raises(FeatureError, match=message):
            figure(truth, probabilities)


@pytest.mark.data
def test_published_posteriors_become_calibrated(shared_data):
    given = pd.read_csv(shared_data / "luna_posteriors.csv")
    probabilities = given[[f"audio_{e}" for e in RAVDESS_EMOTIONS]].to_numpy()
    truth = given["emotion"].map(RAVDESS_EMOTIONS.index).to_numpy()
    clips, speakers = given["clip"].to_numpy(str), given["speaker"].to_numpy(str)
    table = FeatureTable(clips, speakers, truth, RAVDESS_EMOTIONS, {}, {})
    folds = given["fold"].to_numpy()
    result = OutOfFold(SYSTEM, "speaker-independent", np.arange(len(table)), folds, probabilities)
    found = calibrate_across_folds(result, table)
    assert found.before.ece == pytest.approx(0.153, abs=0.001)
    assert found.after.ece < 0.05
    assert found.after.log_loss < found.before.log_loss
