"""Groups of features that belong together, by the first word of their names."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST = 100
"""More groups than this are no groups: each name is then a word of its own."""


def feature_groups(columns: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Columns of features whose names begin with the same word.

    Parameters
    ----------
    columns : sequence of str
        Names of the features.

    Returns
    -------
    dict of str to (n,) int64
        Word -> columns, in the order in which the words come first; empty where there are no
        names, one word alone, or more than `MOST`.

    Examples
    --------
    >>> found = feature_groups(["pitch mean", "AU01_r", "pitch 95", "AU01_c"])
    >>> {word: columns.tolist() for word, columns in found.items()}
    {'pitch': [0, 2], 'AU01': [1, 3]}
    """
    found: dict[str, list[int]] = {}
    for place, name in enumerate(columns):
        found.setdefault(re.split(r"[\s_]", name.strip(" _"), maxsplit=1)[0], []).append(place)
    if not 1 < len(found) <= MOST:
        return {}
    return {word: np.array(places, np.int64) for word, places in found.items()}
