"""Noise and babble: at the level that is asked for, the same for the same sound."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from affuse.errors import MediaError
from affuse.media.audio import Sound
from affuse.media.degrade_sound import Babble, Talker, Voice, WhiteNoise, speech, with_noise

RATE = 8000


def talk(seed: int = 0, pause_s: float = 1.0) -> Sound:
    """A pause, 1.5 s of syllables, a pause."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(1.5 * RATE)) / RATE
    loudness = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * time)
    voice = 0.2 * loudness * rng.standard_normal(len(time))
    pause = 1e-4 * rng.standard_normal(int(pause_s * RATE))
    return Sound(np.r_[pause, voice, pause].astype(np.float32), RATE)


def is_voice(sound: Sound, pause_s: float = 1.0) -> slice:
    return slice(int(pause_s * RATE), len(sound.signal) - int(pause_s * RATE))


def power_db(signal: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(signal, dtype=np.float64))))


def snr_db(clean: Sound, noisy: Sound) -> float:
    """Speech, where it is known to be, over what was added."""
    return power_db(clean.signal[is_voice(clean)]) - power_db(noisy.signal - clean.signal)


@pytest.fixture
def talkers(tmp_path: Path) -> tuple[Talker, ...]:
    made = []
    for number in range(4):
        path = tmp_path / f"talker{number}.wav"
        soundfile.write(path, talk(seed=100 + number).signal, RATE)
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        made.append((Voice(path, content), Voice(path, content, 1.2, 2.0)))
    return tuple(made)


@pytest.mark.parametrize("wanted", [20.0, 5.0, -5.0])
def test_speech_is_louder_than_noise_by_what_was_asked(talkers, wanted):
    clean = talk()
    for degradation in (WhiteNoise(wanted), Babble(wanted, talkers)):
        assert snr_db(clean, degradation(clean)) == pytest.approx(wanted, abs=0.2)


def test_pauses_do_not_change_the_level():
    """The level of the whole clip would give 5 dB less noise to the one with long pauses."""
    short, long = talk(pause_s=0.1), talk(pause_s=3.0)
    added = [power_db(WhiteNoise(10)(sound).signal - sound.signal) for sound in (short, long)]
    assert added[0] == pytest.approx(added[1], abs=0.2)
    assert speech(long).mean() == pytest.approx(1.5 / 7.5, abs=0.02)


def test_white_noise_is_white_and_babble_is_not(talkers):
    clean = talk()

    def correlation(degradation: WhiteNoise | Babble) -> float:
        envelope = np.square(degradation(clean).signal - clean.signal).reshape(-1, 400).mean(axis=1)
        return float(envelope.std() / envelope.mean())

    noise = WhiteNoise(0)(clean).signal - clean.signal
    halves = np.split(np.abs(np.fft.rfft(noise)[:-1]) ** 2, 2)
    assert halves[0].mean() == pytest.approx(halves[1].mean(), rel=0.1)
    assert correlation(Babble(0, talkers)) > 2 * correlation(WhiteNoise(0))


def test_noise_follows_from_the_sound_and_scales_with_the_level(talkers):
    one, other = talk(seed=1), talk(seed=2)
    for make in (WhiteNoise, lambda snr: Babble(snr, talkers)):
        np.testing.assert_array_equal(make(5.0)(one).signal, make(5.0)(one).signal)
        soft, loud = (make(snr)(one).signal - one.signal for snr in (20.0, 0.0))
        np.testing.assert_allclose(10 * soft, loud, atol=1e-5)
        added = [make(5.0)(sound).signal - sound.signal for sound in (one, other)]
        assert abs(np.corrcoef(*added)[0, 1]) < 0.1


def test_babble_does_not_depend_on_where_voices_lie(talkers, tmp_path):
    moved = []
    for number, (first, second) in enumerate(talkers):
        path = tmp_path / f"moved{number}.wav"
        path.write_bytes(first.path.read_bytes())
        moved.append((replace(first, path=path), replace(second, path=path)))
    one, other = Babble(5.0, talkers), Babble(5.0, tuple(moved))
    assert one.settings() == other.settings()
    np.testing.assert_array_equal(one(talk()).signal, other(talk()).signal)
    assert Babble(5.0, talkers[:3]).settings() != one.settings()


def test_silence_stays_silent(talkers):
    silence = Sound(np.zeros(RATE, np.float32), RATE)
    assert not speech(silence).any()
    for degradation in (WhiteNoise(0), Babble(0, talkers)):
        np.testing.assert_array_equal(degradation(silence).signal, silence.signal)
    clean = talk()
    np.testing.assert_array_equal(
        with_noise(clean, np.zeros(len(clean.signal)), 0).signal, clean.signal
    )


def test_silent_voices_are_refused(tmp_path):
    path = tmp_path / "silent.wav"
    soundfile.write(path, np.zeros(RATE), RATE)
    with pytest.raises(MediaError, match=r"silent\.wav hold no speech .* expected voices: remove"):
        Babble(0, ((Voice(path, "silent"),),))(talk())
