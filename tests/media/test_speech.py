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
    assert speech_frames(breath).any()
    assert not speech_frames(signal)[:140].any()


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
