"""Conformal sets: what they promise for a new speaker, and what they refuse to promise."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.evaluation.conformal import conformal_sets, least_probability, least_speakers


@pytest.mark.parametrize(
    ("coverage", "n"), [(0.5, 1), (2 / 3, 2), (0.75, 3), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99)]
)
def test_so_many_speakers_it_takes(coverage, n):
    assert least_speakers(coverage) == n
    right = np.full((n, 2), 0.5)
    speakers = np.arange(n).astype(str)
    truth = np.zeros(n, int)
    assert least_probability(right, truth, speakers, coverage) == 0.5
    assert least_probability(right[1:], truth[1:], speakers[1:], coverage) == 0.0


def test_sets_reach_down_to_the_share_of_clips_that_is_asked_for():
    # Nine speakers of one clip each; the new one counts as a tenth that no set would hold.
    chances = np.linspace(0.1, 0.9, 9)
    rows, truth = np.c_[chances, 1 - chances], np.zeros(9, int)
    speakers = np.arange(9).astype(str)
    assert least_probability(rows, truth, speakers, 0.9) == pytest.approx(0.1)
    assert least_probability(rows, truth, speakers, 0.8) == pytest.approx(0.2)
    assert least_probability(rows, truth, speakers, 0.5) == pytest.approx(0.5)


def test_each_speaker_counts_alike_however_many_clips_are_theirs():
    # One speaker of a hundred clips that go wrong, nine of one clip that goes right.
    right = np.r_[np.full(100, 0.01), np.full(9, 0.9)]
    rows, speakers = np.c_[right, 1 - right], np.r_[np.full(100, "loud"), np.arange(9).astype(str)]
    truth = np.zeros(109, int)
    assert least_probability(rows, truth, speakers, 0.8) == pytest.approx(0.9)
    assert least_probability(rows, truth, np.arange(109).astype(str), 0.8) == pytest.approx(0.01)


def test_the_order_of_clips_changes_nothing(rng):
    rows = rng.dirichlet(np.ones(4), 60)
    truth, speakers = rng.integers(4, size=60), np.repeat(np.arange(12), 5).astype(str)
    order = rng.permutation(60)
    there = least_probability(rows, truth, speakers, 0.9)
    assert least_probability(rows[order], truth[order], speakers[order], 0.9) == there


def test_a_set_has_one_emotion_at_least_and_all_where_nothing_is_known():
    rows = np.array([[0.3, 0.3, 0.4], [0.9, 0.1, 0.0]])
    assert conformal_sets(rows, 0.95).tolist() == [[False, False, True], [True, False, False]]
    assert conformal_sets(rows, 0.0).all()
    assert conformal_sets(rows, [0.3, 0.05]).sum(axis=1).tolist() == [3, 2]


@pytest.mark.parametrize("spread", [0.0, 3.0])
def test_a_new_speaker_is_covered_as_promised(spread, rng):
    """Speakers who differ much or not at all, twelve to calibrate on: 90 % of new ones' clips."""
    covered = []
    for _ in range(600):
        easy = spread * rng.standard_normal(13)
        scores = rng.standard_normal((13, 6, 4))
        scores[:, :, 0] += easy[:, None]
        rows = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
        known, new = rows[:12].reshape(72, 4), rows[12]
        speakers = np.repeat(np.arange(12), 6).astype(str)
        least = least_probability(known, np.zeros(72, int), speakers, 0.9)
        covered.append(conformal_sets(new, least)[:, 0].mean())
    error = np.std(covered) / np.sqrt(len(covered))
    assert np.mean(covered) > 0.9 - 3 * error
    # No more than one speaker's weight above it.
    assert np.mean(covered) < 0.9 + 1 / 13 + 3 * error
