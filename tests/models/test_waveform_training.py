"""Training on waveforms: what is heard, what is varied, what is masked, what is resumed."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.features.voices.log_mel import SAMPLE_RATE, log_mel, speech_samples
from affuse.models.utterances import (
    Spectrograms,
    Utterances,
    fast_size,
    random_offsets,
    stretches,
)
from affuse.models.voice_network import VoiceArchitecture

torch = pytest.importorskip("torch")

from affuse.models.sound_variation import SPEED, hidden_parts, varied_sounds  # noqa: E402
from affuse.models.waveform_training import (  # noqa: E402
    WaveformTraining,
    network_with,
    train_on_waveforms,
    weights_of,
)

TINY = WaveformTraining(
    architecture=VoiceArchitecture((4, 4, 8, 8), (1, 2, 1, 1), 16, 8, 8, 0.1, 0.1),
    epochs=2,
    batch_size=4,
    stretch_s=0.5,
)


@pytest.fixture(scope="module")
def utterances():
    """Two corpora; the second has the first two emotions alone."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(6_000, 12_000, 16)
    ends = np.cumsum(sizes)
    corpora = np.arange(16) % 2
    labels = np.where(corpora == 0, np.arange(16) // 2 % 3, np.arange(16) // 2 % 2)
    label_sets = np.array([[True, True, True], [True, True, False]])
    return Utterances(
        samples=rng.normal(0, 0.1, ends[-1]).astype(np.float16),
        bounds=np.stack([ends - sizes, ends], 1),
        labels=labels,
        corpora=corpora,
        label_sets=label_sets,
    )


def tones(*frequencies, seconds=2.0):
    times = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    waves = [np.sin(2 * np.pi * hz * times) for hz in frequencies]
    return torch.from_numpy(np.stack(waves).astype(np.float32))


def test_spectrograms_are_those_of_the_features(rng):
    sound = rng.normal(0, 0.2, 20_000).astype(np.float32)
    made = Spectrograms("cpu")(torch.from_numpy(sound[None]))[0].numpy()
    np.testing.assert_allclose(made, log_mel(sound), atol=1e-4)


def test_speech_is_cut_out_as_the_spectrogram_has_it(rng):
    silence = np.zeros(9_000)
    sound = np.concatenate([silence, rng.normal(0, 0.2, 12_000), silence])
    cut = sound[speech_samples(sound)]
    assert len(cut) < 17_000
    np.testing.assert_allclose(log_mel(cut), log_mel(sound), atol=1e-6)


def test_a_short_utterance_is_heard_again_and_a_long_one_in_part():
    samples = torch.arange(30, dtype=torch.float16)
    begins, sizes = torch.tensor([0, 5]), torch.tensor([5, 25])
    heard = stretches(samples, begins, sizes, torch.tensor([3, 4]), 8)
    assert heard[0].tolist() == [3, 4, 0, 1, 2, 3, 4, 0]
    assert heard[1].tolist() == list(range(9, 17))


def test_stretches_of_long_utterances_end_inside(rng):
    sizes = np.full(500, 100)
    assert random_offsets(sizes, 40, rng).max() == 60
    assert random_offsets(np.full(500, 30), 40, rng).max() == 29


def test_speed_changes_the_pitch_within_its_bounds():
    n = fast_size(SAMPLE_RATE)
    torch.manual_seed(0)
    heard = varied_sounds(tones(*[1000.0] * 24), n)
    peaks = torch.fft.rfft(heard).abs().argmax(1) * SAMPLE_RATE / n
    low, high = SPEED
    assert heard.shape == (24, n)
    assert peaks.min() >= 1000 * low - 5
    assert peaks.max() <= 1000 * high + 5
    assert peaks.max() - peaks.min() > 100


def test_what_is_hidden_is_a_part_of_bounded_size():
    torch.manual_seed(0)
    given = torch.full((64, 120, 64), 0.8)
    hidden = hidden_parts(given) < 0.5
    share = hidden.float().mean((1, 2))
    assert 0.05 < share.mean() < 0.3
    assert share.max() < 1 - (1 - 20 / 64) * (1 - 40 / 120)


def test_rare_emotions_are_drawn_more_often(utterances):
    chances = utterances.rarity(np.array([0, 1, 2, 3, 6, 12]))
    assert chances.sum() == pytest.approx(1)
    assert chances[2] > chances[0]


@pytest.mark.parametrize("masked", [True, False])
def test_a_corpus_says_nothing_of_what_it_cannot_have(utterances, masked):
    """Masked, what clips of the second corpus teach of the third emotion is nothing at all."""
    from dataclasses import replace

    from affuse.models.waveform_training import _Course

    course = _Course(utterances, np.arange(16), replace(TINY, masked=masked), (), None)
    second = np.array([1, 3, 5, 7])
    course._step(second, np.random.default_rng(0))
    gradient = course.network.decision[-1].weight.grad[2]
    assert bool((gradient == 0).all()) is masked


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(utterances, tmp_path):
    def stop(done, _, __):
        if done == 1:
            raise KeyboardInterrupt

    rows, checkpoint = np.arange(12), tmp_path / "epochs.npz"
    whole = train_on_waveforms(utterances, rows, TINY, 3)
    with pytest.raises(KeyboardInterrupt):
        train_on_waveforms(utterances, rows, TINY, 3, checkpoint=checkpoint, report=stop)
    resumed = train_on_waveforms(utterances, rows, TINY, 3, checkpoint=checkpoint)
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    other_seed = train_on_waveforms(utterances, rows, TINY, 4, checkpoint=checkpoint)
    assert not torch.equal(next(other_seed.parameters()), next(whole.parameters()))


def test_teachers_count(utterances):
    rows = np.arange(12)
    teacher = train_on_waveforms(utterances, rows, TINY, 1)
    plain = train_on_waveforms(utterances, rows, TINY, 2)
    taught = train_on_waveforms(utterances, rows, TINY, 2, teachers=[teacher])
    assert not torch.equal(next(taught.parameters()), next(plain.parameters()))


def test_weights_are_stored_by_halves_and_read_again(utterances):
    network = train_on_waveforms(utterances, np.arange(12), TINY, 1)
    again = network_with(weights_of(network), TINY.architecture, 3)
    given = torch.rand(1, 60, 64)
    with torch.inference_mode():
        torch.testing.assert_close(network(given), again(given), atol=5e-3, rtol=0)
