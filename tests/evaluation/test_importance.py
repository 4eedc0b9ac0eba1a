"""What groups of features are worth: those that tell nothing, and those that tell alike."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.fold_task import FoldTask, fitted_alone
from affuse.evaluation.importance import group_importances
from affuse.evaluation.systems import System
from affuse.fusion.registry import make_fusion
from affuse.splits.folds import speaker_folds
from affuse.splits.protocols import Protocol

EARLY = System(
    "early",
    "audio+video",
    "early",
    "",
    "",
    partial(make_fusion, "early", ModelConfig(name="lda"), FusionConfig()),
)
SOUND = {"audio": np.arange(6)}


@pytest.fixture
def table(make_table):
    """Emotion in the sound and in the first two columns of the picture; noise in the others."""
    made = make_table(n_takes=4, signal=3.0)
    noise = np.random.default_rng(1).standard_normal((len(made), 5)).astype(np.float32)
    video = np.asarray(made.arrays["video"]).copy()
    video[:, 2:] = noise[:, 2:]
    return made.with_arrays({"video": video})


def protocol(table) -> Protocol:
    return Protocol("speaker-independent", speaker_folds(table.speakers.tolist(), 3))


def test_what_a_system_uses_is_missed_and_noise_is_not(table):
    groups = {"noise": {"video": np.arange(2, 5)}, "sound": SOUND}
    first, second = group_importances(table, EARLY, protocol(table), groups)
    assert (first.group, second.group) == ("sound", "noise")
    assert first.low > 0.2
    assert abs(second.drop) < 0.05
    assert first.low <= first.drop <= first.high


def test_everything_at_once_leaves_chance(table):
    everything = {"all": {**SOUND, "video": np.arange(5)}}
    (found,) = group_importances(table, EARLY, protocol(table), everything, n_repeats=3)
    assert found.drop == pytest.approx(2 / 3, abs=0.15)


def test_the_features_of_the_table_and_of_training_stay_as_they_are(table):
    """Shuffled numbers are those of test clips; the table is not written to."""
    before = np.array(table.arrays["audio"])
    group_importances(table, EARLY, protocol(table), {"sound": SOUND}, n_repeats=1)
    np.testing.assert_array_equal(np.array(table.arrays["audio"]), before)


class Centred(TransformerMixin, BaseEstimator):
    """Features that depend on which clips they were learned from."""

    def fit(self, X, y):
        self.mean_ = np.asarray(X).mean(axis=0)
        return self

    def transform(self, X):
        return np.abs(np.asarray(X) - self.mean_)


def test_the_system_that_is_taken_apart_is_that_of_the_results(table):
    """Fits, learned features and test clips are those of the out-of-fold predictions."""
    divided, made = protocol(table), {"audio": lambda seed: Centred()}
    (found,) = out_of_fold(table, [EARLY], divided, preparation=made)
    for fold in divided.folds:
        test, estimator, _ = fitted_alone(FoldTask(table, (EARLY,), divided, fold, made, 0))
        own = found.take(found.folds == fold.number)
        assert test.clips.tolist() == table.clips[own.rows].tolist()
        np.testing.assert_array_equal(found.task.outputs(estimator, test), own.outputs)


def test_features_that_are_learned_are_permuted_as_they_are_learned(table):
    groups = {"audio": {"audio": None}, "noise": {"video": np.arange(2, 5)}}
    made = {"audio": lambda seed: Centred()}
    first, second = group_importances(table, EARLY, protocol(table), groups, preparation=made)
    assert (first.group, second.group) == ("audio", "noise")
    assert first.low > 0.05
    assert abs(second.drop) < 0.05


def test_absent_modalities_stay_absent(table):
    audio = np.array(table.arrays["audio"])
    audio[::5] = np.nan
    partly = replace(
        table.with_arrays({"audio": audio}),
        present={**table.present, "audio": np.arange(len(table)) % 5 > 0},
    )
    product = partial(make_fusion, "decision product", ModelConfig(name="lda"), FusionConfig())
    system = replace(EARLY, build=product, needs_all=False)
    (found,) = group_importances(partly, system, protocol(partly), {"sound": SOUND})
    assert found.drop > 0.05


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({}, "0 groups of features and 5 repeats were given; expected one of each at least"),
        (
            {"sound": {"audio": np.array([6])}},
            "group 'sound' was given columns of audio that are not there; expected numbers from 0 ",
        ),
    ],
)
def test_groups_that_there_are_not(groups, message, table):
    with pytest.raises(ConfigError, match=message):
        group_importances(table, EARLY, protocol(table), groups)
