"""``--out``: what a name promises is what is written, or an error before the work."""

from __future__ import annotations

import os
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

from affuse.cli import main


@pytest.fixture
def sound(tmp_path, rng):
    """A second of noise: enough to be judged, with whatever result."""
    path = tmp_path / "talk.wav"
    soundfile.write(path, 0.1 * rng.standard_normal(16000).astype(np.float32), 16000)
    return path


def command(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_a_suffix_is_enough(sound, tmp_path, capsys):
    assert command("predict", sound, "--out", tmp_path / "talk.eaf") == 0
    assert ElementTree.parse(tmp_path / "talk.eaf").getroot().tag == "ANNOTATION_DOCUMENT"
    assert command("predict", sound, "--out", tmp_path / "talk.TextGrid") == 0
    assert 'File type = "ooTextFile"' in (tmp_path / "talk.TextGrid").read_text("utf-8")


def test_a_contradiction_costs_no_work(sound, tmp_path, capsys):
    place = tmp_path / "talk.eaf"
    assert command("predict", sound, "--format", "json", "--out", place) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"format 'json' and the name {place} were given, but .eaf stands for 'eaf'" in told
    assert command("predict", sound, "--out", tmp_path / "talk.srt") == 2
    assert "expected one of .csv, .eaf, .json, .txt, .TextGrid, .vtt" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["talk.wav"]


@pytest.mark.parametrize("runs", [["run"], ["run", "other"]])
def test_no_page_is_made_for_a_name_that_cannot_hold_one(runs, tmp_path, capsys, monkeypatch):
    """The runs do not exist, which is said only where a page would be made of them."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    (tmp_path / "file").touch()
    for name, told in (
        ("pipe", "affuse: pipe is no file that a page could replace"),
        (".", "is no file that a page could replace"),
        ("file/page.html", "file/page.html cannot be written (a part of this path is a file"),
        ("new/page.html", "run"),
    ):
        assert command("report", *runs, "--out", name) == 2
        assert told in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["index", "audit"])
def test_a_folder_that_is_not_there_costs_no_work(name, tmp_path, capsys, monkeypatch):
    """The table does not exist either, which would be said after."""
    monkeypatch.chdir(tmp_path)
    out = "gone/a.csv" if name == "index" else "gone/a.json"
    assert command(name, "clips.csv", "--out", out) == 2
    assert "but there is no folder gone; expected a file in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "name", "writes"),
    [
        (["index", "clips.csv"], "a.json", ".csv"),
        (["audit", "clips.csv"], "a.csv", ".json"),
        (["report", "run"], "a.pdf", ".html or .htm"),
        (["report", "run", "other"], "a.csv", ".html or .htm"),
    ],
)
def test_other_commands_do_not_write_under_a_wrong_name(arguments, name, writes, tmp_path, capsys):
    assert command(*arguments, "--out", tmp_path / name) == 2
    told = capsys.readouterr().err
    assert f"--out {tmp_path / name} was given, but this command writes" in told
    assert f"expected a name that ends in {writes}: rename it" in told
