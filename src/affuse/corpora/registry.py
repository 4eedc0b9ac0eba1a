"""Whichever corpus lies at a path -> its Index; several -> one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.media_files import MEDIA_SUFFIXES, N_LOOKED_AT, folder_contents
from affuse.corpora.merging import merge
from affuse.corpora.reader import Reader
from affuse.errors import DatasetError
from affuse.registries import READERS
from affuse.storage.plain_text import first_few
from affuse.storage.remote import is_file, is_folder, local_path

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
        Name of a reader (``affuse corpora`` lists them); ``auto``: the one that recognises the
        names of the files.

    Returns
    -------
    Index
        A reader of another package that cannot be loaded is named in `Index.notes`.

    Raises
    ------
    DatasetError
        Nothing at `root`; no reader recognises it, or two do; or whatever its reader refuses.
    ConfigError
        No reader of that name: says the nearest.

    Examples
    --------
    >>> read("clips.csv", corpus="emo-db")
    Traceback (most recent call last):
    affuse.errors.ConfigError: corpus 'emo-db' was given: did you mean 'emodb'?
    """
    if corpus != AUTO:
        READERS.check(corpus)
    place = local_path(str(root))
    if not (is_file(place) or is_folder(place)):
        raise DatasetError(f"{root} does not exist; {_EXPECTED}")
    if is_file(place) and place.suffix.lower() in MEDIA_SUFFIXES:
        raise DatasetError(
            f"{root} is a recording; {_EXPECTED}: `affuse predict` says what a recording shows"
        )
    if corpus != AUTO:
        reader: Reader = READERS.get(corpus)
        return reader.read(place)
    known = READERS.load_all()
    index = _recognised(place, known.entries).read(place)
    failed = tuple(f"{why[0].upper()}{why[1:]}." for why in known.failed.values())
    return replace(index, notes=(*index.notes, *failed)) if failed else index


def read_all(roots: Sequence[str | Path], corpus: str = AUTO) -> Index:
    """One index of all that lies at several paths, speakers of different corpora kept apart.

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
    """Tables that are called alike, and so would be one corpus, called by their folders too."""
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


def _recognised(place: Path, readers: Mapping[str, Reader]) -> Reader:
    """The one reader that recognises a path."""
    found = {name: reader for name, reader in readers.items() if reader.recognises(place)}
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        titles = " and ".join(reader.title for reader in found.values())
        raise DatasetError(
            f"{place} looks like {titles}; expected one corpus: choose with "
            f"{' or '.join(f'--corpus {name}' for name in found)}, or give one folder for each"
        )
    raise DatasetError(_why_none(place, readers.values()))


def _why_none(folder: Path, readers: Iterable[Reader]) -> str:
    named = "; ".join(f"{reader.title}, such as {reader.example}" for reader in readers)
    known = f"expected one of the corpora that affuse reads ({named})"
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
