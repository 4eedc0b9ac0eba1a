"""Features that another program computed, from a CSV: action units and whatever else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affuse.datasets.clip_keys import clip_key, key_in
from affuse.errors import FeatureError
from affuse.records import Clip, Modality

_CLIP = "clip"
_ORDER = ("frame", "timestamp")
_SHOWN = 5


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
        Key of a clip (its take key, or its name without a media suffix) -> its row.
    """

    path: Path
    modality: Modality
    columns: tuple[str, ...]
    values: NDArray[np.float32]
    rows: Mapping[str, int]

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
        """Rows of these clips, (n_clips, n_features) float32.

        A clip meets its row by its id or by the name of one of its files; names of one RAVDESS
        take meet whatever modality their first field says.

        Raises
        ------
        FeatureError
            Clips without a row, or a number that is not finite: says how many, and names them.
        """
        found = [self._row(clip) for clip in clips]
        missing = [clip.id for clip, row in zip(clips, found, strict=True) if row is None]
        if missing:
            raise FeatureError(
                f"{self.path} has no row for {len(missing)} of {len(clips)} clips "
                f"({_some(missing)}); expected one for each: add them, or choose other clips "
                "(--set data.speakers=..., data.channels=...)"
            )
        values: NDArray[np.float32] = self.values[np.array(found, int)]
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            row, column = bad[0]
            raise FeatureError(
                f"{self.path} has {len(bad)} numbers that are NaN or infinite, the first for clip "
                f"{clips[row].id} in column {self.columns[column]!r}; expected finite numbers: "
                "fill them in, or remove the column or the clip"
            )
        return values

    def _row(self, clip: Clip) -> int | None:
        key = key_in(clip, self.rows)
        return None if key is None else self.rows[key]


def read_precomputed(path: Path, modality: Modality) -> Precomputed:
    """Table of features from a CSV with a header.

    The column ``clip`` holds a file's name or a take key, with or without its suffix; every other
    column is a feature and must be numeric. One row per clip; where there is a column ``frame``
    or ``timestamp``, several: they become the mean of each feature over the clip, then the
    standard deviation of each (``NAME_mean``, ``NAME_std``).

    Raises
    ------
    FeatureError
        No such file or no CSV, no clip column, no feature, a feature that is not numeric, or a
        row that comes twice: names the file, what was found and what was expected.
    """
    table = _read(path)
    order = [column for column in _ORDER if column in table]
    features = table.drop(columns=[_CLIP, *order])
    _refuse_unfit(path, features)
    keys = table[_CLIP].map(clip_key)
    _refuse_repeats(path, table[[_CLIP, *order]], keys, order)
    if order:
        grouped = features.astype(float).groupby(keys, sort=False)
        # A missing number must stay one: the mean of the other frames would hide it.
        means, deviations = grouped.agg(_mean), grouped.agg(_deviation)
        joined = means.add_suffix("_mean").join(deviations.add_suffix("_std"))
        features, keys = joined, joined.index.to_series()
    return Precomputed(
        path=path,
        modality=modality,
        columns=tuple(str(column) for column in features.columns),
        values=features.to_numpy(np.float32),
        rows={str(key): row for row, key in enumerate(keys)},
    )


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise FeatureError(
            f"features {str(path)!r} were given; expected the path of an existing .csv file"
        )
    try:
        names = pd.read_csv(path, nrows=0, skipinitialspace=True).columns
        clips = [name for name in names if name.strip().lower() == _CLIP]
        table = pd.read_csv(path, skipinitialspace=True, dtype=dict.fromkeys(clips, str))
    except (ValueError, UnicodeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise FeatureError(
            f"{path} is no CSV ({reason}); expected a header with the column 'clip', and a row "
            "for each clip"
        ) from error
    table.columns = [_plain(str(name)) for name in table.columns]
    if _CLIP not in table:
        raise FeatureError(
            f"{path} has the columns {_some(list(table.columns))}; expected one called 'clip' that "
            "holds each clip's file name or take key"
        )
    nameless = int(table[_CLIP].isna().sum())
    if nameless or table.empty:
        found = f"{nameless} rows without a name" if nameless else "no row"
        raise FeatureError(f"{path} has {found}; expected a name in the column 'clip' of every row")
    return table


def _plain(name: str) -> str:
    """A column's name without blanks around; the columns with a meaning in lower case."""
    name = name.strip()
    return name.lower() if name.lower() in (_CLIP, *_ORDER) else name


def _refuse_unfit(path: Path, features: pd.DataFrame) -> None:
    if not len(features.columns):
        raise FeatureError(f"{path} has no column of features; expected at least one beside 'clip'")
    words = [
        str(n) for n, kind in features.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)
    ]
    if words:
        raise FeatureError(
            f"{path} has columns that are not numeric ({_some(words)}); expected numbers in every "
            "column but 'clip': remove or encode them"
        )


def _refuse_repeats(
    path: Path, names: pd.DataFrame, keys: pd.Series[Any], order: Sequence[str]
) -> None:
    repeated = names.drop(columns=_CLIP).assign(key=keys).duplicated(keep=False)
    if repeated.any():
        wanted = f"one row per clip and {order[0]}" if order else "one row per clip"
        hint = "remove the others" if order else "remove the others, or add a column 'frame'"
        raise FeatureError(
            f"{path} has {int(repeated.sum())} rows that name the same clip "
            f"({_some(list(names[_CLIP][repeated]))}); expected {wanted}: {hint}"
        )


def _mean(values: pd.Series[float]) -> float:
    return float(np.mean(values.to_numpy()))


def _deviation(values: pd.Series[float]) -> float:
    return float(np.std(values.to_numpy()))


def _some(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest
