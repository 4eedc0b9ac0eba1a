"""Which moments there are, and which one is the most telling."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.explain.moments import log_odds, moments_within, most_telling


@pytest.mark.parametrize("duration_s", [0.3, 1.0, 2.9, 3.0, 5.0, 6.24])
def test_moments_lie_within_the_stretch_and_leave_no_gap(duration_s):
    moments = moments_within(2.0, 2.0 + duration_s)
    starts, ends = np.array(moments).T
    length = min(1.0, duration_s / 3)
    assert ends - starts == pytest.approx(length)
    assert np.diff(starts) == pytest.approx(length / 2)
    assert starts[0] == 2.0
    assert 2.0 + duration_s - ends[-1] < length / 2
    assert ends[-1] <= 2.0 + duration_s + 1e-9


def test_nothing_has_no_moments():
    assert moments_within(1.0, 1.0) == []
    assert most_telling(0.5, []) is None


def test_log_odds_are_finite_and_rise():
    odds = log_odds([0.0, 0.2, 0.5, 0.8, 1.0])
    assert np.isfinite(odds).all()
    assert (np.diff(odds) > 0).all()
    assert odds == pytest.approx(-odds[::-1], rel=1e-3)


def test_evidence_counts_and_not_points():
    """From .9999 to .99 more is lost than from .9999 to .999, and either is less than a point."""
    assert most_telling(0.9999, [0.999, 0.99]) == 1
    assert most_telling(0.3, [0.4, 0.5, 0.3], against=True) == 1


@pytest.mark.parametrize("against", [False, True])
def test_where_no_removal_changes_anything_there_is_none(against):
    assert most_telling(0.4, [0.4, 0.4], against=against) is None
