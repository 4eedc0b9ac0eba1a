"""A table of features from a CSV, such as action units computed by another program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affuse.corpora.clip_keys import CLIP_COLUMNS, row_key
from affuse.errors import FeatureError
from affuse.features.face_tables import INPUT, names_recording, places, with_face
from affuse.features.precomputed import Precomputed
from affuse.features.precomputed_checks import refuse_repeats, refuse_two_faces, refuse_unfit
from affuse.records import Modality
from affuse.storage.csv_rows import read_frame
from affuse.storage.plain_text import first_few

_INSTANCE = "name"
"""What openSMILE calls the recording of a row: the clip, where no other column names it."""
_ORDER = (
    "frame", "timestamp", "frameindex", "frametime", "frameid", "framenumber", "frameidx",
    "timestampms", "timems", "time",
)  # fmt: skip
"""Without blanks and underscores."""
_FACE, _TRACKED = "face_id", "success"
BOOKKEEPING = frozenset(
    {*CLIP_COLUMNS, *_ORDER, _FACE, _TRACKED}
    | {"confidence", _INSTANCE, "start", "end", "index", "level_0", "fold"}
    | {"speaker", "speaker_id", "subject", "subject_id", "participant", "participant_id"}
    | {"emotion", "audio", "video"}
)
"""Columns (lower case) by which programs number, time and name their rows, and those of clip
tables: never features."""

_TEXTS = (*CLIP_COLUMNS, _INSTANCE, INPUT, "speaker")
_UNTRACKED = frozenset({"", "0", "0.0", "false", "f", "no", "n"})
_EXPECTED = "clip,FEATURE,FEATURE..."
_COUNTED_FROM = 10
"""Rows from which on a column that only counts them is no feature."""


def read_precomputed(path: Path, modality: Modality) -> Precomputed:
    """Table of features from a CSV with a header, as `affuse.storage.csv_rows` reads it.

    The column ``clip`` (or ``path``, ``file``, ``filename``) holds a file's path or name, or a
    take key, with or without its suffix; every other column is a feature and must be numeric, but
    for those of `BOOKKEEPING` and any that only counts the rows. One row per clip; where there is
    a column that numbers or times frames, several: they become the mean of each feature over the
    clip, then the standard deviation of each (``NAME_mean``, ``NAME_std``). Frames in which
    ``success`` is 0, as OpenFace has it where it finds no face, or every feature is blank, as in
    tables of py-feat and of MediaPipe's blendshapes, are left out. In a table of py-feat, known by
    ``FaceScore``, ``input`` is the clip, and places, landmarks and identities are no features.

    Parameters
    ----------
    path : Path
    modality : {"audio", "video"}

    Returns
    -------
    Precomputed

    Raises
    ------
    FeatureError
        No such file or no CSV, no clip column, no feature, a feature that is not numeric, two
        faces in one frame, or a row that comes twice: names the file, what was found and what was
        expected.
    """
    table = _read(path)
    roles = {name.lower(): name for name in table.columns}
    clip = _clip_column(roles)
    assert clip is not None
    order = [name for name in table.columns if _plain(name) in _ORDER]
    keys = table[clip].map({name: row_key(name) for name in table[clip].unique()})
    tracked = (
        _tracked(path, table[roles[_TRACKED]])
        if _TRACKED in roles
        else pd.Series(True, table.index)
    )
    every, table, keys = frozenset(keys), table[tracked], keys[tracked]
    counting = [name for name in table.columns if _counts(table[name])]
    named = (*order, *counting, *places(table.columns))
    dropped = [n for n in table.columns if n.lower() in BOOKKEEPING or n in named]
    if order:
        seen = with_face(table, [name for name in table.columns if name not in dropped])
        table, keys = table[seen], keys[seen]
    n_lost, untracked = len(tracked) - len(table), every.difference(keys)
    features = table.drop(columns=dropped)
    mentioned = [name for name in dropped if name != clip]
    refuse_unfit(path, features, mentioned)
    if _FACE in roles:
        refuse_two_faces(path, table, keys, [roles[_FACE], *order])
    refuse_repeats(path, table[[clip, *order]], keys, order, stretches="start" in roles)
    if order and keys.duplicated().any():
        features = _summarised(features, keys)
        keys = features.index.to_series()
        mentioned = [name for name in mentioned if name not in order]
    return Precomputed(
        path=path,
        modality=modality,
        columns=tuple(str(column) for column in features.columns),
        values=_values(features),
        rows={str(key): row for row, key in enumerate(keys)},
        untracked=untracked,
        notes=tuple(_notes(path, mentioned, n_lost, len(tracked), _TRACKED in roles)),
    )


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise FeatureError(
            f"features {str(path)!r} were given; expected the path of an existing .csv file"
        )
    table = read_frame(path, _EXPECTED, _TEXTS, FeatureError)
    names = {name.lower(): name for name in table.columns}
    clip = _clip_column(names)
    if clip is None:
        raise FeatureError(
            f"{path} has the columns {first_few(list(table.columns))}; expected one called 'clip' "
            "that holds each clip's file name or take key"
        )
    # openSMILE and ARFF put names between single quotes.
    table[clip] = table[clip].str.replace(r"^'(.+)'$", r"\1", regex=True)
    nameless = int((table[clip] == "").sum())
    if nameless or table.empty:
        found = f"{nameless} rows without a name" if nameless else "no row"
        raise FeatureError(
            f"{path} has {found}; expected a name in the column {clip!r} of every row"
        )
    return table


def _clip_column(names: Mapping[str, str]) -> str | None:
    """The column that names each row's recording; `names` has all in small letters."""
    candidates = (*CLIP_COLUMNS, _INSTANCE, *names_recording(names))
    return next((names[name] for name in candidates if name in names), None)


def _plain(name: str) -> str:
    return "".join(name.lower().replace("_", " ").split())


def _tracked(path: Path, column: pd.Series[Any]) -> pd.Series[bool]:
    """Rows in which a tracker found a face: not those whose cell is blank, 0, false or no."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.fillna(0) != 0
    words = column.map(lambda cell: "" if pd.isna(cell) else str(cell).strip().casefold())
    unknown = sorted({*words} - _UNTRACKED - {"1", "1.0", "true", "t", "yes", "y"})
    if unknown:
        raise FeatureError(
            f"{path} has {first_few(unknown)} in the column {column.name!r}; expected 1 where a "
            "face was tracked and 0 where none was"
        )
    return ~words.isin(_UNTRACKED)


def _counts(column: pd.Series[Any]) -> bool:
    """Whether a column only counts the rows: whole numbers, each above the one before."""
    if len(column) < _COUNTED_FROM or not pd.api.types.is_numeric_dtype(column.dtype):
        return False
    values = column.to_numpy(np.float64)
    return bool((np.diff(values) > 0).all() and (values == np.rint(values)).all())


def _summarised(features: pd.DataFrame, keys: pd.Series[str]) -> pd.DataFrame:
    """Mean and standard deviation of each feature over the frames of each clip."""
    grouped = features.astype(float).groupby(keys, sort=False)
    # A missing number must stay one: the mean of the other frames would hide it.
    means, deviations = grouped.agg(_mean), grouped.agg(_deviation)
    joined: pd.DataFrame = means.add_suffix("_mean").join(deviations.add_suffix("_std"))
    return joined


def _values(features: pd.DataFrame) -> NDArray[np.float32]:
    # What 32 bits do not hold becomes infinite, and is refused where a clip needs it.
    with np.errstate(over="ignore"):
        return features.to_numpy(np.float32)


def _notes(
    path: Path, dropped: Sequence[str], n_lost: int, n_rows: int, stated: bool
) -> Iterable[str]:
    if dropped:
        yield f"Columns of {path.name} that are no features were left out: {first_few(dropped)}."
    if n_lost:
        why = "success 0" if stated else "blank"
        yield (
            f"{n_lost:,} of {n_rows:,} rows of {path.name} without a tracked face ({why}) "
            "were left out."
        )


def _mean(values: pd.Series[float]) -> float:
    # What is not finite is refused where a clip needs it.
    with np.errstate(invalid="ignore"):
        return float(np.mean(values.to_numpy()))


def _deviation(values: pd.Series[float]) -> float:
    with np.errstate(invalid="ignore"):
        return float(np.std(values.to_numpy()))
