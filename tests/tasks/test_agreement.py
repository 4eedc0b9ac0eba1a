"""CCC, Pearson and RMSE against their definitions, and intervals of them over speakers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr

from affuse.errors import FeatureError
from affuse.tasks.agreement import ccc, moments, pearson, rmse
from affuse.tasks.paired_agreement import difference_test, swap_p_value
from affuse.tasks.resampling import agreement_intervals
from affuse.tasks.task import Pair


def lin(truth, predicted) -> float:
    """As Lin 1989 writes it: twice the covariance over what it could be at most."""
    covariance = np.mean((truth - truth.mean()) * (predicted - predicted.mean()))
    apart = (truth.mean() - predicted.mean()) ** 2
    return 2 * covariance / (truth.var() + predicted.var() + apart)


def test_figures_are_those_of_their_definitions(rng):
    truth = rng.normal([0, 100], [1, 5], (50, 2))
    predicted = 0.5 * truth + rng.normal([1, 40], [1, 3], (50, 2))
    columns = list(zip(truth.T, predicted.T, strict=True))
    np.testing.assert_allclose(ccc(truth, predicted), [lin(t, p) for t, p in columns])
    expected = [pearsonr(t, p).statistic for t, p in columns]
    np.testing.assert_allclose(pearson(truth, predicted), expected)
    squares = [np.mean((t - p) ** 2) for t, p in columns]
    np.testing.assert_allclose(rmse(truth, predicted), np.sqrt(squares))


def test_shift_and_shrinking_cost_agreement_and_no_correlation():
    truth = np.arange(10.0)
    for predicted in (truth + 3, 0.5 * truth):
        assert pearson(truth, predicted)[0] == pytest.approx(1)
        assert ccc(truth, predicted)[0] < 0.8
    assert ccc(truth, truth)[0] == pytest.approx(1)
    assert ccc(truth, truth * 0 + 4.5)[0] == 0
    assert np.isnan(pearson(truth, truth * 0 + 4.5)[0])


def test_moments_add_up_over_clips(rng):
    truth, predicted = rng.normal(size=(2, 30, 2))
    whole = moments(truth[:10], predicted[:10]) + moments(truth[10:], predicted[10:])
    np.testing.assert_allclose(whole, moments(truth, predicted))


def test_shapes_must_fit():
    with pytest.raises(FeatureError, match=r"shape \(2,\) and predicted ones of shape \(3,\)"):
        ccc([1.0, 2.0], [1.0, 2.0, 3.0])


def speakers_of(n_speakers: int, n_clips: int):
    return np.repeat([f"s{n:02}" for n in range(n_speakers)], n_clips)


def test_intervals_hold_the_ccc_of_a_population_of_speakers(rng):
    """Whole speakers are drawn: predictions that are shifted for each speaker widen intervals."""
    speakers = speakers_of(20, 20)
    truth = rng.normal(size=(400, 1))
    alike = truth + rng.normal(size=(400, 1))
    shifted = truth + rng.normal(size=(400, 1)) + np.repeat(rng.normal(0, 2, 20), 20)[:, None]
    widths = []
    for predicted in (alike, shifted):
        mean, (only,) = agreement_intervals(truth, predicted, speakers, n_resamples=400, seed=1)
        assert mean == only
        assert mean.low < ccc(truth, predicted)[0] < mean.high
        widths.append(mean.high - mean.low)
    assert widths[1] > 1.5 * widths[0]
    one, _ = agreement_intervals(truth, alike, speakers_of(1, 400), n_resamples=100)
    assert np.isnan(one.low)


def test_difference_is_told_from_chance_only_where_there_is_one(rng):
    truth, speakers = rng.normal(size=(240, 1)), speakers_of(12, 20)
    good, bad, also_bad = (truth + rng.normal(0, s, (240, 1)) for s in (0.5, 2.0, 2.0))
    sure = difference_test(Pair(truth, good, bad, speakers))
    assert sure.p < 0.001
    assert 0 < sure.low < sure.difference < sure.high
    assert sure.difference == pytest.approx(ccc(truth, good)[0] - ccc(truth, bad)[0])
    alike = difference_test(Pair(truth, bad, also_bad, speakers))
    assert alike.p > 0.05
    assert alike.low < 0 < alike.high


def test_swaps_of_speakers_count_every_way(rng):
    truth, speakers = rng.normal(size=(40, 1)), speakers_of(4, 10)
    good, bad = truth + rng.normal(0, 0.3, (40, 1)), truth + rng.normal(0, 3, (40, 1))
    names = np.unique(speakers)
    assert swap_p_value(Pair(truth, good, bad, speakers), names, 100, 0) == 2 / 2**4
    assert swap_p_value(Pair(truth, good, good, speakers), names, 100, 0) == 1


def test_false_alarms_are_as_rare_as_they_say(rng):
    """Of two systems that are alike, one is ahead by chance in about one case of twenty."""
    speakers, alarms = speakers_of(10, 12), 0
    for _ in range(200):
        truth = rng.normal(size=(120, 1))
        first, second = (
            truth + rng.normal(size=(120, 1)) + np.repeat(rng.normal(size=10), 12)[:, None]
            for _ in range(2)
        )
        alarms += difference_test(Pair(truth, first, second, speakers)).p < 0.05
    assert alarms / 200 < 0.1
