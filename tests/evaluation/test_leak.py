"""The leak detector: labels mean nothing, so whoever finds something in them has peeked."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from fusion_contract import QUICK

from affuse.config import FusionConfig, ModelConfig
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.scores import scores
from affuse.evaluation.systems import System
from affuse.features.table import FeatureTable
from affuse.fusion.registry import fusion_names, make_fusion, make_unimodal
from affuse.models.feature_layer import FeatureLayer
from affuse.registries import MODELS
from affuse.splits.folds import random_split, speaker_folds
from affuse.splits.protocols import Protocol

pytestmark = pytest.mark.usefixtures("few_costs")

NETWORK = ModelConfig(name="cnn1d", params={"epochs": 5})

CHOSEN = ModelConfig(name="logistic", grid={"C": (0.001, 0.1)})
"""Penalty, temperature, weights, stackers: all that is learned in inner folds."""


@pytest.fixture
def shuffled(make_table, rng) -> FeatureTable:
    """Twelve speakers, frames of video, labels dealt out again at random."""
    table = make_table(
        n_speakers=12, n_takes=4, signal=1.0, shapes={"audio": (8,), "video": (3, 2, 3, 32)}
    )
    return replace(table, labels=rng.permutation(table.labels))


layer = partial(FeatureLayer, 8, 15, 128, 5e-3)
"""Seed -> feature layer that has time to learn its frames by heart."""


def every_system() -> list[System]:
    systems = []
    for name in MODELS.names():
        if "classification" not in MODELS.get(name).tasks:
            continue
        config = NETWORK if name == "cnn1d" else ModelConfig(name=name)
        for modality in ("audio", "video"):
            systems.append(
                System(
                    name,
                    modality,
                    "",
                    "",
                    "",
                    partial(make_unimodal, modality, config),
                )
            )
    for name in fusion_names():
        config = NETWORK if name.startswith("late") else CHOSEN
        systems.append(
            System(
                name,
                "audio+video",
                name,
                "",
                "",
                partial(make_fusion, name, config, FusionConfig(late_epochs=10, settings=QUICK)),
            )
        )
    return systems


def test_shuffled_labels_give_chance_when_speakers_are_apart(shuffled):
    protocol = Protocol("speaker-independent", speaker_folds(shuffled.speakers.tolist(), 2))
    results = out_of_fold(shuffled, every_system(), protocol, preparation={"video": layer})
    # Below chance is no leak: a label dealt often to training clips is rare in the test clips.
    for result in results:
        found = scores(result, shuffled)
        assert found.uar_low < found.chance, (result.system, found)
        assert found.uar < found.chance + 0.1, (result.system, found)
    mean = np.mean([scores(result, shuffled).uar for result in results])
    assert mean == pytest.approx(1 / 3, abs=0.06)


def test_shuffled_labels_come_out_right_where_the_feature_layer_has_seen_them(shuffled):
    fold = random_split(len(shuffled), 0.2, seed=0)
    config = ModelConfig(name="svm_linear")
    systems = [
        System("svm", m, "", "", "", partial(make_unimodal, m, config)) for m in ("audio", "video")
    ]
    lecture, random = (
        out_of_fold(shuffled, systems, Protocol(name, (fold,)), preparation={"video": layer})
        for name in ("lecture", "random")
    )
    uars = {
        (protocol, result.system.modality): scores(result, shuffled).uar
        for protocol, results in [("lecture", lecture), ("random", random)]
        for result in results
    }
    assert uars["lecture", "video"] > 0.8
    assert uars["random", "video"] < 0.6
    assert uars["lecture", "audio"] < 0.6, "nothing is learned from audio beforehand"
