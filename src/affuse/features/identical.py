"""Clips with bit-identical features: one recording under several names."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from affuse.features.table import FeatureTable
from affuse.storage.plain_text import first_few

_SHOWN = 3


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


def identical_notes(table: FeatureTable) -> Iterator[str]:
    """Notes on recordings that occur under several names.

    Parameters
    ----------
    table : FeatureTable

    Yields
    ------
    str
        One sentence at most; it says so where the names are of several speakers.

    Examples
    --------
    >>> table = FeatureTable(
    ...     clips=np.array(["a", "b"]),
    ...     speakers=np.array(["1", "2"]),
    ...     labels=np.array([0, 0]),
    ...     classes=("calm",),
    ...     arrays={"audio": np.array([[1, 2], [1, 2]], np.float32)},
    ...     present={"audio": np.ones(2, bool)},
    ... )
    >>> next(identical_notes(table))[:71]
    'Features of 2 clips are those of others to the last digit (a = b), some'
    """
    groups = identical_clips(table)
    if not groups:
        return
    speaker_of = dict(zip(table.clips.tolist(), table.speakers.tolist(), strict=True))
    n_mixed = sum(1 for group in groups if len({speaker_of[clip] for clip in group}) > 1)
    across = ", some of another speaker" if n_mixed else ""
    kept = "and their speakers " if n_mixed else ""
    yield (
        f"Features of {sum(map(len, groups))} clips are those of others to the last digit "
        f"({first_few([' = '.join(group) for group in groups], _SHOWN)}){across}: one recording "
        f"under several names. Folds keep such clips {kept}on one side; affuse index DATA "
        "--duplicates lists them."
    )


def _merged(groups: list[list[int]]) -> list[set[int]]:
    """Groups merged where they share a member."""
    merged: list[set[int]] = []
    for group in groups:
        overlapping = [other for other in merged if not other.isdisjoint(group)]
        merged = [other for other in merged if other.isdisjoint(group)]
        merged.append(set(group).union(*overlapping))
    return merged
