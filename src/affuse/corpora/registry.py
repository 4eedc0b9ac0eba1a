"""Readers of corpora by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import cast

from affuse.corpora.index import Index
from affuse.corpora.media_files import MEDIA_SUFFIXES
from affuse.errors import DatasetError
from affuse.storage.remote import is_file, is_folder, local_path

DATASETS = {
    "ravdess": "affuse.corpora.readers.ravdess:read_ravdess",
    "table": "affuse.corpora.table:read_table",
}
"""Name of a reader -> ``module:attribute`` of a function from a path to an `Index`."""


def read_index(path: str | Path, reader: str = "auto") -> Index:
    """Index of a corpus, by whichever reader fits.

    Parameters
    ----------
    path : str or Path
        A folder, or a CSV file.
    reader : str
        A name of `DATASETS`; ``auto``: ``table`` for a file, ``ravdess`` for a folder.

    Raises
    ------
    DatasetError
        Unknown reader, nothing at `path`, or whatever the reader refuses.

    Examples
    --------
    >>> read_index("clips.csv", reader="cremad")
    Traceback (most recent call last):
    affuse.errors.DatasetError: reader 'cremad' was given; expected one of auto, ravdess, table
    """
    if reader not in ("auto", *DATASETS):
        legal = ", ".join(("auto", *DATASETS))
        raise DatasetError(f"reader {reader!r} was given; expected one of {legal}")
    place = local_path(str(path))
    if not (is_file(place) or is_folder(place)):
        raise DatasetError(
            f"{path} does not exist; expected a folder of RAVDESS files, "
            "or a CSV with the columns path,emotion,speaker"
        )
    if is_file(place) and place.suffix.lower() in MEDIA_SUFFIXES:
        raise DatasetError(
            f"{path} is a recording; expected a folder of RAVDESS files, or a CSV with the columns "
            "path,emotion,speaker: `affuse predict` says what a recording shows"
        )
    if reader == "auto":
        reader = "table" if is_file(place) else "ravdess"
    module, _, attribute = DATASETS[reader].partition(":")
    read = cast("Callable[[Path], Index]", getattr(importlib.import_module(module), attribute))
    return read(place)
