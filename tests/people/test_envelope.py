from __future__ import annotations

import numpy as np
import pytest

from affuse.people.envelope import SoundEnvelope


def whole(signal: np.ndarray, cuts: list[int]) -> np.ndarray:
    envelope = SoundEnvelope()
    for piece in np.split(signal.astype(np.float32), cuts):
        envelope.take(piece)
    return envelope.values()


def test_pieces_do_not_matter(rng):
    signal = rng.standard_normal(20_000) * 0.1
    np.testing.assert_array_equal(whole(signal, [1, 159, 160, 7777, 7777]), whole(signal, [16_000]))


def test_a_level_and_when_it_changes():
    signal = np.concatenate([np.zeros(8000), np.full(8000, 0.1)])
    found = whole(signal, [])
    assert found.shape == (100,)
    assert found[:50] == pytest.approx(-80.0)
    assert found[51:] == pytest.approx(-20.0, abs=1e-3)
    assert found[50] == pytest.approx(-23.0, abs=0.1)


def test_nothing():
    assert whole(np.zeros(0), []).shape == (0,)
    assert whole(np.zeros(100), []).shape == (0,)
