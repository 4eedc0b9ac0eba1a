"""Speech is told from silence, noise, hum and held notes, at any level."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from recordings import RATE, spoken

from affuse.errors import MediaError
from affuse.media.speech import SAMPLE_RATE, SpeechStream, speech_frames

N = 4 * SAMPLE_RATE
TIME_S = np.arange(N) / SAMPLE_RATE


@pytest.fixture
def sentence() -> np.ndarray:
    signal = soxr.resample(spoken(), RATE, SAMPLE_RATE)
    return signal[: len(signal) // 160 * 160]


@pytest.fixture
def room(rng: np.random.Generator) -> np.ndarray:
    return 1e-4 * rng.standard_normal(N)


def hum() -> np.ndarray:
    return sum(0.2 / k * np.sin(2 * np.pi * 50 * k * TIME_S) for k in range(1, 12))


def chord() -> np.ndarray:
    return sum(0.2 * np.sin(2 * np.pi * hz * TIME_S) for hz in (262, 330, 392))


def amid(room: np.ndarray, sound: np.ndarray) -> np.ndarray:
    """Two seconds of a sound in a quiet room."""
    mixed = room.copy()
    mixed[N // 4 : 3 * N // 4] += sound[: N // 2]
    return mixed


def test_speech_is_found_and_the_silence_around_it_is_not(sentence, rng):
    quiet = 1e-4 * rng.standard_normal(2 * SAMPLE_RATE)
    found = speech_frames(np.concatenate([quiet, sentence, quiet]))
    inside = found[200 : 200 + len(sentence) // 160]
    assert 0.4 < inside.mean() < 0.9
    assert not found[:190].any()
    assert not found[-190:].any()


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.01, 0.003])
def test_level_of_the_recording_does_not_matter(sentence, gain):
    assert speech_frames(gain * sentence).mean() == pytest.approx(
        speech_frames(sentence).mean(), abs=0.08
    )


@pytest.mark.parametrize("ratio_db", [20, 12])
def test_speech_in_noise_is_found(sentence, rng, ratio_db):
    power = np.square(sentence[np.repeat(speech_frames(sentence), 160)]).mean()
    noise = rng.standard_normal(len(sentence)) * np.sqrt(power * 10 ** (-ratio_db / 10))
    clean, noisy = speech_frames(sentence), speech_frames(sentence + noise)
    assert (noisy & clean).sum() > 0.6 * clean.sum()
    assert (noisy & ~clean).sum() < 0.05 * len(clean)


@pytest.mark.parametrize(
    "sound",
    ["silence", "room", "loud noise", "hum", "chord", "noise begins", "hum begins", "note begins"],
)
def test_what_is_no_speech(sound, room, rng):
    noise = 0.1 * rng.standard_normal(N)
    signals = {
        "silence": np.zeros(N),
        "room": room,
        "loud noise": noise,
        "hum": hum(),
        "chord": chord(),
        "noise begins": amid(room, noise),
        "hum begins": amid(room, hum()),
        "note begins": amid(room, chord()),
    }
    assert speech_frames(signals[sound]).mean() < 0.03


def test_breath_in_perfect_silence_is_no_speech(sentence, rng):
    breath = 3e-4 * np.hanning(8000) * rng.standard_normal(8000)
    signal = np.concatenate([np.zeros(8000), breath, np.zeros(8000), sentence, np.zeros(8000)])
    assert not speech_frames(breath).any()
    assert not speech_frames(signal)[:140].any()


def moving_noise(rng, low_hz: float, high_hz: float, tilt_db: float, duration_s: float = 10.0):
    """Noise of an RMS of 0.004 whose level moves by 20 dB within fractions of a second."""
    n_samples = round(duration_s * SAMPLE_RATE)
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    hz = np.fft.rfftfreq(n_samples, 1 / SAMPLE_RATE)
    spectrum *= np.maximum(hz, 50) ** (tilt_db / 6.02) * ((hz >= low_hz) & (hz <= high_hz))
    knots = 0.2 + np.abs(rng.standard_normal(round(4 * duration_s) + 1))
    level = np.interp(np.arange(n_samples) / SAMPLE_RATE, np.arange(len(knots)) / 4, knots)
    noise = np.fft.irfft(spectrum, n_samples) * level
    return 0.004 * noise / noise.std()


@pytest.mark.parametrize(
    ("low_hz", "high_hz", "tilt_db"),
    [(0, 8000, 0), (0, 8000, -3), (0, 8000, -6), (300, 3000, 0), (0, 800, 0), (350, 650, 0)],
    ids=["white", "pink", "brown", "telephone", "muffled", "narrow"],
)
def test_near_silence_that_moves_is_no_speech(rng, low_hz, high_hz, tilt_db):
    noise = moving_noise(rng, low_hz, high_hz, tilt_db)
    assert speech_frames(noise).sum() < 50
    assert not speech_frames(noise / 10).any()
    gated = np.concatenate([np.zeros(SAMPLE_RATE), noise[: 2 * SAMPLE_RATE], np.zeros(SAMPLE_RATE)])
    assert speech_frames(gated).sum() < 50


@pytest.mark.parametrize("level_db", [-20, -30, -40])
def test_a_quiet_voice_is_speech(sentence, level_db):
    """Down to what the quietest clips of RAVDESS have, as its noise gate leaves them."""
    silence = np.zeros(SAMPLE_RATE // 2)
    signal = np.concatenate([silence, sentence, silence])
    loud, quiet = speech_frames(signal), speech_frames(signal * 10 ** (level_db / 20))
    assert quiet.sum() > 0.8 * loud.sum() > 50


def test_a_moment_of_digital_silence_is_no_background(sentence, rng):
    """As the first frame of a codec, or a dropout: the noise of the room is none the less noise."""
    level = np.interp(np.arange(48_000), np.arange(0, 48_001, 4000), rng.uniform(0.6, 1.4, 13))
    room = 1e-2 * level * rng.standard_normal(len(level))
    for first in (0, 20_000):
        signal = room.copy()
        signal[first : first + 400] = 0
        assert not speech_frames(signal).any()
        signal[SAMPLE_RATE : SAMPLE_RATE + len(sentence)][: 2 * SAMPLE_RATE] += sentence[
            : 2 * SAMPLE_RATE
        ]
        found = speech_frames(signal)
        assert not found[:80].any()
        assert found[100:].any()


def test_clicks_are_no_speech(room):
    room[:: SAMPLE_RATE // 2] = 0.9
    assert not speech_frames(room).any()


def test_short_pauses_belong_to_speech_and_long_ones_do_not(rng):
    burst = 0.1 * rng.standard_normal(SAMPLE_RATE // 4) * np.hanning(SAMPLE_RATE // 4)
    quiet = 1e-4 * rng.standard_normal(SAMPLE_RATE)
    for pause_s, is_joined in ((0.12, True), (0.6, False)):
        gap = quiet[: round(pause_s * SAMPLE_RATE)]
        found = speech_frames(np.concatenate([quiet, burst, gap, burst, quiet]))
        middle = 125 + round(pause_s * 50)
        assert bool(found[middle]) is is_joined


def test_a_stream_decides_the_same_about_quiet_sound(sentence, rng):
    quiet = 0.01 * sentence
    noise = moving_noise(rng, 0, 8000, 0)
    signal = np.concatenate([quiet, noise, np.zeros(30 * SAMPLE_RATE), quiet, sentence, noise])
    stream = SpeechStream()
    parts = [stream.feed(part) for part in np.array_split(signal, 37)]
    np.testing.assert_array_equal(np.concatenate([*parts, stream.finish()]), speech_frames(signal))


def test_a_stream_decides_what_the_whole_decides(sentence, rng):
    quiet = 1e-3 * rng.standard_normal(3 * SAMPLE_RATE)
    whole = np.concatenate([sentence, quiet, quiet, quiet, 0.03 * sentence, quiet, sentence])
    stream, pieces = SpeechStream(), np.array_split(whole, 37)
    parts = [stream.feed(piece) for piece in pieces]
    found = np.concatenate([*parts, stream.finish()])
    assert np.array_equal(found, speech_frames(whole))
    assert any(len(part) for part in parts)


def test_nothing_and_next_to_nothing():
    assert len(speech_frames(np.zeros(0))) == 0
    assert len(speech_frames(np.zeros(159))) == 0
    assert speech_frames(np.zeros(160)).tolist() == [False]


def test_other_rates_are_refused():
    with pytest.raises(MediaError, match=r"at 8000 Hz was given; expected 16000 Hz: resample"):
        speech_frames(np.zeros(800), 8000)


@pytest.mark.data
def test_real_clips_hold_speech_between_silence(shared_data):
    from affuse.media.audio import read_audio

    clip = shared_data / "clips" / "01-01-07-02-02-01-01.mp4"
    found = speech_frames(read_audio(clip, sample_rate=SAMPLE_RATE).signal)
    assert not found[:40].any()
    assert not found[-40:].any()
    assert found[100:280].mean() > 0.95
