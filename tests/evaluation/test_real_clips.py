"""Classical models on real voices and real action units: figures that are known.

RAVDESS speech of speakers 1 to 18, six folds of three consecutive speakers, eight emotions.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from affuse.config import FusionConfig, ModelConfig
from affuse.corpora.readers.ravdess import read_ravdess
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.scores import scores
from affuse.evaluation.systems import System
from affuse.extractors.mfcc import Mfcc
from affuse.features.table import FeatureTable
from affuse.fusion.registry import make_fusion, make_unimodal
from affuse.media.audio import read_audio
from affuse.models.registry import model_label
from affuse.splits.folds import folds_from_speakers
from affuse.splits.protocols import Protocol
from affuse.tasks.classification import Scores

pytestmark = pytest.mark.data

THREE_BY_THREE = [[str(first + i) for i in range(3)] for first in range(1, 18, 3)]


def rbf(cost: float, scaler: str = "standard") -> ModelConfig:
    return ModelConfig(name="svm_rbf", scaler=scaler, params={"C": cost})


NB, LDA, LINEAR = (ModelConfig(name=name) for name in ("gaussian_nb", "lda", "svm_linear"))


def system(modality: str, model: ModelConfig) -> System:
    make = partial(make_unimodal, modality, model)
    if modality == "audio+video":
        make = partial(make_fusion, "early", model, FusionConfig())

    def build(seed: int) -> Any:
        # No inner folds: temperatures change no decision, and nothing else is looked at here.
        return make(seed).set_params(model__n_folds=1)

    return System(model_label(model), modality, "", "", "", build)


def figures(table: FeatureTable, chosen: list[System]) -> list[Scores]:
    folds = folds_from_speakers(table.speakers.tolist(), THREE_BY_THREE)
    results = out_of_fold(table, chosen, Protocol("speaker-independent", folds))
    return [scores(result, table, n_bootstrap=100) for result in results]


@pytest.fixture(scope="session")
def clips(shared_data):
    return read_ravdess(shared_data / "ravdess").filter(where={"channel": ["speech"]})


@pytest.fixture(scope="session")
def video(clips, shared_data) -> FeatureTable:
    """Means of 35 action units."""
    units = pd.read_csv(shared_data / "luna_openface_au_means.csv")
    units.index = units.pop("clip").str[3:]
    ids, classes = [clip.id for clip in clips], clips.classes
    return FeatureTable(
        clips=np.array(ids),
        speakers=np.array([clip.speaker for clip in clips]),
        labels=np.array([classes.index(clip.emotion) for clip in clips]),
        classes=classes,
        arrays={"video": units.loc[ids].to_numpy(np.float32)},
        present={"video": np.ones(len(ids), bool)},
    )


@pytest.fixture(scope="session")
def both(video, clips) -> FeatureTable:
    """Action units, and MFCC of the first four seconds at 8 kHz, as they were recorded."""
    extractor = Mfcc()
    wanted = {"sample_rate": 8000, "duration_s": 4.0, "remove_offset": False}
    sounds = (read_audio(clip.audio, **wanted) for clip in clips)
    voices = np.stack([extractor.extract(sound) for sound in sounds])
    return FeatureTable(
        video.clips,
        video.speakers,
        video.labels,
        video.classes,
        {**video.arrays, "audio": voices},
        {**video.present, "audio": np.ones(len(clips), bool)},
    )


def test_action_units(video):
    models = [NB, LDA, LINEAR, rbf(1.0), rbf(10.0)]
    found = figures(video, [system("video", model) for model in models])
    accuracy = [47.41, 57.87, 53.43, 58.43, 55.83]
    uar = [49.31, 58.51, 54.08, 58.42, 55.82]
    np.testing.assert_allclose([100 * each.accuracy for each in found], accuracy, atol=0.1)
    np.testing.assert_allclose([100 * each.uar for each in found], uar, atol=0.1)
    assert {(each.n_clips, each.n_speakers, each.n_folds) for each in found} == {(1080, 18, 6)}


def test_minmax_scaler(video):
    models = [rbf(cost, "minmax") for cost in (0.1, 1.0, 10.0)]
    found = figures(video, [system("video", model) for model in models])
    means = [100 * each.accuracy_fold_mean for each in found]
    np.testing.assert_allclose(means, [52.96, 60.00, 56.67], atol=0.1)


@pytest.mark.slow
def test_voices_and_early_fusion(both):
    chosen = [
        *(system("audio", model) for model in (NB, LINEAR)),
        *(system("audio+video", model) for model in (LDA, rbf(10.0))),
    ]
    found = figures(both, chosen)
    accuracy = [32.50, 42.87, 50.28, 51.85]
    uar = [34.38, 42.36, 50.26, 50.95]
    np.testing.assert_allclose([100 * each.accuracy for each in found], accuracy, atol=0.1)
    np.testing.assert_allclose([100 * each.uar for each in found], uar, atol=0.1)
