"""Reasons to refuse a table of features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from affuse.errors import FeatureError
from affuse.storage.csv_rows import is_blank, number
from affuse.storage.plain_text import counted, first_few


def refuse_unfit(path: Path, features: pd.DataFrame, dropped: Sequence[str]) -> None:
    """Refuse (FeatureError) a table without features, with non-numeric ones, or without rows.

    Parameters
    ----------
    path : Path
    features : DataFrame
    dropped : sequence of str
    """
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
            f"{path} has no row with a tracked face (success is 0, or every "
            "feature blank, in all); expected some frames with a face: run the tracker again"
        )


def _odd_cell(column: pd.Series[Any]) -> object:
    """A cell that makes a column non-numeric."""
    filled = [cell for cell in column if isinstance(cell, str) and not is_blank(cell)]
    return next((cell for cell in filled if math.isnan(number(cell))), filled[0])


def refuse_two_faces(
    path: Path, table: pd.DataFrame, keys: pd.Series[str], columns: Sequence[str]
) -> None:
    """Refuse two faces in one frame: which of them the clip's label is about is unknown.

    Parameters
    ----------
    path : Path
    table : FeatureTable
    keys : Series of str
    columns : sequence of str
    """
    face, *order = columns
    frames = table[order].assign(key=keys, face=table[face]).drop_duplicates()
    twice = frames.drop(columns="face").duplicated()
    if twice.any():
        clips = frames["key"][twice].unique()
        raise FeatureError(
            f"{path} has several faces (column {face!r}) in the same frames of "
            f"{counted(len(clips), 'clip')} ({first_few(list(clips))}); expected one: keep the "
            "rows of the face that the label is of"
        )


def refuse_repeats(
    path: Path,
    names: pd.DataFrame,
    keys: pd.Series[str],
    order: Sequence[str],
    *,
    stretches: bool,
) -> None:
    """Refuse (FeatureError) repeated rows: which of them is the clip's is unknown.

    Parameters
    ----------
    path : Path
    names : sequence of str
        Of the outputs.
    keys : Series of str
    order : (n,) int
    stretches : bool
    """
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
