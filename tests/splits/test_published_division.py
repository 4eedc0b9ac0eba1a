"""Published folds over the clips at hand: who is on both sides, and what does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from affuse.corpora.registry import read
from affuse.errors import FoldError
from affuse.records import Clip
from affuse.splits.fold_sets import fold_set
from affuse.splits.published import PUBLISHED_FOLDS
from affuse.splits.published_division import published_division


def emodb(*names: str) -> list[Clip]:
    return [Clip(name, "sad", name[:2], corpus="EMO-DB") for name in names]


def ravdess(*actors: int) -> list[Clip]:
    return [
        Clip(f"01-0{emotion}-01-01-01-{actor:02}", "sad", str(actor), corpus="RAVDESS")
        for actor in actors
        for emotion in (3, 4)
    ]


def whole_emodb() -> list[Clip]:
    return emodb(*fold_set("emobox", "EMO-DB").fold_of)


def test_a_whole_corpus_has_its_published_folds():
    found = published_division("emobox", whole_emodb())
    assert [len(fold.test) for fold in found.folds] == [107] * 5
    assert [len(fold.train) for fold in found.folds] == [428] * 5
    assert found.overlap == "10 of 10 speakers on both sides"
    assert found.notes == ()


def test_speakers_apart_have_no_overlap():
    found = published_division("luna2021", ravdess(*range(1, 25)))
    tested = [{2 * (who - 1) for who in fold} for fold in PUBLISHED_FOLDS["luna2021"]]
    assert [set(fold.test[::2]) for fold in found.folds] == tested
    assert (found.overlap, found.notes) == ("", ())


def test_half_a_corpus_says_what_is_missing():
    found = published_division("luna2021", ravdess(*range(1, 19)))
    assert [fold.number for fold in found.folds] == [1, 2, 3, 4, 5]
    (note,) = found.notes
    assert note.startswith(
        "Published folds luna2021 of RAVDESS: 6 of 24 speakers that they name have no clip here (19"
    )


def test_a_fold_without_a_clip_is_named_and_others_keep_their_numbers():
    found = published_division("hicmae", ravdess(1, 5, 9, 13, 17))
    assert [fold.number for fold in found.folds] == [1, 2, 3, 4, 5]
    assert found.notes[-1] == "Published folds hicmae of RAVDESS: fold 6 has no clip here."
    later = published_division("hicmae", ravdess(5, 9))
    assert [fold.number for fold in later.folds] == [2, 3]


def test_clips_in_no_fold_are_neither_trained_on_nor_tested():
    clips = [*whole_emodb(), *emodb("03a01Xx")]
    found = published_division("emobox", clips)
    assert all(535 not in (*fold.train, *fold.test) for fold in found.folds)
    (note,) = found.notes
    assert "1 clip here in no fold of theirs (03a01Xx): neither trained on" in note


def test_each_corpus_has_the_set_of_its_own():
    clips = [*ravdess(1, 4, 8), *emodb("03a01Fa", "03a01Nc")]
    found = published_division("emobox", clips)
    # 03a01Fa is in fold 5 of EMO-DB, 03a01Nc in 3; fold 1 tests speaker 1 of RAVDESS.
    by_number = {fold.number: fold.test for fold in found.folds}
    assert by_number == {1: (0, 1), 2: (2, 3), 3: (4, 5, 7), 5: (6,)}
    assert found.overlap == "1 of 4 speakers on both sides"


def test_rows_are_those_that_gave_features():
    clips = ravdess(1, 4, 8)
    found = published_division("emobox", clips, [clip.id for clip in clips[2:]])
    assert {fold.number: fold.test for fold in found.folds} == {2: (0, 1), 3: (2, 3)}


def test_clips_of_a_table_are_known_by_their_names():
    clips = [
        Clip("03a01Fa", "happy", "x", corpus="mine"),
        Clip("03a01Nc", "neutral", "x", corpus="mine"),
    ]
    assert len(published_division("emobox", clips).folds) == 2


@pytest.mark.parametrize(
    ("clips", "message"),
    [
        (
            [Clip("me", "sad", "1", corpus="mine")],
            r"'emobox' of corpus 'mine' were asked for; expected .*set folds.published=",
        ),
        (
            [Clip("renamed", "sad", "03", corpus="EMO-DB")],
            r"name clips such as 03a01Fa.* and no clip here \(renamed ...\) is among them",
        ),
        (emodb("03a01Fa"), "'emobox' leave no fold with clips to train on and clips to test"),
    ],
)
def test_what_does_not_fit_is_refused(clips, message):
    with pytest.raises(FoldError, match=message):
        published_division("emobox", clips)


@pytest.mark.parametrize(
    ("name", "set_name", "overlap"),
    [
        ("EMO-DB", "emobox", "8 of 8"),
        ("EMOVO", "emobox", ""),
        ("ASED", "emobox", "48 of 52"),
        ("URDU", "emobox", "14 of 23"),
        ("CREMA-D", "emobox", "62 of 62"),
        ("CREMA-D", "hicmae", ""),
    ],
)
def test_every_real_clip_has_its_fold(shared_data: Path, name, set_name, overlap):
    """The corpora as they lie on disk, by names alone."""
    index = read(shared_data / "corpora" / name)
    found = published_division(set_name, index.clips)
    placed = {row for fold in found.folds for row in (*fold.train, *fold.test)}
    assert placed == set(range(len(index)))
    assert found.overlap.removesuffix(" speakers on both sides") == overlap
