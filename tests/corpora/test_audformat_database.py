"""Databases in audformat come in: tables, schemes, splits, raters; and what affuse wrote itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from predictions import ABSTAINED, interview, window

from affuse.corpora.index import Index
from affuse.corpora.registry import read
from affuse.errors import DatasetError, MissingDependency
from affuse.export.formats.audformat import write_database
from affuse.records import RAVDESS_EMOTIONS, Prediction
from affuse.registries import READERS

audformat = pytest.importorskip("audformat", reason="audformat is not installed (extra interop)")

LABELS = ["anger", "happiness", "sadness", "no_agreement"]


@pytest.fixture
def database() -> Any:
    """Two speakers, of whom the scheme tells sex and age; no table yet."""
    made = audformat.Database("made-up", languages=["deu"])
    made.schemes["emotion"] = audformat.Scheme(labels=LABELS)
    made.schemes["arousal"] = audformat.Scheme("float", minimum=0, maximum=1)
    made.schemes["text"] = audformat.Scheme("str")
    people = {"ann": {"gender": "female", "age": 34}, "bo": {"gender": "male"}}
    made.schemes["speaker"] = audformat.Scheme(labels=people)
    made.splits["test"] = audformat.Split("test")
    for rater in ("r1", "r2", "r3"):
        made.raters[rater] = audformat.Rater()
    return made


def add(made: Any, name: str, index: Any, split: str | None = None, **columns: Any) -> None:
    """A table whose columns are called as their scheme, or scheme_rater."""
    made[name] = audformat.Table(index, split_id=split)
    for column, values in columns.items():
        scheme, _, rater = column.partition("_")
        made[name][column] = audformat.Column(scheme_id=scheme, rater_id=rater or None)
        made[name][column].set(values)


def saved(made: Any, folder: Path, form: str = "csv") -> Path:
    made.save(str(folder), storage_format=form)
    for name in ("a", "b", "c"):
        (folder / f"{name}.wav").write_bytes(b"0")
    return folder


FILES = ["a.wav", "b.wav"]


def reasons(index: Index) -> dict[str, str]:
    return {skip.name: skip.reason for skip in index.skipped}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_of_files_become_clips(database: Any, tmp_path: Path, form: str) -> None:
    index = audformat.filewise_index(FILES)
    add(database, "emotion", index, "test", emotion=["anger", "happiness"], arousal=[0.5, None])
    add(database, "files", index, speaker=["ann", "bo"], text=["hello", None])
    clips = read(saved(database, tmp_path, form))
    assert [(c.id, c.emotion, c.speaker, c.audio, c.video, c.corpus) for c in clips] == [
        ("a", "angry", "ann", tmp_path / "a.wav", None, "made-up"),
        ("b", "happy", "bo", tmp_path / "b.wav", None, "made-up"),
    ]
    assert dict(clips[0].attributes) == {
        "language": "de", "sex": "female", "age": "34", "split": "test", "text": "hello",
    }  # fmt: skip
    assert dict(clips[1].attributes) == {"language": "de", "sex": "male", "split": "test"}
    assert [dict(clip.targets) for clip in clips] == [{"arousal": 0.5}, {}]
    assert not clips.notes


def test_segments_have_start_and_end(database: Any, tmp_path: Path) -> None:
    index = audformat.segmented_index(["a.wav", "a.wav"], ["0.5s", "2s"], ["1.25s", None])
    add(database, "segments", index, emotion=["anger", "sadness"])
    add(database, "files", audformat.filewise_index(FILES), emotion=["happiness", "anger"])
    clips = read(saved(database, tmp_path))
    assert [(c.id, c.start_s, c.end_s, c.emotion) for c in clips] == [
        ("a@0.5-1.25", 0.5, 1.25, "angry"),
        ("a@2-", 2.0, None, "sad"),
        ("b", None, None, "angry"),
    ]
    assert reasons(clips) == {"a": "its segments are labelled, and count"}
    assert clips.speakers == ("a", "b")
    assert "Nothing says who speaks in a, b" in clips.notes[0]


def test_of_several_raters_the_most_frequent_counts(database: Any, tmp_path: Path) -> None:
    add(
        database,
        "ratings",
        audformat.filewise_index(["a.wav", "b.wav", "c.wav"]),
        emotion_r1=["anger", "anger", "no_agreement"],
        emotion_r2=["anger", "sadness", None],
        emotion_r3=["sadness", None, None],
    )
    clips = read(saved(database, tmp_path))
    assert [(clip.id, clip.emotion) for clip in clips] == [("a", "angry")]
    assert reasons(clips) == dict.fromkeys("bc", "its raters did not agree")


def test_numbers_alone_make_clips(database: Any, tmp_path: Path) -> None:
    add(database, "dimensions", audformat.filewise_index(FILES), arousal=[0.25, 1.0])
    clips = read(saved(database, tmp_path))
    assert [(c.emotion, dict(c.targets)) for c in clips] == [
        ("", {"arousal": 0.25}), ("", {"arousal": 1.0}),
    ]  # fmt: skip


def test_two_tables_that_contradict_each_other_are_refused(database: Any, tmp_path: Path) -> None:
    index = audformat.filewise_index(["a.wav"])
    add(database, "desired", index, emotion=["anger"])
    add(database, "perceived", index, emotion=["sadness"])
    with pytest.raises(
        DatasetError, match=r"gives a two emotions: 'angry' in table desired, 'sad' in perceived"
    ):
        read(saved(database, tmp_path))
    add(database, "emotion", index, emotion=["happiness"])
    assert [clip.emotion for clip in read(saved(database, tmp_path))] == ["happy"]


def test_rows_without_a_file_are_told(database: Any, tmp_path: Path) -> None:
    add(database, "emotion", audformat.filewise_index(["a.wav", "no.wav"]), emotion=LABELS[:2])
    assert reasons(read(saved(database, tmp_path))) == {
        "no": "there is no file no.wav in the folder"
    }


def test_no_pickle_is_read(database: Any, tmp_path: Path) -> None:
    add(database, "emotion", audformat.filewise_index(FILES), emotion=LABELS[:2])
    folder = saved(database, tmp_path)
    bomb = tmp_path / "went off"
    code = f"cposix\nsystem\n(S'touch \"{bomb}\"'\ntR."
    (folder / "db.emotion.pkl").write_text(code, "ascii")
    assert len(read(folder)) == 2
    (folder / "db.emotion.csv").unlink()
    with pytest.raises(DatasetError, match=r"table 'emotion' .* neither as CSV nor as Parquet"):
        read(folder)
    assert not bomb.exists()


def test_nothing_in_a_header_is_run(tmp_path: Path) -> None:
    bomb = tmp_path / "went off"
    tag = f"name: x\nauthor: !!python/object/apply:os.mkdir ['{bomb}']\n"
    (tmp_path / "db.yaml").write_text(tag, "utf-8")
    with pytest.raises(DatasetError, match=r"cannot be read as the header.*could not determine"):
        read(tmp_path)
    assert not bomb.exists()


@pytest.mark.parametrize("header", ["- no header", "a: [", "name: x\ntables: 3\n"])
def test_what_is_no_header_is_one_line(tmp_path: Path, header: str) -> None:
    (tmp_path / "db.yaml").write_text(header, "utf-8")
    with pytest.raises(DatasetError, match=r"cannot be read as the header") as told:
        read(tmp_path)
    assert "\n" not in str(told.value)


def test_a_database_without_clips_says_what_was_expected(database: Any, tmp_path: Path) -> None:
    add(database, "files", audformat.filewise_index(FILES), text=["x", "y"])
    with pytest.raises(DatasetError, match=r"none of 2 rows .* expected a column of a scheme"):
        read(saved(database, tmp_path))


def test_a_database_elsewhere_is_refused() -> None:
    with pytest.raises(DatasetError, match="lies elsewhere; expected an audformat database on"):
        READERS.get("audformat").read("s3://bucket/database")


def test_audformat_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "db.yaml").write_text("name: x\n", "utf-8")
    monkeypatch.setitem(__import__("sys").modules, "audformat", None)
    with pytest.raises(MissingDependency, match=r"audformat.*pip install 'affuse\[interop\]'"):
        read(tmp_path)


@pytest.fixture
def talk(tmp_path: Path) -> Prediction:
    """Twelve seconds: happy, undecided, angry; the recording is there."""
    (tmp_path / "talk.mp4").write_bytes(b"0")
    segments = (window(0.0, "happy", 0.8), ABSTAINED, window(8.0, "angry", 0.7))
    return Prediction(
        path=str(tmp_path / "talk.mp4"),
        duration_s=12.0,
        emotion="happy",
        confidence=0.6,
        probabilities=segments[0].probabilities,
        segments=segments,
        classes=RAVDESS_EMOTIONS,
        recogniser="affuse-shipped 1f2e",
    )


def test_what_affuse_exports_comes_back(tmp_path: Path, talk: Prediction) -> None:
    write_database([talk], tmp_path, tmp_path)
    clips = read(tmp_path)
    assert [(c.start_s, c.end_s, c.emotion, c.video) for c in clips] == [
        (0.0, 4.0, "happy", tmp_path / "talk.mp4"),
        (8.0, 12.0, "angry", tmp_path / "talk.mp4"),
    ]
    assert clips[0].targets["confidence"] == pytest.approx(0.8)


def test_faces_that_affuse_exports_are_people_of_their_own(
    tmp_path: Path, talk: Prediction
) -> None:
    pair = (window(0.0, "happy", 0.8), window(0.0, "sad", 0.7, face=2))
    write_database([replace(talk, segments=pair)], tmp_path, tmp_path)
    assert [(clip.speaker, clip.emotion) for clip in read(tmp_path)] == [
        ("talk face 1", "happy"), ("talk face 2", "sad"),
    ]  # fmt: skip


def test_people_that_affuse_exports_are_speakers(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.mp4").write_bytes(b"0")
    both = [interview(str(tmp_path / f"{name}.mp4")) for name in ("one", "two")]
    write_database(both, tmp_path, tmp_path)
    index = read(tmp_path)
    assert {clip.speaker for clip in index.clips} == {
        "Anna",
        *(f"{name} person {number}" for name in ("one", "two") for number in (2, 3)),
    }
    assert len(index.clips) == 2 * 7
