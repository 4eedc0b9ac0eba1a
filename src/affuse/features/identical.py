"""Clips whose features are the same to the last bit: one recording under several names."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import numpy as np

from affuse.features.table import FeatureTable


def identical_clips(table: FeatureTable) -> tuple[tuple[str, ...], ...]:
    """Groups of clip ids with identical features in some modality.

    An extractor is a function: identical samples give identical features, and nothing else
    does in practice. Features without any variation (silence, a black picture) are no
    evidence and are passed over.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    tuple of tuple of str
        Groups of two and more; no clip is in two.

    Examples
    --------
    >>> table = FeatureTable(
    ...     clips=np.array(["a", "b", "c"]),
    ...     speakers=np.array(["1", "1", "2"]),
    ...     labels=np.array([0, 1, 0]),
    ...     classes=("calm", "angry"),
    ...     arrays={"audio": np.array([[1, 2], [3, 4], [1, 2]], np.float32)},
    ...     present={"audio": np.ones(3, bool)},
    ... )
    >>> identical_clips(table)
    (('a', 'c'),)
    """
    rows_of: dict[tuple[str, str], list[int]] = defaultdict(list)
    for modality in table.modalities:
        array = table.arrays[modality]
        for row in np.flatnonzero(table.present[modality]):
            features = array.rows([row])
            if np.ptp(features) > 0:
                digest = hashlib.sha256(np.ascontiguousarray(features).tobytes()).hexdigest()
                rows_of[modality, digest].append(int(row))
    groups = _merged([rows for rows in rows_of.values() if len(rows) > 1])
    return tuple(tuple(str(table.clips[row]) for row in sorted(rows)) for rows in groups)


def _merged(groups: list[list[int]]) -> list[set[int]]:
    """Groups that share a member, as one: sound equal to one clip's, picture to another's."""
    merged: list[set[int]] = []
    for group in groups:
        overlapping = [other for other in merged if not other.isdisjoint(group)]
        merged = [other for other in merged if other.isdisjoint(group)]
        merged.append(set(group).union(*overlapping))
    return merged
