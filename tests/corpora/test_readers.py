"""One contract for every reader: its own example is recognised, read and told from others'."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from affuse.corpora.emotions import COMMON_EMOTIONS
from affuse.corpora.index import Index
from affuse.corpora.known import corpus_reader
from affuse.corpora.reader import Reader
from affuse.corpora.readers.emodb import read_emodb
from affuse.corpora.registry import read
from affuse.corpora.table import read_table
from affuse.errors import DatasetError
from affuse.registries import READERS

TABLE = "table"


@pytest.fixture(params=READERS.names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reader(name: str) -> Reader:
    found: Reader = READERS.get(name)
    return found


@pytest.fixture
def place(name: str, reader: Reader, tmp_path: Path) -> Path:
    """A folder with the reader's example in it; for a table, one that lists a file."""
    file = tmp_path / "corpus" / reader.example
    file.parent.mkdir(parents=True)
    if name != TABLE:
        file.write_bytes(b"0")
        return tmp_path / "corpus"
    (file.parent / "me.wav").write_bytes(b"0")
    file.write_text("path,emotion,speaker\nme.wav,Joy,Ann\n", "utf-8")
    return file


def test_its_own_files_are_recognised_by_it_alone(name: str, reader: Reader, place: Path) -> None:
    readers = READERS.load_all().entries
    assert [each for each, other in readers.items() if other.recognises(place)] == [name]
    assert read(place).clips == reader.read(place).clips == read(place, name).clips


def test_a_clip_says_its_corpus_and_an_emotion_of_its_label_set(
    name: str, reader: Reader, place: Path
) -> None:
    (clip,) = reader.read(place)
    assert clip.corpus == ("clips" if name == TABLE else reader.title)
    assert clip.emotion in (reader.emotions or COMMON_EMOTIONS)
    assert clip.speaker
    assert clip.audio is not None
    assert clip.audio.is_file()
    assert set(clip.attributes) <= set(reader.attributes)


def test_what_it_says_of_itself_holds_together(name: str, reader: Reader) -> None:
    assert set(reader.emotions) <= set(COMMON_EMOTIONS)
    assert set(reader.emotion_map.values()) == set(reader.emotions)
    assert all((reader.title, reader.citation, reader.licence, reader.source, reader.layout))


def test_its_clips_are_known_whatever_table_lists_them(
    name: str, reader: Reader, place: Path
) -> None:
    if reader.speaker_of is None:
        pytest.skip("its names are not particular")
    (clip,) = reader.read(place)
    assert corpus_reader(replace(clip, corpus="mine", speaker="?")) is reader
    assert reader.speaker_of(clip.id) == clip.speaker
    assert reader.speaker_of("holiday") is None


def test_an_index_keeps_the_corpus_through_its_csv(place: Path, tmp_path: Path) -> None:
    index = read(place)
    index.write_csv(tmp_path / "index.csv")
    # A table takes numbers, such as those of repetitions, for what may be learned as well.
    again = tuple(replace(clip, targets={}) for clip in read_table(tmp_path / "index.csv"))
    assert again == index.clips


def test_an_empty_folder_is_refused(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="empty"):
        reader.read(tmp_path / "empty")


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
    with pytest.raises(DatasetError, match=r"none of 1 media files in .* named as in EMO-DB"):
        emodb(tmp_path, "me.wav")
    with pytest.raises(DatasetError, match=r"gone does not exist; .* folder of EMO-DB files"):
        read_emodb(tmp_path / "gone")
