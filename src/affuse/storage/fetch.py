"""Download of one file over HTTP: resumed after a break, checked against its checksum.

Tested against a local server that cuts connections, ignores ranges and serves wrong bytes.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from affuse.errors import DownloadError, OutputError
from affuse.records import ProgressCallback
from affuse.storage.whole import put_in_place

_CHUNK_BYTES = 1 << 18
_TRY_AGAIN = frozenset({408, 416, 429, 500, 502, 503, 504})
_LONGEST_WAIT_S = 60.0

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as published: its name, address, size in bytes and MD5 in hexadecimal, if stated."""

    name: str
    url: str
    size: int
    md5: str | None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a silent or failing server is tolerated.

    Attributes
    ----------
    timeout_s : float
        Silence after which a connection counts as cut.
    n_attempts : int
        Attempts in a row that bring no new byte before it is given up.
    backoff_s : float
        Wait after the first of them; doubled after each, up to a minute.
    """

    timeout_s: float = 30.0
    n_attempts: int = 6
    backoff_s: float = 1.0

    def wait_s(self, n_failures: int) -> float:
        """Seconds to wait after so many failures in a row.

        Parameters
        ----------
        n_failures : int

        Returns
        -------
        float
            In seconds.
        """
        return min(self.backoff_s * 2.0 ** max(n_failures - 1, 0), _LONGEST_WAIT_S)


class _Interrupted(Exception):
    """The network failed in a way that may be temporary."""


def fetch(
    remote: RemoteFile,
    target: Path,
    *,
    patience: Patience | None = None,
    progress: ProgressCallback | None = None,
) -> None:
    """Download a remote file to `target`, whole and with the published checksum, or not at all.

    What has arrived lies in ``<target>.part``; an interrupted call, or a later one, goes on
    from there. A file with the right checksum at `target` is not fetched again.

    Parameters
    ----------
    remote : RemoteFile
    target : Path
        In an existing folder.
    patience : Patience, optional
    progress : callable, optional
        Called with the file's name, bytes that have arrived, and bytes in all.

    Raises
    ------
    DownloadError
        The server refuses or stays away, or the checksum is wrong twice.
    OutputError
        The file cannot be written.
    """
    patience = patience or Patience()
    part = target.with_name(f"{target.name}.part")
    try:
        if target.is_file() and _size(target) == remote.size and _agrees(md5_of(target), remote):
            return
        for _ in range(2):
            _complete(remote, part, patience, progress)
            found = md5_of(part)
            if _agrees(found, remote):
                put_in_place(part, target)
                return
            part.unlink()
    except OSError as error:
        raise OutputError(
            f"{part} cannot be written ({error.strerror}); expected a writable folder with "
            "enough space: mend that and run the same command again"
        ) from error
    raise DownloadError(
        f"{remote.name} from {remote.url} came twice with the MD5 {found}; expected {remote.md5}: "
        f"both copies were removed; try again later, or put a good copy at {target}"
    )


def fetch_json(url: str, *, patience: Patience | None = None) -> Any:
    """The JSON document at an address.

    Parameters
    ----------
    url : str
    patience : Patience, optional
        How long to try.

    Returns
    -------
    object
        As `json` reads it.

    Raises
    ------
    DownloadError
        The server refuses or stays away, or the answer is not JSON.
    """
    try:
        return json.loads(_asked(url, patience or Patience(), lambda answer: _read(answer, url)))
    except ValueError as error:
        raise DownloadError(
            f"answer of {url} is not JSON ({error}); expected the record of the files: "
            "check the address, or a proxy in between"
        ) from error


def fetch_size(url: str, *, patience: Patience | None = None) -> int:
    """Size in bytes that a server states for a file.

    Parameters
    ----------
    url : str
    patience : Patience, optional
        How long to try.

    Returns
    -------
    int
        In bytes.

    Raises
    ------
    DownloadError
        The server refuses or stays away, or states no size.
    """
    stated = _asked(url, patience or Patience(), lambda answer: answer.headers["Content-Length"])
    if stated is None:
        raise DownloadError(
            f"{url} comes without its size; expected a server that states it: check the address, "
            "or a proxy in between"
        )
    return int(stated)


def md5_of(path: Path) -> str:
    """MD5 of a file in hexadecimal.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, _md5).hexdigest()


def _md5() -> Any:
    return hashlib.md5(usedforsecurity=False)


def _agrees(md5: str, remote: RemoteFile) -> bool:
    return remote.md5 is None or md5 == remote.md5


def _asked(
    url: str, patience: Patience, read: Callable[[http.client.HTTPResponse], _Answer]
) -> _Answer:
    """What `read` takes from the answer; retried while the network fails."""
    for n_failures in range(1, patience.n_attempts + 1):
        try:
            with _opened(url, 0, patience.timeout_s) as answer:
                return read(answer)
        except _Interrupted as error:
            cause = error
            if n_failures < patience.n_attempts:
                time.sleep(patience.wait_s(n_failures))
    raise _given_up(url, cause, patience) from cause


def _complete(
    remote: RemoteFile, part: Path, patience: Patience, progress: ProgressCallback | None
) -> None:
    """Retry until the part has all bytes; each attempt resumes where the last one ended."""
    furthest, n_failures = _size(part), 0
    if furthest > remote.size:
        part.unlink()
        furthest = 0
    while _size(part) < remote.size or not part.exists():
        try:
            _receive(remote, part, patience.timeout_s, progress)
            continue
        except _Interrupted as error:
            cause = error
        # A server that ignores ranges starts over each time: only new bytes are an advance.
        n_failures = 0 if _size(part) > furthest else n_failures + 1
        furthest = max(furthest, _size(part))
        if n_failures >= patience.n_attempts:
            raise _given_up(remote.url, cause, patience) from cause
        time.sleep(patience.wait_s(n_failures))


def _receive(
    remote: RemoteFile, part: Path, timeout_s: float, progress: ProgressCallback | None
) -> None:
    """Append to the part what one connection delivers."""
    done = _size(part)
    with _opened(remote.url, done, timeout_s) as answer:
        if answer.status == 206 and not _goes_on_at(answer, done):
            part.unlink()
            raise _Interrupted("the server answered with another range than the one asked for")
        if answer.status == 200:
            done = 0
        with part.open("ab" if done else "wb") as file:
            while chunk := _read(answer, remote.url, _CHUNK_BYTES):
                file.write(chunk)
                done += len(chunk)
                if progress:
                    progress(remote.name, min(done, remote.size), remote.size)
                if done > remote.size:
                    break
    if done < remote.size:
        raise _Interrupted(f"the connection ended after {done:,} of {remote.size:,} bytes")
    if done > remote.size:
        part.unlink()
        raise _Interrupted(f"more than the published {remote.size:,} bytes came")


def _goes_on_at(answer: http.client.HTTPResponse, done: int) -> bool:
    return answer.headers.get("Content-Range", "").startswith(f"bytes {done}-")


def _opened(url: str, first_byte: int, timeout_s: float) -> http.client.HTTPResponse:
    if not url.startswith(("http://", "https://")):
        raise DownloadError(f"address {url!r} was given; expected one that starts with https://")
    headers = {"User-Agent": "affuse", "Accept-Encoding": "identity"}
    if first_byte:
        headers["Range"] = f"bytes={first_byte}-"
    request = urllib.request.Request(url, headers=headers)
    with _interruptions(url):
        answer = urllib.request.urlopen(request, timeout=timeout_s)
    return cast(http.client.HTTPResponse, answer)


def _read(answer: http.client.HTTPResponse, url: str, n_bytes: int | None = None) -> bytes:
    with _interruptions(url):
        return answer.read(n_bytes)


@contextmanager
def _interruptions(url: str) -> Iterator[None]:
    """Raise failures of the network as `_Interrupted`, refusals as `DownloadError`."""
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _TRY_AGAIN:
            raise _Interrupted(f"the server answered {error.code} {error.reason}") from error
        raise DownloadError(
            f"{url} cannot be had: the server answered {error.code} {error.reason}; expected the "
            "published file: check the address, or whether the archive has moved"
        ) from error
    except urllib.error.URLError as error:
        raise _Interrupted(str(error.reason)) from error
    except (http.client.HTTPException, OSError) as error:
        raise _Interrupted(f"{type(error).__name__}: {error}") from error


def _given_up(url: str, cause: _Interrupted, patience: Patience) -> DownloadError:
    return DownloadError(
        f"{url} cannot be had: {cause}, {patience.n_attempts} times in a row; expected an "
        "answering server: check the connection and run the same command again, it goes on "
        "where it ended"
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
