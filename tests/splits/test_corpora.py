"""Folds across corpora: what is on which side, copies, and emotions that one side never shows."""

from __future__ import annotations

import pytest

from affuse.errors import FoldError
from affuse.splits.corpora import (
    CorpusFold,
    cross_corpus,
    folds_of_corpora,
    leave_one_corpus_out,
)
from affuse.splits.corpus_rows import Rows

NAMES = ("A", "B", "C")


def test_corpora_that_are_not_named_are_the_other_side():
    assert cross_corpus(NAMES, ["a"], []) == (CorpusFold(("A",), ("B", "C")),)
    assert cross_corpus(NAMES, [], ["C"]) == (CorpusFold(("A", "B"), ("C",)),)
    assert cross_corpus(NAMES, ["B"], ["C"]) == (CorpusFold(("B",), ("C",)),)


def test_each_corpus_is_left_out_once():
    assert leave_one_corpus_out(["B", "A", "C"]) == (
        CorpusFold(("B", "C"), ("A",)),
        CorpusFold(("A", "C"), ("B",)),
        CorpusFold(("A", "B"), ("C",)),
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((NAMES, [], []), "asked for without corpora; expected some to train on or to test on"),
        ((NAMES, ["D"], []), "corpus 'D' was named .* no clip is of it; expected one of A, B, C"),
        ((NAMES, ["A"], ["a"]), "A stands in folds.train_on and in folds.test_on"),
        ((NAMES, list(NAMES), []), "is left without a corpus to test; expected one of A, B, C"),
        ((["A"], ["A"], []), "cross-corpus was asked for, and all clips are of A; expected two"),
    ],
)
def test_sides_that_do_not_fit_are_refused(given, message):
    with pytest.raises(FoldError, match=message):
        cross_corpus(*given)


def test_one_corpus_cannot_be_left_out():
    with pytest.raises(FoldError, match="leave-one-corpus-out was asked for, and all clips are of"):
        leave_one_corpus_out(["A"])


def test_rows_of_other_corpora_are_in_no_part():
    rows = Rows(["A", "B", "C", "A"], ["sad"] * 4)
    (fold,) = folds_of_corpora([CorpusFold(("A",), ("C",))], rows).folds
    assert (fold.train, fold.test) == ((0, 3), (2,))


def test_a_copy_of_what_is_tested_is_not_trained_on():
    rows = Rows(["A", "A", "B"], ["sad"] * 3, ["x", "y", "x"])
    found = folds_of_corpora([CorpusFold(("A",), ("B",))], rows)
    assert found.folds[0].train == (1,)
    assert "1 clip of A is identical to clips of B: not trained on where these" in found.notes[-1]


def test_a_corpus_inside_another_leaves_nothing_to_train_on():
    rows = Rows(["A", "B"], ["sad"] * 2, ["x", "x"])
    with pytest.raises(
        FoldError, match=r"every clip of B is identical to one of A, so .* leave B out"
    ):
        folds_of_corpora(leave_one_corpus_out(["A", "B"]), rows)


def test_nothing_in_common_is_refused():
    rows = Rows(["A", "B"], ["sad", "awe"])
    with pytest.raises(FoldError, match=r"B and A have no emotion in common; .* leave one of them"):
        folds_of_corpora(leave_one_corpus_out(["A", "B"]), rows)


def test_emotions_that_are_never_trained_on_are_not_tested():
    rows = Rows(["A", "B", "B", "B"], ["sad", "sad", "boredom", "awe"])
    found = folds_of_corpora([CorpusFold(("A",), ("B",))], rows)
    assert found.folds[0].test == (1,)
    assert found.untested == (
        "B is tested without boredom (1 clip), awe (1 clip), which A never shows.",
    )


def test_an_emotion_of_a_clip_or_two_beside_hundreds_has_no_part():
    rows = Rows(["A"] * 101 + ["B"] * 2, ["sad"] * 100 + ["awe"] + ["sad", "awe"])
    found = folds_of_corpora([CorpusFold(("A",), ("B",))], rows)
    assert found.folds[0].train == tuple(range(100))
    assert found.folds[0].test == (101,)
    assert found.notes[0].startswith("A has too few clips of awe (1 clip): left out of figures")
