"""One contract for every reader: its miniature is read, told from others', and nothing is lost."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from miniature_corpora import LISTS, write_miniature

from affuse.corpora.emotions import COMMON_EMOTIONS, emotion_name
from affuse.corpora.known import corpus_reader
from affuse.corpora.reader import Reader
from affuse.corpora.registry import read
from affuse.corpora.table import read_table
from affuse.errors import DatasetError
from affuse.records import Clip
from affuse.registries import READERS

FORMS = ("annotations", "audformat", "table")
"""Readers of a form of data, of whichever corpus."""
CORPORA = tuple(name for name in READERS.names() if name not in FORMS)
WITHOUT_COMMON_NAME = {
    "amused", "anxious", "apologetic", "assertive", "concerned", "encouraging", "sleepy",
}  # fmt: skip


@pytest.fixture(params=READERS.names())
def any_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=CORPORA)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reader(name: str) -> Reader:
    return READERS.get(name)  # type: ignore[no-any-return]


@pytest.fixture
def place(name: str, reader: Reader, tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    write_miniature(name, reader, folder)
    return folder


def facts(clips: Sequence[Clip]) -> list[tuple[object, ...]]:
    return [(c.id, c.emotion, c.speaker, c.start_s, c.end_s, c.corpus) for c in clips]


def test_its_files_are_recognised_by_it_alone(name: str, reader: Reader, place: Path) -> None:
    readers = READERS.load_all().entries
    assert [each for each, other in readers.items() if other.recognises(place)] == [name]
    assert read(place).clips == reader.read(place).clips == read(place, name).clips


def test_a_clip_says_its_corpus_speaker_and_an_emotion_of_the_label_set(
    reader: Reader, place: Path
) -> None:
    index = reader.read(place)
    (clip,) = index
    assert clip.corpus == reader.title
    assert clip.emotion in reader.emotions
    assert clip.speaker
    assert not reader.speakers or clip.speaker in reader.speakers
    assert clip.attributes["language"] in reader.languages
    assert all(file.is_file() for file in clip.files)
    assert clip.audio is not None
    assert ("video" in reader.modalities) or clip.video is None
    assert set(clip.attributes) <= set(reader.attributes)
    assert not index.skipped


def test_what_a_reader_says_of_itself_holds_together(any_name: str) -> None:
    reader = READERS.get(any_name)
    assert all((reader.title, reader.citation, reader.licence, reader.source, reader.layout))
    assert set(reader.emotion_map.values()) == set(reader.emotions)
    assert len(set(reader.emotions)) == len(reader.emotions)
    assert set(reader.emotions) <= {*COMMON_EMOTIONS, *WITHOUT_COMMON_NAME}
    assert all(emotion_name(emotion) == emotion for emotion in reader.emotions)
    assert all(re.fullmatch("[a-z]{2}", language) for language in reader.languages)
    assert {about.get("sex", "male") for about in reader.speakers.values()} <= {"female", "male"}


def test_a_corpus_says_what_there_is_to_know(reader: Reader) -> None:
    assert re.match(r"[^:]+ \d{4}: .+", reader.citation)
    assert reader.emotions
    assert reader.languages
    assert reader.source.startswith(("http://", "https://"))
    assert len(reader.speakers) <= (reader.size.speakers or len(reader.speakers))


def test_titles_are_apart() -> None:
    titles = [reader.title for reader in READERS.load_all().entries.values()]
    assert len(set(titles)) == len(titles)


def test_its_clips_are_known_whatever_table_lists_them(reader: Reader, place: Path) -> None:
    (clip,) = reader.read(place)
    stranger = replace(clip, corpus="mine", speaker="?")
    if reader.speaker_of is None:
        assert corpus_reader(stranger) is None
        return
    assert corpus_reader(stranger) is reader
    assert reader.speaker_of(clip.id) == clip.speaker
    assert reader.speaker_of("holiday") is None


def test_an_index_keeps_what_is_known_through_its_csv(place: Path, tmp_path: Path) -> None:
    index = read(place)
    index.write_csv(tmp_path / "index.csv")
    again = read_table(tmp_path / "index.csv")
    assert facts(again.clips) == facts(index.clips)
    for before, after in zip(index, again, strict=True):
        assert before.attributes.items() <= after.attributes.items()
        assert before.targets.items() <= after.targets.items()
        assert before.files == after.files


def test_copies_and_strangers_are_told_and_change_nothing(
    name: str, reader: Reader, place: Path
) -> None:
    before = facts(reader.read(place).clips)
    copy = place / "copy" / reader.example
    copy.parent.mkdir(parents=True)
    shutil.copy(place / reader.example, copy)
    (place / "holiday.wav").write_bytes(b"0")
    (place / "notes.txt").write_text("x", "utf-8")
    index = read(place, name)
    assert facts(index.clips) == before
    reasons = {skip.name: skip.reason for skip in index.skipped}
    assert reasons.keys() == {"holiday.wav", f"copy/{reader.example}"} or reasons.keys() == {
        "holiday.wav", reader.example
    }  # fmt: skip
    assert all(reasons.values())


def test_any_form_of_sound_is_read_wherever_it_lies(
    name: str, reader: Reader, tmp_path: Path
) -> None:
    for suffix in (".wav", ".flac", ".ogg", ".opus", ".m4a", ".MP3"):
        folder = tmp_path / f"Größe und é {suffix[1:]}"
        file = write_miniature(name, reader, folder, suffix)
        assert reader.recognises(folder)
        (clip,) = reader.read(folder)
        assert (clip.corpus, clip.audio) == (reader.title, file)
        assert clip.emotion in reader.emotions


def test_sound_and_picture_of_one_name_are_one_clip(
    name: str, reader: Reader, tmp_path: Path
) -> None:
    if "video" not in reader.modalities or reader.part_name is not None:
        pytest.skip("it has no picture, or each in a file of another name")
    sound = write_miniature(name, reader, tmp_path, ".wav")
    picture = write_miniature(name, reader, tmp_path, ".mp4")
    (clip,) = read(tmp_path, name)
    assert (clip.audio, clip.video) == (sound, picture)


@pytest.mark.parametrize("listed", LISTS)
def test_a_missing_list_of_labels_is_one_clear_line(listed: str, tmp_path: Path) -> None:
    reader = READERS.get(listed)
    write_miniature(listed, reader, tmp_path)
    for other in tmp_path.rglob("*.*"):
        if other.suffix in (".csv", ".txt"):
            other.unlink()
    with pytest.raises(DatasetError, match=r"(?s)^no file named .+ lies in .+ beside") as refused:
        read(tmp_path, listed)
    assert "\n" not in str(refused.value)
    assert reader.title in str(refused.value)


def test_an_empty_folder_is_refused(any_name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="empty"):
        READERS.get(any_name).read(tmp_path / "empty")


def test_what_is_no_folder_is_refused(name: str, reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone does not exist; expected a folder of"):
        reader.read(tmp_path / "gone")


def test_an_example_stands_once_in_what_is_said_of_strangers(
    name: str, reader: Reader, tmp_path: Path
) -> None:
    (tmp_path / "stranger.wav").write_bytes(b"0")
    (tmp_path / "stranger.mp4").write_bytes(b"0")
    LISTS.get(name, lambda _: None)(tmp_path)
    with pytest.raises(DatasetError) as refused:
        read(tmp_path, name)
    assert str(refused.value).count(Path(reader.example).name) == 1
