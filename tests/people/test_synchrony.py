"""Mouths made of numbers against sound made of numbers: what agrees scores higher."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from affuse.people.records import MouthTrack
from affuse.people.synchrony import PER_S, features, loudness, synchrony

N_S = 12


def syllables(rng: np.random.Generator) -> np.ndarray:
    """Level of speech in dB, a hundred times a second: rises and falls some four times a second."""
    knots = rng.uniform(-35, -15, N_S * 8)
    return np.interp(np.arange(N_S * 100) / 100, np.arange(N_S * 8) / 8, knots)


def mouth(
    level: np.ndarray, fps: float = 25.0, late_s: float = -0.04, size: float = 0.02
) -> MouthTrack:
    """Lips that open as the level rises, a little ahead of it."""
    times_s = np.arange(round(N_S * fps)) / fps
    at = np.interp(times_s - late_s, np.arange(len(level)) / 100, level)
    return MouthTrack(1, times_s, (size * np.gradient(at))[:, None].astype(np.float32) * fps / 25)


def everywhere(level: np.ndarray) -> np.ndarray:
    return loudness(level, np.ones(len(level), bool))


@pytest.mark.parametrize(
    ("fps", "late_s"), [(12.0, -0.04), (25.0, -0.04), (30.0, -0.04), (25.0, -0.24), (25.0, 0.16)]
)
def test_lips_in_time_score_higher_than_those_of_another_or_still_ones(rng, fps, late_s):
    level, other = syllables(rng), syllables(rng)
    loud = everywhere(level)
    own = np.nanmean(synchrony([mouth(level, fps, late_s)], loud))
    others = np.nanmean(synchrony([mouth(other, fps)], loud))
    still = np.nanmean(synchrony([mouth(other, fps, size=1e-5)], loud))
    assert own > others + 0.6
    assert own > 0 > still
    assert still < -2


@pytest.mark.parametrize("hz", [1.1, 1.6])
def test_a_mouth_that_chews_widely_counts_as_one_that_moves_little(rng, hz):
    level = syllables(rng)
    loud = everywhere(level)
    speaks = mouth(level)
    moves = 6 * speaks.motion.std() * np.sin(2 * np.pi * hz * speaks.times_s)
    chews = MouthTrack(2, speaks.times_s, moves[:, None].astype(np.float32))
    rates = [features([track], loud)[0][:, -1].mean() for track in (speaks, chews)]
    assert rates[1] < rates[0] + 0.5
    scores = [np.nanmean(synchrony([track], loud)) for track in (speaks, chews)]
    assert scores[1] < scores[0] - 2


def test_out_of_time_by_more_than_the_lag_is_out_of_time(rng):
    level = syllables(rng)
    loud = everywhere(level)
    by_lag = [np.nanmean(synchrony([mouth(level, late_s=s)], loud)) for s in (-0.04, 0.6, -0.9)]
    assert by_lag[0] > max(by_lag[1:]) + 1.5


def test_it_is_told_only_where_the_mouth_is_seen(rng):
    level = syllables(rng)
    track = mouth(level)
    kept = (track.times_s < 4) | (track.times_s > 6)
    half = MouthTrack(1, track.times_s[kept], track.motion[kept])
    found = synchrony([half], everywhere(level))
    assert len(found) == N_S * PER_S
    times_s = np.arange(len(found)) / PER_S
    assert np.isnan(found[(times_s > 4.3) & (times_s < 5.7)]).all()
    assert np.isfinite(found[(times_s < 4) | (times_s > 6.1)]).all()


def test_parts_of_one_mouth_are_one(rng):
    level = syllables(rng)
    track, loud = mouth(level), everywhere(syllables(rng))
    parts = [
        MouthTrack(2, track.times_s[150:], track.motion[150:]),
        MouthTrack(1, track.times_s[:150], track.motion[:150]),
    ]
    np.testing.assert_array_equal(synchrony(parts, loud), synchrony([track], loud))


def test_pictures_without_a_number_are_left_out(rng):
    level = syllables(rng)
    track, loud = mouth(level), everywhere(level)
    motion = track.motion.copy()
    motion[::40] = np.nan
    found = synchrony([MouthTrack(1, track.times_s, motion)], loud)
    assert np.isfinite(found).all()
    assert np.corrcoef(found, synchrony([track], loud))[0, 1] > 0.9


@pytest.mark.parametrize("n_pictures", [0, 1])
def test_no_mouth(n_pictures):
    track = MouthTrack(1, np.zeros(n_pictures), np.zeros((n_pictures, 1), np.float32))
    for mouths in ([track], []):
        assert np.isnan(synchrony(mouths, np.zeros(50))).all()
        assert synchrony(mouths, np.zeros(0)).shape == (0,)
        assert features(mouths, np.zeros(1))[0].shape == (1, 7)


def test_loudness_is_measured_by_speech(rng):
    level = np.concatenate([np.full(10_000, -70.0), syllables(rng), np.full(10_000, -70.0)])
    spoken = np.zeros(len(level), bool)
    spoken[10_000:11_200] = True
    found = loudness(level, spoken)
    assert len(found) == len(level) // 4
    assert found[2500:2800].max() <= 0.5
    assert -0.8 < found[2500:2800].mean() < -0.3
    assert found[:2400] == pytest.approx(-3.0)
    assert loudness(np.zeros(3), np.zeros(3, bool)).shape == (0,)
    assert loudness(np.full(8, -20.0), np.zeros(8, bool)) == pytest.approx([0.0, 0.0])


def test_an_hour_is_compared_at_all_lags_in_little_memory(rng):
    n = 3600 * PER_S
    lips = MouthTrack(1, np.arange(n) / PER_S, rng.standard_normal((n, 1)).astype(np.float32))
    loud = rng.uniform(-3, 0, n)
    tracemalloc.start()
    found = synchrony([lips], loud)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.shape == (n,)
    assert peak < 35 * found.nbytes, "columns of all lags at once are over 50"
