"""Features of openSMILE are those that it gives when it is called by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

import affuse
from affuse.errors import ConfigError, FeatureError
from affuse.media.audio import Sound

opensmile = pytest.importorskip("opensmile")


@pytest.fixture
def sound() -> Sound:
    time = np.arange(16_000) / 16_000
    tone = 0.3 * np.sign(np.sin(2 * np.pi * 150 * time)) * np.sin(2 * np.pi * 3 * time)
    return Sound(tone.astype(np.float32), 16_000)


def test_functionals_are_those_of_the_file(sound: Sound, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", sound.signal, sound.sample_rate)
    made = affuse.extractor("opensmile")
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
    by_hand = smile.process_file(str(tmp_path / "a.flac"))
    found = made.extract(affuse.read_audio(tmp_path / "a.flac"))
    np.testing.assert_allclose(found, by_hand.to_numpy()[0], rtol=1e-5)
    assert (made.columns, made.label) == (tuple(by_hand.columns), "eGeMAPSv02")
    assert made.shape == (88,)
    assert "not commercially" in made.notes[0]


@pytest.mark.parametrize("level", ["functionals", "frames"])
def test_samples_are_those_of_the_file_with_its_offset(
    sound: Sound, tmp_path: Path, level: str
) -> None:
    shifted = sound.signal + np.float32(0.02)
    soundfile.write(tmp_path / "a.wav", shifted, sound.sample_rate, subtype="FLOAT")
    index = affuse.Index((affuse.Clip("a", "calm", "1", audio=tmp_path / "a.wav"),))
    made = affuse.extractor("opensmile", level=level, pooling="mean")
    table = affuse.extract(index, audio=made)
    given = Sound(shifted, sound.sample_rate)
    np.testing.assert_array_equal(table.flat("audio")[0], made.extract(given))
    assert not np.allclose(made.extract(given), made.extract(sound), rtol=1e-3)


def test_frames_are_pooled(sound: Sound) -> None:
    made = affuse.extractor("opensmile", level="frames", pooling="mean", feature_set="ComParE_2016")
    levels = opensmile.FeatureLevel
    smile = opensmile.Smile(opensmile.FeatureSet.ComParE_2016, levels.LowLevelDescriptors)
    by_hand = smile.process_signal(sound.signal, sound.sample_rate).to_numpy()
    assert made.stored.shape == (-1, 65)
    np.testing.assert_allclose(made.stored.extract(sound), by_hand)
    np.testing.assert_allclose(made.extract(sound), by_hand.mean(0), rtol=1e-4, atol=1e-5)


def test_what_does_not_fit_is_refused(sound: Sound) -> None:
    with pytest.raises(ConfigError, match=r"feature_set = 'GeMAPS9' was given; expected .*GeMAPS"):
        affuse.extractor("opensmile", feature_set="GeMAPS9")
    with pytest.raises(FeatureError, match="openSMILE gave no eGeMAPSv02 of"):
        affuse.extractor("opensmile").extract(Sound(np.zeros(0, np.float32), 16_000))


def test_a_layer_of_what_has_none() -> None:
    with pytest.raises(ConfigError, match=r'opensmile.layer = "best" was given, and one layer'):
        affuse.extractor("opensmile", layer="best")


def test_attention_is_paid_to_frames_alone() -> None:
    with pytest.raises(ConfigError, match=r'"attentive" was given, and functionals are one row'):
        affuse.extractor("opensmile", pooling="attentive")
    made = affuse.extractor("opensmile", pooling="attentive", level="frames")
    assert made.label == "eGeMAPSv02, frames, attentive pooling"
    assert made.learned(affuse.load_config("quick")) is not None
