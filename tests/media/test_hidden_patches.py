"""Hidden parts of sounds and pictures: what is changed, and what is not."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.media.audio import Sound
from affuse.media.hidden_patches import (
    band_edges,
    pictures_with_a_part_hidden,
    sounds_with_a_patch_hidden,
)

RATE = 8000


def test_a_tone_is_brought_to_its_mean_in_its_own_band_alone():
    """A tone in the second half: hidden there it is half as loud, in no other band it changes."""
    at = np.arange(RATE) / RATE
    tone = (np.sin(2 * np.pi * 1000 * at) * (at >= 0.5)).astype(np.float32)
    (band,) = np.flatnonzero(np.diff(band_edges(RATE, 4) > 1000))
    patches = list(sounds_with_a_patch_hidden(Sound(tone, RATE), 4, 2))
    assert len(patches) == 8
    hidden = patches[2 * band + 1].signal
    loudness = [np.sqrt(np.square(each[4800:7200]).mean()) for each in (hidden, tone)]
    assert loudness[0] / loudness[1] == pytest.approx(0.5, abs=0.03)
    other = patches[2 * ((band + 2) % 4) + 1].signal
    np.testing.assert_allclose(other[4800:7200], tone[4800:7200], atol=0.01)


@pytest.mark.parametrize("n_samples", [1, 100, 300])
def test_short_sounds_and_silence_stay_what_they_are(n_samples):
    silence = Sound(np.zeros(n_samples, np.float32), RATE)
    for patch in sounds_with_a_patch_hidden(silence, 2, 3):
        np.testing.assert_array_equal(patch.signal, silence.signal)


def test_every_pixel_is_hidden_once_and_held_pictures_stay_one_array(rng):
    picture = rng.integers(0, 255, (7, 11, 3), np.uint8)
    picture[0, 0] = 255
    others = [255 - picture, picture]
    hidden = list(pictures_with_a_part_hidden([picture, *others], 3, 4))
    assert len(hidden) == 12
    assert all(first is third for first, _, third in hidden)
    mean = np.rint(picture.mean(axis=(0, 1)))
    times = sum((part[0] == mean).all(axis=2).astype(int) for part in hidden)
    already = (picture == mean).all(axis=2)
    assert (times[~already] == 1).all()
