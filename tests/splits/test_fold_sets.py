"""Published fold sets: what they hold, and who is on both sides of their folds."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from affuse.cli import main
from affuse.errors import FoldError
from affuse.splits.fold_sets import fold_set, fold_sets, speakers_on_both_sides
from affuse.splits.published import PUBLISHED_FOLDS, published_folds

FIGURES = {
    ("emobox", "RAVDESS"): (6, 1440, 24, 0),
    ("emobox", "SAVEE"): (4, 480, 4, 0),
    ("emobox", "EMOVO"): (6, 588, 6, 0),
    ("emobox", "EMO-DB"): (5, 535, 10, 10),
    ("emobox", "CREMA-D"): (1, 7442, 91, 91),
    ("emobox", "TESS"): (1, 2800, 2, 2),
    ("emobox", "ASED"): (1, 2474, 65, 63),
    ("emobox", "URDU"): (1, 400, 29, 18),
    ("hicmae", "RAVDESS"): (6, 1440, 24, 0),
    ("hicmae", "CREMA-D"): (5, 7437, 91, 0),
    ("luna2021", "RAVDESS"): (5, 1440, 24, 0),
    ("sequential6", "RAVDESS"): (6, 1440, 24, 0),
}
"""Folds, clips, speakers, and speakers who are trained on and tested in one fold."""


def test_there_are_these_sets():
    assert {(one.name, one.corpus) for one in fold_sets()} == set(FIGURES)
    assert all(one.source for one in fold_sets())


@pytest.mark.parametrize(("name", "corpus"), FIGURES)
def test_figures_of_every_set(name, corpus):
    """From the files and the names of clips alone: most clips are at nobody's hand."""
    one = fold_set(name, corpus)
    figures = (len(one.folds), one.n_clips, len(set(one.speakers())), len(one.on_both_sides()))
    assert figures == FIGURES[name, corpus]


def test_test_parts_are_as_large_as_published():
    tested = [fold for fold in fold_set("emobox", "CREMA-D").fold_of.values() if fold]
    assert len(tested) == 1856


def test_folds_of_ravdess_agree_with_their_files(shared_data: Path):
    folder = shared_data.parent / "folds"
    with gzip.open(folder / "emobox-ravdess.csv.gz", "rt") as file:
        named = {(row["fold"], int(row["clip"][-2:])) for row in csv.DictReader(file)}
    assert named == _pairs("emobox")
    with (folder / "hicmae-ravdess.csv").open() as file:
        listed = {(row["fold"], int(row["test_speaker"])) for row in csv.DictReader(file)}
    assert listed == _pairs("hicmae")


def _pairs(name: str) -> set[tuple[str, int]]:
    folds = enumerate(PUBLISHED_FOLDS[name], 1)
    return {(str(fold), who) for fold, members in folds for who in members}


def test_speakers_are_told_by_corpus():
    assert published_folds("luna2021") == published_folds("luna2021", "ravdess")
    assert published_folds("hicmae", "crema-d")[4][-1] == "1091"
    everybody = published_folds("emobox", "EMO-DB")
    assert len(everybody) == 5
    assert all(len(speakers) == 10 for speakers in everybody)


def test_who_is_always_trained_on_and_tested_is_on_both_sides():
    assert speakers_on_both_sides(["1", "", "2", "2"], ["a", "a", "b", "b"]) == ("a",)
    assert speakers_on_both_sides(["1", "2", "2"], ["a", "b", "b"]) == ()


def test_a_set_is_listed_with_its_leak(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["folds", "luna2021"])
    assert not ended.value.code
    heading, row, *rest = capsys.readouterr().out.splitlines()
    assert heading.split()[:2] == ["folds", "corpus"]
    assert row.split() == ["luna2021", "RAVDESS", "5", "1,440", "24", "0"]
    assert "Luna-Jiménez" in rest[0]


def test_an_unknown_set_is_one_line(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["folds", "emobx"])
    assert ended.value.code == 2
    assert "'emobx' were asked for; expected one of luna2021, emobox" in capsys.readouterr().err


def test_a_corpus_without_folds_is_refused_with_those_that_have_some():
    with pytest.raises(FoldError, match=r"of corpus 'nEMO' were asked for; .* ASED, CREMA-D, EMO"):
        fold_set("emobox", "nEMO")
