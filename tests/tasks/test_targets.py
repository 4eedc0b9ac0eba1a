"""Which numbers are learned of which clips, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affuse.config import Config
from affuse.corpora.index import Index
from affuse.corpora.table import read_table
from affuse.errors import ConfigError, DatasetError
from affuse.records import Clip
from affuse.splits.divide import divide
from affuse.tasks.choice import make_task, task_of
from affuse.tasks.classification import Classification
from affuse.tasks.dimensional import Dimensional
from affuse.tasks.targets import with_targets

ROWS = ("a,1,0.5,9,good", "b,1,,7,bad", "c,2,nan,8,", "d,2,-0.25,6,bad")


@pytest.fixture
def read(tmp_path):
    """Index of a CSV of clips with these columns and rows."""

    def made(rows=ROWS, columns="path,speaker,valence,age,mood") -> Index:
        lines = []
        for row in rows:
            name, _, rest = row.partition(",")
            (tmp_path / f"{name}.wav").touch()
            lines.append(f"{name}.wav,{rest}")
        table = tmp_path / "mine.csv"
        table.write_text("\n".join([columns, *lines]))
        return read_table(table)

    return made


def test_columns_of_numbers_are_targets_and_need_no_emotion(read):
    index = read()
    assert [dict(clip.targets) for clip in index] == [
        {"valence": 0.5, "age": 9.0},
        {"age": 7.0},
        {"age": 8.0},
        {"valence": -0.25, "age": 6.0},
    ]
    assert index[0].attributes["mood"] == "good"
    assert {clip.emotion for clip in index} == {""}
    assert index.summary().emotions == {}


def test_index_keeps_its_numbers_in_csv(read, tmp_path):
    index = with_targets(read(), ["valence"])
    index.write_csv(tmp_path / "index.csv")
    again = with_targets(read_table(tmp_path / "index.csv"), ["valence"])
    assert [(c.id, dict(c.targets)) for c in again] == [(c.id, dict(c.targets)) for c in index]


def test_clips_with_a_blank_number_are_skipped_with_the_reason(read):
    index = with_targets(read(), ["valence"])
    assert [clip.id for clip in index] == ["a", "d"]
    assert [(skip.name, skip.reason) for skip in index.skipped] == [
        ("b", "valence is blank; every clip needs a number"),
        ("c", "valence is blank; every clip needs a number"),
    ]
    assert dict(index[0].targets) == {"valence": 0.5}


def test_text_in_the_place_of_a_number_is_refused(read):
    index = read(("a,1,0.5,1,x", "b,1,high,2,x", "c,2,0.1,3,x"))
    with pytest.raises(DatasetError) as caught:
        with_targets(index)
    assert str(caught.value) == (
        "clip b has valence 'high'; expected a number: mend it, leave the cell empty, or ask for "
        "other targets with data.targets"
    )
    with pytest.raises(DatasetError, match=r"clip a has age inf; expected a number that is finite"):
        with_targets(read(("a,1,0.5,inf,x", "b,1,0.1,2,x")), ["valence", "age"])


def test_what_describes_a_speaker_is_learned_when_it_is_named(read):
    rows = ("a,1,0.5,9,1", "b,2,-0.5,7,0")
    index = read(rows, "path,speaker,valence,Age,gender")
    assert [dict(clip.targets) for clip in with_targets(index)] == [
        {"valence": 0.5},
        {"valence": -0.5},
    ]
    assert [dict(c.targets) for c in with_targets(index, ["age"])] == [{"age": 9.0}, {"age": 7.0}]
    index = read(("a,1,high,9,x", "b,2,low,7,x"))
    with pytest.raises(DatasetError) as caught:
        with_targets(index)
    assert str(caught.value) == (
        "2 clips came with nothing and without numbers other than what describes a speaker (age); "
        "expected a CSV with columns of numbers such as path,speaker,valence,arousal, or "
        "--set data.targets=age to learn that one"
    )


def test_all_blank_and_unknown_targets_are_refused(read):
    index = read(("a,1,0.5,,x", "b,1,,2,x"))
    with pytest.raises(DatasetError, match=r"none of 2 clips has a number for valence and age"):
        with_targets(index, ["valence", "age"])
    with pytest.raises(DatasetError, match=r"target 'arousal' was asked for, which no clip has"):
        with_targets(index, ["arousal"])


def test_a_task_asks_for_what_is_told():
    emotions = Index((Clip("a", "calm", "1"), Clip("b", "sad", "2")))
    with pytest.raises(DatasetError) as caught:
        Dimensional().chosen(emotions)
    assert str(caught.value) == (
        "2 clips came with emotions (calm, sad) and without numbers; expected a CSV "
        "with columns of numbers such as path,speaker,valence,arousal, or "
        "--set task=classification"
    )
    numbers = Index((Clip("a", "", "1", targets={"valence": 0.5}),))
    with pytest.raises(DatasetError) as caught:
        Classification().chosen(numbers)
    assert str(caught.value) == (
        "1 clip came with numbers (valence) and without an emotion; expected a column "
        "emotion, or affuse run with --set task=dimensional to learn the numbers"
    )
    assert Classification().chosen(emotions) is emotions


def test_targets_do_not_go_with_a_classification():
    with pytest.raises(ConfigError, match=r"data.targets valence were given to a classification"):
        make_task("classification", ["valence"])
    with pytest.raises(ConfigError, match=r"task 'regression' was given; expected classification"):
        make_task("regression")


def test_constant_numbers_are_refused(make_table):
    table = numbers(make_table(), np.ones((36, 1)))
    with pytest.raises(DatasetError, match=r"^valence is the same for all 36 clips; expected"):
        task_of(table).check(table)


def test_clips_of_numbers_are_divided_at_random_too(make_table):
    table = numbers(make_table(), np.arange(36.0)[:, None])
    clips = [Clip(str(name), "", "1") for name in table.clips]
    folds = divide("random", Config(), table, clips).folds
    assert [len(fold.test) for fold in folds] == [8, 7, 7, 7, 7]


def numbers(table, values):
    names = ("valence", "arousal")[: values.shape[1]]
    return replace(table, labels=np.zeros(0, int), classes=(), targets=names, values=values)
