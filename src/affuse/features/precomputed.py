"""Features that another program computed, from a CSV: action units and whatever else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affuse.corpora.clip_keys import CLIP_COLUMNS, row_key, rows_of_clips
from affuse.errors import DatasetError, FeatureError
from affuse.records import Clip, Modality
from affuse.storage.csv_rows import is_blank, number, read_frame
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

_TEXTS = (*CLIP_COLUMNS, _INSTANCE, "speaker")
_UNTRACKED = frozenset({"", "0", "0.0", "false", "f", "no", "n"})
_EXPECTED = "clip,FEATURE,FEATURE..."
_COUNTED_FROM = 10
"""Rows from which on a column that only counts them is no feature."""


@dataclass(frozen=True)
class Precomputed:
    """One row of features per clip, in the place of an extractor.

    Attributes
    ----------
    path : Path
        The CSV they came from.
    modality : {"audio", "video"}
    columns : tuple of str
        Names of the features.
    values : (n_rows, n_features) float32
    rows : mapping of str to int
        Key of a row (`affuse.corpora.clip_keys.row_key`) -> its place in `values`.
    untracked : frozenset of str
        Keys of clips in which the program found a face in no frame.
    notes : tuple of str
        What was left out of the table.
    """

    path: Path
    modality: Modality
    columns: tuple[str, ...]
    values: NDArray[np.float32]
    rows: Mapping[str, int]
    untracked: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    name = "precomputed"
    frame_level = False

    @property
    def label(self) -> str:
        """What results show: the file's name."""
        return self.path.stem

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_features,)``."""
        return (len(self.columns),)

    def of_clips(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Rows of these clips, (n_clips, n_features) float32; NaN where no face was tracked.

        A clip meets its row by the end of its path, or by its id; names of one RAVDESS take meet
        whatever modality their first field says.

        Raises
        ------
        FeatureError
            A name that may be several clips', clips without a row or with several, or a number
            that is not finite: says how many, and names them.
        """
        found = self._rows_of(clips)
        missing = [clip for clip, rows in found.items() if not rows]
        if missing:
            raise FeatureError(self._missing(missing, clips))
        several = {clip: rows for clip, rows in found.items() if len(rows) > 1}
        if several:
            clip, rows = next(iter(several.items()))
            raise FeatureError(
                f"{self.path} has {len(rows)} rows for the clip {clip} ({first_few(list(rows))}); "
                "expected one row per clip: remove the others"
            )
        places = np.array([self.rows.get(found[clip.id][0], -1) for clip in clips], int)
        values = np.full((len(clips), len(self.columns)), np.nan, np.float32)
        values[places >= 0] = self.values[places[places >= 0]]
        seen = [clip for clip, place in zip(clips, places, strict=True) if place >= 0]
        self._refuse_unfit(values[places >= 0], seen)
        return values

    def _rows_of(self, clips: Sequence[Clip]) -> dict[str, tuple[str, ...]]:
        try:
            return rows_of_clips((*self.rows, *self.untracked), clips)
        except DatasetError as error:
            raise FeatureError(f"{self.path} {error}") from error

    def _missing(self, missing: Sequence[str], clips: Sequence[Clip]) -> str:
        return (
            f"{self.path} has no row for {len(missing)} of {len(clips)} clips "
            f"({first_few(missing)}); expected one for each: add them, or choose other clips "
            "(--set data.speakers=..., data.where.channel=...)"
        )

    def _refuse_unfit(self, values: NDArray[np.float32], clips: Sequence[Clip]) -> None:
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            row, column = bad[0]
            raise FeatureError(
                f"{self.path} has no finite number in {len(bad)} cell{'s' * (len(bad) > 1)} "
                f"(blank, NaN, infinite or beyond 32 bits), the first for clip {clips[row].id} in "
                f"column {self.columns[column]!r}; expected finite numbers: "
                "fill them in, or remove the column or the clip"
            )


def read_precomputed(path: Path, modality: Modality) -> Precomputed:
    """Table of features from a CSV with a header, as `affuse.storage.csv_rows` reads it.

    The column ``clip`` (or ``path``, ``file``, ``filename``) holds a file's path or name, or a
    take key, with or without its suffix; every other column is a feature and must be numeric, but
    for those of `BOOKKEEPING` and any that only counts the rows. One row per clip; where there is
    a column that numbers or times frames, several: they become the mean of each feature over the
    clip, then the standard deviation of each (``NAME_mean``, ``NAME_std``). Frames in which
    ``success`` is 0, as OpenFace has it where it finds no face, are left out.

    Raises
    ------
    FeatureError
        No such file or no CSV, no clip column, no feature, a feature that is not numeric, two
        faces in one frame, or a row that comes twice: names the file, what was found and what was
        expected.
    """
    table = _read(path)
    roles = {name.lower(): name for name in table.columns}
    clip = next(roles[name] for name in (*CLIP_COLUMNS, _INSTANCE) if name in roles)
    order = [name for name in table.columns if _plain(name) in _ORDER]
    keys = table[clip].map({name: row_key(name) for name in table[clip].unique()})
    tracked = (
        _tracked(path, table[roles[_TRACKED]])
        if _TRACKED in roles
        else pd.Series(True, table.index)
    )
    untracked = frozenset(keys).difference(keys[tracked])
    table, keys = table[tracked], keys[tracked]
    counting = [name for name in table.columns if _counts(table[name])]
    dropped = [n for n in table.columns if n.lower() in BOOKKEEPING or n in (*order, *counting)]
    features = table.drop(columns=dropped)
    mentioned = [name for name in dropped if name != clip]
    _refuse_unfit(path, features, mentioned)
    if _FACE in roles:
        _refuse_two_faces(path, table, keys, [roles[_FACE], *order])
    _refuse_repeats(path, table[[clip, *order]], keys, order, stretches="start" in roles)
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
        notes=tuple(_notes(path, mentioned, tracked)),
    )


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise FeatureError(
            f"features {str(path)!r} were given; expected the path of an existing .csv file"
        )
    table = read_frame(path, _EXPECTED, _TEXTS, FeatureError)
    names = {name.lower(): name for name in table.columns}
    clip = next((names[name] for name in (*CLIP_COLUMNS, _INSTANCE) if name in names), None)
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


def _plain(name: str) -> str:
    return "".join(name.lower().replace("_", " ").split())


def _tracked(path: Path, column: pd.Series[Any]) -> pd.Series[bool]:
    """In which rows a tracker found a face: none where the cell is blank, 0, false or no."""
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


def _notes(path: Path, dropped: Sequence[str], tracked: pd.Series[bool]) -> Iterable[str]:
    if dropped:
        yield f"Columns of {path.name} that are no features were left out: {first_few(dropped)}."
    lost = int((~tracked).sum())
    if lost:
        yield (
            f"{lost:,} of {len(tracked):,} rows of {path.name} without a tracked face (success 0) "
            "were left out."
        )


def _refuse_unfit(path: Path, features: pd.DataFrame, dropped: Sequence[str]) -> None:
    if not len(features.columns):
        others = f" (not counting {first_few(dropped)})" if dropped else ""
        raise FeatureError(
            f"{path} has no column of features{others}; expected at least one beside 'clip'"
        )
    words = [
        f"{name}: {_odd_cell(features[name])!r}"
        for name, kind in features.dtypes.items()
        if not pd.api.types.is_numeric_dtype(kind)
    ]
    if words:
        raise FeatureError(
            f"{path} has columns that are not numeric ({first_few(words)}); expected numbers in "
            "every column but 'clip': remove or encode them"
        )
    if features.empty:
        raise FeatureError(
            f"{path} has no row with a tracked face (success is 0 in all); expected some frames "
            "with a face: run the tracker again"
        )


def _odd_cell(column: pd.Series[Any]) -> object:
    """A cell for which a column is no column of numbers."""
    filled = [cell for cell in column if isinstance(cell, str) and not is_blank(cell)]
    return next((cell for cell in filled if math.isnan(number(cell))), filled[0])


def _refuse_two_faces(
    path: Path, table: pd.DataFrame, keys: pd.Series[str], columns: Sequence[str]
) -> None:
    """Two people in one frame: whose features are the clip's cannot be known."""
    face, *order = columns
    frames = table[order].assign(key=keys, face=table[face]).drop_duplicates()
    twice = frames.drop(columns="face").duplicated()
    if twice.any():
        clips = frames["key"][twice].unique()
        raise FeatureError(
            f"{path} has several faces (column {face!r}) in the same frames of {len(clips)} clips "
            f"({first_few(list(clips))}); expected one: keep the rows of the face that the label "
            "is of"
        )


def _refuse_repeats(
    path: Path,
    names: pd.DataFrame,
    keys: pd.Series[str],
    order: Sequence[str],
    *,
    stretches: bool,
) -> None:
    clip = names.columns[0]
    repeated = names.drop(columns=clip).assign(key=keys).duplicated(keep=False)
    if repeated.any():
        wanted = f"one row per clip and {order[0]}" if order else "one row per clip"
        hint = "remove the others" if order else "remove the others, or add a column 'frame'"
        if stretches:
            hint = (
                "name each stretch of a file by its clip, such as talk@0-1.5, as `affuse index "
                "DATA --out FILE.csv` writes them"
            )
        raise FeatureError(
            f"{path} has {int(repeated.sum())} rows that name the same clip "
            f"({first_few(list(names[clip][repeated]))}); expected {wanted}: {hint}"
        )


def _mean(values: pd.Series[float]) -> float:
    return float(np.mean(values.to_numpy()))


def _deviation(values: pd.Series[float]) -> float:
    return float(np.std(values.to_numpy()))
