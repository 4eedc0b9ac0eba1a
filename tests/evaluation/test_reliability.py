"""Reliability curves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affuse.errors import FeatureError
from affuse.evaluation.reliability import RELIABILITY_COLUMNS, reliability_curve
from affuse.tasks.metrics import ece


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 20))
def test_its_distance_from_the_diagonal_is_the_calibration_error(seed, n_clips, n_bins):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(4, 0.5), size=n_clips)
    truth = rng.integers(4, size=n_clips)
    curve = reliability_curve(truth, probabilities, n_bins)
    assert len(curve) == n_bins
    assert curve["n_clips"].sum() == n_clips
    gaps = (curve["accuracy"] - curve["confidence"]).abs() * curve["n_clips"]
    assert gaps.sum() / n_clips == pytest.approx(ece(truth, probabilities, n_bins))
    some = curve[curve["n_clips"] > 0]
    assert (some["low"] <= some["confidence"] + 1e-12).all()
    assert (some["confidence"] <= some["high"] + 1e-12).all()


def test_by_hand():
    probabilities = [[0.95, 0.05], [0.97, 0.03], [0.4, 0.6], [1.0, 0.0]]
    curve = reliability_curve([0, 1, 1, 0], probabilities)
    assert tuple(curve.columns) == RELIABILITY_COLUMNS
    last, ninth = curve.iloc[14], curve.iloc[8]  # 0.6 is the upper bound of the ninth bin
    np.testing.assert_allclose(last, [14 / 15, 1, 2.92 / 3, 2 / 3, 3])
    np.testing.assert_allclose(ninth, [8 / 15, 9 / 15, 0.6, 1, 1])
    assert curve.drop([8, 14])[["confidence", "accuracy"]].isna().all(axis=None)


def test_refusals():
    with pytest.raises(FeatureError, match=r"shape \(1,\) and probabilities of shape \(2, 2\) wer"):
        reliability_curve([0], np.eye(2))
    with pytest.raises(FeatureError, match=r"0 bins were asked for; expected at least 1 \(15 is"):
        reliability_curve([0, 1], np.eye(2), n_bins=0)


@pytest.mark.parametrize(
    ("truth", "probabilities"),
    [
        ([0, 2], [[0.5, 0.5], [0.1, 0.9]]),
        ([0, -1], [[0.5, 0.5], [0.1, 0.9]]),
        ([0, 1], [[np.nan, 0.5], [0.1, 0.9]]),
        ([0, 1], [[50, 50], [10, 90]]),
    ],
)
def test_what_is_no_label_or_no_probability_is_refused(truth, probabilities):
    with pytest.raises(FeatureError, match="expected columns' positions, and numbers from 0 to 1"):
        reliability_curve(truth, probabilities)
