"""Metrics agree with scikit-learn's, and with sums done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from affuse.errors import FeatureError
from affuse.tasks.metrics import (
    accuracy,
    confusion,
    ece,
    macro_f1,
    macro_f1_of,
    per_class_recall,
    uar,
    uar_of,
)

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40)


@given(PAIRS)
def test_agree_with_scikit_learn(pairs):
    truth, predicted = map(np.array, zip(*pairs, strict=True))
    occurring = np.unique(truth)
    recall = reference.recall_score(truth, predicted, labels=occurring, average="macro")
    f1 = reference.f1_score(truth, predicted, average="macro", zero_division=0)
    assert uar(truth, predicted) == pytest.approx(recall)
    assert macro_f1(truth, predicted) == pytest.approx(f1)
    assert accuracy(truth, predicted) == pytest.approx(np.mean(truth == predicted))
    expected = reference.confusion_matrix(truth, predicted, labels=range(5))
    np.testing.assert_array_equal(confusion(truth, predicted, 5), expected)


def test_truth_comes_first():
    assert uar([0, 0, 0, 1], [0, 1, 1, 1]) == pytest.approx((1 / 3 + 1) / 2)
    assert uar([0, 1, 1, 1], [0, 0, 0, 1]) == pytest.approx((1 + 1 / 3) / 2)
    np.testing.assert_array_equal(confusion([0, 0], [1, 1], 2), [[0, 2], [0, 0]])


def test_recall_of_an_absent_class_is_not_a_number():
    np.testing.assert_array_equal(per_class_recall([0, 0, 2], [0, 1, 2], 3), [0.5, np.nan, 1])


def test_stacks_of_matrices():
    matrices = np.stack([confusion([0, 1], [0, 1], 2), confusion([0, 1], [0, 0], 2)])
    np.testing.assert_allclose(uar_of(matrices), [1, 0.5])
    np.testing.assert_allclose(macro_f1_of(matrices), [1, 1 / 3])


def test_ece_by_hand():
    probabilities = np.array([[0.95, 0.05], [0.97, 0.03], [0.4, 0.6], [0.45, 0.55]])
    truth = [0, 1, 1, 1]
    # Bins of width 1/15: {.95, .97} right once of twice; {.6} and {.55} right each.
    by_hand = 2 / 4 * abs(0.5 - 0.96) + 1 / 4 * 0.4 + 1 / 4 * 0.45
    assert ece(truth, probabilities) == pytest.approx(by_hand)


def test_calibrated_probabilities_have_no_error(rng):
    probabilities = rng.uniform(size=200_000)
    truth = (rng.uniform(size=200_000) < probabilities).astype(int)
    assert ece(truth, np.c_[1 - probabilities, probabilities]) < 0.01


@pytest.mark.parametrize(("truth", "predicted"), [([0, 1], [0]), ([], [])])
def test_unequal_or_no_labels(truth, predicted):
    with pytest.raises(FeatureError, match=r"true labels of shape .* expected one of each for at"):
        uar(truth, predicted)


def test_labels_beyond_the_classes():
    with pytest.raises(
        FeatureError, match="labels from 0 to 3 were given for 3 classes; expected 0"
    ):
        confusion([0, 1], [3, 1], 3)
