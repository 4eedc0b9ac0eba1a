"""What tables of py-feat and MediaPipe hold beside features: places, identities, blank rows."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

SCORE = "facescore"
"""By this column (small letters) a table of py-feat is recognised."""
INPUT = "input"
"""Where py-feat names the recording."""

_PLACES = re.compile(
    r"facescore|facerect(x|y|width|height)|[xyz]_\d+|identity(_\d+)?|approx_time|input"
)


def names_recording(columns: Iterable[str]) -> tuple[str, ...]:
    """Columns that name the recording beside the usual ones: py-feat's, in a table of its own.

    Parameters
    ----------
    columns : iterable of str
        In small letters.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> names_recording(["input", "frame", "facescore"]), names_recording(["input", "au01"])
    (('input',), ())
    """
    return (INPUT,) if SCORE in set(columns) else ()


def places(columns: Iterable[str]) -> list[str]:
    """Columns of a table of py-feat that say where a face stands or whose it is: no features.

    Parameters
    ----------
    columns : iterable of str

    Returns
    -------
    list of str
        None in other tables.

    Examples
    --------
    >>> places(["FaceScore", "x_0", "Identity_1", "AU01", "anger"])
    ['FaceScore', 'x_0', 'Identity_1']
    """
    names = list(columns)
    if SCORE not in {name.lower() for name in names}:
        return []
    return [name for name in names if _PLACES.fullmatch(name.lower())]


def with_face(table: pd.DataFrame, features: Iterable[str]) -> pd.Series[bool]:
    """Rows of frames that have a face: not those in which every one of several features is blank.

    A blank cell beside numbers, or in the only column, is a number that is missing.

    Parameters
    ----------
    table : DataFrame
        A row for each frame.
    features : iterable of str
        Its columns of features.

    Returns
    -------
    (n_rows,) Series of bool
    """
    names = list(features)
    found: pd.Series[bool] = table[names].notna().any(axis=1)
    return found if len(names) > 1 else pd.Series(True, table.index)
