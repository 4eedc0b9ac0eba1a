"""Which emotions can be an answer, and what a guess among them scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affuse.evaluation.answers import among_shared, chance, masked
from affuse.evaluation.scores import scores
from affuse.evaluation.systems import OutOfFold, System
from affuse.splits.fold import Fold
from affuse.splits.protocols import Protocol

CLASSES = ("neutral", "calm", "happy")


@pytest.fixture
def table(make_table):
    """Two speakers of each of two corpora; B never shows calm."""
    whole = make_table(n_speakers=4, n_takes=1, classes=CLASSES)
    corpora = np.repeat(["A", "B"], 6)
    return replace(whole, corpora=corpora).take((corpora == "A") | (whole.labels != 1))


def found(rows, folds) -> OutOfFold:
    """Calm is the most probable, then neutral."""
    system = System("guess", "audio", "", "", "", lambda seed: None)
    outputs = np.tile([0.3, 0.5, 0.2], (len(rows), 1))
    return OutOfFold(system, "cross-corpus", np.array(rows), np.array(folds), outputs)


def test_what_one_side_never_shows_is_no_answer(table):
    protocol = Protocol("cross-corpus", (Fold(1, tuple(range(6)), tuple(range(6, 10))),))
    shared = among_shared(found(range(6, 10), [1] * 4), table, protocol)
    assert shared.outputs[0] == pytest.approx([0.6, 0, 0.4])
    figures = scores(shared, table)
    assert figures.uar == 0.5  # all neutral
    assert figures.chance == 0.5


def test_each_fold_has_its_own_answers(table):
    a, b = tuple(range(6)), tuple(range(6, 10))
    protocol = Protocol("leave-one-corpus-out", (Fold(1, b, a), Fold(2, a, b)))
    three = Protocol("leave-one-corpus-out", (Fold(1, b, a), Fold(2, a, (6, 7, 8, 9))))
    shared = among_shared(found(range(10), [1] * 6 + [2] * 4), table, three)
    assert shared.answers is not None
    assert shared.answers.sum(axis=1).tolist() == [2] * 10
    assert protocol.across_corpora


def test_other_protocols_leave_every_answer(table):
    apart = Protocol("speaker-independent", (Fold(1, tuple(range(6)), tuple(range(6, 10))),))
    before = found(range(6, 10), [1] * 4)
    assert among_shared(before, table, apart) is before


def test_a_guess_among_answers_that_differ():
    answers = np.array([[True, True, False], [True, True, True], [False, True, True]])
    assert chance(np.array([0, 0, 1]), answers) == pytest.approx(
        (np.mean([1 / 2, 1 / 3]) + 1 / 2) / 2
    )


def test_nothing_that_can_be_is_shared_out_evenly():
    made = masked(np.array([[1.0, 0.0, 0.0]]), np.array([[False, True, True]]))
    assert made.tolist() == [[0, 0.5, 0.5]]
