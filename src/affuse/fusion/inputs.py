"""What every estimator over a FeatureTable does first: rows of numbers, and nothing missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import FeatureError
from affuse.features.table import FeatureTable, StoredArrays


def feature_rows(table: FeatureTable, modality: str) -> NDArray[np.float32]:
    """Features of one modality, one flat row a clip: (n_clips, n_features) float32.

    Raises
    ------
    FeatureError
        The table lacks the modality; a clip lacks it; numbers are not finite; frames are still
        on disk, waiting for a learned feature.
    """
    array = table.select([modality]).arrays[modality]
    _check_present(table, modality)
    if isinstance(array, StoredArrays):
        raise FeatureError(
            f"{modality} features of shape {array.item_shape} a clip are on disk, frame by frame; "
            "expected one row a clip: fit a learned feature on the training clips first"
        )
    rows = array.reshape(len(array), -1)
    broken = ~np.isfinite(rows).all(axis=1)
    if broken.any():
        raise FeatureError(
            f"{broken.sum()} of {len(table)} clips have {modality} features that are not finite "
            f"(first: {table.clips[broken][0]}): extract them again or leave these clips out"
        )
    return rows


def joined_rows(table: FeatureTable, modalities: Sequence[str]) -> NDArray[np.float32]:
    """Features of several modalities side by side, in the order of their names."""
    return np.concatenate([feature_rows(table, name) for name in sorted(modalities)], axis=1)


def fit_model(model: Any, rows: NDArray[np.float32], table: FeatureTable) -> Any:
    """Fit a classifier on a table's labels; with its speakers if it divides rows by speaker."""
    from sklearn.utils.validation import has_fit_parameter

    if has_fit_parameter(model, "groups"):
        return model.fit(rows, table.labels, groups=table.speakers)
    return model.fit(rows, table.labels)


def fused_modalities(table: FeatureTable) -> tuple[str, ...]:
    """Modalities of a table that is to be fused; FeatureError if there is nothing to fuse."""
    if len(table.modalities) < 2:
        raise FeatureError(
            f"a fusion was given features of {list(table.modalities)}; expected two modalities: "
            "extract the other one, or choose a system of one modality"
        )
    return table.modalities


def _check_present(table: FeatureTable, modality: str) -> None:
    absent = ~table.present[modality]
    if absent.any():
        raise FeatureError(
            f"{absent.sum()} of {len(table)} clips have no {modality} (first: "
            f"{table.clips[absent][0]}), which this system needs: leave these clips out"
        )
