"""Learned features are learned anew for inner folds: nothing in them knows an inner test clip."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from affuse.config import FusionConfig, ModelConfig
from affuse.evaluation.fold_task import FoldTask, predict_fold
from affuse.evaluation.learned_features import LearnedFeatures
from affuse.evaluation.systems import System
from affuse.fusion.registry import make_fusion, make_unimodal
from affuse.models.feature_layer import FeatureLayer
from affuse.models.fit_cache import FitCache
from affuse.splits.folds import Fold
from affuse.splits.protocols import Protocol

layer = partial(FeatureLayer, 8, 40, 128, 1e-3)
"""Seed -> feature layer that has time to learn its frames by heart."""


@pytest.fixture
def table(make_table, rng):
    """Frames of video, labels that mean nothing."""
    made = make_table(n_speakers=9, n_takes=3, shapes={"audio": (4,), "video": (4, 4, 7, 32)})
    return replace(made, labels=rng.permutation(made.labels))


def learned(table) -> LearnedFeatures:
    return LearnedFeatures(table, lambda _: layer(0), {"video"})


def test_each_choice_of_clips_gives_its_own_features(table):
    found = learned(table)
    half, everything = np.arange(0, 40), np.arange(len(table))
    of_half = found(table, half).arrays["video"]
    expected = layer(0).fit(table.arrays["video"][half], table.labels[half])
    np.testing.assert_array_equal(of_half, expected.transform(table.arrays["video"]))
    assert not np.array_equal(found(table, everything).arrays["video"], of_half)
    assert found(table, half).arrays["audio"] is table.arrays["audio"]


def test_a_part_of_the_table_in_another_order_with_copies(table):
    rows = np.array([7, 3, 3, 20, 50])
    part = learned(table)(table.take(rows), np.array([0, 1, 3])).arrays["video"]
    whole = learned(table)(table, np.array([3, 7, 20])).arrays["video"]
    np.testing.assert_allclose(part, whole[rows], rtol=1e-5)


def test_absent_modality_and_nothing_to_learn_from(table):
    present = np.arange(len(table)) >= 10
    lacking = replace(table, present={**table.present, "video": present})
    found = learned(lacking)
    features = found(lacking, np.arange(5, 30)).arrays["video"]
    assert np.isnan(features[:10]).all()
    assert np.isfinite(features[10:]).all()
    assert (found(lacking, np.arange(10)).arrays["video"].flat() == 0).all()
    assert found(lacking, np.arange(10)).arrays["video"].shape == features.shape


def task(table, system: System) -> FoldTask:
    test = np.flatnonzero(np.isin(table.speakers, ["1", "2", "3"]))
    fold = Fold(1, tuple(np.setdiff1d(np.arange(len(table)), test)), tuple(test))
    return FoldTask(table, (system,), Protocol("speaker-independent", (fold,)), fold, {}, 0)


def test_temperature_and_weights_see_features_of_their_own_folds(table):
    """Shuffled labels: whoever is scored on features that knew its label believes in them."""
    train = table.take(np.flatnonzero(~np.isin(table.speakers, ["1", "2", "3"])))
    find = learned(table)
    known = find(train, np.arange(len(train)))
    model = make_unimodal("video", ModelConfig(name="svm_linear"), 0)
    fusion = make_fusion("decision weighted", ModelConfig(name="svm_linear"), FusionConfig(), 0)
    nested, peeking = FitCache(find), FitCache()
    right = [
        (fit_cache.out_of_fold(model, known).argmax(axis=1) == train.labels).mean()
        for fit_cache in (nested, peeking)
    ]
    assert right[0] < 0.5 < 0.9 < right[1]
    weights = [fit_cache.fitted(fusion, known).rule_.weights_[1] for fit_cache in (nested, peeking)]
    assert weights[0] < 0.9 < weights[1]


def test_a_fold_nests_what_it_prepares(table):
    build = partial(make_unimodal, "video", ModelConfig(name="svm_linear"))
    prepared = replace(
        task(table, System("svm", "video", "", "", "", build)), preparation={"video": layer}
    )
    _, nested = predict_fold(prepared)
    leaky = replace(prepared, protocol=replace(prepared.protocol, name="lecture"))
    _, peeking = predict_fold(leaky)
    surest = {"nested": nested["0"].max(axis=1).mean(), "peeking": peeking["0"].max(axis=1).mean()}
    assert surest["nested"] < 0.5 < 0.8 < surest["peeking"]
