"""Several corpora in one index: people and clips of one name are told apart."""

from __future__ import annotations

import pytest

import affuse
from affuse.corpora.index import Index
from affuse.corpora.merging import merge
from affuse.corpora.table import read_table
from affuse.errors import DatasetError
from affuse.records import Clip


def one(corpus: str, *clips: tuple[str, str]) -> Index:
    return Index(tuple(Clip(name, "sad", speaker, corpus=corpus) for name, speaker in clips))


def test_speakers_of_one_name_are_two_people() -> None:
    index = merge([one("A", ("x", "3"), ("y", "4")), one("B", ("z", "03"))])
    assert index.speakers == ("A/3", "A/4", "B/03")
    assert [clip.corpus for clip in index] == ["A", "A", "B"]


def test_of_one_corpus_names_stay() -> None:
    index = merge([one("A", ("x", "3")), one("A", ("y", "03"))])
    assert [(clip.id, clip.speaker) for clip in index] == [("x", "3"), ("y", "3")]
    assert index.spellings == (("3", "03"),)
    assert "3 = 03" in index.notes[0]


def test_spellings_are_joined_within_a_corpus_alone_and_reported() -> None:
    index = merge([one("A", ("x", "Ann"), ("y", "ann")), one("B", ("z", "ANN"))])
    assert index.speakers == ("A/Ann", "B/ANN")
    assert index.spellings == (("Ann", "ann"),)
    assert any("Ann = ann" in note and note.startswith("A: ") for note in index.notes)


def test_clips_of_one_name_get_their_corpus_before_it() -> None:
    index = merge([one("A", ("x", "1"), ("y", "1")), one("B", ("x", "2"))])
    assert [clip.id for clip in index] == ["A/x", "B/x", "y"]


def test_a_clip_that_stands_twice_is_refused() -> None:
    with pytest.raises(DatasetError, match=r"clips of A stand .*\(1, such as 'x'\).*give each"):
        merge([one("A", ("x", "1")), one("A", ("x", "1"), ("y", "1"))])
    with pytest.raises(DatasetError, match="no index was given to merge"):
        merge([])


def test_a_table_of_a_corpus_beside_its_folder_is_refused() -> None:
    with pytest.raises(DatasetError, match=r"clips of EMO-DB stand in several .*'03a01Fa'"):
        merge([one("EMO-DB", ("03a01Fa", "03")), one("labels", ("03a01Fa", "3"))])


def test_drawn_clips_that_bear_the_names_of_real_ones_are_others() -> None:
    name = "01-06-01-02-01-12"
    index = merge([one("RAVDESS", (name, "12")), one("affuse embedded corpus", (name, "12"))])
    assert index.speakers == ("RAVDESS/12", "affuse embedded corpus/12")


def test_a_part_of_a_merged_index_has_plain_names_again() -> None:
    index = merge([one("A", ("x", "3")), one("B", ("z", "03"))])
    assert index.filter(speakers=["3"]).speakers == ("A/3", "B/03")
    assert index.filter(speakers=["B/3"]).speakers == ("03",)
    assert merge([index.filter(speakers=["B/3"]), one("B", ("w", "03"))]).speakers == ("03",)


def test_attributes_that_a_corpus_never_says_let_its_clips_pass() -> None:
    speech, song = ({"channel": name} for name in ("speech", "song"))
    index = Index(
        (
            Clip("x", "sad", "1", corpus="A", attributes=speech),
            Clip("y", "sad", "1", corpus="A", attributes=song),
            Clip("z", "sad", "1", corpus="B"),
        )
    )
    assert [clip.id for clip in index.filter(where={"channel": ["speech"]})] == ["x", "z"]


def test_a_merged_index_comes_back_from_its_csv(tmp_path) -> None:
    for name in "xyz":
        (tmp_path / f"{name}.wav").write_bytes(b"0")
    parts = [
        Index((Clip(name, "sad", "3", audio=tmp_path / f"{name}.wav", corpus=corpus),))
        for name, corpus in (("x", "A"), ("y", "B"))
    ]
    index = affuse.merge(parts)
    index.write_csv(tmp_path / "index.csv")
    assert read_table(tmp_path / "index.csv").clips == index.clips
