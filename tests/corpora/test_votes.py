"""Votes: what a CSV says, whose clips it is about, and what is left out and counted."""

from __future__ import annotations

import pytest

from affuse.corpora.index import Index
from affuse.corpora.vote_files import read_votes
from affuse.corpora.voted_clips import Voted, votes_from_file, votes_of_corpora, with_votes
from affuse.corpora.votes import Votes, majority
from affuse.errors import DatasetError
from affuse.records import Clip


@pytest.fixture
def index():
    emotions = ("happy", "sad", "happy", "sad")
    return Index(tuple(Clip(f"c{n}", e, str(n % 2)) for n, e in enumerate(emotions)))


@pytest.fixture
def votes_csv(tmp_path):
    def write(*rows: str, header: str = "clip,happy,sad"):
        path = tmp_path / "votes.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ({"a": 3, "b": 1}, "a"),
        ({"a": 2, "b": 2, "c": 1}, None),
        ({"a": 0, "b": 0}, None),
        ({}, None),
    ],
)
def test_the_majority_is_one_emotion_or_none(votes, expected):
    assert majority(votes) == expected


def test_a_csv_names_clips_and_emotions_in_any_of_their_ways(votes_csv):
    path = votes_csv("a/c0.wav;7;;2;x", header="File;Happiness;sadness;awe;rater")
    found = read_votes(path, emotions=("awe",))
    assert found.rows == {"a/c0": {"happy": 7, "sad": 0, "awe": 2}}
    assert found.passed_over == ("rater",)


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("clip,happy,sad", "c0,-1,2", "line 2: happy is '-1'; expected how many people told it"),
        ("clip,happy,sad", "c0,many,2", "line 2: happy is 'many'; expected how many people"),
        ("clip,happy,sad", "c0,0.5,2", "line 2: happy is '0.5'; expected how many people"),
        ("clip,happy,sad", "c0,inf,2", "line 2: happy is 'inf'; expected how many people"),
        ("clip,happy,sad", "c0,1", "line 2 has 2 cells; expected 3 as in the header: mend"),
        ("clip,happy,sad", ",1,2", "line 2: no clip given; expected its name"),
        ("clip,happy,joy", "c0,1,2", "counts happy in two columns (happy, joy)"),
        ("name,happy,sad", "c0,1,2", "has no column of clips (its columns: name, happy, sad)"),
        ("clip,one,two", "c0,1,2", "has no column of an emotion (its columns: one, two)"),
    ],
)
def test_what_is_no_vote_is_refused_in_one_line(votes_csv, header, row, message):
    with pytest.raises(DatasetError) as refused:
        read_votes(votes_csv(row, header=header))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_clip_in_two_rows_is_refused(votes_csv, index):
    with pytest.raises(DatasetError, match=r"names the clip 'c0.wav' twice \(lines 2 and 4\)"):
        read_votes(votes_csv("c0,1,2", "c1,1,2", "c0.wav,3,4"))
    with pytest.raises(DatasetError, match=r"several rows for 1 clip \(c0: one/c0, two/c0\)"):
        votes_from_file(votes_csv("one/c0,1,2", "two/c0,1,2"), index)


def test_rows_that_name_no_clip_are_counted_and_nothing_is_lost(votes_csv, index):
    found = votes_from_file(votes_csv("c0,1,2", "c9,1,2", "c8,1,2"), index)
    assert found.votes == {"c0": {"happy": 1, "sad": 2}}
    assert found.notes[0].startswith("2 rows name no clip of these data in ")
    assert found.notes[0].endswith("votes.csv: c9, c8.")


def test_votes_of_other_clips_altogether_are_refused(votes_csv, index):
    with pytest.raises(DatasetError) as refused:
        votes_from_file(votes_csv("c9,1,2"), index)
    assert "names 1 clip (first: c9), none of which is among the 4 clips here (first: c0)" in str(
        refused.value
    )


def test_a_file_of_votes_without_rows_is_refused_as_that(votes_csv, index):
    with pytest.raises(DatasetError, match="has a header and no rows"):
        votes_from_file(votes_csv(), index)


def test_clips_with_few_votes_and_votes_for_other_emotions_are_left_out_and_counted(index):
    votes = {
        "c0": {"happy": 3, "sad": 1, "angry": 2},
        "c1": {"happy": 2, "sad": 2},
        "c2": {"happy": 1, "angry": 9},
    }
    found = with_votes(index, Voted("mine", votes), least=3)
    assert {c.id: dict(c.votes) for c in found} == {
        "c0": {"happy": 3, "sad": 1},
        "c1": {"happy": 2, "sad": 2},
    }
    assert {s.name: s.reason for s in found.skipped} == {
        "c2": "1 of 10 votes for emotions of this run; expected at least 3 (data.least_votes)",
        "c3": "no votes in mine",
    }
    notes = " ".join(found.notes)
    assert (
        "2 clips with 4 to 4 votes each (4.0 on average). Ties: 1; they are learned from" in notes
    )
    assert "2 clips were left out: too few votes, or none." in notes
    assert "2 of 10 votes are for emotions that no clip of this run shows" in notes
    assert notes.endswith("angry 2.")


def test_an_emotion_whose_clips_are_all_left_out_is_no_answer(index):
    clips = (*index.clips, Clip("d", "angry", "0"))
    votes = {c.id: {"happy": 3, "sad": 3} for c in clips} | {"d": {"happy": 1, "angry": 1}}
    found = with_votes(Index(clips), Voted("mine", votes), least=3)
    assert len(found) == 4
    assert set(found[0].votes) == {"happy", "sad"}


def test_no_clip_with_enough_votes_is_refused(index):
    with pytest.raises(
        DatasetError, match=r"none of 4 clips has 3 votes .* lower data.least_votes"
    ):
        with_votes(index, Voted("mine", {c.id: {"sad": 2} for c in index}), least=3)


def test_each_corpus_has_votes_of_its_own_or_none():
    clips = tuple(Clip(f"{c}/1", "sad", "1", corpus=c) for c in ("one", "two"))

    def votes_of(own, modality):
        return (
            Votes(f"{own[0].corpus} {modality}", {"1": {"sad": 1}})
            if own[0].id == "one/1"
            else None
        )

    found = votes_of_corpora(Index(clips), "audio", votes_of)
    assert (found.source, found.votes) == ("one audio", {"one/1": {"sad": 1}})
    with pytest.raises(
        DatasetError, match="no votes lie beside the clips of one and two; expected"
    ):
        votes_of_corpora(Index(clips), "audio", lambda own, modality: None)
