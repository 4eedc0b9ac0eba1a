"""Lists of speakers beside the media: used ones are not passed over, what they lack is a note."""

from __future__ import annotations

from pathlib import Path

import pytest

from affuse.corpora.index import Index
from affuse.corpora.registry import read
from affuse.errors import DatasetError

LIST = "VideoDemographics.csv"
HEADER = '"ActorID","Age","Sex"\n'
BOTH = f'{HEADER}1001,51,"Male"\n1002,21,"Female"\n'


@pytest.fixture
def cremad(tmp_path: Path) -> Path:
    """A clip of each of two actors, beside tables that are read and one that is not."""
    folder = tmp_path / "CREMA-D"
    (folder / "AudioWAV").mkdir(parents=True)
    for actor in (1001, 1002):
        (folder / "AudioWAV" / f"{actor}_IEO_HAP_HI.wav").write_bytes(b"0")
    for name in ("summaryTable.csv", "tabulatedVotes.csv"):
        (folder / name).write_text("a,b\n", "utf-8")
    (folder / LIST).write_text(BOTH, "utf-8")
    return folder


def ages(index: Index) -> list[str]:
    return [clip.attributes.get("age", "") for clip in index]


def test_tables_that_are_read_are_not_passed_over(cremad: Path) -> None:
    index = read(cremad)
    assert ages(index) == ["51", "21"]
    assert [skip.name for skip in index.passed_over] == ["summaryTable.csv"]
    assert not index.notes


def test_lists_of_labels_are_not_passed_over(tmp_path: Path) -> None:
    texts = {
        "metadata/samples.csv": "file_name,actor,emotion_expressed\na.wav,anna,joy\n",
        "metadata/users.csv": "username,age,gender\nanna,34,f\n",
        "metadata/evaluations.csv": "file_name\na.wav\n",
        "audio/a.wav": "0",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    index = read(tmp_path)
    assert ages(index) == ["34"]
    assert [skip.name for skip in index.passed_over] == ["metadata/evaluations.csv"]
    (tmp_path / "metadata/users.csv").write_text("username,age,gender\nbo,34,f\n", "utf-8")
    (note,) = read(tmp_path).notes
    assert note.startswith("users.csv does not say both sex and age of 1 of 1 speakers (anna)")


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (None, f"Sex and age of the speakers are not known: no {LIST} lies in the folder or"),
        (
            "bad,header\n1001,51\n",
            f"not known: {LIST} has the columns bad, header; expected actorid",
        ),
        (
            f'{HEADER}1001,51,"Male"\n',
            f"{LIST} does not say both sex and age of 1 of 2 speakers (1002)",
        ),
        (f'{HEADER}1001,51,""\n1002,21,"Female"\n', "of 1 of 2 speakers (1001)"),
        (f'{HEADER}1001,51\n1002,21,"Female"\n', "of 1 of 2 speakers (1001)"),
    ],
)
def test_what_the_list_does_not_say_is_a_note(cremad: Path, text: str | None, note: str) -> None:
    (cremad / LIST).unlink()
    if text is not None:
        (cremad / LIST).write_text(text, "utf-8")
    index = read(cremad)
    assert len(index) == 2
    (said,) = index.notes
    assert note in said


def test_a_list_in_no_known_encoding_is_called_that(cremad: Path) -> None:
    (cremad / LIST).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match=rf"{LIST} is not UTF-8 text \(byte 2: 0x00\)"):
        read(cremad)


def test_the_list_is_found_from_wherever_one_starts(
    cremad: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(600):  # More files than tell whose a folder is.
        (cremad / "AudioWAV" / f"1001_IEO_HAP_HI_{number}.wav").touch()
    assert ages(read(cremad.parent)) == ["51", "21"]
    assert ages(read(cremad / "AudioWAV")) == ["51", "21"]
    monkeypatch.chdir(cremad / "AudioWAV")
    assert ages(read(".")) == ["51", "21"]
