"""Figures of each corpus by itself: over its own speakers, among the emotions that it can have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affuse.evaluation.by_corpus import scores_by_corpus
from affuse.evaluation.group_tables import group_tables
from affuse.evaluation.scores import scores
from affuse.evaluation.systems import OutOfFold, System
from affuse.records import Clip
from affuse.tasks.dimensional import Dimensional
from affuse.tasks.metrics import uar

CLASSES = ("neutral", "calm", "happy")


@pytest.fixture
def table(make_table):
    """Two speakers of RAVDESS with three emotions, two of EMO-DB without calm."""
    whole = make_table(n_speakers=4, n_takes=1, classes=CLASSES)
    corpora = np.repeat(["RAVDESS", "EMO-DB"], 6)
    whole = replace(whole, corpora=corpora)
    return whole.take((corpora == "RAVDESS") | (whole.labels != 1))


@pytest.fixture
def guess(table):
    """RAVDESS right but for one clip; in EMO-DB calm for every neutral clip."""
    predicted = np.where((table.corpora == "EMO-DB") & (table.labels == 0), 1, table.labels)
    predicted[0] = 2
    probabilities = 0.6 * np.eye(3)[predicted] + np.array([0.3, 0.1, 0.0])
    system = System("guess", "audio", "", "", "", lambda seed: None)
    return OutOfFold(system, "random", np.arange(10), np.ones(10, int), probabilities)


def test_a_corpus_is_judged_among_the_emotions_that_it_can_have(table, guess):
    emodb, ravdess = scores_by_corpus(guess, table)
    assert (emodb.corpus, ravdess.corpus) == ("EMO-DB", "RAVDESS")
    # Calm is no answer there: of the others neutral is the most probable.
    assert emodb.scores.uar == emodb.scores.macro_f1 == 1.0
    assert emodb.scores.chance == 1 / 2
    assert (emodb.scores.n_clips, emodb.scores.n_speakers) == (4, 2)
    assert ravdess.scores.uar == pytest.approx((1 / 2 + 1 + 1) / 3)
    assert ravdess.scores.chance == pytest.approx(1 / 3)
    # The pooled row counts whatever was predicted.
    assert scores(guess, table).uar == uar(table.labels, guess.predicted) < 1.0


def test_intervals_are_over_the_speakers_of_the_corpus(table, guess):
    ravdess = scores_by_corpus(guess, table)[1].scores
    rows = np.arange(6)
    alone = table.take(rows)
    own = replace(guess, rows=rows, folds=guess.folds[rows], outputs=guess.outputs[rows])
    expected = scores(own, alone)
    assert (ravdess.uar_low, ravdess.uar_high) == (expected.uar_low, expected.uar_high)


def test_a_table_of_unknown_label_set_may_have_any_emotion(table, guess):
    mine = replace(table, corpora=np.char.replace(table.corpora, "EMO-DB", "mine"))
    found = {one.corpus: one.scores.uar for one in scores_by_corpus(guess, mine)}
    assert found["mine"] == 0.5


def test_a_corpus_without_a_scored_clip_is_left_out(table, guess):
    rows = np.arange(6)
    own = replace(guess, rows=rows, folds=guess.folds[rows], outputs=guess.outputs[rows])
    assert [one.corpus for one in scores_by_corpus(own, table)] == ["RAVDESS"]


def test_one_corpus_has_no_figures_by_corpus(make_table, guess):
    assert scores_by_corpus(guess, make_table()) == ()


def test_numbers_have_figures_by_corpus_too(table):
    values = np.linspace(-1, 1, 10)[:, None]
    numbers = replace(table, labels=np.zeros(0, int), targets=("valence",), values=values)
    system = System("ridge", "audio", "", "", "", lambda seed: None)
    outputs = values + np.where(table.corpora == "EMO-DB", 0.0, 0.5)[:, None]
    task = Dimensional()
    found = OutOfFold(system, "random", np.arange(10), np.ones(10, int), outputs, task=task)
    emodb, ravdess = scores_by_corpus(found, numbers)
    assert emodb.scores.headline == pytest.approx(1.0)
    assert ravdess.scores.headline < 0.9


def test_groups_by_corpus_are_these_figures(table, guess):
    clips = [
        Clip(clip, "", speaker, corpus=corpus)
        for clip, speaker, corpus in zip(table.clips, table.speakers, table.corpora, strict=True)
    ]
    found = group_tables({"guess": guess}, table, clips, ["corpus"], n_bootstrap=100).figures
    by_corpus = scores_by_corpus(guess, table, n_bootstrap=100)
    assert list(found["group"]) == [one.corpus for one in by_corpus]
    assert list(found["uar"]) == [one.scores.headline for one in by_corpus]
