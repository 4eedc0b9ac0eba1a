"""The voice model: one graph that says what the pairs of all folds say together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from affuse.errors import DatasetError
from affuse.models.voice_network import VoiceArchitecture
from affuse.models.voice_training import VoiceTraining
from affuse.pretraining.voice import (
    export_pairs,
    fit_shares,
    folds_of,
    pretrain_voice,
)

torch = pytest.importorskip("torch")
TINY = VoiceTraining(architecture=VoiceArchitecture(widths=(4, 4, 4, 8), n_pooled=8))


@pytest.fixture
def pairs(rng):
    from affuse.models.voice_network import voice_network

    def pair(seed):
        torch.manual_seed(seed)
        state = voice_network(TINY.architecture, 8).state_dict()
        return {
            "linear.matrix": rng.normal(0, 0.1, (8, 519)).astype(np.float32),
            "linear.bias": rng.normal(0, 1, 8).astype(np.float32),
            **{f"network.{name}": value.numpy() for name, value in state.items()},
        }

    return [pair(0), pair(1)]


@pytest.mark.slow
def test_the_graph_is_the_mean_of_the_pairs(pairs, tmp_path, rng):
    import onnxruntime

    from affuse.models.voice_network import voice_network

    def said_by_network(pair):
        network, prefix = voice_network(TINY.architecture, 8).eval(), "network."
        own = {name: torch.from_numpy(value) for name, value in pair.items() if prefix in name}
        network.load_state_dict({name.removeprefix(prefix): own[name] for name in own})
        with torch.no_grad():
            return log_softmax(network(torch.from_numpy(inputs["log_mel"])).numpy(), axis=1)

    inputs = {
        "log_mel": rng.uniform(-1, 1, (1, 77, 64)).astype(np.float32),
        "statistics": rng.normal(0, 1, (1, 519)).astype(np.float32),
    }
    networks = [said_by_network(pair) for pair in pairs]
    linear = [
        log_softmax(pair["linear.matrix"] @ inputs["statistics"][0] + pair["linear.bias"])
        for pair in pairs
    ]
    path = tmp_path / "voice.onnx"
    export_pairs(pairs, TINY, (0.7, 0.4), path)
    joint, embedding = onnxruntime.InferenceSession(path).run(None, inputs)
    expected = softmax(0.7 * np.mean(networks, 0) + 0.4 * np.mean(linear, 0), axis=1)
    np.testing.assert_allclose(joint, expected, atol=1e-4)
    assert embedding.shape == (1, 2 * TINY.architecture.n_embedding)


def test_the_better_model_has_the_larger_share(rng):
    labels = rng.integers(8, size=400)
    good = log_softmax(2 * np.eye(8)[labels] + rng.normal(0, 0.5, (400, 8)), axis=1)
    noise = log_softmax(rng.normal(0, 1, (400, 8)), axis=1)
    shares = fit_shares(good, noise, labels)
    assert shares[0] > 0.8
    assert shares[1] < 0.2


def test_folds_hold_each_speaker_once():
    folds = folds_of(str(number) for number in range(1, 19))
    assert folds[0] == ("1", "2", "3")
    assert [len(fold) for fold in folds] == [3] * 6


def test_a_corpus_without_enough_speakers_is_refused(tmp_path):
    (tmp_path / "03-01-01-01-01-01-01.wav").write_bytes(b"RIFF")
    with pytest.raises(DatasetError, match="1 speakers and 1 emotions; expected RAVDESS with at"):
        pretrain_voice(tmp_path, tmp_path / "out", TINY, jobs=1)
