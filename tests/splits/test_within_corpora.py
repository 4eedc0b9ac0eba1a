"""Folds within each corpus: speakers apart, corpora apart."""

from __future__ import annotations

import pytest

from affuse.errors import FoldError
from affuse.splits.corpus_rows import Rows
from affuse.splits.within_corpora import within_corpora

ROWS = Rows(["A", "A", "B", "B", "B"], ["sad"] * 5)
SPEAKERS = ["A/1", "A/2", "B/1", "B/2", "B/3"]


def test_no_fold_mixes_corpora_or_speakers():
    found = within_corpora(ROWS, SPEAKERS)
    assert [(fold.number, fold.train, fold.test) for fold in found.folds] == [
        (1, (1,), (0,)),
        (2, (0,), (1,)),
        (3, (3, 4), (2,)),
        (4, (2, 4), (3,)),
        (5, (2, 3), (4,)),
    ]


def test_the_number_of_folds_is_of_each_corpus():
    assert len(within_corpora(ROWS, SPEAKERS, 2).folds) == 4
    assert len(within_corpora(ROWS, SPEAKERS, 2, leave_one_out=True).folds) == 5
    with pytest.raises(FoldError, match="3 folds were asked for, but there are 2 speakers"):
        within_corpora(ROWS, SPEAKERS, 3)


def test_copies_within_a_corpus_stay_on_one_side():
    rows = Rows(ROWS.corpora, ROWS.emotions, ["a", "b", "x", "x", "c"])
    tested = [fold.test for fold in within_corpora(rows, SPEAKERS).folds]
    assert (2, 3) in tested


def test_a_corpus_of_one_speaker_has_none_and_a_note():
    found = within_corpora(Rows(["A", "A", "B"], ["sad"] * 3), ["A/1", "A/2", "B/1"])
    assert len(found.folds) == 2
    assert found.notes == (
        "All clips of B are of one speaker (B/1): it has no figure of its own, and no interval "
        "where it is tested.",
    )
