"""Sets of out-of-fold predictions: calibrated on the other folds, measured over speakers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affuse.evaluation.conformal import conformal_sets, least_probability
from affuse.evaluation.emotion_sets import (
    coverage_of,
    emotion_sets,
    set_names,
    too_few_speakers,
)
from affuse.evaluation.systems import OutOfFold, System

CLASSES = ("neutral", "calm", "happy")


@pytest.fixture
def table(make_table):
    return make_table(n_speakers=12, n_takes=2, classes=CLASSES)


@pytest.fixture
def found(table, rng):
    """Four folds of three speakers; the right emotion is the most probable in most clips."""
    scores = rng.standard_normal((len(table), 3))
    scores[np.arange(len(table)), table.labels] += 1.0
    outputs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    folds = (table.speakers.astype(int) - 1) // 3 + 1
    system = System("svm", "audio", "", "", "", lambda seed: None)
    return OutOfFold(system, "speaker-independent", np.arange(len(table)), folds, outputs)


def test_a_fold_is_calibrated_on_the_clips_of_the_others_alone(found, table):
    sets = emotion_sets(found, table, 0.8)
    rest = found.folds != 2
    least = least_probability(found.outputs[rest], table.labels[rest], table.speakers[rest], 0.8)
    np.testing.assert_array_equal(sets[~rest], conformal_sets(found.outputs[~rest], least))
    # What the fold's own clips are has no part in their sets.
    labels = np.where(rest, table.labels, 0)
    other = emotion_sets(found, replace(table, labels=labels), 0.8)
    np.testing.assert_array_equal(other[~rest], sets[~rest])
    assert (other[rest] != sets[rest]).any()


def test_coverage_and_sizes_are_those_of_speakers(found, table):
    sets = np.zeros((len(table), 3), bool)
    sets[np.arange(len(table)), table.labels] = True
    first = table.speakers == "1"
    sets[first] = [False, True, True]
    (all_clips,) = coverage_of(sets, found, table, 0.9)
    assert all_clips.coverage == pytest.approx((11 + 2 / 3) / 12)
    assert all_clips.size == pytest.approx((11 + 2) / 12)
    assert all_clips.one == pytest.approx(11 / 12)
    assert (all_clips.n_clips, all_clips.n_speakers, all_clips.n_emotions) == (72, 12, 3)
    assert all_clips.coverage_low < all_clips.coverage <= all_clips.coverage_high
    assert not all_clips.short
    assert all_clips.columns()["corpus"] == "all"


def test_sets_that_hold_less_than_was_asked_for_are_marked(found, table):
    sets = np.zeros((len(table), 3), bool)
    sets[:, 0] = True
    (all_clips,) = coverage_of(sets, found, table, 0.9)
    assert all_clips.coverage == pytest.approx(1 / 3)
    assert all_clips.short
    assert all_clips.columns()["short"] is True


def test_a_corpus_has_what_is_left_among_its_own_emotions(found, table):
    corpora = np.where(table.speakers.astype(int) <= 6, "RAVDESS", "EMO-DB")
    both = replace(table, corpora=corpora).take((corpora == "RAVDESS") | (table.labels != 1))
    keep = (corpora == "RAVDESS") | (table.labels != 1)
    own = replace(
        found,
        rows=np.arange(len(both)),
        folds=found.folds[keep],
        outputs=found.outputs[keep],
    )
    everything = np.ones((len(both), 3), bool)
    pooled, emodb, ravdess = coverage_of(everything, own, both, 0.9)
    assert [one.corpus for one in (pooled, emodb, ravdess)] == ["", "EMO-DB", "RAVDESS"]
    assert [one.size for one in (pooled, emodb, ravdess)] == [3, 2, 3]
    assert (emodb.n_emotions, emodb.n_speakers, emodb.coverage) == (2, 6, 1.0)


def test_too_few_speakers_are_told_with_what_can_be_had(found, table):
    assert too_few_speakers(found, table, 0.9) == ""
    assert too_few_speakers(found, table, 0.95) == (
        "9 speakers would calibrate the sets of fold 1, and 95 % takes 19: add speakers, or ask "
        "for less (--coverage 0.9)"
    )
    one = replace(found, folds=np.ones_like(found.folds))
    assert too_few_speakers(one, table, 0.9) == (
        "there is one fold, and sets are calibrated on the clips of others: use several folds"
    )


def test_a_set_is_written_in_the_order_of_the_classes():
    sets = np.array([[True, False, True], [False, True, False]])
    assert set_names(sets, CLASSES) == ["neutral|happy", "calm"]
