"""Corpora whose labels stand in lists beside the media: one shape, by a corpus made up here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from affuse.corpora.by_list import Label, Listing, read_listed, recognises_list
from affuse.corpora.index import Index
from affuse.errors import DatasetError
from affuse.records import MODALITIES, Skipped
from affuse.storage.csv_rows import read_rows


def labels(path: Path) -> Iterator[Label | Skipped]:
    part = path.name.partition("_")[0]
    for row in read_rows(path).rows:
        if not row["emotion"]:
            yield Skipped(row["clip"], f"line {row.line}: no emotion")
            continue
        yield Label(
            row["clip"], row["emotion"], row["speaker"], f"{part}_{row['clip']}", folder=f"{part}*"
        )


LISTING = Listing(
    title="MADE-UP",
    example="train_clips/1.mp4",
    lists=("*_labels.csv",),
    labels=labels,
    emotions={"joy": "happy", "sorrow": "sad"},
    speakers={"Ann": {"sex": "female"}},
    always={"language": "en"},
    modalities=MODALITIES,
)


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def corpus(folder: Path, *rows: str, part: str = "train") -> Path:
    text = "\n".join(("clip,emotion,speaker", *rows))
    (folder / f"{part}_labels.csv").write_text(text, "utf-8")
    return folder


def reasons(index: Index) -> dict[str, str]:
    return {skip.name: skip.reason for skip in index.skipped}


def test_lists_and_files_meet_part_by_part(tmp_path: Path) -> None:
    fill(tmp_path, "train_clips/1.mp4", "test_clips/1.mp4", "test_clips/1.wav")
    corpus(tmp_path, "1,Joy,Ann")
    corpus(tmp_path, "1,sorrow,Ben", part="test")
    assert recognises_list(tmp_path, LISTING)
    index = read_listed(tmp_path, LISTING)
    assert [(clip.id, clip.emotion, clip.speaker) for clip in index] == [
        ("test_1", "sad", "Ben"),
        ("train_1", "happy", "Ann"),
    ]
    assert index[0].audio == tmp_path / "test_clips/1.wav"
    assert index[0].video == tmp_path / "test_clips/1.mp4"
    assert index[1].attributes == {"language": "en", "sex": "female"}
    assert not index.skipped


def test_a_list_elsewhere_is_fetched_before_it_is_read() -> None:
    system = pytest.importorskip("fsspec").filesystem("memory")
    system.pipe("/made-up/train_clips/1.mp4", b"0")
    system.pipe("/made-up/train_labels.csv", b"clip,emotion,speaker\n1,joy,Ann\n")
    (clip,) = read_listed("memory://made-up", LISTING)
    assert (clip.id, clip.emotion) == ("train_1", "happy")
    system.pipe("/made-up/train_labels.csv", b"clip,clip\n")
    with pytest.raises(DatasetError, match=r"^memory://made-up/train_labels.csv has the column"):
        read_listed("memory://made-up", LISTING)


def test_a_pattern_may_name_the_folder_of_a_list(tmp_path: Path) -> None:
    fill(tmp_path, "train_clips/1.mp4", "here/train_labels.csv", "there/train_labels.csv")
    corpus(tmp_path / "here", "1,joy,Ann")
    listing = replace(LISTING, lists=("here/*_labels.csv",))
    index = read_listed(tmp_path, listing)
    assert (len(index), index.skipped) == (1, ())
    assert [skip.name for skip in index.passed_over] == ["there/train_labels.csv"]


def test_whatever_does_not_become_a_clip_is_listed(tmp_path: Path) -> None:
    fill(tmp_path, "train_clips/1.mp4", "train_clips/2.mp4", "train_clips/3.mp4", "other/4.mp4")
    corpus(tmp_path, "1,joy,Ann", "1,joy,Ann", "2,awe,Ann", "4,joy,Ben", "3,,Ben")
    index = read_listed(tmp_path, LISTING)
    assert [clip.id for clip in index] == ["train_1"]
    assert reasons(index) == {
        "train_1": "labelled once more in train_labels.csv",
        "train_2": "its label 'awe' is none of MADE-UP: happy, sad",
        "train_4": "labelled in train_labels.csv, but there is no file 4",
        "3": "line 6: no emotion",
        "train_clips/2.mp4": "no label of it in train_labels.csv",
        "train_clips/3.mp4": "no label of it in train_labels.csv",
        "other/4.mp4": "no label of it in train_labels.csv",
    }


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    fill(tmp_path, "train_clips/1.mp4", "._train_labels.csv")
    assert not recognises_list(tmp_path, LISTING)
    with pytest.raises(
        DatasetError, match=r"no file named \*_labels\.csv lies in .*labels of MADE-UP beside"
    ):
        read_listed(tmp_path, LISTING)


def test_a_list_without_its_media_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no media file lies in"):
        read_listed(corpus(fill(tmp_path), "1,joy,Ann"), LISTING)
