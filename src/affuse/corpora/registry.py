"""A path -> the Index of whichever corpus lies there; several paths -> one Index."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.known import known_readers, outside_label_sets, reader_name
from affuse.corpora.media_files import (
    MEDIA_SUFFIXES,
    N_LOOKED_AT,
    first_files,
    folder_contents,
)
from affuse.corpora.merging import merge
from affuse.corpora.reader import Reader
from affuse.corpora.speakers import of_two_sexes
from affuse.errors import DatasetError
from affuse.registries import READERS
from affuse.storage.plain_text import first_few
from affuse.storage.remote import is_file, is_folder, local_path, url_of
from affuse.storage.scratch import scratch_folder

AUTO = "auto"
_SHOWN = 3
_EXPECTED = "expected a folder of a corpus, or a CSV with the columns path,emotion,speaker"


def read(root: str | Path, corpus: str = AUTO) -> Index:
    """Index of whichever corpus lies at a path.

    Parameters
    ----------
    root : str or Path
        A folder, or a CSV file.
    corpus : str
        Name of a reader or title of a corpus (``affuse corpora`` lists them); ``auto``: the one
        that recognises the names of the files.

    Returns
    -------
    Index
        A reader of another package that cannot be loaded, or fails as it looks at the path, is
        named in `Index.notes`; so are emotions that a corpus does not have by itself, and speakers
        of whom both sexes are said.

    Raises
    ------
    DatasetError
        Nothing at `root`; no reader recognises it, or two do; or whatever its reader refuses.
    ConfigError
        No reader of that name: says the nearest.

    Examples
    --------
    >>> read("clips.csv", corpus="emodbb")
    Traceback (most recent call last):
    affuse.errors.ConfigError: corpus 'emodbb' was given: did you mean 'emodb'?
    """
    if corpus != AUTO:
        corpus = reader_name(corpus)
        READERS.check(corpus)
    place = existing_place(root)
    failed: dict[str, str] = {}
    if corpus != AUTO:
        reader: Reader = READERS.get(corpus)
    else:
        known = known_readers()
        reader, faults = _recognised(place, known.entries)
        failed = {**known.failed, **faults}
    index = reader.read(place)
    of_readers = (f"{why[0].upper()}{why[1:]}." for why in failed.values())
    notes = (*of_readers, *outside_label_sets(index), *of_two_sexes(index))
    return replace(index, notes=(*index.notes, *notes)) if notes else index


def existing_place(root: str | Path) -> Path:
    """Where a corpus is to be read from; nothing of it is read.

    Parameters
    ----------
    root : str or Path
        A folder, or a CSV file; may be a URL.

    Returns
    -------
    Path

    Raises
    ------
    DatasetError
        There is nothing, or a recording.
    """
    place = local_path(str(root))
    if not (is_file(place) or is_folder(place)):
        raise DatasetError(f"{root} does not exist; {_EXPECTED}")
    if is_file(place) and place.suffix.lower() in MEDIA_SUFFIXES:
        raise DatasetError(
            f"{root} is a recording; {_EXPECTED}: `affuse predict` says what a recording shows"
        )
    return place


def read_all(roots: Sequence[str | Path], corpus: str = AUTO) -> Index:
    """One index of all that lies at several paths; speakers of different corpora stay distinct.

    Parameters
    ----------
    roots : sequence of str or Path
        Folders and CSV files.
    corpus : str
        As `read` takes it, for all of them.

    Returns
    -------
    Index
        Two tables of one file name that say no corpus are called by their folders too.

    Raises
    ------
    DatasetError
        A path twice, one clip in two of them, or whatever `read` refuses.
    """
    if len(roots) == 1:
        return read(roots[0], corpus)
    places = [os.path.realpath(str(local_path(str(root)))) for root in roots]
    twice = next((root for root, at in zip(roots, places, strict=True) if places.count(at) > 1), "")
    if twice:
        raise DatasetError(f"{twice} was given twice; expected each folder and table once")
    return merge(_named_apart(roots, [read(root, corpus) for root in roots]))


def _named_apart(roots: Sequence[str | Path], indexes: Sequence[Index]) -> list[Index]:
    """The indexes, with tables of the same name renamed after their folders."""
    stems = [Path(str(root)).stem for root in roots]
    alike = [
        index.corpora == (stem,) and stems.count(stem) > 1 and is_file(local_path(str(root)))
        for root, stem, index in zip(roots, stems, indexes, strict=True)
    ]
    return [
        _called(index, f"{Path(str(root)).absolute().parent.name}/{stem}") if is_alike else index
        for root, stem, index, is_alike in zip(roots, stems, indexes, alike, strict=True)
    ]


def _called(index: Index, corpus: str) -> Index:
    return replace(index, clips=tuple(replace(clip, corpus=corpus) for clip in index.clips))


def _recognised(place: Path, readers: Mapping[str, Reader]) -> tuple[Reader, dict[str, str]]:
    """The only reader that recognises a path, and why readers of other packages could not look."""
    found: dict[str, Reader] = {}
    faults: dict[str, str] = {}
    with _names_of(place) as seen:
        for name, reader in readers.items():
            try:
                if reader.recognises(seen):
                    found[name] = reader
            except Exception as error:
                package = READERS.package_of(name)
                if not package:
                    raise
                reason = " ".join(f"{type(error).__name__}: {error}".split())
                faults[name] = (
                    f"corpus {name!r} of {package} could not look at {place} ({reason}) and was "
                    "passed over: mend or remove that package"
                )
    if len(found) == 1:
        return next(iter(found.values())), faults
    why = _why_several(place, found) if found else _why_none(place)
    raise DatasetError("; ".join([why, *faults.values()]))


@contextmanager
def _names_of(place: Path) -> Iterator[Path]:
    """The path itself; for a remote folder, a local stand-in with the names of its first files.

    Every reader looks at the names: a remote folder is listed once for all of them.
    """
    if url_of(place) is None or not is_folder(place):
        yield place
        return
    with scratch_folder("names") as scratch:
        seen = scratch / place.name
        seen.mkdir()
        for path in first_files(place):
            file = seen / path.relative_to(place)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        yield seen


def _why_several(place: Path, found: Mapping[str, Reader]) -> str:
    """Why a path is ambiguous: each corpus found there, with its own folder if it has one."""
    readers = tuple(found.values())
    folders = {reader.title: _own_folder(place, reader, readers) for reader in readers}
    named = " and ".join(f"{title} (in {folder})" for title, folder in folders.items())
    places = {place, *folders.values()}
    apart = len(places) > len(folders) and not any(
        other in folder.parents for folder in folders.values() for other in folders.values()
    )
    give = f"give {' '.join(map(str, folders.values()))}" if apart else "give one folder for each"
    return (
        f"{place} looks like {named}; expected one corpus: {give}, or choose with "
        f"{' or '.join(f'--corpus {name}' for name in found)}"
    )


def _own_folder(place: Path, reader: Reader, readers: Sequence[Reader]) -> Path:
    """The topmost folder that holds all of one corpus and nothing of others, else the lowest."""
    if url_of(place) is not None:
        return place
    inner = {path for path in place.iterdir() if path.is_dir() and reader.recognises(path)}
    if len(inner) != 1 or _lies_in(place, reader):
        return place
    (folder,) = inner
    alone = not any(each.recognises(folder) for each in readers if each is not reader)
    return folder if alone else _own_folder(folder, reader, readers)


def _lies_in(place: Path, reader: Reader) -> bool:
    """Whether files of a corpus lie directly in a folder, not only in folders below it."""
    own = (path.name for path in sorted(place.iterdir()) if path.is_file())
    with scratch_folder("names") as scratch:
        # A folder given as "." has a name too, which some readers look at.
        seen = scratch / "in" / place.absolute().name
        seen.mkdir(parents=True, exist_ok=True)
        for name in islice(own, N_LOOKED_AT):
            (seen / name).touch()
        return reader.recognises(seen)


def _why_none(folder: Path) -> str:
    known = "expected one of the corpora that affuse reads (affuse corpora lists them)"
    contents = folder_contents(folder)
    if contents.files:
        first = first_few([path.name for path in contents.files], _SHOWN)
        tables = [each.name for each in contents.passed_over if each.name.endswith(".csv")]
        there = f"give {first_few(tables, _SHOWN)} in it if it lists them, or " if tables else ""
        return (
            f"no corpus is recognised in {folder} by its {len(contents.files)} media files "
            f"({first}); {known}: {there}for clips of your own write a CSV with the columns "
            "path,emotion,speaker and give that, or name the corpus with --corpus"
        )
    archives = sum(1 for _ in islice(folder.rglob("*.zip"), N_LOOKED_AT))
    if archives:
        return (
            f"{folder} holds {archives} zip archives but no media file; {known}: unpack the "
            "archives first"
        )
    return (
        f"{folder} holds no media file (wav, flac, mp4 ...); {known}: for clips of your own write "
        "a CSV with the columns path,emotion,speaker and give that"
    )
