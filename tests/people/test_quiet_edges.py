"""What is heard beside speech."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.people.quiet_edges import EDGE_FRAMES, FRAME, FrameLevels, with_quiet_edges

RATE = 16_000


def levels_of(signal, size):
    found = FrameLevels()
    for at in range(0, len(signal), size):
        found.take(signal[at : at + size])
    return found


def test_pieces_of_any_size_give_what_the_whole_gives(rng):
    signal = (rng.standard_normal(50_000) * np.linspace(0, 0.1, 50_000) ** 2).astype(np.float32)
    whole = levels_of(signal, len(signal)).audible()
    assert whole.shape == (50_000 // FRAME,)
    assert whole.any()
    assert not whole.all()
    for size in (7, 159, 160, 4096):
        np.testing.assert_array_equal(levels_of(signal, size).audible(), whole)


@pytest.mark.parametrize(("above_db", "heard"), [(0, 0.0), (14, 1.0)])
def test_what_stands_out_of_the_noise_is_heard_at_any_pitch(rng, above_db, heard):
    noise = 0.002 * rng.standard_normal(4 * RATE)
    for hz in (90, 1000, 6500):  # The detector of speech hears the second alone.
        tone = np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)
        tone *= 0.002 * np.sqrt(2) * 10 ** (above_db / 20)
        signal = noise.copy()
        signal[RATE : 2 * RATE] += tone
        found = levels_of(signal.astype(np.float32), RATE).audible()
        assert found[105:195].mean() == pytest.approx(heard, abs=0.1)
        assert found[220:].mean() < 0.05


def test_a_moment_of_digital_silence_makes_noise_no_sound_beside_a_voice(rng):
    signal = 0.0002 * rng.standard_normal(4 * RATE)
    signal[RATE : RATE + 1600] = 0
    signal[3 * RATE :] += 0.1 * rng.standard_normal(RATE)
    found = levels_of(signal.astype(np.float32), RATE).audible()
    assert not found[:295].any()
    assert found[305:].all()


def test_nothing_is_heard_in_silence_or_of_nothing():
    assert FrameLevels().audible().shape == (0,)
    assert not levels_of(np.zeros(RATE, np.float32), 999).audible().any()


def test_edges_end_where_nothing_is_heard_and_are_short():
    speech, audible = np.zeros(300, bool), np.zeros(300, bool)
    speech[100:150] = True
    audible[90:155] = True
    audible[160:200] = True
    found = with_quiet_edges(speech, audible)
    assert np.flatnonzero(found).tolist() == list(range(90, 155))
    found = with_quiet_edges(speech, np.ones(300, bool))
    assert np.flatnonzero(found).tolist() == list(range(100 - EDGE_FRAMES, 150 + EDGE_FRAMES))
    assert not with_quiet_edges(np.zeros(300, bool), audible).any()
