"""Corpora from open archives, against a real HTTP server on this machine."""

from __future__ import annotations

import hashlib
import io
import json
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from affuse.corpora.download import Download
from affuse.corpora.download_open import download_corpus
from affuse.corpora.registry import read
from affuse.errors import ConfigError, DownloadError, OutputError
from affuse.storage.fetch import Patience

if TYPE_CHECKING:
    from conftest import Archive

QUICK = Patience(timeout_s=5.0, n_attempts=3, backoff_s=0.0)
ZIP = "/download/download.zip"
LIST = "/api/datasets/:persistentId/?persistentId=doi:10.5683/SP2/E8H2MF"


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def emodb(archive: Archive) -> Archive:
    """EMO-DB's archive as it is laid out, with what must not be unpacked."""
    wav = {f"wav/{name}.wav": name.encode() * 400 for name in ("03a01Fa", "08a02Wb")}
    others = {"erklaerung.txt": b"text", "__MACOSX/._x": b"x", "../out.wav": b"x"}
    archive.pages[ZIP] = zipped({**wav, **others})
    return archive


def emodb_from(archive: Archive, out: Path) -> Download:
    return download_corpus("emodb", out, server=archive.url, patience=QUICK)


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_zip_archive_becomes_the_corpus(emodb: Archive, tmp_path: Path) -> None:
    out = tmp_path / "new" / "emodb"
    assert emodb_from(emodb, out) == Download(out, ("download.zip",), (), 3)
    assert [clip.id for clip in read(out)] == ["03a01Fa", "08a02Wb"]
    assert "erklaerung.txt" in files(out)
    assert not (out.parent / "out.wav").exists()
    assert not (out / "download.zip").exists()


def test_a_zip_archive_goes_on_after_a_cut(emodb: Archive, tmp_path: Path) -> None:
    emodb.faults["download.zip"] = ["", "cut:500", "cut:0", "cut:0", "cut:0"]
    with pytest.raises(DownloadError, match=r"ended after 500 of .* bytes, 3 times in a row"):
        emodb_from(emodb, tmp_path)
    emodb.requests.clear()
    assert emodb_from(emodb, tmp_path).n_files == 3
    assert ("bytes=500-", 206) in emodb.requests_for("download.zip")


def test_what_was_unpacked_is_not_fetched_again(emodb: Archive, tmp_path: Path) -> None:
    emodb_from(emodb, tmp_path)
    emodb.requests.clear()
    assert emodb_from(emodb, tmp_path) == Download(tmp_path, (), ("download.zip",), 3)
    assert emodb.requests == []
    (tmp_path / "wav" / "03a01Fa.wav").unlink()
    assert emodb_from(emodb, tmp_path).fetched == ("download.zip",)
    assert len(read(tmp_path)) == 2


def test_a_later_archive_must_be_the_one_that_came_first(emodb: Archive, tmp_path: Path) -> None:
    emodb_from(emodb, tmp_path)
    first = hashlib.sha256(emodb.pages[ZIP]).hexdigest()
    emodb.pages[ZIP] = zipped({"wav/03a01Fa.wav": b"another"})
    (tmp_path / "wav" / "03a01Fa.wav").unlink()
    with pytest.raises(
        DownloadError, match=rf"expected {first[:16]}\.\.\. as at the first"
    ) as told:
        emodb_from(emodb, tmp_path)
    assert f"remove {tmp_path / 'download.zip.sha256'} if you trust" in str(told.value)
    (tmp_path / "download.zip.sha256").unlink()
    assert emodb_from(emodb, tmp_path).n_files == 1


def test_an_archive_that_is_no_zip(emodb: Archive, tmp_path: Path) -> None:
    emodb.pages[ZIP] = b"<html>moved</html>"
    with pytest.raises(DownloadError, match="is not a whole zip archive"):
        emodb_from(emodb, tmp_path)


def test_the_command_fetches_from_the_published_address(
    emodb: Archive, tmp_path: Path, affuse: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Through a proxy the whole address is asked for: this server answers in its author's place.
    emodb.pages[f"http://emodb.bilderbar.info{ZIP}"] = emodb.pages[ZIP]
    monkeypatch.setenv("http_proxy", emodb.url)
    monkeypatch.setattr(urllib.request, "_opener", None)  # It keeps the proxies of before.
    ended = affuse(tmp_path / "cache", "download", "emodb", tmp_path / "emodb")
    assert ended.returncode == 0, ended.stderr
    assert f"3 files in {tmp_path / 'emodb'}; next: affuse run" in " ".join(ended.stdout.split())


def test_a_corpus_without_an_open_archive_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"CREMA-D has no open archive .* by hand from https://"):
        download_corpus("cremad", tmp_path)


@pytest.fixture
def tess(archive: Archive) -> Archive:
    """TESS as a Dataverse lists it, one file in a folder and one not."""
    publish(archive, {"OAF_sad/OAF_back_sad.wav": b"sad" * 99, "YAF_back_ps.wav": b"ps" * 99})
    return archive


def publish(archive: Archive, contents: dict[str, bytes], **changed: object) -> None:
    entries = []
    for number, (place, content) in enumerate(contents.items(), start=10):
        folder, _, name = place.rpartition("/")
        file = {
            "id": number,
            "filename": name,
            "filesize": len(content),
            "md5": hashlib.md5(content).hexdigest(),
        }
        entries.append({"directoryLabel": folder, "dataFile": file | changed})
        archive.pages[f"/api/access/datafile/{number}"] = content
    answer = {"status": "OK", "data": {"latestVersion": {"files": entries}}}
    archive.pages[LIST] = json.dumps(answer).encode()


def tess_from(archive: Archive, out: Path) -> Download:
    return download_corpus("tess", out, server=archive.url, patience=QUICK)


def test_files_of_a_dataverse_are_fetched_one_by_one(tess: Archive, tmp_path: Path) -> None:
    out = tmp_path / "tess"
    result = tess_from(tess, out)
    assert result.fetched == ("OAF_sad/OAF_back_sad.wav", "YAF_back_ps.wav")
    assert files(out) == ["OAF_sad/OAF_back_sad.wav", "YAF_back_ps.wav"]
    assert [(clip.corpus, clip.emotion) for clip in read(out)] == [
        ("TESS", "sad"),
        ("TESS", "surprised"),
    ]
    (out / "YAF_back_ps.wav").unlink()
    tess.requests.clear()
    again = tess_from(tess, out)
    assert (again.fetched, again.present) == (("YAF_back_ps.wav",), ("OAF_sad/OAF_back_sad.wav",))
    assert not tess.requests_for("datafile/10")


def test_wrong_bytes_of_a_dataverse_never_reach_the_corpus(tess: Archive, tmp_path: Path) -> None:
    tess.faults["datafile/11"] = ["wrong-byte", "wrong-byte"]
    with pytest.raises(DownloadError, match=r"YAF_back_ps\.wav from .* came twice with the MD5"):
        tess_from(tess, tmp_path / "tess")
    assert files(tmp_path / "tess") == ["OAF_sad/OAF_back_sad.wav"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"filename": "../../out.wav"}, "does not list its files as expected"),
        ({"id": "x"}, "does not list its files as expected"),
        ({"filesize": 10**15}, "GB of free space, but about"),
    ],
)
def test_a_list_that_cannot_be_is_refused(
    tess: Archive, tmp_path: Path, changed: dict[str, object], message: str
) -> None:
    publish(tess, {"a.wav": b"a"}, **changed)
    with pytest.raises((DownloadError, OutputError), match=message):
        tess_from(tess, tmp_path / "tess")
    publish(tess, {})
    with pytest.raises(DownloadError, match="lists no file; expected those of the corpus"):
        tess_from(tess, tmp_path / "tess")
