"""EMO-DB: what its names say, and what is left out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from affuse.corpora.index import Index
from affuse.corpora.readers.emodb import read_emodb
from affuse.errors import DatasetError


def emodb(folder: Path, *names: str) -> Index:
    for each in names:
        (folder / each).parent.mkdir(parents=True, exist_ok=True)
        (folder / each).write_bytes(b"0")
    return read_emodb(folder)


def test_names_of_emodb_say_speaker_text_emotion_and_version(tmp_path: Path) -> None:
    letters = "WLEAFTN"
    index = emodb(tmp_path, *(f"wav/16b10{letter}b.wav" for letter in letters), "08a02N.ogg")
    assert {clip.id: clip.emotion for clip in index} == {
        "08a02N": "neutral",
        "16b10Wb": "angry",
        "16b10Lb": "boredom",
        "16b10Eb": "disgust",
        "16b10Ab": "fearful",
        "16b10Fb": "happy",
        "16b10Tb": "sad",
        "16b10Nb": "neutral",
    }
    assert index.speakers == ("08", "16")
    assert dict(index[0].attributes) == {
        "sex": "female", "age": "34", "language": "de", "text": "a02"
    }  # fmt: skip
    assert index[1].attributes["version"] == "b"


def test_other_names_and_copies_are_left_out_of_emodb(tmp_path: Path) -> None:
    index = emodb(tmp_path, "03a01Fa.ogg", "03a01Fa.wav", "03a03Fa.wav", "04a01Fa.wav", "x.mp4")
    assert [clip.audio for clip in index] == [tmp_path / "03a01Fa.wav"]
    reasons = {skip.name: skip.reason for skip in index.skipped}
    assert reasons.pop("03a01Fa.ogg").startswith("same name as")
    assert set(reasons) == {"03a03Fa.wav", "04a01Fa.wav", "x.mp4"}
    assert all("not named as in EMO-DB" in reason for reason in reasons.values())


def test_files_of_other_names_are_no_emodb(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no media file in .* named as in EMO-DB"):
        emodb(tmp_path, "me.wav")
    with pytest.raises(DatasetError, match=r"gone does not exist; .* folder of EMO-DB files"):
        read_emodb(tmp_path / "gone")
