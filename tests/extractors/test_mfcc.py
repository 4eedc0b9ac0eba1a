from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy import fft

from affuse.config import load_config
from affuse.errors import FeatureError
from affuse.extractors.mfcc import Mfcc, make, mfcc
from affuse.media.audio import Sound, read_audio

RATE = 8000


def signals() -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(7)
    time_s = np.arange(4 * RATE) / RATE
    noise = 0.1 * rng.standard_normal(4 * RATE)
    chirp = np.sin(2 * np.pi * (100 + 400 * time_s) * time_s)
    made = {
        "noise": noise,
        "tone": 0.5 * np.sin(2 * np.pi * 440 * time_s),
        "chirp": chirp,
        "full scale": np.sign(chirp),
        "faint": 1e-6 * noise,
        "silence": np.zeros(4 * RATE),
        "silence after": np.where(time_s < 2, noise, 0.0),
        "click": (time_s == 1).astype(float),
        "shorter than a window": noise[:700],
        "one sample": noise[:1],
    }
    return {name: signal.astype(np.float32) for name, signal in made.items()}


@pytest.mark.filterwarnings("ignore:n_fft=2048 is too large")
@pytest.mark.parametrize("name", list(signals()))
@pytest.mark.parametrize(("rate", "n_mfcc"), [(8000, 40), (22_050, 13), (48_000, 20)])
def test_default_preset_equals_librosa(librosa: Any, name: str, rate: int, n_mfcc: int) -> None:
    signal = signals()[name]
    expected = librosa.feature.mfcc(y=signal, sr=rate, n_mfcc=n_mfcc)
    found = mfcc(signal, rate, n_mfcc)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.data
def test_default_preset_equals_librosa_on_speech(librosa: Any, shared_data: Path) -> None:
    actor = shared_data / "ravdess" / "Audio_Speech_Actors_01-24" / "Actor_01"
    path = actor / "03-01-05-01-01-01-01.wav"
    sound = read_audio(path, sample_rate=8000, duration_s=4.0)
    ours = mfcc(sound.signal, 8000)
    theirs = librosa.feature.mfcc(y=sound.signal, sr=8000, n_mfcc=40)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
    original, rate = soundfile.read(path, dtype="float32", frames=4 * 48_000)
    loaded = librosa.resample(original, orig_sr=rate, target_sr=8000)
    np.testing.assert_allclose(ours, librosa.feature.mfcc(y=loaded, sr=8000, n_mfcc=40), atol=0.2)


def test_four_seconds_at_8_khz_give_40_by_63() -> None:
    assert mfcc(signals()["noise"], RATE).shape == (40, 63)


def test_lecture_preset_is_what_its_words_say() -> None:
    """The same chain, once more and slowly: frame by frame, band by band, cosine by cosine."""
    signal = signals()["noise"][:2000].astype(float)
    emphasised = np.append(signal[0], signal[1:] - 0.97 * signal[:-1])
    mels = np.linspace(0, 2595 * np.log10(1 + 4000 / 700), 42)
    edges = 700 * (10 ** (mels / 2595) - 1)
    bins = np.arange(257) * RATE / 512
    columns = []
    for first in range(0, 2000 - 200 + 1, 80):
        frame = emphasised[first : first + 200] * np.hamming(200)
        power = np.abs(np.fft.rfft(frame, 512)) ** 2
        bands = [power @ np.interp(bins, edges[m : m + 3], [0, 1, 0]) for m in range(40)]
        columns.append(fft.dct(np.log(bands), norm="ortho")[:13])
    np.testing.assert_allclose(
        mfcc(signal, RATE, 13, preset="lecture"), np.transpose(columns), atol=1e-3
    )


def test_lecture_preset_frames_overlap() -> None:
    assert mfcc(signals()["noise"], RATE, preset="lecture").shape == (40, 398)
    assert mfcc(signals()["noise"], RATE, 80, preset="lecture").shape == (80, 398)
    assert mfcc(signals()["one sample"], RATE, preset="lecture").shape == (40, 1)
    assert np.isfinite(mfcc(signals()["silence"], RATE, preset="lecture")).all()


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        (np.zeros((2, 100)), r"shape \(2, 100\) was given; expected one channel.*take the mean"),
        (np.zeros(100, np.int16), r"of int16 was given; expected floating point.*divide"),
        (np.zeros(0), "empty signal was given; expected one sample"),
        (np.array([0.0, np.nan, np.inf]), r"2 of 3 samples are NaN or infinite; expected finite"),
    ],
    ids=["stereo", "whole numbers", "empty", "not finite"],
)
def test_unfit_signals_are_refused(signal: NDArray[np.floating], message: str) -> None:
    with pytest.raises(FeatureError, match=message):
        mfcc(signal, RATE)


def test_unfit_settings_are_refused() -> None:
    signal = signals()["noise"]
    with pytest.raises(FeatureError, match="sample rate 0 was given; expected a positive one"):
        mfcc(signal, 0)
    with pytest.raises(FeatureError, match="n_mfcc=129 was given; expected 1 to 128"):
        mfcc(signal, RATE, 129)
    with pytest.raises(FeatureError, match="preset 'htk' was given; expected 'librosa' or"):
        mfcc(signal, RATE, preset="htk")  # type: ignore[arg-type]


def test_extractor_pads_short_clips_with_silence() -> None:
    extractor = make(load_config("lecture"))
    assert extractor == Mfcc("librosa", 40, 8000, 4.0)
    short = signals()["noise"][:12_000]
    padded = np.concatenate([short, np.zeros(20_000, np.float32)])
    found = extractor.extract(Sound(short, RATE))
    assert found.shape == extractor.shape == (40, 63)
    np.testing.assert_array_equal(found, mfcc(padded, RATE))


def test_extractor_says_what_it_is() -> None:
    assert Mfcc().label == "MFCC"
    assert Mfcc(preset="lecture").label == "MFCC (lecture)"
    assert Mfcc(preset="lecture").shape == (40, 398)
    assert pickle.loads(pickle.dumps(Mfcc(n_mfcc=13))) == Mfcc(n_mfcc=13)


def test_module_needs_scipy_only() -> None:
    heavy = "{'librosa', 'torch', 'sklearn', 'pandas', 'av', 'onnxruntime', 'cv2', 'soxr'}"
    code = f"import sys, affuse.extractors.mfcc; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")
