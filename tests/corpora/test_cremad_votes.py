"""CREMA-D's table of votes, and what people score on its clips."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from affuse.corpora.cremad.references import (
    EMOTIONS,
    MAJORITIES,
    confusion,
    people_references,
    recalls,
)
from affuse.corpora.cremad.votes import FILE, LETTERS, read_tabulated, votes_of
from affuse.corpora.index import Index
from affuse.corpora.registry import read
from affuse.corpora.voted_clips import votes_of_clips
from affuse.errors import DatasetError
from affuse.records import Clip

PEOPLE = {"audio": (41.6, 644), "video": (66.3, 470), "audio+video": (72.2, 420)}
ACTED = {"ANG": "angry", "DIS": "disgust", "FEA": "fearful", "HAP": "happy", "NEU": "neutral",
         "SAD": "sad"}  # fmt: skip


def all_emotions() -> Index:
    return Index(tuple(Clip(name, name, "1", corpus="CREMA-D") for name in EMOTIONS))


@pytest.fixture
def folder(tmp_path):
    """Two clips in a folder below the table, as CREMA-D lies: each has three rows of votes."""
    (tmp_path / "AudioWAV").mkdir()
    text = io.StringIO()
    lines = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    lines.writerow(["", "A", "D", "F", "H", "N", "S", "fileName", "numResponses"])
    for block, happy in ((1, 2), (2, 6), (3, 9)):
        lines.writerow([str(block * 100_000 + 1), 1, 0, 0, happy, 4, 0, "1001_DFA_HAP_XX", 9])
        lines.writerow([str(block * 100_000 + 2), 0, 0, 0, 3, 5, 3, "1001_DFA_SAD_XX", 11])
    (tmp_path / FILE).write_text(text.getvalue(), encoding="utf-8")
    return tmp_path


@pytest.fixture
def index(folder):
    names = {"1001_DFA_HAP_XX": "happy", "1001_DFA_SAD_XX": "sad"}
    return Index(
        tuple(
            Clip(n, e, "1001", audio=folder / "AudioWAV" / f"{n}.wav", corpus="CREMA-D")
            for n, e in names.items()
        )
    )


def test_row_numbers_say_what_people_heard_and_saw(index):
    happy = {
        modality: votes_of_clips(votes_of(index, modality), index.clips)["1001_DFA_HAP_XX"]["happy"]
        for modality in PEOPLE
    }
    assert happy == {"audio": 2, "video": 6, "audio+video": 9}


def test_votes_of_clips_elsewhere_and_of_a_folder_that_one_stands_in(folder, monkeypatch):
    system = pytest.importorskip("fsspec").filesystem("memory")
    system.pipe("/people/AudioWAV/1001_DFA_HAP_XX.wav", b"0")
    there = read("memory://people")
    assert votes_of(there, "audio") is None
    system.pipe(f"/people/{FILE}", (folder / FILE).read_bytes())
    clips = folder / "AudioWAV"
    clips.mkdir(exist_ok=True)
    (clips / "1001_DFA_HAP_XX.wav").write_bytes(b"0")
    monkeypatch.chdir(clips)
    for index in (there, read(".")):
        votes = votes_of(index, "audio")
        assert votes is not None
        assert votes_of_clips(votes, index.clips)["1001_DFA_HAP_XX"]["happy"] == 2


def test_without_the_table_there_are_no_votes(index, folder):
    (folder / FILE).unlink()
    assert votes_of(index, "audio") is None


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('"fileName"', '"name"', "has no column fileName; expected the table of CREMA-D"),
        ('"100001"', '"7"', "line 2: expected a row number from 100001 to 399999"),
        ("1,0,0,2,4,0", "1,0,0,-2,4,0", "line 2: expected a row number"),
    ],
)
def test_a_damaged_table_is_refused(folder, before, after, message):
    table = folder / FILE
    table.write_text(table.read_text("utf-8").replace(before, after), "utf-8")
    with pytest.raises(DatasetError, match=message):
        read_tabulated(table)


def test_people_score_as_is_published():
    lines = {(line.modality, line.metric): line.value for line in people_references(all_emotions())}
    for modality, (accuracy, ties) in PEOPLE.items():
        assert round(100 * lines[modality, "accuracy"], 1) == accuracy
        assert sum(row[-1] for row in MAJORITIES[modality]) == ties
    assert [round(100 * lines[m, "UAR"], 1) for m in PEOPLE] == [42.9, 66.9, 72.8]


def test_people_are_scored_on_the_emotions_of_a_run(index):
    lines = {(line.name, line.modality, line.metric): line for line in people_references(index)}
    happy, sad = 330 / 1271, 209 / 1271
    assert lines["people", "audio", "UAR"].value == pytest.approx((happy + sad) / 2)
    assert "of six emotions" in lines["people", "audio", "UAR"].protocol
    # With votes for neutral left out: happy by 2 to 0, and a tie of 3 to 3.
    assert lines["people, of these emotions", "audio", "UAR"].value == 0.5


def test_other_emotions_have_no_people_to_hold_against():
    clips = (*all_emotions().clips, Clip("x", "calm", "1", corpus="CREMA-D"))
    assert people_references(Index(clips)) == ()


def test_the_published_votes_give_the_counts_that_are_shipped(shared_data):
    table = shared_data / "corpora" / "CREMA-D" / FILE
    if not table.is_file():
        pytest.skip("the votes of CREMA-D are not here")
    found = read_tabulated(table)
    with table.with_name("summaryTable.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["FileName"]: row for row in csv.DictReader(file)}
    for (modality, (accuracy, ties)), column in zip(
        PEOPLE.items(), ("VoiceVote", "FaceVote", "MultiModalVote"), strict=True
    ):
        votes = found[modality]
        acted = {name: ACTED[name.split("_")[2]] for name in votes}
        counts = confusion(votes, acted, EMOTIONS)
        assert counts.tolist() == np.array(MAJORITIES[modality]).tolist()
        assert counts[:, -1].sum() == ties == sum(":" in rows[name][column] for name in votes)
        right = [LETTERS.get(rows[name][column]) == emotion for name, emotion in acted.items()]
        assert round(100 * np.mean(right), 1) == accuracy
        assert np.mean(right) == pytest.approx(np.trace(counts) / counts.sum())
        assert recalls(counts, range(6)).shape == (6,)
