"""Remote files, reached by URL through fsspec: ``s3://``, ``https://``, ``sftp://`` ...

A path may be a URL wherever clips are named. As a `Path` it loses a slash
(``s3:/bucket/clip.mp4``), which is how it is known again: no folder of a usual disk is called
``s3:``. What is read is fetched whole, to a place that is gone when it has been read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from affuse.errors import AffuseError, MediaError, MissingDependency
from affuse.storage.scratch import scratch_folder

_OF_EXTRA = {"http": "aiohttp", "https": "aiohttp", "s3": "s3fs", "s3a": "s3fs"}
"""Packages of the extra ``remote`` beside fsspec, by the protocol that needs them."""
_SCHEMES = frozenset(
    {
        "abfs", "abfss", "adl", "az", "b2", "dav", "dropbox", "ftp", "ftps", "gcs", "gdrive",
        "github", "gs", "hdfs", "hf", "http", "https", "memory", "oci", "oss", "s3", "s3a", "sftp",
        "smb", "ssh", "webdav", "webhdfs",
    }
)  # fmt: skip
"""What begins otherwise is a path: its folders may be called ``10:30``."""
_TELLING = (
    "ETag", "etag", "Content-MD5", "Digest", "md5", "LastModified", "Last-Modified",
    "last_modified", "mtime",
)  # fmt: skip
"""What file systems say of a file that changes when the file does."""


def url_of(path: str | Path) -> str | None:
    """The URL that a path stands for; None for a local path.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    str or None

    Examples
    --------
    >>> url_of(Path("s3://bucket/clip.mp4")), url_of("clips/one.mp4")
    ('s3://bucket/clip.mp4', None)
    """
    parts = Path(path).parts
    if len(parts) < 2 or not parts[0].endswith(":") or parts[0][:-1] not in _SCHEMES:
        return None
    return f"{parts[0]}//{'/'.join(parts[1:])}"


def local_path(text: str) -> Path:
    """A path as it was typed; ``file://`` means a local one.

    Parameters
    ----------
    text : str

    Returns
    -------
    Path

    Examples
    --------
    >>> local_path("file:///data/my%20clip.mp4").as_posix()
    '/data/my clip.mp4'
    """
    return Path(unquote(urlsplit(text).path)) if text.startswith("file://") else Path(text)


def is_file(path: Path) -> bool:
    """Whether there is such a file, local or remote.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool

    Raises
    ------
    MediaError
        The place cannot be reached.
    """
    url = url_of(path)
    if url is None:
        return path.is_file()
    with _reaching(url):
        system, key = _system(url)
        return bool(system.isfile(key))


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; a remote one without content does not exist.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool

    Raises
    ------
    MediaError
        The place cannot be reached.
    """
    url = url_of(path)
    if url is None:
        return path.is_dir()
    with _reaching(url):
        system, key = _system(url)
        return bool(system.isdir(key))


def files_below(path: Path) -> list[Path]:
    """All files below a remote folder.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of Path

    Raises
    ------
    MediaError
        The place cannot be reached.
    """
    url = url_of(path)
    assert url is not None
    with _reaching(url):
        system, key = _system(url)
        return [Path(system.unstrip_protocol(name)) for name in system.find(key)]


def identity(path: Path) -> str:
    """What identifies a state of a remote file: its server's tag, else its content.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    MediaError
        The file cannot be reached.
    """
    url = url_of(path)
    assert url is not None
    with _reaching(url):
        system, key = _system(url)
        facts = system.info(key)
    marks = {name: str(facts[name]) for name in _TELLING if facts.get(name)}
    if not marks:
        with local_copy(path) as file, file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    description = json.dumps([url, str(facts.get("size")), marks], sort_keys=True)
    return hashlib.sha256(description.encode()).hexdigest()


@contextmanager
def local_copy(path: str | Path) -> Iterator[Path]:
    """The file itself, or a local copy that is removed afterwards.

    Errors within name the URL.

    Parameters
    ----------
    path : str or Path

    Yields
    ------
    Path
        A file of this machine.

    Raises
    ------
    MediaError
        The file cannot be fetched.
    """
    url = url_of(path)
    if url is None:
        yield Path(path)
        return
    with scratch_folder("fetched") as folder:
        copy = Path(folder, Path(urlsplit(url).path).name or "file")
        with _reaching(url):
            system, key = _system(url)
            system.get_file(key, str(copy))
        try:
            yield copy
        except AffuseError as error:
            error.args = tuple(
                part.replace(str(copy), url) if isinstance(part, str) else part
                for part in error.args
            )
            raise


def _system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the file's name within it."""
    try:
        from fsspec.core import url_to_fs
    except ModuleNotFoundError as error:
        raise MissingDependency("fsspec", "remote", url) from error
    protocol = urlsplit(url).scheme
    try:
        # Listings are not kept: a file that was replaced meanwhile is another file.
        system, key = url_to_fs(url, use_listings_cache=False)
    except ImportError as error:
        package = _OF_EXTRA.get(protocol)
        if package is not None:
            raise MissingDependency(package, "remote", url) from error
        raise MediaError(
            f"{url} needs a package that is not installed ({_in_one_line(error)}); expected what "
            f"fsspec asks for to reach {protocol}://: install that"
        ) from error
    return system, str(key)


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    """Turn any error within, as every file system has its own, into one that names the file."""
    try:
        yield
    except AffuseError:
        raise
    except FileNotFoundError as error:
        raise MediaError(
            f"there is nothing at {url}; expected a file or folder: check the address"
        ) from error
    except Exception as error:
        raise MediaError(
            f"{url} cannot be reached ({_in_one_line(error)}); expected a file system that fsspec "
            "knows, and leave to read it: check address, credentials and connection"
        ) from error


def _in_one_line(error: Exception) -> str:
    return " ".join((str(error) or type(error).__name__).split())[:200]
