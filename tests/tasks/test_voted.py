"""Figures against people's votes: cross-entropy, the majority, ties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affuse.corpora.index import Index
from affuse.errors import ConfigError
from affuse.records import Clip
from affuse.tasks.choice import make_task, task_of
from affuse.tasks.classification import Classification
from affuse.tasks.metrics import uar
from affuse.tasks.voted import (
    VotedClassification,
    VoteScores,
    cross_entropies,
    majorities,
    mean_interval,
)


@pytest.fixture
def table(make_table):
    """Six speakers; every fifth clip is a tie of two, every third goes to another emotion."""
    table = make_table(n_takes=2)
    votes = 6 * np.eye(3)[table.labels]
    n = np.arange(len(table))
    votes[n % 3 == 0] = np.roll(votes[n % 3 == 0], 1, axis=1)
    votes[n % 5 == 0] = [3, 3, 0]
    return replace(table, votes=votes + np.array([0, 0, 1]))


@pytest.fixture
def outputs(table, rng):
    made = rng.random((len(table), 3)) + np.eye(3)[table.labels]
    return made / made.sum(axis=1, keepdims=True)


def figures(table, outputs) -> VoteScores:
    rows = np.arange(len(table))
    return VotedClassification().figures(
        table, rows, outputs, np.ones(len(rows), int), n_resamples=500, seed=0
    )


def test_ties_have_no_majority():
    votes = np.array([[2.0, 2.0, 0.0], [1.0, 2.0, 0.0], [3.0, 3.0, 3.0]])
    assert list(majorities(votes)) == [-1, 1, -1]


def test_a_table_with_votes_is_scored_against_them(table, outputs):
    assert isinstance(task_of(table), VotedClassification)
    found, voted = figures(table, outputs), majorities(table.votes)
    has = voted >= 0
    predicted = outputs.argmax(axis=1)
    assert found.uar == uar(table.labels, predicted)
    assert found.uar_majority == uar(voted[has], predicted[has]) != found.uar
    assert (found.n_majority, found.n_ties) == (has.sum(), len(table) - has.sum())
    assert found.n_ties == 8
    shares = table.votes / table.votes.sum(axis=1, keepdims=True)
    expected = -np.mean([s @ np.log(p) for s, p in zip(shares, outputs, strict=True)])
    assert found.cross_entropy == pytest.approx(expected)
    assert found.cross_entropy_low < expected < found.cross_entropy_high
    plain = Classification().figures(
        table, np.arange(len(table)), outputs, np.ones(len(table), int), n_resamples=500, seed=0
    )
    assert {**plain.columns(), "chance": 1 / 3} == {
        name: value for name, value in found.columns().items() if name in plain.columns()
    }


def test_nobody_gets_below_the_entropy_of_the_votes(table, outputs):
    best = figures(table, table.shares)
    assert best.cross_entropy == pytest.approx(best.vote_entropy)
    assert figures(table, outputs).cross_entropy > best.vote_entropy > 0
    assert cross_entropies(np.eye(2), np.eye(2)[::-1])[0] == pytest.approx(-np.log(1e-12))


def test_clips_of_ties_alone_have_no_figure_against_a_majority(table, outputs):
    found = figures(replace(table, votes=np.ones_like(table.votes)), outputs)
    assert np.isnan(found.uar_majority)
    assert (found.n_majority, found.n_ties) == (0, len(table))


def test_an_interval_of_a_mean_is_over_speakers():
    speakers = np.repeat(["a", "b", "c", "d"], 10)
    alike = np.tile(np.arange(10.0), 4)
    found = mean_interval(alike, speakers, n_resamples=200)
    assert (found.low, found.high) == (pytest.approx(4.5), pytest.approx(4.5))
    assert np.isnan(mean_interval(alike, np.repeat(["a"], 40), n_resamples=200).low)


def test_what_people_told_is_a_class_too(make_table):
    table = make_table(n_speakers=2, n_takes=1, classes=("happy", "sad"))
    clips = tuple(
        Clip(c, "happy", s, votes={"happy": 1, "sad": 2, "neutral": 3})
        for c, s in zip(table.clips, table.speakers, strict=True)
    )
    voted = VotedClassification().table(table, Index(clips))
    assert voted.classes == ("neutral", "happy", "sad")
    assert list(voted.labels) == [1, 2, 1, 2]
    assert voted.votes.tolist() == [[3, 1, 2]] * 4
    soft = replace(voted, soft_labels=True)
    assert list(soft.known_labels()) == [0, 1, 2]
    assert list(voted.known_labels()) == [1, 2]
    assert VotedClassification().summary(voted) == ("3 emotions", "chance 33.3 %")


def test_numbers_are_not_voted_for():
    assert isinstance(make_task("classification", voted=True), VotedClassification)
    with pytest.raises(ConfigError, match="votes were asked for with task = dimensional"):
        make_task("dimensional", voted=True)
