"""The shipped networks as extractors."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from affuse.config import Config
from affuse.errors import FeatureError, WeightsError
from affuse.extractors.networks import shipped
from affuse.features.sources import make_source
from affuse.media.audio import Sound
from affuse.media.video import read_frames


@pytest.fixture
def voice(rng) -> Sound:
    times = np.arange(24_000) / 16_000
    buzz = (np.sin(2 * np.pi * 180 * times) > 0.9) + 0.01 * rng.normal(size=24_000)
    return Sound(buzz.astype(np.float32) * 0.1, 16_000)


def test_a_voice_is_described_whatever_its_level(voice):
    extractor = make_source("voice", "audio", Config())
    loud = extractor.extract(voice)
    soft = extractor.extract(Sound(voice.signal / 20, 16_000))
    assert loud.shape == extractor.shape
    assert np.abs(loud - soft).max() < 0.05 * np.abs(loud).max()


def test_pictures_without_a_face_leave_the_clip_without_video():
    extractor = make_source("expression", "video", Config())
    black = [np.zeros((360, 640, 3), np.uint8)] * 3
    with pytest.raises(FeatureError, match="no face was found in any of 3 frames"):
        extractor.extract(black)


def test_the_voice_model_tells_whom_it_has_heard():
    corpora = dict(make_source("voice", "audio", Config()).provenance)
    assert "RAVDESS" in corpora
    assert not any(
        speakers for _, speakers in make_source("expression", "video", Config()).provenance
    )


def test_a_tampered_graph_is_refused(tmp_path, monkeypatch, voice):
    folder = shutil.copytree(shipped.shipped_folder(), tmp_path / "pretrained")
    graph = folder / "voice.onnx"
    data = bytearray(graph.read_bytes())
    data[len(data) // 2] ^= 1
    graph.write_bytes(data)
    monkeypatch.setattr(shipped, "shipped_folder", lambda: folder)
    shipped._session.cache_clear()
    with pytest.raises(WeightsError, match=r"voice\.onnx is not the graph that bundle\.json tells"):
        make_source("voice", "audio", Config()).extract(voice)
    shipped._session.cache_clear()


@pytest.mark.data
def test_a_real_face_is_described(shared_data):
    clip = next((shared_data / "clips").glob("M*.mp4"))
    extractor = make_source("expression", "video", Config())
    decoding = extractor.decoding
    frames = read_frames(
        clip, height=decoding.height, fps=decoding.fps, frame_step=decoding.frame_step
    )
    features = extractor.extract(frames)
    assert features.shape == extractor.shape
    # Geometric means over the frames: they sum to 1 only where all frames say the same.
    assert 0.5 < np.exp(features[:7]).sum() <= 1 + 1e-6


@pytest.mark.data
def test_rows_on_speakers_who_were_heard_are_leaky(shared_data, tmp_path, monkeypatch):
    from affuse import load_config, run

    monkeypatch.setenv("AFFUSE_CACHE", str(tmp_path / "cache"))
    config = load_config(
        "quick",
        ["features.video=none", "features.audio=voice", "data.speakers=['1','2','3']",
         "data.emotions=['calm','angry']", "data.where.channel=speech", "jobs=1",
         "data.where.intensity=normal", "models=[{name='lda'}]", "evaluation.n_bootstrap=100"],
        {"data.path": str(shared_data / "ravdess")},
    )  # fmt: skip
    result = run(config)
    assert result.results["leaky"].all()
    assert set(result.results["protocol"]) == {"speakers heard before"}
    assert "trained on speakers" in next(iter(result.leaks.values()))
