"""P values of swaps, and Holm's correction."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, ttest_1samp

from affuse.tasks.significance import difference_test, holm, least_swap_p, swap_p_values

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


@pytest.mark.parametrize("n_speakers", [2, 6, 14])
def test_the_least_p_value_is_what_all_ahead_gives(n_speakers):
    assert swap_p_values(np.ones((n_speakers, 1))) == [least_swap_p(n_speakers)]


def drawn_gains(rng, n_speakers, n_clips, *, speaker=0.0, difference=0.0, n_emotions=4):
    """Gains of clips of which each system is right for some; how much differs by speaker."""
    labels = np.tile(np.repeat(np.arange(n_emotions), n_clips), n_speakers)
    speakers = np.repeat(np.arange(n_speakers), n_emotions * n_clips)
    half = (difference + speaker * rng.standard_normal(n_speakers)[speakers]) / 2
    hard = rng.uniform(0.4, 0.7, n_speakers)[speakers]
    right, other = (rng.uniform(size=len(labels)) < hard + sign * half for sign in (1, -1))
    return right.astype(float) - other, labels, speakers


@pytest.mark.parametrize("n_speakers", [2, 3, 6, 18])
@pytest.mark.parametrize("speaker", [0.0, 0.15])
def test_alike_systems_are_called_different_in_one_of_twenty_runs_at_most(n_speakers, speaker):
    """A percentile bootstrap over six speakers is wrong in 12 to 15 of 100 such runs."""
    rng = np.random.default_rng(4)
    found = [
        difference_test(*drawn_gains(rng, n_speakers, 4, speaker=speaker)) for _ in range(1000)
    ]
    # Three standard errors above 0.05 of 1,000 runs.
    assert np.mean([each.p < 0.05 for each in found]) < 0.071
    assert all((each.p < 0.05) == (each.low > 0 or each.high < 0) for each in found)


@pytest.mark.parametrize("speaker", [0.0, 0.15])
def test_intervals_of_six_speakers_hold_the_true_difference(speaker):
    rng = np.random.default_rng(5)
    told = {"difference": 0.2, "speaker": speaker}
    found = [difference_test(*drawn_gains(rng, 6, 8, **told)) for _ in range(1000)]
    inside = np.mean([each.low <= 0.2 <= each.high for each in found])
    assert inside > 0.93
    assert np.median([each.high - each.low for each in found]) < 0.5  # and say something


def test_six_speakers_show_what_is_there_after_correction():
    rng = np.random.default_rng(6)
    found = [difference_test(*drawn_gains(rng, 6, 15, difference=0.3)) for _ in range(300)]
    assert np.mean([12 * each.p < 0.05 for each in found]) > 0.8


def test_speakers_who_agree_by_luck_are_not_taken_for_certain():
    """Every speaker gains the same: between speakers there is no scatter at all."""
    gains, labels = np.tile([1, 0, 0, 1], 2), np.tile([0, 0, 1, 1], 2)
    found = difference_test(gains, labels, np.repeat(["Ann", "Ben"], 4))
    assert found.p > 0.05
    assert found.low < 0 < found.difference == 0.5
    certain = difference_test(np.ones(8), labels, np.repeat(["Ann", "Ben"], 4))
    assert certain.low < 1 == certain.high
    assert certain.p > 0.01


def test_of_equal_speakers_it_is_the_t_test_over_them(rng):
    gains, labels, speakers = drawn_gains(rng, 6, 15, speaker=0.4, difference=0.2)
    found = difference_test(gains, labels, speakers)
    means = gains.reshape(6, -1).mean(axis=1)
    expected = ttest_1samp(means, 0)
    assert found.difference == pytest.approx(means.mean())
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(expected.confidence_interval())


def test_one_who_has_nearly_all_clips_is_nearly_alone(rng):
    gains, labels, speakers = drawn_gains(rng, 6, 15, difference=0.3)
    equal = difference_test(gains, labels, speakers)
    # The first speaker's clips fifty times over: more clips, but hardly more than one speaker.
    often = np.concatenate([np.repeat(np.flatnonzero(speakers == 0), 50), np.arange(len(gains))])
    heavy = difference_test(gains[often], labels[often], speakers[often])
    assert heavy.high - heavy.low > 2 * (equal.high - equal.low)
    assert heavy.p > 0.05 > equal.p


def test_an_emotion_of_one_speaker_alone_is_no_obstacle():
    found = difference_test([1, 0, 0, 1, -1], [0, 0, 1, 0, 2], ["a", "b", "c", "b", "c"])
    assert found.difference == pytest.approx((2 / 3 + 0 - 1) / 3)
    assert -1 <= found.low < found.high <= 1


def test_one_speaker_says_nothing_of_others():
    found = difference_test([1, 1, 0], [0, 1, 1], ["Ann"] * 3)
    assert (found.difference, found.p) == (0.75, 1)
    assert np.isnan([found.low, found.high]).all()


def test_no_difference_anywhere_is_none():
    assert difference_test(np.zeros(6), [0, 1] * 3, [0, 0, 1, 1, 2, 2]) == (0, 0, 0, 1)
