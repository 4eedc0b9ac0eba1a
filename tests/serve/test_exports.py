"""What the page offers for download: formats of affuse, and of other packages."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from plugins import installed
from predictions import window

from affuse.records import RAVDESS_EMOTIONS, Prediction
from affuse.serve import exports
from affuse.serve.job import Job
from affuse.serve.judging import RecordingResult
from affuse.serve.overview import Overview
from affuse.serve.pace import Pace
from affuse.serve.replies import Refused
from affuse.serve.settings import Limits

LINES = """
from affuse.export.format import Format

def one_line(prediction):
    return f"{prediction.path} {prediction.emotion}\\n"

def folder(predictions, path, folder):
    path.mkdir()
    (path / "emotions.txt").write_text(predictions[0].emotion)

ONE = Format("A line", one_line, holds="one", suffix=".line", media_type="text/line")
FOLDER = Format("Zipped", folder, holds="folder", media_type="application/zip")
LACKING = Format("Lacking", one_line, holds="one", suffix=".x", needs="no_such_package")
"""
TALK = Prediction(
    "talk.mp4", 4.0, "happy", 0.7, {}, (window(0.0, "happy", 0.7),), RAVDESS_EMOTIONS, "affuse"
)


@pytest.fixture
def another_package(tmp_path, monkeypatch):
    names = {"line": "ONE", "zipped": "FOLDER", "lacking": "LACKING", "broken": "MISSING"}
    points = {name: f"some_formats:{attribute}" for name, attribute in names.items()}
    installed(tmp_path, "some-formats", {"some_formats": LINES}, {"affuse.exports": points})
    monkeypatch.syspath_prepend(tmp_path)


def test_documents_are_offered_by_label_and_the_video_last():
    offered = exports.downloads()
    assert list(offered)[-1] == "video"
    documents = [name for name in offered if name not in ("video", "audformat")]
    assert documents == ["csv", "eaf", "json", "textgrid", "vtt"]  # CSV, ELAN, JSON, Praat, WebVTT
    assert "table" not in offered


def test_formats_of_other_packages_are_offered_and_made(another_package, tmp_path):
    offered = exports.downloads()
    assert offered["line"] == exports.Download("A line", ".line", "text/line")
    assert exports.document(TALK, "line", tmp_path) == b"talk.mp4 happy\n"
    assert offered["zipped"].suffix == ".zip"
    with zipfile.ZipFile(io.BytesIO(exports.document(TALK, "zipped", tmp_path))) as packed:
        assert packed.read("emotions.txt") == b"happy"


def test_what_cannot_be_made_is_not_offered(another_package):
    assert not {"lacking", "broken"} & set(exports.downloads())


def test_an_unknown_export_lists_those_there_are():
    with pytest.raises(Refused, match=r"export 'doc' was asked for; expected one of .*csv, eaf, j"):
        exports.download("doc")


def test_names_in_a_zip_can_be_written_everywhere():
    """Devices of Windows, names that only their spelling tells apart, and 255 bytes of a name."""
    names = ["con.wav", "LPT1.x.wav", "x. .wav", "e\u0301.wav", "\u00e9.mp4", "\U0001f600" * 120]
    names += ["a" * 120, "a" * 119 + "b.wav", "\u05d3.wav"]
    result = RecordingResult(TALK, Overview(4.0, None, (), (), ()), has_video=False)
    jobs = [(Job(name, Path(), Path(), Pace(Limits()), name=name), result) for name in names]
    with zipfile.ZipFile(io.BytesIO(exports.packed(jobs))) as archive:
        written = archive.namelist()
    folders = list(dict.fromkeys(name.split("/")[0] for name in written))
    assert folders[:5] == ["_con", "_LPT1.x", "x", "\u00e9", "\u00e9-2"]
    assert len(folders) == len(names)
    assert all(len(part.encode()) <= 255 for name in written for part in name.split("/"))
