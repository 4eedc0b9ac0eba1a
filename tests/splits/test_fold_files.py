"""A person's own folds: matched by take key, refused where they leak or do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from affuse.errors import FoldError
from affuse.records import Clip
from affuse.splits.fold_files import Overlap, folds_from_file, overlaps, read_folds

TAKES = {
    "1": ("01-03-01-01-01-01", "01-04-01-01-01-01"),
    "2": ("01-03-01-01-01-02", "01-04-01-01-01-02"),
    "10": ("01-03-01-01-01-10", "01-04-01-01-01-10"),
}
CLIPS = tuple(Clip(take, "happy", who) for who, takes in TAKES.items() for take in takes)


@pytest.fixture
def written(tmp_path: Path):
    def write(*lines: str) -> Path:
        path = tmp_path / "folds.csv"
        path.write_text("\n".join(lines), "utf-8")
        return path

    return write


def by_clip(fold_of: dict[str, str], prefix: str = "03-", suffix: str = ".wav") -> list[str]:
    rows = [f"{prefix}{clip.id}{suffix},{fold_of[clip.speaker]}" for clip in CLIPS]
    return ["clip,fold", *rows]


@pytest.mark.parametrize(("prefix", "suffix"), [("01-", ".mp4"), ("03-", ""), ("", ""), ("a/", "")])
def test_clips_meet_their_rows_whatever_the_modality(written, prefix, suffix):
    path = written(*by_clip({"1": "b", "2": "a", "10": "a"}, prefix, suffix))
    folds = folds_from_file(read_folds(path), CLIPS)
    assert [fold.test for fold in folds] == [(2, 3, 4, 5), (0, 1)]
    assert [fold.train for fold in folds] == [(0, 1), (2, 3, 4, 5)]
    assert [fold.number for fold in folds] == [1, 2]


def test_speakers_and_fold_names_by_value(written):
    path = written("Speaker;Fold;note", "10;9;x", "1;10;", "2;2;")
    file = read_folds(path)
    assert (file.unit, file.names) == ("speaker", ("2", "9", "10"))
    assert [fold.test for fold in folds_from_file(file, CLIPS)] == [(2, 3), (4, 5), (0, 1)]


def test_both_files_of_a_take_may_be_listed(written):
    lines = by_clip({"1": "1", "2": "2", "10": "2"})
    twice = [*lines, *by_clip({"1": "1", "2": "2", "10": "2"}, "01-", ".mp4")[1:]]
    assert folds_from_file(read_folds(written(*twice)), CLIPS) == folds_from_file(
        read_folds(written(*lines)), CLIPS
    )


def test_names_in_folders_meet_their_clips(written):
    clips = [Clip("ann/one", "sad", "ann"), Clip("ben/one", "sad", "ben")]
    file = read_folds(written("clip,fold", "ben/one.wav,1", "ann/one.wav,2"))
    assert [fold.test for fold in folds_from_file(file, clips)] == [(1,), (0,)]


def test_a_name_that_two_clips_may_have_is_refused(written):
    clips = [Clip("ann/one", "sad", "ann"), Clip("ben/one", "sad", "ben")]
    file = read_folds(written("clip,fold", "one.wav,1", "two.wav,2"))
    with pytest.raises(FoldError, match="names 'one', which may be any of the clips ann/one, ben/"):
        file.of_clips(clips)


def test_a_clip_of_another_folder_is_another_clip(written):
    clips = [Clip("ann/one", "sad", "ann"), Clip("ben/one", "sad", "ben")]
    file = read_folds(written("clip,fold", "ann/one.wav,1", "zoe/one.wav,2"))
    with pytest.raises(FoldError, match=r"no row for 1 of 2 clips \(ben/one\)"):
        file.of_clips(clips)


def test_full_paths_and_backslashes_meet_their_clips(written):
    clips = [
        Clip(f"{who}/one", "sad", who, audio=Path(f"/here/{who}/one.wav")) for who in ("ann", "ben")
    ]
    rows = ("D:\\corpus\\ann\\one.wav,1", "/here/ben/one.wav,2")
    folds = folds_from_file(read_folds(written("clip,fold", *rows)), clips)
    assert [fold.test for fold in folds] == [(0,), (1,)]


def test_one_person_under_two_spellings_is_one_in_a_fold_file(written):
    lines = ("speaker,fold", "01,a", "2.0,b", "10,b")
    folds = folds_from_file(read_folds(written(*lines)), CLIPS)
    assert [fold.test for fold in folds] == [(0, 1), (2, 3, 4, 5)]
    with pytest.raises(FoldError, match=r"speakers on both sides of its folds: 1 \(folds a, b\)"):
        folds_from_file(read_folds(written(*lines, "1,b")), CLIPS)


def test_rows_of_the_clips_that_are_kept(written):
    file = read_folds(written("speaker,fold", "1,1", "2,2", "10,2"))
    kept = [CLIPS[5].id, CLIPS[0].id]
    assert [fold.test for fold in folds_from_file(file, CLIPS, kept=kept)] == [(1,), (0,)]
    with pytest.raises(FoldError, match=r"fold 1 of .* has no clip that gave features"):
        folds_from_file(file, CLIPS, kept=[CLIPS[5].id, CLIPS[2].id])


def test_speaker_on_both_sides_is_refused_and_named(written):
    lines = by_clip({"1": "1", "2": "2", "10": "3"})
    lines[2] = lines[2].replace(",1", ",3")
    with pytest.raises(FoldError) as refused:
        folds_from_file(read_folds(written(*lines)), CLIPS)
    assert "speakers on both sides of its folds: 1 (folds 1, 3)" in str(refused.value)
    assert "affuse audit DATA --folds" in str(refused.value)


@pytest.mark.parametrize(
    "lines",
    [
        ["speaker,fold", "1,1", "2,2", "10,2", "10,1"],
        [*by_clip({"1": "1", "2": "2", "10": "2"}), f"01-{CLIPS[0].id}.mp4,2"],
    ],
)
def test_in_two_folds_at_once_is_refused(written, lines):
    with pytest.raises(FoldError, match="on both sides of its folds"):
        folds_from_file(read_folds(written(*lines)), CLIPS)


def test_identical_clips_on_both_sides_are_refused(written):
    file = read_folds(written("speaker,fold", "1,1", "2,2", "10,2"))
    groups = ["a", "b", "a", "c", "d", "e"]
    with pytest.raises(FoldError, match="group of identical clips a is on both sides of fold 1"):
        folds_from_file(file, CLIPS, groups=groups)


def test_missing_and_unknown(written):
    with pytest.raises(FoldError, match=r"has no row for 1 of 3 speakers \(10\); expected a fold"):
        read_folds(written("speaker,fold", "1,1", "2,2")).of_clips(CLIPS)
    file = read_folds(written("speaker,fold", "1,1", "2,2", "10,1", "11,2"))
    with pytest.raises(FoldError, match=r"names 1 speakers that are not among the clips.*\(11\)"):
        file.of_clips(CLIPS)
    lines = by_clip({"1": "1", "2": "2", "10": "2"})
    with pytest.raises(FoldError, match=rf"no row for 1 of 6 clips \({CLIPS[5].id}\)"):
        read_folds(written(*lines[:-1])).of_clips(CLIPS)
    with pytest.raises(FoldError, match=r"names 1 clips that are not .* \(holiday\); expected no"):
        read_folds(written(*lines, "holiday.wav,1")).of_clips(CLIPS)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["clip,fold"], "a header but no rows; expected two folds or more"),
        (["speaker,fold", "1,a", "2,a"], r"one fold only \(a\); expected two folds or more"),
        (["speaker,fold", "1,a", ",b"], "has no speaker on line 3; expected both in every row"),
        (["clip,fold", "x,a", "y,"], "has no fold on line 3"),
        (["clip,part", "x,a"], "has the columns clip, part; expected clip,fold or speaker,fold"),
        (["name,fold", "x,a"], "has the columns name, fold; expected clip,fold"),
        (["clip,fold", "x,a,b", "y,b"], "line 2 has 3 cells"),
        ([""], "is empty; expected a header such as clip,fold or speaker,fold"),
    ],
)
def test_files_that_say_nothing_clear(written, lines, message):
    with pytest.raises(FoldError, match=message):
        read_folds(written(*lines))


def test_no_such_file(tmp_path):
    with pytest.raises(FoldError, match=r"none\.csv does not exist; expected a CSV with the col"):
        read_folds(tmp_path / "none.csv")


def test_overlaps_count_clips_on_each_side():
    folds = [("1",), ("1",), ("2",), ("2",), ("3",)]
    names = ["Ann", "Ann", "Ann", "Bob", "Cem"]
    assert overlaps(folds, names) == (Overlap("1", "Ann", 1, 2), Overlap("2", "Ann", 2, 1))
    assert overlaps([("1", "2"), ("1",)], ["Ann", "Bob"]) == (
        Overlap("1", "Ann", 1, 1),
        Overlap("2", "Ann", 1, 1),
    )
    assert overlaps([("1",), ("2",)], ["Ann", "Bob"]) == ()


def test_fold_names_that_are_one_number_are_one_fold(written):
    rows = ["speaker,fold", "1,1", "2,01", "3,1.0", "4,2", "5,2.0"]
    assert read_folds(written(*rows)).names == ("1", "2")


@pytest.mark.parametrize("column", ["path", "file", "filename", "Path"])
def test_clips_may_be_named_as_in_other_tables(written, column):
    file = read_folds(written(f"{column},speaker,fold", "a/x.wav,1,a", "a/y.wav,2,b"))
    assert (file.unit, file.folds_of) == ("clip", {"a/x": ("a",), "a/y": ("b",)})
