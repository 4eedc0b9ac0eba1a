"""Tables of features that are constant, or hold the label: refused before anything is fitted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from affuse.errors import FeatureError
from affuse.features.source import Source
from affuse.features.table import FeatureTable
from affuse.records import Modality
from affuse.storage.plain_text import first_few

_BY_CHANCE = 1e-4


def refuse_constant(sources: Mapping[Modality, Source], table: FeatureTable) -> None:
    """Refuse a table whose features are the same for all clips.

    Parameters
    ----------
    sources : mapping of modality to Source
    table : FeatureTable

    Raises
    ------
    FeatureError
        Names the file and its columns.
    """
    for source, values, _ in _tables(sources, table):
        if len(values) > 1 and not np.ptp(values, axis=0).any():
            raise FeatureError(
                f"{source.path} says the same of all {len(values)} clips "
                f"({first_few(source.columns)}); expected features that differ from clip to clip: "
                "compute them anew"
            )


def refuse_labels(sources: Mapping[Modality, Source], table: FeatureTable) -> None:
    """Refuse a table of features with a column that is a function of the label.

    Among few clips a column may agree by chance: then it is refused only where no column beside it
    disagrees.

    Parameters
    ----------
    sources : mapping of modality to Source
    table : FeatureTable

    Raises
    ------
    FeatureError
        Names the file and the columns.
    """
    for source, values, labels in _tables(sources, table):
        made = label_columns(values, source.columns, labels)
        sure = [name for name, chance in made.items() if chance < _BY_CHANCE]
        if sure or (made and len(made) == len(source.columns)):
            raise FeatureError(
                f"{source.path} has columns that are the same within each emotion, as a label is "
                f"({first_few(sure or list(made))}); expected measured features: remove them "
                "(`affuse audit` tells more)"
            )


def label_columns(
    values: NDArray[np.float32], names: Sequence[str], labels: NDArray[np.int64]
) -> dict[str, float]:
    """Columns that are exact functions of the label, with the probability of each by chance.

    Parameters
    ----------
    values : (n_clips, n_features) float32
    names : (n_features,) sequence of str
    labels : (n_clips,) int64

    Returns
    -------
    dict of str to float
        Probability that a random assignment of clips to emotions would agree so well.

    Examples
    --------
    >>> values = np.array([[3, 1], [3, 2], [5, 3], [5, 4]], np.float32)
    >>> label_columns(values, ["code", "pitch"], np.array([0, 0, 1, 1])).keys()
    dict_keys(['code'])
    """
    found = {}
    for name, column in zip(names, values.T, strict=True):
        values_of = {label: np.unique(column[labels == label]) for label in np.unique(labels)}
        differ = {float(own[0]) for own in values_of.values()}
        if len(differ) > 1 and all(len(own) == 1 for own in values_of.values()):
            _, sizes = np.unique(column, return_counts=True)
            ways = math.lgamma(len(column) + 1) - sum(math.lgamma(n + 1) for n in sizes)
            found[name] = math.exp(-ways)
    return found


def _tables(
    sources: Mapping[Modality, Source], table: FeatureTable
) -> list[tuple[Source, NDArray[np.float32], NDArray[np.int64]]]:
    found = []
    for modality, source in sources.items():
        if source.path is not None and modality in table.modalities:
            array, rows = table.arrays[modality], table.present[modality]
            found.append((source, array.take(rows).flat(), table.labels[rows]))
    return found
