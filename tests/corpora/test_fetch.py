"""Against a real HTTP server on this machine that has the faults of real ones."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from affuse.errors import DownloadError, OutputError
from affuse.storage.fetch import Patience, RemoteFile, fetch, fetch_json

if TYPE_CHECKING:
    from conftest import Archive

NAME = "big.zip"
QUICK = Patience(timeout_s=5.0, n_attempts=3, backoff_s=0.0)


@pytest.fixture
def body(archive: Archive) -> bytes:
    archive.files[NAME] = bytes(range(256)) * 4000
    return archive.files[NAME]


@pytest.fixture
def remote(archive: Archive, body: bytes) -> RemoteFile:
    return RemoteFile(
        name=NAME,
        url=f"{archive.url}/api/records/1188976/files/{NAME}/content",
        size=len(body),
        md5=hashlib.md5(body).hexdigest(),
    )


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / NAME


def assert_whole(target: Path, body: bytes) -> None:
    assert target.read_bytes() == body
    assert [path.name for path in target.parent.iterdir()] == [NAME]


def test_a_file_comes_whole_with_progress(remote: RemoteFile, target: Path, body: bytes) -> None:
    seen = []
    fetch(remote, target, progress=lambda *step: seen.append(step), patience=QUICK)
    assert_whole(target, body)
    assert seen[-1] == (NAME, len(body), len(body))
    assert [done for _, done, _ in seen] == sorted({done for _, done, _ in seen})


@pytest.mark.parametrize("fault", ["cut", "reset"])
def test_a_cut_connection_goes_on_where_it_ended(
    archive: Archive, remote: RemoteFile, target: Path, body: bytes, fault: str
) -> None:
    archive.faults[NAME] = [f"{fault}:300000", f"{fault}:200000", f"{fault}:1"]
    fetch(remote, target, patience=QUICK)
    assert_whole(target, body)
    wanted = [(wanted, status) for wanted, status in archive.requests_for(NAME)]
    assert wanted[0] == (None, 200)
    assert len(wanted) == 4
    assert all(status == 206 for _, status in wanted[1:])
    if fault == "cut":
        assert [w for w, _ in wanted[1:]] == ["bytes=300000-", "bytes=500000-", "bytes=500001-"]


def test_a_later_call_goes_on_where_an_earlier_one_ended(
    archive: Archive, remote: RemoteFile, target: Path, body: bytes
) -> None:
    archive.faults[NAME] = ["cut:500000", "503", "503", "503"]
    with pytest.raises(DownloadError) as error:
        fetch(remote, target, patience=QUICK)
    assert "the server answered 503 Service Unavailable, 3 times in a row" in str(error.value)
    assert "run the same command again, it goes on where it ended" in str(error.value)
    assert target.with_name(f"{NAME}.part").stat().st_size == 500000
    archive.requests.clear()
    fetch(remote, target, patience=QUICK)
    assert_whole(target, body)
    assert archive.requests_for(NAME) == [("bytes=500000-", 206)]


def test_many_cuts_are_borne_as_long_as_bytes_come(
    archive: Archive, remote: RemoteFile, target: Path, body: bytes
) -> None:
    archive.faults[NAME] = ["cut:10000"] * 20
    fetch(remote, target, patience=QUICK)
    assert_whole(target, body)


def test_a_server_that_ignores_ranges_starts_over(
    archive: Archive, remote: RemoteFile, target: Path, body: bytes
) -> None:
    archive.ignores_ranges = True
    archive.faults[NAME] = ["cut:300000"]
    fetch(remote, target, patience=QUICK)
    assert_whole(target, body)
    assert archive.requests_for(NAME) == [(None, 200), ("bytes=300000-", 200)]


def test_a_server_that_ignores_ranges_and_always_cuts_is_given_up(
    archive: Archive, remote: RemoteFile, target: Path
) -> None:
    archive.ignores_ranges = True
    archive.faults[NAME] = ["cut:300000"] * 50
    with pytest.raises(DownloadError, match=r"ended after 300,000 of 1,024,000 bytes, 3 times"):
        fetch(remote, target, patience=QUICK)
    assert len(archive.requests) == 4


def test_another_range_than_the_one_asked_for_is_never_joined(
    archive: Archive, remote: RemoteFile, target: Path, body: bytes
) -> None:
    archive.faults[NAME] = ["cut:300000", "wrong-range"]
    fetch(remote, target, patience=QUICK)
    assert_whole(target, body)
    assert archive.requests_for(NAME)[-1] == (None, 200)


def test_too_many_bytes_are_thrown_away(
    archive: Archive, remote: RemoteFile, target: Path, body: bytes
) -> None:
    archive.faults[NAME] = ["too-long"]
    fetch(remote, target, patience=QUICK)
    assert_whole(target, body)


def test_a_wrong_byte_is_fetched_once_more(
    archive: Archive, remote: RemoteFile, target: Path, body: bytes
) -> None:
    archive.faults[NAME] = ["wrong-byte"]
    fetch(remote, target, patience=QUICK)
    assert_whole(target, body)
    assert archive.requests_for(NAME) == [(None, 200), (None, 200)]


def test_a_wrong_byte_twice_is_an_error_with_both_checksums(
    archive: Archive, remote: RemoteFile, target: Path, body: bytes
) -> None:
    archive.faults[NAME] = ["wrong-byte", "wrong-byte"]
    wrong = hashlib.md5(body[:-1] + bytes([body[-1] ^ 1])).hexdigest()
    with pytest.raises(DownloadError) as error:
        fetch(remote, target, patience=QUICK)
    assert f"{NAME} from {remote.url} came twice with the MD5 {wrong}" in str(error.value)
    assert f"expected {remote.md5}" in str(error.value)
    assert f"put a good copy at {target}" in str(error.value)
    assert list(target.parent.iterdir()) == []


def test_a_stale_part_costs_one_fetch(
    archive: Archive, remote: RemoteFile, target: Path, body: bytes
) -> None:
    target.with_name(f"{NAME}.part").write_bytes(b"x" * 1000)
    fetch(remote, target, patience=QUICK)
    assert_whole(target, body)
    assert archive.requests_for(NAME) == [("bytes=1000-", 206), (None, 200)]


def test_a_part_that_is_too_long_is_no_part(
    archive: Archive, remote: RemoteFile, target: Path, body: bytes
) -> None:
    target.with_name(f"{NAME}.part").write_bytes(b"x" * (len(body) + 1))
    fetch(remote, target, patience=QUICK)
    assert_whole(target, body)
    assert archive.requests_for(NAME) == [(None, 200)]


def test_a_good_file_is_not_fetched_again(
    archive: Archive, remote: RemoteFile, target: Path, body: bytes
) -> None:
    target.write_bytes(body)
    fetch(remote, target, patience=QUICK)
    assert archive.requests == []


def test_a_damaged_file_is_replaced(remote: RemoteFile, target: Path, body: bytes) -> None:
    target.write_bytes(body[:-1])
    fetch(remote, target, patience=QUICK)
    assert_whole(target, body)


def test_an_empty_file_is_a_file(archive: Archive, target: Path) -> None:
    archive.files["empty"] = b""
    url = f"{archive.url}/api/records/1188976/files/empty/content"
    fetch(RemoteFile("empty", url, 0, hashlib.md5(b"").hexdigest()), target, patience=QUICK)
    assert target.read_bytes() == b""


@pytest.mark.parametrize("status", ["403", "404", "410"])
def test_a_refusal_is_final(
    archive: Archive, remote: RemoteFile, target: Path, status: str
) -> None:
    archive.faults[NAME] = [status]
    with pytest.raises(DownloadError) as error:
        fetch(remote, target, patience=QUICK)
    assert f"{remote.url} cannot be had: the server answered {status}" in str(error.value)
    assert "check the address, or whether the archive has moved" in str(error.value)
    assert len(archive.requests) == 1


@pytest.mark.parametrize("status", ["416", "429", "500", "503"])
def test_a_failure_that_may_pass_is_tried_again(
    archive: Archive, remote: RemoteFile, target: Path, body: bytes, status: str
) -> None:
    archive.faults[NAME] = [status, status]
    fetch(remote, target, patience=QUICK)
    assert_whole(target, body)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_nobody_there_names_the_address(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    url = f"http://127.0.0.1:{free_port()}/x"
    for attempt in (
        lambda: fetch(RemoteFile("x", url, 1, "0"), target, patience=QUICK),
        lambda: fetch_json(url, patience=QUICK),
    ):
        with pytest.raises(DownloadError) as error:
            attempt()
        assert f"{url} cannot be had: [Errno 111] Connection refused, 3 times in a row" in str(
            error.value
        )
        assert "check the connection" in str(error.value)


def test_a_silent_server_is_given_up(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(DownloadError, match="timed out, 2 times in a row"):
            fetch(RemoteFile("x", url, 1, "0"), target, patience=Patience(0.05, 2, 0.0))


def test_other_kinds_of_address_are_refused(target: Path) -> None:
    with pytest.raises(DownloadError, match="'file:///etc/hosts' was given; expected one that"):
        fetch(RemoteFile("x", "file:///etc/hosts", 1, "0"), target, patience=QUICK)


def test_a_folder_that_is_not_there_is_an_output_error(remote: RemoteFile, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"big\.zip\.part cannot be written \(No such file"):
        fetch(remote, tmp_path / "nowhere" / NAME, patience=QUICK)


def test_an_answer_that_is_not_json(archive: Archive) -> None:
    archive.files["record"] = b"<html>log in first</html>"
    with pytest.raises(DownloadError, match=r"is not JSON .* or a proxy in between"):
        fetch_json(f"{archive.url}/api/records/1188976", patience=QUICK)


def test_json_is_tried_again(archive: Archive) -> None:
    archive.faults["records"] = ["503", "cut:3"]
    assert fetch_json(f"{archive.url}/api/records/1188976", patience=QUICK)["files"] == []


def test_waits_double_up_to_a_minute() -> None:
    waits = [Patience(backoff_s=1.0).wait_s(n_failures) for n_failures in (0, 1, 2, 3, 20)]
    assert waits == [1.0, 1.0, 2.0, 4.0, 60.0]
