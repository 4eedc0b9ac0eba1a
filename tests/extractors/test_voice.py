"""The extractor of voice statistics, on sound from a file."""

from __future__ import annotations

import numpy as np
import soundfile

from affuse.config import load_config
from affuse.extractors.voice_statistics import VoiceStatistics, statistic_names
from affuse.features.decoding import decoded
from affuse.features.sources import make_source


def buzz(n: int) -> np.ndarray:
    phase = 2 * np.pi * 150 * np.arange(n) / 16_000
    return 0.1 * sum(np.sin(k * phase) / k for k in range(1, 8))


def test_the_whole_clip_and_no_silence_after_it(tmp_path):
    path = tmp_path / "clip.wav"
    soundfile.write(path, buzz(5 * 16_000), 16_000)
    extractor = make_source("voice_statistics", "audio", load_config("strong"))
    statistics = dict(
        zip(statistic_names(), extractor.extract(decoded(path, extractor.decoding)), strict=True)
    )
    assert 4.9 < statistics["duration"] < 5.0
    assert statistics["active share"] == 1


def test_limit_cuts_a_long_clip(tmp_path):
    path = tmp_path / "clip.wav"
    soundfile.write(path, buzz(5 * 16_000), 16_000)
    extractor = VoiceStatistics(limit_s=2.0)
    values = extractor.extract(decoded(path, extractor.decoding))
    assert values.shape == extractor.shape == (519,)
    assert values[statistic_names().index("duration")] < 2.0
