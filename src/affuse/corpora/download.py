"""RAVDESS from its public archive (Zenodo record 1188976).

The archive itself could not be reached where this was written: the code is tested against a local
server that follows the archive's documentation, cuts connections, ignores ranges and serves wrong
bytes. Sizes and checksums come from the archive's own record.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affuse.corpora.archives import Unpacked, read_marker, unpack, write_marker
from affuse.corpora.ravdess.names import N_ACTORS
from affuse.errors import ConfigError, DownloadError, OutputError
from affuse.records import ProgressCallback
from affuse.storage.fetch import Patience, RemoteFile, fetch, fetch_json

ZENODO = "https://zenodo.org"
RECORD = 1188976
PARTS = ("speech", "song")
MODALITIES = ("audio", "video")

_ACTOR_WITHOUT_SONG = 18
# Unpacked bytes per archive byte: sound shrinks to less than half in a zip, video does not.
_GROWTH = {"audio": 2.6, "video": 1.05}


@dataclass(frozen=True, slots=True)
class Download:
    """The outcome of a download.

    Attributes
    ----------
    folder : Path
        Where the corpus lies, ready for `read_ravdess`.
    fetched, present : tuple of str
        Archives that were fetched, and those whose clips were there already.
    n_files : int
        Clips' files of all these archives.
    """

    folder: Path
    fetched: tuple[str, ...]
    present: tuple[str, ...]
    n_files: int


@dataclass(frozen=True, slots=True)
class _Archive:
    name: str
    modality: str
    actors: frozenset[int]

    @property
    def folder_name(self) -> str:
        return self.name.removesuffix(".zip")

    def unpacked_bytes(self, size: int) -> float:
        """About how much the wanted actors' clips take on disk.

        Parameters
        ----------
        size : int
            Bytes of the archive.

        Returns
        -------
        float
        """
        share = len(self.actors) / N_ACTORS if self.modality == "audio" else 1.0
        return size * _GROWTH[self.modality] * share


def download_ravdess(
    out: str | Path,
    *,
    actors: Iterable[int] | None = None,
    parts: Sequence[str] = ("speech",),
    modalities: Sequence[str] = ("audio",),
    base_url: str = ZENODO,
    keep_archives: bool = False,
    patience: Patience | None = None,
    progress: ProgressCallback | None = None,
) -> Download:
    """Fetch RAVDESS from its public archive into the official layout.

    Sound comes in one archive per part, of which the wanted actors are kept; video in one
    archive per part and actor. Each is resumed after a cut, checked against the size and MD5
    of the archive's record, unpacked, and removed. What a marker says is there is not fetched
    again.

    Parameters
    ----------
    out : str or Path
        Folder that receives the corpus; made if need be.
    actors : iterable of int, optional
        From 1 to 24; all by default.
    parts : sequence of {"speech", "song"}
    modalities : sequence of {"audio", "video"}
        ``video``: the files with sound and picture, and those with picture alone.
    base_url : str
        Where the archive's interface is.
    keep_archives : bool
        Leave the zip archives in `out`.
    patience : Patience, optional
        Timeouts and attempts.
    progress : callable, optional
        Called with the archive's name and bytes, then ``unpack <name>`` and files.

    Returns
    -------
    Download

    Raises
    ------
    ConfigError
        Unknown actors, parts or modalities.
    OutputError
        `out` cannot be written, or has too little free space (says both figures).
    DownloadError
        The archive cannot be reached, or does not send what its record says.

    Notes
    -----
    The public archive could not be reached in development; all this is tested against a local
    server. RAVDESS is CC BY-NC-SA 4.0 (Livingstone & Russo 2018).
    """
    folder = Path(out)
    patience = patience or Patience()
    wanted = _archives(actors, parts, modalities)
    make_folder(folder)
    record = _published(f"{base_url.rstrip('/')}/api/records/{RECORD}", patience)
    remotes = {archive.name: _remote(record, archive.name) for archive in wanted}
    missing = [archive for archive in wanted if not _is_there(folder, archive, remotes)]
    _refuse_too_little_space(folder, missing, remotes, keep_archives)
    for archive in missing:
        remote, zip_path = remotes[archive.name], folder / archive.name
        fetch(remote, zip_path, patience=patience, progress=progress)
        md5 = remote.md5 or ""
        _unpack(zip_path, folder / archive.folder_name, archive.actors, md5, progress)
        if not keep_archives:
            zip_path.unlink()
    return _report(folder, wanted, missing)


def _archives(
    actors: Iterable[int] | None, parts: Sequence[str], modalities: Sequence[str]
) -> tuple[_Archive, ...]:
    _refuse_unknown("part", parts, PARTS)
    _refuse_unknown("modality", modalities, MODALITIES)
    chosen = frozenset(range(1, N_ACTORS + 1) if actors is None else actors)
    beyond = sorted(chosen.difference(range(1, N_ACTORS + 1)))
    if beyond or not chosen:
        raise ConfigError(f"actors {beyond} were given; expected some of 1 to {N_ACTORS}")
    archives = []
    for modality in dict.fromkeys(modalities):
        for part in dict.fromkeys(parts):
            members = chosen - {_ACTOR_WITHOUT_SONG} if part == "song" else chosen
            archives += _archives_of(modality, part, members)
    if not archives:
        raise ConfigError(
            f"song of actor {_ACTOR_WITHOUT_SONG} was asked for, who recorded none; "
            "expected another actor, or the part speech"
        )
    return tuple(archives)


def _archives_of(modality: str, part: str, members: frozenset[int]) -> list[_Archive]:
    kind = f"{modality.title()}_{part.title()}"
    if modality == "audio":
        return [_Archive(f"{kind}_Actors_01-24.zip", modality, members)] if members else []
    return [
        _Archive(f"{kind}_Actor_{actor:02d}.zip", modality, frozenset({actor}))
        for actor in sorted(members)
    ]


def _refuse_unknown(what: str, given: Sequence[str], legal: Sequence[str]) -> None:
    unknown = [value for value in given if value not in legal]
    if unknown or not given:
        raise ConfigError(f"{what} {', '.join(unknown)!r} was given; expected {' or '.join(legal)}")


def make_folder(folder: Path) -> None:
    """Make a folder that receives a corpus, and those above it.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    OutputError
        It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made ({error.strerror}); expected a folder that can be written: "
            "give another with --out"
        ) from error


def _published(url: str, patience: Patience) -> Mapping[str, RemoteFile]:
    """Files of a record by name."""
    record = fetch_json(url, patience=patience)
    try:
        files = [_remote_file(entry) for entry in record["files"]]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DownloadError(
            f"record {url} does not list its files as expected (key, size, checksum, links.self): "
            "the archive's interface has changed; fetch the archives by hand and unpack them"
        ) from error
    return {file.name: file for file in files}


def _remote_file(entry: Any) -> RemoteFile:
    algorithm, _, digest = entry["checksum"].partition(":")
    if algorithm != "md5":
        raise ValueError(algorithm)
    return RemoteFile(entry["key"], entry["links"]["self"], int(entry["size"]), digest.lower())


def _remote(record: Mapping[str, RemoteFile], name: str) -> RemoteFile:
    if name not in record:
        raise DownloadError(
            f"record {RECORD} has no file {name} (it has {', '.join(sorted(record)) or 'none'}); "
            "expected the archives of RAVDESS: check the address"
        )
    return record[name]


def _is_there(folder: Path, archive: _Archive, remotes: Mapping[str, RemoteFile]) -> bool:
    marker = read_marker(folder / archive.folder_name)
    return (
        marker is not None
        and marker.md5 == remotes[archive.name].md5
        and archive.actors <= marker.actors
    )


def _refuse_too_little_space(
    folder: Path,
    missing: Sequence[_Archive],
    remotes: Mapping[str, RemoteFile],
    keep_archives: bool,
) -> None:
    sizes = [remotes[archive.name].size for archive in missing]
    zips = sum(sizes) if keep_archives else max(sizes, default=0)
    needed = zips + sum(
        archive.unpacked_bytes(size) for archive, size in zip(missing, sizes, strict=True)
    )
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OutputError(
            f"{folder} has {free / 1e9:.1f} GB of free space, but about {needed / 1e9:.1f} GB are "
            "needed for the archives and their clips: free some, or ask for fewer actors"
        )


def _unpack(
    archive: Path,
    folder: Path,
    actors: Collection[int],
    md5: str,
    progress: ProgressCallback | None,
) -> None:
    before = read_marker(folder)
    sizes = unpack(archive, folder, actors, progress)
    known = before if before is not None and before.md5 == md5 else Unpacked(md5, frozenset(), {})
    write_marker(folder, Unpacked(md5, known.actors.union(actors), {**known.sizes, **sizes}))


def _report(folder: Path, wanted: Sequence[_Archive], missing: Sequence[_Archive]) -> Download:
    markers = [read_marker(folder / archive.folder_name) for archive in wanted]
    return Download(
        folder=folder,
        fetched=tuple(archive.name for archive in missing),
        present=tuple(archive.name for archive in wanted if archive not in missing),
        n_files=sum(len(marker.sizes) for marker in markers if marker is not None),
    )
