"""Tables of features that hold the targets: refused before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from affuse.errors import FeatureError
from affuse.features.source import Source
from affuse.features.table import FeatureTable
from affuse.storage.plain_text import first_few
from affuse.tasks.agreement import pearson

_AS_GOOD_AS_ONE = 1 - 1e-6
_LEAST_CLIPS = 4
"""Of fewer a column may follow a target by chance."""


def refuse_targets(sources: Mapping[Any, Source], table: FeatureTable) -> None:
    """Refuse a table of features with a column that is a target, whatever its scale.

    Parameters
    ----------
    sources : mapping of modality to Source
    table : FeatureTable
        Of a dimensional task; nothing is refused of another one.

    Raises
    ------
    FeatureError
        Names the file, the columns and the targets.
    """
    for modality in table.modalities:
        source, rows = sources[modality], table.present[modality]
        if source.path is None or not table.targets or rows.sum() < _LEAST_CLIPS:
            continue
        features = table.arrays[modality].take(rows).flat()
        for target, truth in zip(table.targets, table.values[rows].T, strict=True):
            alike = np.abs(pearson(np.repeat(truth[:, None], features.shape[1], 1), features))
            found = [n for n, r in zip(source.columns, alike, strict=True) if r > _AS_GOOD_AS_ONE]
            if found:
                raise FeatureError(
                    f"{source.path} has columns that are {target} itself, whatever their scale "
                    f"({first_few(found)}); expected measured features: remove them"
                )
