"""A corpus from the open archive that its reader names.

The archives themselves could not be reached where this was written: the code is tested against a
local server that follows their documentation, cuts connections and serves wrong bytes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from affuse.corpora.download import Download, make_folder
from affuse.corpora.open_archives import DataverseDataset, ZipArchive
from affuse.corpora.reader import Reader
from affuse.corpora.unpacking import safe_place, unpack_chosen
from affuse.errors import ConfigError, DownloadError, OutputError
from affuse.records import ProgressCallback
from affuse.registries import READERS
from affuse.storage.fetch import Patience, RemoteFile, fetch, fetch_json, fetch_size
from affuse.storage.whole import atomic_file

_MARKER = ".unpacked.json"
# Sound shrinks to less than half in a zip.
_GROWTH = 2.6


def download_corpus(
    name: str,
    out: str | Path,
    *,
    server: str = "",
    patience: Patience | None = None,
    progress: ProgressCallback | None = None,
) -> Download:
    """Fetch a corpus from the open archive that its reader names.

    Whatever has arrived is kept: a call after a cut goes on where the last one ended, and what is
    there already is not fetched again.

    Parameters
    ----------
    name : str
        Of a reader.
    out : str or Path
        Folder that receives the corpus; made if need be.
    server : str
        Takes the place of the reader's.
    patience : Patience, optional
        Timeouts and attempts.
    progress : callable, optional
        Called with a stage, and what is done of how much.

    Returns
    -------
    Download

    Raises
    ------
    ConfigError
        No such corpus, or it has no open archive: says how to get it.
    OutputError
        `out` cannot be written, or has too little free space.
    DownloadError
        The archive cannot be reached, or sends something else than it says, or than it sent at
        first.
    """
    reader: Reader = READERS.get(name)
    archive = reader.archive
    if archive is None:
        raise ConfigError(
            f"{reader.title} has no open archive from which affuse could fetch it; expected a "
            f"corpus that has: get it by hand from {reader.source} (affuse corpora {name} says how)"
        )
    folder, patience = Path(out), patience or Patience()
    make_folder(folder)
    base = (server or archive.server).rstrip("/")
    if isinstance(archive, ZipArchive):
        return _zipped(archive, base, folder, patience, progress)
    return _listed(archive, base, folder, patience, progress)


def _zipped(
    archive: ZipArchive,
    base: str,
    folder: Path,
    patience: Patience,
    progress: ProgressCallback | None,
) -> Download:
    name = PurePosixPath(archive.path).name
    there = _unpacked(folder)
    if there is not None:
        return Download(folder, (), (name,), len(there))
    url, target = f"{base}{archive.path}", folder / name
    size = fetch_size(url, patience=patience)
    _refuse_too_little_space(folder, size * (1 + _GROWTH))
    remote = RemoteFile(name, url, size, md5=None)
    fetch(remote, target, patience=patience, progress=progress)
    _hold_to_first(target)
    sizes = unpack_chosen(target, folder, safe_place, progress)
    with atomic_file(folder / _MARKER) as temporary:
        temporary.write_text(json.dumps(sizes, indent=1), "utf-8")
    target.unlink()
    return Download(folder, (name,), (), len(sizes))


def _unpacked(folder: Path) -> Mapping[str, int] | None:
    """Files that the marker names; None where one of them has gone since."""
    try:
        sizes: dict[str, int] = json.loads((folder / _MARKER).read_text("utf-8"))
        whole = all((folder / place).stat().st_size == size for place, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return None
    return sizes if whole else None


def _hold_to_first(file: Path) -> None:
    """Refuse an archive unlike the first one downloaded, as no checksum is published."""
    record = file.with_name(f"{file.name}.sha256")
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if not record.is_file():
        with atomic_file(record) as temporary:
            temporary.write_text(f"{found}\n", "ascii")
        return
    first = record.read_text("ascii").strip()
    if found != first:
        file.unlink()
        raise DownloadError(
            f"{file.name} came with the SHA-256 {found[:16]}...; expected {first[:16]}... as at "
            f"the first download: run the same command again, or remove {record} if you trust the "
            "new archive"
        )


def _listed(
    archive: DataverseDataset,
    base: str,
    folder: Path,
    patience: Patience,
    progress: ProgressCallback | None,
) -> Download:
    url = f"{base}/api/datasets/:persistentId/?persistentId=doi:{archive.doi}"
    remotes = _remotes(fetch_json(url, patience=patience), base, url)
    places = {remote.name: folder / remote.name for remote in remotes}
    missing = [remote for remote in remotes if not _is_there(places[remote.name], remote.size)]
    _refuse_too_little_space(folder, sum(remote.size for remote in missing))
    for done, remote in enumerate(missing, start=1):
        make_folder(places[remote.name].parent)
        fetch(remote, places[remote.name], patience=patience)
        if progress:
            progress(f"files of doi:{archive.doi}", done, len(missing))
    fetched = tuple(remote.name for remote in missing)
    present = tuple(remote.name for remote in remotes if remote not in missing)
    return Download(folder, fetched, present, len(remotes))


def _remotes(answer: Any, base: str, url: str) -> Sequence[RemoteFile]:
    try:
        files = [_remote(entry, base) for entry in answer["data"]["latestVersion"]["files"]]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DownloadError(
            f"{url} does not list its files as expected (data.latestVersion.files with id, "
            "filename, filesize, md5): the interface has changed; fetch the files by hand"
        ) from error
    if not files:
        raise DownloadError(f"{url} lists no file; expected those of the corpus: check the address")
    return files


def _remote(entry: Any, base: str) -> RemoteFile:
    file = entry["dataFile"]
    whole = PurePosixPath(entry.get("directoryLabel") or "") / file["filename"]
    place = safe_place(whole)
    if place is None:
        raise ValueError(whole)
    checksum = file.get("checksum") or {}
    md5 = file.get("md5") or (checksum["value"] if checksum.get("type") == "MD5" else None)
    url = f"{base}/api/access/datafile/{int(file['id'])}"
    return RemoteFile(place, url, int(file["filesize"]), md5.lower() if md5 else None)


def _is_there(path: Path, size: int) -> bool:
    """Whether a file is complete: it gets its name only after its checksum was verified."""
    return path.is_file() and path.stat().st_size == size


def _refuse_too_little_space(folder: Path, needed: float) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OutputError(
            f"{folder} has {free / 1e9:.1f} GB of free space, but about {needed / 1e9:.1f} GB are "
            "needed for the archive and its clips: free some, or give another folder"
        )
