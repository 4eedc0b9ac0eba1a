"""What affuse writes steers nothing, and is read again by affuse as it was."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pandas as pd
import pytest

from affuse.corpora.index import Index
from affuse.corpora.table import read_table
from affuse.experiment.run_folder import harmless
from affuse.export.document import read_json, to_json
from affuse.export.formats.csv import to_csv
from affuse.export.formats.eaf import to_eaf
from affuse.export.formats.table import to_table
from affuse.export.formats.textgrid import to_textgrid
from affuse.export.formats.vtt import to_webvtt
from affuse.records import Clip, Prediction
from affuse.storage.csv_rows import read_frame

NAMES = (
    "=1+1",
    "-x",
    "+49 30 1",
    "@SUM(A1)",
    "'-x",
    "a\x1b[31mb",
    "a\x9bb",
    "exe\u202egpj",
    "=HYPERLINK(a;b)",
    "-0.5",
    "ann",
)


@pytest.mark.parametrize("name", NAMES)
def test_index_is_read_again(name, tmp_path):
    """Speaker, file, tag: each is written so that nobody is harmed, and read as it was."""
    media = tmp_path / f"{name.strip()}.wav"
    media.touch()
    clip = Clip("take", "sad", name, audio=media, attributes={"tag": name})
    Index((clip,)).write_csv(tmp_path / "index.csv")
    written = (tmp_path / "index.csv").read_text("utf-8")
    assert all(line.isprintable() for line in written.splitlines())
    cells = [cell for row in csv.reader(written.splitlines()) for cell in row]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@") and cell != "-0.5"]
    (read,) = read_table(tmp_path / "index.csv").clips
    assert (read.speaker, read.attributes["tag"]) == (name, name)
    assert read.audio == media


def test_frames_are_read_again(tmp_path):
    table = pd.DataFrame({"speaker": NAMES, "emotion": "sad", "p_sad": range(len(NAMES))})
    table["p_sad"] *= -0.1
    harmless(table).to_csv(tmp_path / "x.csv", index=False)
    written = (tmp_path / "x.csv").read_text("utf-8")
    assert all(line.isprintable() for line in written.splitlines())
    assert "\n'=1+1,sad" in written
    read = read_frame(tmp_path / "x.csv", "speaker", ("speaker", "emotion"))
    assert list(read["speaker"]) == list(NAMES)
    assert read["p_sad"].tolist() == pytest.approx(table["p_sad"].tolist())


@pytest.fixture
def prediction(talk) -> Prediction:
    evil = "=evil\x1b[2J\x9b\u202e.mp4"
    return replace(talk, path=evil, notes=("a\x1b]0;b\x07\u2066",), recogniser="r\x1b\x85\u2028r")


@pytest.mark.parametrize("write", [to_csv, to_json, to_table])
def test_documents_of_many_steer_nothing(write, prediction):
    text = write([prediction])
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("write", [to_webvtt, to_textgrid])
def test_documents_of_one_steer_nothing(write, prediction):
    assert all(line.isprintable() for line in write(prediction).split("\n"))


def test_elan_steers_nothing(prediction, tmp_path):
    text = to_eaf(replace(prediction, path="a.mp4"), tmp_path)
    assert all(line.isprintable() for line in text.split("\n"))


def test_json_is_the_same_when_read(prediction, tmp_path):
    (tmp_path / "a.json").write_text(to_json([prediction]), "utf-8")
    (read,) = read_json(tmp_path / "a.json")
    assert (read.path, read.notes) == (prediction.path, prediction.notes)
    assert json.loads(to_json([prediction]))["predictions"][0]["path"] == prediction.path


def test_rows_mark_formulas(prediction):
    (_, *rows) = csv.reader(to_csv([replace(prediction, path="=1+1.wav")]).splitlines())
    assert {row[0] for row in rows} == {"'=1+1.wav"}
    (_, *rows) = csv.reader(to_csv([replace(prediction, path="take-1.wav")]).splitlines())
    assert {row[0] for row in rows} == {"take-1.wav"}
