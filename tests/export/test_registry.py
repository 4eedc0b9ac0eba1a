"""All formats: which files are written, and what is refused."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from affuse.errors import ConfigError, OutputError
from affuse.export.registry import export, format_of, targets, text
from affuse.registries import EXPORTS

FORMATS = EXPORTS.load_all().entries

NAMES = [
    "talk.mp4",
    "a b.mp4",
    "Müller.mp4",
    'so "called".mp4',
    "a&b.mp4",
    "two\nlines.mp4",
    "感情",
]
TEXTS = [name for name, form in FORMATS.items() if form.holds != "folder"]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_every_format_takes_every_name(tmp_path, talk, format, name):
    clip = replace(talk, path=str(tmp_path / name))
    (path,) = export([clip], format, tmp_path / "out" / "it")
    assert path == tmp_path / "out" / "it"
    assert path.is_dir() if format == "audformat" else path.stat().st_size > 100
    assert [one.name for one in path.parent.iterdir()] == ["it"]


@pytest.mark.parametrize("format", TEXTS)
def test_text_is_what_the_file_holds(tmp_path, monkeypatch, talk, format):
    monkeypatch.chdir(tmp_path)
    (path,) = export([talk], format, "out")
    written, shown = path.read_bytes().decode("utf-8"), text([talk], format)
    if format == "eaf":
        written, shown = (whole.partition("<HEADER")[2] for whole in (written, shown))
    assert written == shown
    assert written.endswith("\n")
    assert "\r" not in written


@pytest.mark.parametrize("format", TEXTS)
def test_many_clips_make_a_file_each(tmp_path, talk, silence, format):
    paths = export([talk, silence], format, tmp_path / "out")
    suffix = FORMATS[format].suffix
    assert [path.name for path in paths] == [f"talk{suffix}", f"silence{suffix}"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        path.name for path in paths
    )


@pytest.mark.parametrize("format", ["table", "json", "csv"])
def test_many_clips_share_one_document(tmp_path, talk, silence, format):
    file = tmp_path / f"all{FORMATS[format].suffix}"
    assert export([talk, silence], format, file) == (file,)
    assert file.read_text("utf-8") == text([talk, silence], format)


def test_a_clip_goes_into_a_folder_that_is_there(tmp_path, talk):
    assert export([talk], "vtt", tmp_path) == (tmp_path / "talk.vtt",)


def test_folders_above_are_made(tmp_path, talk):
    assert export([talk], "csv", tmp_path / "a" / "b" / "c.csv")[0].is_file()


def test_names_are_unique_and_legal_anywhere(tmp_path):
    paths = ["x/talk.mp4", "y/Talk.wav", "z/talk-2.mp4", "talk.mp4", 'a:b?"<c>\n.mp4', "x/.mp4"]
    names = [path.name for path in targets(paths, "vtt", tmp_path)]
    assert names == [
        *("talk.vtt", "Talk-2.vtt", "talk-2-2.vtt", "talk-3.vtt", "a_b___c__.vtt", ".mp4.vtt"),
    ]


def test_unknown_format_is_refused(tmp_path, talk):
    message = (
        "format 'srt' was given; expected one of audformat, csv, eaf, json, table, textgrid, vtt"
    )
    for attempt in (
        lambda: export([talk], "srt", tmp_path / "out"),
        lambda: text([talk], "srt"),
        lambda: targets([talk.path], "srt", tmp_path / "out"),
    ):
        with pytest.raises(ConfigError) as refused:
            attempt()
        assert str(refused.value) == message


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_to_write_is_refused(tmp_path, format):
    with pytest.raises(OutputError, match="no prediction was given to write; expected at least"):
        export([], format, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_is_overwritten(tmp_path, talk, format):
    out = tmp_path / "mine"
    out.write_text("precious")
    if format == "audformat":
        out.unlink()
        out.mkdir()
    with pytest.raises(OutputError, match="mine exists already, and nothing is overwritten"):
        export([talk], format, out / ("talk.x" if out.is_dir() and format != "audformat" else ""))
    assert out.is_dir() or out.read_text() == "precious"


def test_nothing_in_a_folder_is_overwritten(tmp_path, talk, silence):
    (tmp_path / "silence.vtt").write_text("precious")
    with pytest.raises(OutputError, match=r"silence\.vtt exists already"):
        export([talk, silence], "vtt", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["silence.vtt"]


def test_a_file_for_many_clips_is_refused(tmp_path, talk, silence):
    with pytest.raises(OutputError, match=r"all\.vtt was given for 2 clips, but a document in"):
        export([talk, silence], "vtt", tmp_path / "all.vtt")
    (tmp_path / "notes").write_text("precious")
    with pytest.raises(OutputError, match=r"notes is a file, but 2 clips were given; expected a"):
        export([talk, silence], "csv", tmp_path / "notes")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, talk):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(OutputError, match=r"talk\.csv cannot be written \(a part of this"):
        export([talk], "csv", tmp_path / "file" / "talk.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(tmp_path, talk):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match=r"cannot be written \(Permission denied\)"):
        export([talk], "csv", tmp_path / "talk.csv")


def test_what_has_no_text_is_refused(talk, silence):
    with pytest.raises(OutputError, match=r"'audformat' is a folder .* add --out FOLDER"):
        text([talk], "audformat")
    with pytest.raises(OutputError, match="2 clips were given, but a document in format 'eaf'"):
        text([talk, silence], "eaf")


@pytest.mark.parametrize("format", FORMATS)
def test_what_fails_leaves_nothing_behind(tmp_path, talk, format):
    """A confidence that is text: every format fails on it, in the middle of its work."""
    segment = replace(talk.segments[0], confidence="high")
    broken = replace(talk, confidence="high", segments=(segment,))
    with pytest.raises((TypeError, ValueError)):
        export([broken], format, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_names_in_another_encoding_are_written(tmp_path, talk):
    for format in ("table", "json", "csv", "eaf"):
        (path,) = export([replace(talk, path="na\udcefve.mp4")], format, tmp_path / format)
        assert r"na\udcefve.mp4" in path.read_text("utf-8")


def test_every_format_is_documented():
    page = Path(__file__).parents[2] / "docs" / "exports.md"
    for format in FORMATS:
        assert f"`{format}`" in page.read_text("utf-8"), format


@pytest.mark.parametrize(
    ("out", "format"),
    [
        ("a.json", "json"),
        ("a.csv", "csv"),
        ("a.vtt", "vtt"),
        ("a.eaf", "eaf"),
        ("A.EAF", "eaf"),
        ("a.TextGrid", "textgrid"),
        ("a.textgrid", "textgrid"),
        ("a.txt", "table"),
        ("2026.11.26/talk.final.eaf", "eaf"),
        ("folder", "table"),
        (None, "table"),
    ],
)
def test_the_format_follows_the_suffix(out, format):
    assert format_of(out) == format
    assert format_of(out, format) == format


def test_a_named_format_needs_no_suffix(tmp_path):
    for format in FORMATS:
        assert format_of(tmp_path / "it", format) == format
    assert format_of("it.dat", "csv") == "csv"
    assert format_of(None, "json") == "json"


def test_a_folder_may_end_as_it_likes(tmp_path):
    for name in ("notes.eaf", "run.2"):
        (tmp_path / name).mkdir()
        assert format_of(tmp_path / name) == "table"
        assert format_of(tmp_path / name, "vtt") == "vtt"


@pytest.mark.parametrize(
    ("format", "name", "meant"),
    [("json", "a.eaf", "eaf"), ("audformat", "a.csv", "csv"), ("eaf", "a.textgrid", "textgrid")],
)
def test_a_contradiction_is_refused_and_names_both(tmp_path, talk, format, name, meant):
    place = tmp_path / name
    for attempt in (
        lambda: format_of(place, format),
        lambda: targets([talk.path], format, place),
        lambda: export([talk], format, place),
    ):
        with pytest.raises(ConfigError) as refused:
            attempt()
        assert f"format {format!r} and the name {place} were given" in str(refused.value)
        assert f"stands for {meant!r}; expected two that agree" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_suffix_lists_those_there_are():
    with pytest.raises(
        ConfigError, match=r"notes\.srt ends in \.srt, which is no suffix of"
    ) as told:
        format_of("notes.srt")
    assert "expected one of .csv, .eaf, .json, .txt, .TextGrid, .vtt: rename it" in str(told.value)
    with pytest.raises(ConfigError, match="format 'srt' was given; expected one of audf"):
        format_of("notes.srt", "srt")
