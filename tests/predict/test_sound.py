"""Sound comes window by window, as if the whole had been read at once."""

from __future__ import annotations

import numpy as np
import pytest
from media_files import cut
from recordings import RATE, Track, fitted, spoken, write

from affuse.errors import MediaError
from affuse.media.audio import read_audio
from affuse.media.speech import SAMPLE_RATE, speech_frames
from affuse.predict.sound import detect_speech
from affuse.predict.windows import Windows


def windows_of(path, windows, picture_s=0.0):
    found = {}

    def on_window(number, signal, speech_s):
        assert number not in found
        found[number] = (signal, speech_s)

    return detect_speech(path, windows, lambda: picture_s, on_window), found


@pytest.fixture
def half_minute(tmp_path):
    sound = fitted(spoken(), 31.7)
    sound[8 * RATE : 14 * RATE] *= 1e-3
    return write(tmp_path / "long.flac", Track(sound=sound, audio_codec="flac"))


def test_windows_are_those_of_the_whole(half_minute):
    windows = Windows(4, 2)
    whole = read_audio(half_minute, sample_rate=SAMPLE_RATE).signal
    speech = speech_frames(whole)
    activity, found = windows_of(half_minute, windows)
    assert activity.duration_s == pytest.approx(31.7, abs=1e-3)
    assert np.array_equal(activity.speech, speech)
    assert len(found) == windows.count(31.7)
    for number, (signal, speech_s) in found.items():
        span = windows.span(number, activity.duration_s)
        first, end = round(span.start_s * SAMPLE_RATE), round(span.end_s * SAMPLE_RATE)
        assert np.allclose(signal, whole[first:end], atol=1e-5)
        frames = speech[round(span.start_s * 100) : round(span.end_s * 100)]
        assert speech_s == pytest.approx(frames.sum() / 100)


def test_silence_holds_no_speech(half_minute):
    activity, found = windows_of(half_minute, Windows(4, 4))
    assert found[2][1] < 0.7
    assert found[0][1] > 1.5
    assert 0 < activity.speech.mean() < 1


@pytest.mark.parametrize("picture_s", [3.0, 20.0])
def test_a_longer_picture_lengthens_the_recording(half_minute, tmp_path, picture_s):
    short = write(
        tmp_path / "short.wav", Track(sound=fitted(spoken(), 5.4), audio_codec="pcm_s16le")
    )
    windows = Windows(4, 2)
    _, found = windows_of(short, windows, picture_s)
    if picture_s < 5.4:
        assert [len(signal) / SAMPLE_RATE for signal, _ in found.values()] == [4.0, 3.4]
    else:
        # The window at 4 s is not the last any more, and its sound ends within it.
        lengths = [len(signal) / SAMPLE_RATE for signal, _ in found.values()]
        assert lengths == pytest.approx([4.0, 3.4, 1.4])


@pytest.mark.parametrize("rate", [8000, 44_100, 192_000])
def test_any_rate_becomes_16_khz(tmp_path, rate):
    sound = np.float32(0.4) * np.sin(2 * np.pi * 440 * np.arange(2 * rate) / rate).astype("f4")
    path = write(
        tmp_path / "tone.wav", Track(sound=sound, sample_rate=rate, audio_codec="pcm_s16le")
    )
    activity, found = windows_of(path, Windows())
    spectrum = np.abs(np.fft.rfft(found[0][0]))
    assert activity.duration_s == pytest.approx(2.0, abs=1e-3)
    assert spectrum.argmax() * SAMPLE_RATE / len(found[0][0]) == pytest.approx(440, abs=1)


def test_a_cut_file_gives_what_is_there(half_minute, tmp_path):
    wav = write(
        tmp_path / "whole.wav", Track(sound=fitted(spoken(), 10.0), audio_codec="pcm_s16le")
    )
    activity, found = windows_of(cut(wav, tmp_path / "cut.wav", 0.5), Windows())
    assert activity.duration_s == pytest.approx(5.0, abs=0.05)
    assert activity.cut is None or activity.cut.end_s == pytest.approx(5.0, abs=0.05)
    assert len(found) == 1


def test_no_sound_is_said(tmp_path):
    from recordings import empty

    silent = write(tmp_path / "silent.mp4", Track([empty()] * 3))
    with pytest.raises(MediaError, match=r"silent.mp4 has no sound \(it holds video\)"):
        windows_of(silent, Windows())
