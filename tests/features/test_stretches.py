"""Stretches beyond the end of their file are said, not cut in silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from affuse.cli import main
from affuse.corpora.index import Index
from affuse.corpora.table import read_table
from affuse.errors import DatasetError
from affuse.features.stretches import within_files


@pytest.fixture
def table(tmp_path: Path, rng: np.random.Generator):
    for name in ("one.wav", "two.wav"):
        soundfile.write(tmp_path / name, 0.1 * rng.normal(size=16000), 8000)

    def write(*rows: str) -> Path:
        path = tmp_path / "t.csv"
        path.write_text("\n".join(["path,start,end,emotion,speaker", *rows]), "utf-8")
        return path

    return write


def checked(path: Path) -> Index:
    return within_files(read_table(path))


def test_what_lies_beyond_the_end_is_said(table):
    index = checked(
        table(
            "one.wav,0,1.5,sad,a", "one.wav,1.5,99,sad,a", "two.wav,50,60,sad,b", "two.wav,,,sad,b"
        )
    )
    assert [clip.id for clip in index] == ["one@0-1.5", "one@1.5-99", "two.wav"]
    assert [(skip.name, skip.reason) for skip in index.skipped] == [
        ("two@50-60", "begins at 50 s, but its file ends at 2.00 s; expected less")
    ]
    assert index.notes == (
        "Stretches beyond the end of their file, kept with what is there: "
        "one@1.5-99 ends at 99 s of 2.00 s.",
    )


def test_the_end_itself_is_no_matter(table):
    index = checked(table("one.wav,0,2,sad,a", "two.wav,1,2.05,sad,a"))
    assert (index.notes, index.skipped) == ((), ())


def test_a_file_that_cannot_be_opened_is_left_to_the_decoder(table, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"none")
    assert len(checked(table("bad.wav,0,2,sad,a"))) == 1


def test_nothing_within_its_file_is_refused(table):
    with pytest.raises(DatasetError, match=r"no clip lies within its file \(first: one begins"):
        checked(table("one.wav,5,6,sad,a"))


def test_the_index_says_so(table, capfd):
    path = table("one.wav,0,9,sad,a", "two.wav,9,,happy,b")
    with pytest.raises(SystemExit) as ended:
        main(["index", str(path)])
    message = capfd.readouterr().out
    assert (ended.value.code or 0) == 0
    assert "kept with what is there: one ends at 9 s of 2.00 s." in message
    assert "two: begins at 9 s, but its file ends at 2.00 s" in message


@pytest.mark.usefixtures("trunk")
def test_features_of_clips_with_sound_alone(table, capfd):
    path = table("one.wav,0,1,sad,a", "two.wav,0,1,happy,b")
    with pytest.raises(SystemExit) as ended:
        main(["features", str(path), "--jobs", "1"])
    message = capfd.readouterr().out
    assert (ended.value.code or 0) == 0
    lines = [line.split() for line in message.splitlines()]
    assert ["audio", "MFCC", "40", "x", "63", "2", "clips"] in lines
    assert [line[-2:] for line in lines if line[:1] == ["video"]] == [["0", "clips"]]
