"""Arrays that come in parts, and sound that comes in blocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

import affuse
from affuse.features.array_parts import stored_parts
from affuse.features.decoding import SoundStream, decoded
from affuse.features.store import FeatureStore


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_parts_are_stored_as_the_whole(tmp_path: Path, dtype: str) -> None:
    whole = np.random.default_rng(0).normal(size=(2357, 2, 5)).astype(dtype)
    store = FeatureStore(tmp_path)
    store.save_parts("aa1", iter(np.split(whole, [1, 1000, 2000])))
    np.testing.assert_array_equal(store.load("aa1"), whole)
    parts = stored_parts(store.path("aa1"))
    assert (len(parts), parts.shape) == (2357, whole.shape)
    np.testing.assert_array_equal(parts[990:1010], whole[990:1010])
    np.testing.assert_array_equal(parts[2350:3000], whole[2350:])
    assert store.load("aa1").dtype == dtype
    assert store.has("aa1", (-1, 2, 5))
    assert store.has("aa1", (2357, 2, 5))
    assert not store.has("aa1", (-1, 5, 2))


@pytest.mark.parametrize("rate", [8000, 16_000, 11_025])
def test_a_stream_is_the_sound_in_blocks(tmp_path: Path, rate: int) -> None:
    signal = np.random.default_rng(0).normal(0, 0.1, 8000 * 5).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", signal, 8000, subtype="FLOAT")
    blocks = [block.signal for block in decoded(tmp_path / "a.wav", SoundStream(rate, 4.5))]
    whole = affuse.read_audio(tmp_path / "a.wav", sample_rate=rate, duration_s=4.5)
    assert len(blocks) > 3
    joined = np.concatenate(blocks)
    assert abs(len(joined) - len(whole.signal)) <= 1
    n = min(len(joined), len(whole.signal))
    np.testing.assert_allclose(joined[:n], whole.signal[:n], atol=1e-5)
