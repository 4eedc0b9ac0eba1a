"""Action units that were measured on real clips -> the intensities that are drawn.

A clip's mean intensity is small even where its apex is strong, and OpenFace reports some
units on a far smaller scale than others. So each unit is drawn at a fixed, monotone function
of its measured mean and of the share of frames in which it was present:
``min(5, gain * max(0, mean - floor) + presence_gain * presence)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affuse.corpora.ravdess.names import take_key
from affuse.errors import FeatureError
from affuse.storage.csv_rows import read_frame
from affuse.synthetic.action_units import ACTION_UNITS, MAX_INTENSITY

# Unit -> (floor, gain, gain of presence). The floor is what a face at rest is reported with.
GAINS: Mapping[str, tuple[float, float, float]] = {
    "AU01": (0.06, 5.0, 0.5),
    "AU02": (0.03, 9.0, 0.5),
    "AU04": (0.0, 1.6, 0.5),
    "AU05": (0.02, 12.0, 2.5),
    "AU06": (0.0, 1.9, 0.5),
    "AU07": (0.0, 1.1, 0.5),
    "AU09": (0.02, 12.0, 1.0),
    "AU10": (0.0, 1.4, 0.5),
    "AU12": (0.0, 1.7, 0.5),
    "AU14": (0.0, 1.5, 0.5),
    "AU15": (0.06, 9.0, 1.0),
    "AU17": (0.2, 3.0, 0.5),
    "AU20": (0.03, 10.0, 1.0),
    "AU23": (0.04, 8.0, 1.0),
    "AU25": (0.0, 1.5, 0.0),
    "AU26": (0.0, 1.5, 0.0),
    "AU45": (0.0, 1.0, 0.0),
}


def read_action_units(path: str | Path) -> dict[str, NDArray[np.float64]]:
    """Intensities (17,) to draw for each take key of a table of measured action units.

    Parameters
    ----------
    path : str or Path
        CSV with a column ``clip`` (RAVDESS name of any modality, or take key), columns
        ``AU01_r`` ... ``AU45_r`` with clip means of intensities from 0 to 5 and, where they
        were measured, ``AU01_c`` ... ``AU45_c`` with the share of frames that show the unit.

    Returns
    -------
    dict of str to (17,) float64

    Raises
    ------
    FeatureError
        No such file, not a CSV, a column is missing, a cell of one is not a number from 0 up,
        or a clip has two rows.
    """
    table = _read(Path(path))
    keys = [take_key(str(name)) or str(name) for name in table["clip"]]
    twice = (
        sorted({key for key in keys if keys.count(key) > 1}) if len(set(keys)) < len(keys) else []
    )
    if twice:
        raise FeatureError(
            f"{path} has more than one row for {', '.join(twice[:5])}; expected one per clip"
        )
    means = np.column_stack([_drawn(path, table, unit) for unit in ACTION_UNITS])
    return dict(zip(keys, means, strict=True))


def _read(path: Path) -> pd.DataFrame:
    table = read_frame(path, "clip,AU01_r ... AU45_r", ("clip",), FeatureError)
    wanted = ["clip", *(f"{unit}_r" for unit in ACTION_UNITS)]
    missing = [column for column in wanted if column not in table.columns]
    if missing:
        raise FeatureError(
            f"{path} lacks the columns {', '.join(missing)}; expected clip, AU01_r ... AU45_r "
            "as OpenFace names them, one row per clip"
        )
    return table


def _drawn(path: str | Path, table: pd.DataFrame, unit: str) -> NDArray[np.float64]:
    floor, gain, presence_gain = GAINS[unit]
    drawn = gain * np.maximum(0.0, _numbers(path, table, f"{unit}_r") - floor)
    if f"{unit}_c" in table.columns:
        drawn += presence_gain * _numbers(path, table, f"{unit}_c")
    return np.asarray(np.minimum(drawn, MAX_INTENSITY))


def _numbers(path: str | Path, table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(np.float64)
    wrong = np.flatnonzero(~(values >= 0) | np.isinf(values))
    if wrong.size:
        row = int(wrong[0])
        raise FeatureError(
            f"{path} has {table[column].iloc[row]!r} in column {column} for clip "
            f"{table['clip'].iloc[row]}; expected a number from 0 up"
        )
    return values
