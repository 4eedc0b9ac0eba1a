"""The training of the network that tells voices apart, on voices made here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affuse.features.voices.log_mel import log_mel_of_windows
from affuse.models.speaker_network import SpeakerArchitecture, speaker_network
from affuse.models.speaker_training import SPEEDS, SpeakerTraining, train_on_speakers

torch = pytest.importorskip("torch")
RATE = 16_000
TINY = SpeakerTraining(
    architecture=SpeakerArchitecture(16, (1, 2), 16, 4, 8),
    epochs=6,
    batch_size=16,
    learning_rate=1e-2,
    margin=0.1,
    shortest_s=0.5,
    longest_s=0.6,
)
FORMANTS = ((400, 1100), (700, 1800), (300, 2600), (900, 3400))


def voice(formants, rng, seconds=1.0):
    """Pulses at a wandering pitch through two resonances."""
    times = np.arange(round(seconds * RATE)) / RATE
    pitch = rng.uniform(110, 190) * (1 + 0.1 * np.sin(2 * np.pi * rng.uniform(1, 4) * times))
    phase = np.cumsum(pitch) / RATE
    sound = np.zeros(len(times))
    for number in range(1, 30):
        hertz = number * pitch.mean()
        gain = sum(np.exp(-(((hertz - formant) / 150) ** 2)) for formant in formants)
        sound += (0.02 + gain) * np.sin(2 * np.pi * number * phase)
    return (0.1 * sound).astype(np.float16)


@pytest.fixture(scope="module")
def spoken():
    rng = np.random.default_rng(0)
    speakers = np.repeat(np.arange(4), 8)
    sounds = [voice(FORMANTS[who], rng) for who in speakers]
    ends = np.cumsum([len(sound) for sound in sounds])
    bounds = np.stack([ends - [len(sound) for sound in sounds], ends], 1)
    return np.concatenate(sounds), bounds, speakers


def test_the_network_brings_stretches_of_one_voice_together(spoken, rng):
    losses = []
    network = train_on_speakers(
        *spoken,
        replace(TINY, epochs=12),
        0,
        report=lambda done, total, loss: losses.append(loss),
    )
    assert len(losses) == 12
    new = np.stack([voice(FORMANTS[who], rng) for who in (0, 0, 1, 1, 2, 2, 3, 3)])
    trained, untrained = (
        apart(each, new) for each in (network, speaker_network(TINY.architecture))
    )
    assert trained > max(untrained, 0.25) + 0.05
    assert losses[-1] < losses[0] - 0.5


def apart(network, sounds):
    """How much more alike two sounds of a voice are than those of two, in cosines."""
    with torch.inference_mode():
        given = torch.from_numpy(log_mel_of_windows(sounds.astype(np.float32)))
        rows = network.eval()(given).numpy()
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    likeness = rows @ rows.T
    same = np.repeat(np.arange(4), 2)[:, None] == np.repeat(np.arange(4), 2)
    return likeness[same & ~np.eye(8, dtype=bool)].mean() - likeness[~same].mean()


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(spoken, tmp_path):
    few = replace(TINY, epochs=3)
    whole = train_on_speakers(*spoken, few, 5).state_dict()

    def stop(done, total, loss):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_on_speakers(*spoken, few, 5, checkpoint=tmp_path / "epochs.npz", report=stop)
    again = train_on_speakers(*spoken, few, 5, checkpoint=tmp_path / "epochs.npz").state_dict()
    for name, value in whole.items():
        np.testing.assert_array_equal(again[name].numpy(), value.numpy(), err_msg=name)


def test_rate_and_margin_follow_their_course():
    rates = [TINY.rate_after(share) for share in (0.0, 0.1, 0.55, 1.0)]
    assert rates == pytest.approx([2e-4, 1e-2, 5e-3, 0.0])
    margins = [TINY.margin_after(share) for share in (0.0, 0.1, 0.25, 0.4, 1.0)]
    assert margins == pytest.approx([0.0, 0.0, 0.05, 0.1, 0.1])
    assert 1.0 in SPEEDS


def test_any_number_of_frames_gives_one_row(rng):
    network = speaker_network(TINY.architecture).eval()
    for n_frames in (32, 92, 301):
        given = torch.from_numpy(rng.uniform(-1, 1, (2, n_frames, 64)).astype(np.float32))
        assert network(given).shape == (2, 8)
