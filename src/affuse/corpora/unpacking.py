"""Zip archives -> files in a folder, never outside it, each whole or absent."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from affuse.errors import DownloadError
from affuse.records import ProgressCallback
from affuse.storage.whole import atomic_file


def unpack_chosen(
    archive: Path,
    folder: Path,
    place_of: Callable[[PurePosixPath], str | None],
    progress: ProgressCallback | None = None,
) -> dict[str, int]:
    """Extract some files of an archive.

    Parameters
    ----------
    archive : Path
        A zip archive.
    folder : Path
    place_of : callable
        Path in the archive -> relative place in `folder`; None leaves the file in the archive.
    progress : callable, optional
        Called as the files are taken out.

    Returns
    -------
    dict of str to int
        Place -> bytes.

    Raises
    ------
    DownloadError
        Not a zip archive, or a damaged one.
    OutputError
        A file cannot be written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            chosen = {
                place: info
                for info in opened.infolist()
                if not info.is_dir() and (place := place_of(PurePosixPath(info.filename)))
            }
            for done, (place, info) in enumerate(chosen.items(), start=1):
                _write(opened, info, folder / place)
                if progress:
                    progress(f"unpack {archive.name}", done, len(chosen))
    except zipfile.BadZipFile as error:
        raise DownloadError(
            f"{archive} is not a whole zip archive ({error}); expected one: remove it and run "
            "the same command again"
        ) from error
    return {place: info.file_size for place, info in chosen.items()}


def safe_place(path: PurePosixPath) -> str | None:
    r"""Where a path of an archive belongs below a folder; None if it would leave it.

    Hidden files, and what macOS keeps beside files, are left out.

    Parameters
    ----------
    path : PurePosixPath

    Returns
    -------
    str or None

    Examples
    --------
    >>> safe_place(PurePosixPath("wav/03a01Fa.wav")), safe_place(PurePosixPath("../03a01Fa.wav"))
    ('wav/03a01Fa.wav', None)
    """
    unsafe = path.is_absolute() or any(
        part.startswith((".", "__MACOSX")) or "\\" in part or ":" in part for part in path.parts
    )
    return None if unsafe or not path.parts else path.as_posix()


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    with (
        atomic_file(target, lasting=False) as temporary,
        archive.open(info) as source,
        temporary.open("wb") as sink,
    ):
        shutil.copyfileobj(source, sink)
