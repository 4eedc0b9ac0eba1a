"""Intervals over speakers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from affuse.fusion.combine import combine
from affuse.records import RAVDESS_EMOTIONS
from affuse.tasks.intervals import speaker_interval
from affuse.tasks.metrics import ece, uar


@pytest.fixture
def clips(rng):
    """Twelve speakers, each as good as right in her own share of clips."""
    speakers = np.repeat(np.arange(12), 40)
    truth = rng.integers(4, size=480)
    share = np.linspace(0.3, 0.9, 12)[speakers]
    predicted = np.where(rng.uniform(size=480) < share, truth, (truth + 1) % 4)
    return truth, predicted, speakers.astype(str)


def test_equals_resampling_done_clip_by_clip(clips):
    truth, predicted, speakers = clips
    generator = np.random.default_rng(3)
    names = np.unique(speakers)
    figures = []
    for drawn in generator.integers(12, size=(300, 12)):
        rows = np.concatenate([np.flatnonzero(speakers == names[s]) for s in drawn])
        figures.append(uar(truth[rows], predicted[rows]))
    found = speaker_interval(truth, predicted, speakers, n_resamples=300, seed=3)
    np.testing.assert_allclose(found, np.percentile(figures, [2.5, 97.5]))


def test_same_seed_same_interval(clips):
    assert speaker_interval(*clips, seed=1) == speaker_interval(*clips, seed=1)
    assert speaker_interval(*clips, seed=1) != speaker_interval(*clips, seed=2)


def test_order_of_clips_has_no_effect(clips, rng):
    order = rng.permutation(480)
    shuffled = [column[order] for column in clips]
    assert speaker_interval(*clips) == speaker_interval(*shuffled)


def test_one_speaker_says_nothing_about_others():
    low, high = speaker_interval([0, 1], [0, 0], ["Ann", "Ann"])
    assert np.isnan([low, high]).all()


@pytest.mark.data
def test_published_posteriors_have_their_published_intervals(shared_data):
    table = pd.read_csv(shared_data / "luna_posteriors.csv")
    truth = table["emotion"].map(RAVDESS_EMOTIONS.index).to_numpy()
    audio, video = (
        table[[f"{m}_{e}" for e in RAVDESS_EMOTIONS]].to_numpy() for m in ("audio", "video")
    )
    for probabilities, interval, error in [
        (audio, (78.5, 85.3), 0.153),
        (combine([audio, video], "product"), (83.8, 90.6), 0.093),
    ]:
        found = speaker_interval(truth, probabilities.argmax(1), table["speaker"], "accuracy")
        np.testing.assert_allclose(100 * np.array(found), interval, atol=0.5)
        assert ece(truth, probabilities) == pytest.approx(error, abs=0.001)
