"""Fixed rules of combination: numbers by hand, published numbers, bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affuse.errors import ConfigError, FeatureError
from affuse.fusion.combine import combine, combine_numbers
from affuse.fusion.rule import rules_that
from affuse.records import RAVDESS_EMOTIONS

RULES = rules_that(lambda rule: rule.fixed)

A = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]])
B = np.array([[0.1, 0.8, 0.1], [0.5, 0.3, 0.2]])
C = np.array([[0.2, 0.2, 0.6], [0.4, 0.5, 0.1]])


def weights_for(rule: str, n: int) -> list[float] | None:
    return [1.0] * n if rule == "weighted" else None


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("mean", [1.0 / 3, 0.4, 0.8 / 3]),
        ("product", np.array([0.014, 0.032, 0.006]) / 0.052),
        ("max", np.array([0.7, 0.8, 0.6]) / 2.1),
        ("min", np.array([0.1, 0.2, 0.1]) / 0.4),
        ("median", np.array([0.2, 0.2, 0.1]) / 0.5),
        ("majority", np.array([1 + 1.0 / 3, 1.4, 1 + 0.8 / 3]) / 4),
    ],
)
def test_rules_by_hand(rule, expected):
    np.testing.assert_allclose(combine([A, B, C], rule)[0], expected)


def test_weights_say_who_decides():
    np.testing.assert_allclose(combine([A, B], "weighted", [3, 1]), 0.75 * A + 0.25 * B)


def test_two_votes_beat_one_however_sure_it_is():
    votes = combine([[[0.51, 0.49]], [[0.51, 0.49]], [[0.0, 1.0]]], "majority")
    assert votes.argmax() == 0


@pytest.mark.parametrize("rule", RULES)
@given(seed=st.integers(0, 2**32 - 1), n_modalities=st.integers(1, 4), n_classes=st.integers(2, 9))
def test_rows_sum_to_one_and_order_of_modalities_has_no_effect(rule, seed, n_modalities, n_classes):
    rng = np.random.default_rng(seed)
    parts = [rng.dirichlet(np.ones(n_classes), size=5) for _ in range(n_modalities)]
    combined = combine(parts, rule, weights_for(rule, n_modalities))
    np.testing.assert_allclose(combined.sum(axis=1), 1)
    np.testing.assert_allclose(
        combined, combine(parts[::-1], rule, weights_for(rule, n_modalities)), atol=1e-12
    )


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "majority"])
def test_one_modality_alone_decides_alone(rule):
    gone = np.full_like(A, np.nan)
    np.testing.assert_allclose(
        combine([gone, B], rule, weights_for(rule, 2)), B / B.sum(1)[:, None]
    )


def test_a_modality_of_weight_zero_speaks_where_it_is_alone():
    gone = np.full_like(A, np.nan)
    np.testing.assert_allclose(combine([gone, B], "weighted", [1, 0]), B)


def test_all_modalities_missing_is_nan_and_nothing_else():
    a, b = A.copy(), B.copy()
    a[0] = b[0] = np.nan
    combined = combine([a, b], "product")
    assert np.isnan(combined[0]).all()
    assert combined[1].sum() == pytest.approx(1)


def test_minima_that_are_all_zero_leave_no_preference():
    np.testing.assert_allclose(combine([[[1.0, 0.0]], [[0.0, 1.0]]], "min"), [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([A], "vote"), ConfigError, "rule 'vote' was given; expected one of majority, max, mean"),
        (([A, B], "weighted"), ConfigError, "weights None were given for 2 modalities"),
        (([A, B], "weighted", [1.0]), ConfigError, "expected 2 numbers from 0"),
        (([A, B], "weighted", [1, -1]), ConfigError, "expected 2 numbers from 0"),
        (([A, B], "mean", [1, 1]), ConfigError, "only 'weighted' takes them"),
        (([A], "stacking"), ConfigError, "'stacking' was given, which must learn .*decision = "),
        (([A, B[:1]],), FeatureError, r"shapes \[\(2, 3\), \(1, 3\)\] were given"),
        (([],), FeatureError, "expected one array"),
        (([A, B * 2],), FeatureError, "row 0 of array 1 of the probabilities sums to 2"),
        (([A - 0.2, B],), FeatureError, "expected values from 0 that sum to 1"),
        (([np.where(A > 0.65, np.nan, A), B],), FeatureError, "has NaN in part of row 0"),
    ],
)
def test_bad_input_says_what_was_given(arguments, error, message):
    with pytest.raises(error, match=message):
        combine(*arguments)


def test_numbers_are_combined_as_they_are():
    first, second, third = [[1.0, -4]], [[3.0, 4]], [[8.0, 9]]
    gone = [[np.nan, np.nan]]
    for rule, expected in [("mean", [[4, 3]]), ("median", [[3, 4]])]:
        np.testing.assert_allclose(combine_numbers([first, second, third], rule), expected)
    mean = combine_numbers([first, second, gone], "weighted", [3, 1, 5])
    np.testing.assert_allclose(mean, [[1.5, -2]])
    np.testing.assert_allclose(combine_numbers([first, gone], "weighted", [0, 1]), first)
    assert np.isnan(combine_numbers([gone, gone], "mean")).all()


@pytest.mark.parametrize("rule", ["product", "max", "min", "majority"])
def test_rules_of_probabilities_are_refused_for_numbers(rule):
    expected = f"rule '{rule}' was given for numbers.* expected one of mean, median, stacking, "
    with pytest.raises(ConfigError, match=expected):
        combine_numbers([[[1.0]], [[2.0]]], rule)


@pytest.mark.parametrize("broken", [[[1.0, np.nan]], [[np.inf, 1.0]]])
def test_numbers_that_are_none(broken):
    with pytest.raises(FeatureError, match="not finite, or missing in part of a row"):
        combine_numbers([broken, [[1.0, 2.0]]])


@pytest.mark.data
@pytest.mark.parametrize(
    ("rule", "mean_of_folds", "pooled"),
    [("mean", 83.62, 83.68), ("max", 82.73, 82.78), ("product", 87.17, 87.22)],
)
def test_published_probabilities(shared_data: Path, rule, mean_of_folds, pooled):
    table = pd.read_csv(shared_data / "luna_posteriors.csv")
    parts = [
        table[[f"{modality}_{emotion}" for emotion in RAVDESS_EMOTIONS]].to_numpy()
        for modality in ("audio", "video")
    ]
    predicted = np.array(RAVDESS_EMOTIONS)[combine(parts, rule).argmax(axis=1)]
    right = pd.Series(predicted == table["emotion"])
    assert 100 * right.groupby(table["fold"]).mean().mean() == pytest.approx(
        mean_of_folds, abs=0.01
    )
    assert 100 * right.mean() == pytest.approx(pooled, abs=0.01)
