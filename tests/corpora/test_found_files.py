"""A table names files in the way of another system, and they are found."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from affuse.corpora.found_files import found_file
from affuse.corpora.table import read_table

FOLDER, NAME = "Übung", "ünï.wav"


def spelt(form: str, text: str) -> str:
    return unicodedata.normalize(form, text)


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("in_folder", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_letters_may_be_composed_or_not(
    tmp_path: Path, on_disk: str, in_folder: str, written: str
) -> None:
    place = tmp_path / spelt(in_folder, FOLDER) / spelt(on_disk, NAME)
    place.parent.mkdir()
    place.write_bytes(b"0")
    asked = f"{FOLDER}/{NAME}"
    (tmp_path / "t.csv").write_text(
        f"path,emotion,speaker\n{spelt(written, asked)},sad,Ann\n", "utf-8"
    )
    (clip,) = read_table(tmp_path / "t.csv")
    assert clip.audio == place


def test_backslashes_part_folders(tmp_path: Path) -> None:
    place = tmp_path / "sub" / "c1.wav"
    place.parent.mkdir()
    place.write_bytes(b"0")
    (tmp_path / "t.csv").write_text("path,emotion,speaker\nsub\\c1.wav,sad,Ann\n", "utf-8")
    (clip,) = read_table(tmp_path / "t.csv")
    assert (clip.id, clip.audio) == ("c1", place)
    (tmp_path / "t.csv").write_text(
        "path,emotion,speaker\nsub\\c2.wav,sad,Ann\nsub/c1.wav,sad,Ann\n", "utf-8"
    )
    reason = read_table(tmp_path / "t.csv").skipped[0].reason
    assert "sub\\c2.wav (its backslashes were read as folders too: sub/c2.wav)" in reason


def test_a_name_that_holds_a_backslash_is_found_first(tmp_path: Path) -> None:
    for place in (tmp_path / "a\\b.wav", tmp_path / "a" / "b.wav"):
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"0")
    assert found_file(tmp_path / "a\\b.wav") == tmp_path / "a\\b.wav"


def test_a_name_with_a_colon_is_a_file(tmp_path: Path) -> None:
    place = tmp_path / "10:30:00" / "2024-05-01T10:30:00.wav"
    place.parent.mkdir()
    place.write_bytes(b"0")
    table = tmp_path / "t.csv"
    table.write_text(f"path,emotion,speaker\n{place.relative_to(tmp_path)},sad,Ann\n", "utf-8")
    assert [clip.audio for clip in read_table(table)] == [place]


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    for name in ("none/ünï.wav", "ü" * 300 + ".wav", "9" * 300 + ".wav"):
        assert found_file(tmp_path / name) is None
