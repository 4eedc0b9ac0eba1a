"""Tables of features beside recordings, for bundles that were trained on such tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.bundle import Bundle
from affuse.bundle.tables import refuse_without_tables, tables_of
from affuse.corpora.clip_keys import rows_of_clips
from affuse.errors import ConfigError, DatasetError, FeatureError
from affuse.features.precomputed import Precomputed
from affuse.records import Clip, Modality
from affuse.storage.plain_text import first_few

Tables = Mapping[Modality, Precomputed | None]
"""Of each modality that a bundle takes from a table: that table; None: it is done without."""


def read_tables(bundle: Bundle, files: Mapping[Modality, str | Path | None]) -> Tables:
    """The tables that a bundle needs, with the columns of its training.

    Parameters
    ----------
    bundle : Bundle
    files : mapping of modality to str or Path or None
        Paths of CSVs; None: the modality is done without. Columns that the bundle does not know
        are left out.

    Returns
    -------
    mapping of modality to Precomputed or None

    Raises
    ------
    BundleError
        The bundle asks for a table that is not given.
    ConfigError
        One is given for a modality that the bundle reads in recordings, or not at all.
    FeatureError
        A table cannot be read, or lacks a column.
    """
    if not isinstance(files, Mapping):
        raise ConfigError(
            f"features {files!r} were given; expected the path of a table for each modality, as in "
            "{'video': 'units.csv'}"
        )
    needed = tables_of(bundle.manifest)
    for modality in files:
        if modality not in needed:
            raise ConfigError(
                f"{modality} features were given for {bundle.title}, which takes none from a "
                f"table; expected those of {' and '.join(needed) or 'no modality'}: leave them out"
            )
    refuse_without_tables(bundle, files)
    return {
        modality: None if file is None else _with_columns(Path(file), modality, needed[modality])
        for modality, file in files.items()
    }


def row_of(table: Precomputed, name: str) -> NDArray[np.float32] | None:
    """The features of one recording; None where the table records no tracked face for it.

    Parameters
    ----------
    table : Precomputed
    name : str
        Path of the recording as it was given; a row names it as `affuse.corpora.clip_keys` has it.

    Returns
    -------
    (n_features,) float32 or None

    Raises
    ------
    FeatureError
        No row is about it, or several are, or a number of it is not finite.
    """
    files: dict[str, Any] = {table.modality: Path(name)}
    clip = Clip(name, "", "", **files)
    try:
        found = rows_of_clips((*table.rows, *table.untracked), [clip])[clip.id]
    except DatasetError as error:
        raise FeatureError(f"{table.path} {error}") from error
    if not found:
        raise FeatureError(
            f"{table.path} has no row for {name}; expected one that names it, by its path or its "
            f"file's name: add it, or give --features {table.modality}=none"
        )
    row = table.given([clip])[0]
    return None if np.isnan(row).all() else row


def _with_columns(file: Path, modality: Modality, columns: tuple[str, ...]) -> Precomputed:
    # Tables need pandas, which prediction does without otherwise.
    from affuse.features.read_precomputed import read_precomputed

    table = read_precomputed(file, modality)
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise FeatureError(
            f"{file} lacks {len(missing)} of {len(columns)} columns that the bundle was trained on "
            f"({first_few(missing)}); expected all of them, made by the same program"
        )
    places = [table.columns.index(name) for name in columns]
    return replace(table, columns=columns, values=table.values[:, places])
