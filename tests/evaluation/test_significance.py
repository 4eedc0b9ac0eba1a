"""P values of swaps, and Holm's correction."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from affuse.evaluation.significance import holm, swap_p_values

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)
CONTRIBUTIONS = st.lists(st.integers(-20, 20), min_size=1, max_size=8)


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.5, 0.9]), [1, 1])
    np.testing.assert_allclose(holm([0.2]), [0.2])


@given(P_VALUES)
def test_holm_never_lowers_nor_turns_the_order_round(p_values):
    corrected, raw = holm(p_values), np.array(p_values)
    assert np.all(raw <= corrected)
    assert np.all(corrected <= np.minimum(1, raw * len(raw)))
    assert np.all(np.diff(corrected[np.argsort(raw, kind="stable")]) >= 0)


@given(P_VALUES, st.randoms(use_true_random=False))
def test_holm_does_not_depend_on_the_order_of_tests(p_values, random):
    order = random.sample(range(len(p_values)), len(p_values))
    moved = holm(np.array(p_values)[order])
    np.testing.assert_array_equal(moved, holm(p_values)[order])


@given(CONTRIBUTIONS)
def test_few_speakers_are_counted_to_the_last_swap(contributions):
    values = np.array(contributions)
    sums = [abs(np.dot(signs, values)) for signs in product([1, -1], repeat=len(values))]
    (found,) = swap_p_values(values[:, None] / 100)
    assert found == np.mean(np.array(sums) >= abs(values.sum()))


def test_equal_sums_count_however_they_are_rounded():
    values = np.array([0.1, 0.2, 0.3, -0.3, 0.1])  # every way to reach 0.4 is counted
    exact = swap_p_values(np.round(10 * values)[:, None])
    assert swap_p_values(values[:, None]) == exact
    assert swap_p_values(values[::-1, None] / 7) == exact


def test_drawn_swaps_come_near_to_counted_ones(rng):
    values = rng.normal(0.3, 1, size=(14, 5))
    # A speaker whose clips make no difference has no effect, but now swaps are drawn.
    drawn = swap_p_values(np.vstack([values, np.zeros(5)]), n_draws=40_000)
    np.testing.assert_allclose(drawn, swap_p_values(values), atol=0.01)


def test_drawn_p_values_are_never_zero():
    assert swap_p_values(np.ones((40, 1)), n_draws=999) == pytest.approx(1 / 1000)


def test_one_speaker_cannot_tell():
    assert swap_p_values([[0.3]]) == 1


@pytest.mark.parametrize("n_speakers", [12, 24])
def test_uniform_where_nothing_differs(rng, n_speakers):
    found = swap_p_values(rng.standard_normal((n_speakers, 400)), n_draws=2000)
    assert kstest(found, "uniform").pvalue > 0.01
    assert np.mean(found < 0.05) == pytest.approx(0.05, abs=0.03)
