"""One person under several spellings is one person wherever speakers are told apart."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from affuse.bundle.manifest import TrainedOn
from affuse.bundle.provenance import known_speakers, training_clips
from affuse.corpora.index import Index
from affuse.corpora.speakers import speaker_key
from affuse.corpora.table import read_table
from affuse.errors import FoldError
from affuse.records import Clip
from affuse.splits.fold import Fold, check_folds
from affuse.splits.folds import folds_from_speakers, speaker_folds

ZOE = "Zoë"


@pytest.mark.parametrize(
    "names",
    [
        ("1", "01", "001", "1.0", "1,0", "1.00", " 1 ", "\N{FULLWIDTH DIGIT ONE}"),
        ("s1", "S01", "s001", "S 1", "s-01"),
        ("Actor_01", "actor 1", "Actor-01", "actor_1", "Actor1", "ACTOR01"),
        ("+1", "1", "\N{ARABIC-INDIC DIGIT ONE}"),
        ("100000", "1e+05", "1E+05"),
        ("-1", "-01", "-1.0", "\N{MINUS SIGN}1"),
        ("Anna", "anna", "ANNA", " Anna", "An\N{ZERO WIDTH SPACE}na"),
        ("Anna B", "anna  b", "Anna\N{NO-BREAK SPACE}B"),
        (ZOE, unicodedata.normalize("NFD", ZOE), ZOE.upper()),
        ("Weiß", "WEISS"),
        ("0", "00", "0.0"),
    ],
)
def test_spellings_of_one_person(names: tuple[str, ...]) -> None:
    assert len({speaker_key(name) for name in names}) == 1


def test_other_people_stay_others() -> None:
    names = (
        "1",
        "-1",
        "10",
        "100",
        "1.5",
        "0",
        "s1",
        "t1",
        "NA",
        "Nan",
        "-",
        "_",
        "1-2",
        "anna",
        "anna2",
        "zoe",
        ZOE,
    )
    assert len({speaker_key(name) for name in names}) == len(names)


def table(tmp_path: Path, *speakers: str) -> Index:
    rows = ["path,emotion,speaker"]
    for number, speaker in enumerate(speakers):
        (tmp_path / f"{number}.wav").write_bytes(b"0")
        rows.append(f"{number}.wav,sad,{speaker}")
    (tmp_path / "t.csv").write_text("\n".join(rows), "utf-8")
    return read_table(tmp_path / "t.csv")


def test_the_first_spelling_is_shown_and_the_others_are_named(tmp_path: Path) -> None:
    index = table(tmp_path, "01", "anna", "1", "Anna", "2")
    assert index.speakers == ("01", "2", "anna")
    assert [clip.speaker for clip in index] == ["01", "anna", "01", "anna", "2"]
    assert index.spellings == (("01", "1"), ("anna", "Anna"))
    message = "Speakers who are written in several ways count as one each: 01 = 1, anna = Anna."
    assert index.notes == (message,)
    assert index.filter(speakers=["01"]).notes == (message,)
    assert table(tmp_path, "1", "2").notes == ()


def test_a_filter_takes_any_spelling(tmp_path: Path) -> None:
    index = table(tmp_path, "01", "Anna", "2")
    assert len(index.filter(speakers=[1, "ANNA"])) == 2


def test_one_recording_may_name_its_speaker_twice(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"0")
    rows = "path,emotion,speaker\na.wav,sad,01\n./a.wav,sad,1\n"
    (tmp_path / "t.csv").write_text(rows, "utf-8")
    assert len(read_table(tmp_path / "t.csv").skipped) == 1


def test_folds_keep_spellings_together() -> None:
    speakers = ["01", "1", "2", "02", "3", "3.0"]
    folds = speaker_folds(speakers)
    assert sorted(fold.test for fold in folds) == [(0, 1), (2, 3), (4, 5)]
    listed = folds_from_speakers(speakers, [[1, "03"], ["2"]])
    assert [fold.test for fold in listed] == [(0, 1, 4, 5), (2, 3)]
    with pytest.raises(FoldError, match="speaker 1 is on both sides of fold 1"):
        check_folds([Fold(1, (0,), (1,)), Fold(2, (1,), (0,))], ["01", "1"])


def test_a_network_knows_a_person_again() -> None:
    takes = [Clip("01-03-01-01-01-07", "happy", "seven")]
    assert known_speakers([TrainedOn(corpus="RAVDESS", speakers=("07",), n_clips=1)], takes) == (
        "seven",
    )
    mine = training_clips("mine", [Clip("a/one", "sad", "01")])
    assert known_speakers(mine, [Clip("a/one", "sad", "1")]) == ("1",)
    assert known_speakers(mine, [Clip("a/one", "sad", "2")]) == ()
