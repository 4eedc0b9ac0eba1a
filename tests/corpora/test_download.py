"""The whole way against a real HTTP server on this machine, as the public archive answers."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from affuse.config.lists import parse_numbers
from affuse.corpora.download import Download, download_ravdess
from affuse.corpora.readers.ravdess import read_ravdess
from affuse.errors import AffuseError, ConfigError, DownloadError, OutputError
from affuse.storage.fetch import Patience

if TYPE_CHECKING:
    from conftest import Archive

AUDIO = "Audio_Speech_Actors_01-24.zip"
QUICK = Patience(timeout_s=5.0, n_attempts=3, backoff_s=0.0)


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def published(archive: Archive, audio_zip: dict[str, bytes]) -> Archive:
    """Speech of actors 1, 2, 12 as sound; videos of actors 1 and 12; songs of actor 12."""
    archive.files[AUDIO] = zipped(audio_zip)
    song = "02-06-01-02-01-12"
    archive.files["Audio_Song_Actors_01-24.zip"] = zipped({f"Actor_12/03-{song}.wav": b"song"})
    for part, take in (
        ("Speech", "01-06-01-02-01-01"),
        ("Speech", "01-06-01-02-01-12"),
        ("Song", song),
    ):
        actor = take[-2:]
        archive.files[f"Video_{part}_Actor_{actor}.zip"] = zipped(
            {f"Actor_{actor}/{code}-{take}.mp4": f"{code}{take}".encode() for code in ("01", "02")}
        )
    return archive


def download(published: Archive, out: Path, **wanted: Any) -> Download:
    return download_ravdess(out, base_url=published.url, patience=QUICK, **wanted)


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_speech_as_sound_of_all_actors(published: Archive, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    result = download(
        published, tmp_path / "new" / "ravdess", progress=lambda *step: steps.append(step)
    )
    assert result == Download(tmp_path / "new" / "ravdess", (AUDIO,), (), 12)
    assert len(read_ravdess(result.folder)) == 12
    assert {stage for stage, _, _ in steps} == {AUDIO, f"unpack {AUDIO}"}
    assert steps[-1] == (f"unpack {AUDIO}", 12, 12)
    assert not list(result.folder.glob("*.zip"))


def test_actors_parts_and_modalities_decide_what_is_fetched(
    published: Archive, tmp_path: Path
) -> None:
    result = download(
        published, tmp_path, actors=[12], parts=["speech", "song"], modalities=["audio", "video"]
    )
    assert set(result.fetched) == {
        AUDIO,
        "Audio_Song_Actors_01-24.zip",
        "Video_Speech_Actor_12.zip",
        "Video_Song_Actor_12.zip",
    }
    assert result.n_files == 4 + 1 + 2 + 2
    index = read_ravdess(tmp_path)
    assert index.speakers == ("12",)
    assert "Video_Song_Actor_12/Actor_12/01-02-06-01-02-01-12.mp4" in files(tmp_path)


def test_the_archives_are_those_of_the_record(published: Archive, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"record 1188976 has no file Video_Speech_Actor_02"):
        download(published, tmp_path, modalities=["video"], actors=[1, 2])


def test_what_is_there_is_not_fetched_again(published: Archive, tmp_path: Path) -> None:
    download(published, tmp_path, actors=[1])
    published.requests.clear()
    again = download(published, tmp_path, actors=[1])
    assert again == Download(tmp_path, (), (AUDIO,), 4)
    assert published.requests_for(AUDIO) == []


def test_more_actors_are_added_to_those_that_are_there(published: Archive, tmp_path: Path) -> None:
    download(published, tmp_path, actors=[1])
    assert download(published, tmp_path, actors=[2]).n_files == 8
    assert download(published, tmp_path, actors=[1, 2]).present == (AUDIO,)
    assert read_ravdess(tmp_path).speakers == ("1", "2")


def test_a_clip_that_was_removed_is_brought_back(published: Archive, tmp_path: Path) -> None:
    download(published, tmp_path)
    before = files(tmp_path)
    next(tmp_path.rglob("*.wav")).unlink()
    assert download(published, tmp_path).fetched == (AUDIO,)
    assert files(tmp_path) == before


def test_a_new_edition_of_an_archive_is_fetched(
    published: Archive, tmp_path: Path, audio_zip: dict[str, bytes]
) -> None:
    download(published, tmp_path)
    name = "Actor_01/03-01-01-01-01-01-01.wav"
    published.files[AUDIO] = zipped({**audio_zip, name: b"mended"})
    assert download(published, tmp_path).fetched == (AUDIO,)
    assert (tmp_path / AUDIO.removesuffix(".zip") / name).read_bytes() == b"mended"


def test_archives_can_be_kept_and_serve_a_later_call(published: Archive, tmp_path: Path) -> None:
    download(published, tmp_path, actors=[1], keep_archives=True)
    assert (tmp_path / AUDIO).read_bytes() == published.files[AUDIO]
    published.requests.clear()
    download(published, tmp_path, actors=[1, 2], keep_archives=True)
    assert published.requests_for(AUDIO) == []
    assert read_ravdess(tmp_path).speakers == ("1", "2")


def test_cuts_and_ignored_ranges_on_the_way(published: Archive, tmp_path: Path) -> None:
    published.ignores_ranges = True
    published.faults[AUDIO] = ["cut:100", "reset:2000"]
    assert download(published, tmp_path).n_files == 12


def test_a_download_cut_for_good_goes_on_in_the_next_call(
    published: Archive, tmp_path: Path
) -> None:
    published.faults[AUDIO] = ["cut:1000", "cut:0", "cut:0", "cut:0"]
    with pytest.raises(DownloadError, match=r"ended after 1,000 of .* bytes, 3 times in a row"):
        download(published, tmp_path)
    assert files(tmp_path) == [f"{AUDIO}.part"]
    published.requests.clear()
    assert download(published, tmp_path).n_files == 12
    assert published.requests_for(AUDIO) == [("bytes=1000-", 206)]


def test_wrong_bytes_never_reach_the_corpus(published: Archive, tmp_path: Path) -> None:
    published.faults[AUDIO] = ["wrong-byte", "wrong-byte"]
    with pytest.raises(DownloadError) as error:
        download(published, tmp_path)
    expected = hashlib.md5(published.files[AUDIO]).hexdigest()
    assert AUDIO in str(error.value)
    assert f"expected {expected}" in str(error.value)
    assert files(tmp_path) == []


def test_an_interrupted_unpacking_is_done_again_without_fetching(
    published: Archive, tmp_path: Path
) -> None:
    def interrupt(stage: str, done: int, total: int) -> None:
        if stage.startswith("unpack") and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(published, tmp_path, progress=interrupt)
    published.requests.clear()
    assert download(published, tmp_path).n_files == 12
    assert published.requests_for(AUDIO) == []
    assert not (tmp_path / AUDIO).exists()


def test_too_little_space_is_said_before_anything_is_fetched(
    published: Archive, tmp_path: Path
) -> None:
    published.declared_sizes[AUDIO] = 10**15
    with pytest.raises(OutputError) as error:
        download(published, tmp_path)
    assert "GB of free space, but about 3600000.0 GB are needed" in str(error.value)
    assert "free some, or ask for fewer actors" in str(error.value)
    assert published.requests_for(AUDIO) == []


def test_an_archive_that_is_not_there(published: Archive, tmp_path: Path) -> None:
    published.faults["records/1188976"] = ["404"]
    with pytest.raises(DownloadError, match=r"api/records/1188976 cannot be had: .* 404"):
        download(published, tmp_path)


@pytest.mark.parametrize(
    "record",
    [
        b"[]",
        b"{}",
        b'{"files": [{"key": "a"}]}',
        b'{"files": [{"key": "a", "size": 1, "checksum": "sha1:0", "links": {"self": "http://x"}}]}',
    ],
)
def test_a_record_of_another_form_is_refused(
    published: Archive, tmp_path: Path, record: bytes
) -> None:
    published.files["record"] = record
    with pytest.raises(DownloadError, match="does not list its files as expected"):
        download(published, tmp_path)


def test_a_folder_that_cannot_be_made(published: Archive, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot be made .*; expected a folder .*--out"):
        download(published, tmp_path / "file" / "ravdess")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"actors": [0, 3, 25]}, "actors [0, 25] were given; expected some of 1 to 24"),
        ({"actors": []}, "expected some of 1 to 24"),
        ({"parts": ["sing"]}, "part 'sing' was given; expected speech or song"),
        ({"parts": []}, "expected speech or song"),
        ({"modalities": ["face"]}, "modality 'face' was given; expected audio or video"),
        ({"actors": [18], "parts": ["song"]}, "song of actor 18 was asked for, who recorded none"),
    ],
)
def test_what_does_not_exist_is_refused_before_anything_is_asked(
    published: Archive, tmp_path: Path, wanted: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        download(published, tmp_path, **wanted)
    assert message in str(error.value)
    assert published.requests == []


def test_song_is_asked_of_those_who_sang(published: Archive, tmp_path: Path) -> None:
    result = download(published, tmp_path, actors=[12, 18], parts=["song"], modalities=["video"])
    assert result.fetched == ("Video_Song_Actor_12.zip",)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("1-4,7", (1, 2, 3, 4, 7)), (" 3 ", (3,)), ("5-5,1,1", (1, 5)), ("09", (9,))],
)
def test_parse_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_numbers(text) == numbers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' in '' is no number; expected such as 1-4,7"),
        ("1,,2", "'' in '1,,2' is no number"),
        ("one", "'one' in 'one' is no number"),
        ("1-", "range 1- has no end; expected such as 1-6"),
        ("-3", "'-3' in '-3' is no number"),
        ("1-2-3", "'1-2-3' in '1-2-3' is no number"),
        ("1-9999999", "range 1-9999999 runs backwards or is longer than 10,000"),
        ("4-1", "range 4-1 runs backwards or is longer than 10,000"),
    ],
)
def test_numbers_that_are_none_are_refused(text: str, message: str) -> None:
    with pytest.raises(AffuseError) as error:
        parse_numbers(text)
    assert message in str(error.value)
