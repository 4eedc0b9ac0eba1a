"""Shuffled labels: chance for a sound system, more where labels leak."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest
from sklearn.base import BaseEstimator, TransformerMixin

from affuse.config import ModelConfig
from affuse.errors import ConfigError, DatasetError, FeatureError
from affuse.evaluation.permutation import (
    permutation_test,
    shuffled_within_speakers,
    system_permutation_test,
)
from affuse.evaluation.systems import System
from affuse.features.context import RunContext
from affuse.fusion.registry import make_unimodal
from affuse.splits.folds import speaker_folds
from affuse.splits.protocols import Protocol


def lda(seed: int) -> Any:
    # No inner folds: temperatures change no decision, and decisions alone are scored.
    return make_unimodal("audio", ModelConfig(name="lda"), seed).set_params(model__n_folds=1)


LDA = System("LDA", "audio", "", "", "LDA", lda)


class LabelAsFeature(TransformerMixin, BaseEstimator):
    """What must not happen: a feature that knows the label of each clip it was fitted on."""

    def fit(self, X, y):
        self.known_ = {row.tobytes(): label for row, label in zip(X, y, strict=True)}
        return self

    def transform(self, X):
        labels = [self.known_.get(row.tobytes(), 0) for row in X]
        return np.eye(3, dtype=np.float32)[labels] + X.flat()[:, :3] / 100


def protocol(table, name="speaker-independent") -> Protocol:
    return Protocol(name, speaker_folds(table.speakers.tolist(), 3))


def test_speakers_keep_their_labels(rng):
    labels, speakers = rng.integers(4, size=90), np.repeat(["Ann", "Bob", "Eve"], 30)
    shuffled = shuffled_within_speakers(labels, speakers, rng)
    assert not np.array_equal(labels, shuffled)
    for name in "Ann", "Bob", "Eve":
        assert Counter(shuffled[speakers == name]) == Counter(labels[speakers == name])


def test_a_system_that_learns_is_told_from_chance(make_table):
    table = make_table(n_takes=3)
    found = system_permutation_test(table, LDA, protocol(table), n_permutations=19)
    assert found.figure > 0.6
    assert found.p == 1 / 20
    assert len(found.null) == 19
    assert found.null_mean == pytest.approx(1 / 3, abs=0.05)


def test_features_that_say_nothing_give_chance(make_table):
    table = make_table(n_takes=3, signal=0)
    found = system_permutation_test(table, LDA, protocol(table), n_permutations=19)
    assert found.p > 0.05
    assert found.figure == pytest.approx(1 / 3, abs=0.15)


def test_a_leak_lifts_shuffled_labels_above_chance(make_table):
    """The lecture's protocol fits learned features on the test clips: the null shows it."""
    table = make_table(n_takes=3, signal=0)
    run = partial(
        system_permutation_test,
        table,
        LDA,
        preparation={"audio": lambda seed: LabelAsFeature()},
        n_permutations=9,
    )
    assert run(protocol(table, "lecture")).null_mean > 0.9
    assert run(protocol(table)).null_mean == pytest.approx(1 / 3, abs=0.1)


def test_order_of_clips_has_no_effect(make_table, rng):
    table = make_table()
    order = rng.permutation(len(table))
    one, other = (
        system_permutation_test(each, LDA, protocol(each), n_permutations=5)
        for each in (table, table.take(order))
    )
    assert one == other


def test_p_values_are_uniform_where_there_is_nothing(rng):
    labels, speakers = np.tile([0, 1, 2], 40), np.repeat(np.arange(6), 20)
    p_values = []
    for seed in range(150):
        scores = rng.standard_normal(120)
        found = permutation_test(
            labels, speakers, lambda y, s=scores: s[y == 1].mean(), n_permutations=59, seed=seed
        )
        p_values.append(found.p - 0.5 / 60)
    assert kstest(p_values, "uniform").pvalue > 0.01


def test_same_seed_same_test(make_table):
    table = make_table()
    run = partial(system_permutation_test, table, LDA, protocol(table), n_permutations=5)
    one, same, other = (run(context=RunContext.of(1, seed=seed)) for seed in (1, 1, 2))
    assert one == same
    assert one.null != other.null


def test_refusals():
    with pytest.raises(FeatureError, match=r"labels of shape \(2,\) and speakers of shape \(1,\)"):
        permutation_test([0, 1], ["Ann"], np.mean)
    with pytest.raises(ConfigError, match=r"0 permutations were asked for; expected at least 1"):
        permutation_test([0, 1], ["Ann", "Ann"], np.mean, n_permutations=0)
    with pytest.raises(DatasetError, match=r"each of 2 speakers has clips of one emotion only; ex"):
        permutation_test([0, 0, 1], ["Ann", "Ann", "Bob"], np.mean)


def test_fits_of_milliseconds_start_no_process(make_table):
    """Whoever computes the folds of a run: a process would take longer than all permutations."""

    class Nobody:
        def answers(self, *arguments, **settings):
            raise AssertionError("work was given away")

    table = make_table()
    found = system_permutation_test(
        table, LDA, protocol(table), n_permutations=3, context=RunContext(workers=Nobody())
    )
    assert len(found.null) == 3
