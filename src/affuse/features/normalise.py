"""Features standardised within each corpus, without labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from affuse.errors import ConfigError
from affuse.features.array import ArrayInMemory
from affuse.features.table import FeatureTable

NORMALISED = (
    "Features are normalised per corpus: each tested corpus by the mean and deviation of its own "
    "clips, without labels. One recording alone cannot be normalised so."
)
"""Note for readers of the figures."""


def normalised_by_corpus(table: FeatureTable) -> FeatureTable:
    """The clips with each feature standardised over its corpus.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    FeatureTable
        Features that are the same in all clips of a corpus become 0; absent ones stay absent.

    Raises
    ------
    ConfigError
        Features of a modality are kept on disk: frames are too many for it.
    """
    for modality, array in table.arrays.items():
        if not isinstance(array, ArrayInMemory):
            raise ConfigError(
                f"features.normalise = corpus was given, and {modality} features are frames on "
                "disk; expected numbers of whole clips: choose another extractor with --features "
                f"{modality}=NAME, or features.normalise = none"
            )
    arrays = {
        modality: replace(array, values=_standardised(array.values, table, modality))
        for modality, array in table.arrays.items()
        if isinstance(array, ArrayInMemory)
    }
    return table.with_arrays(arrays)


def _standardised(
    values: NDArray[np.floating], table: FeatureTable, modality: str
) -> NDArray[np.float32]:
    made = np.array(values, np.float32)
    for corpus in np.unique(table.corpora):
        own = (table.corpora == corpus) & table.present[modality]
        if own.any():
            numbers = np.asarray(values[own], np.float64)
            deviation = numbers.std(axis=0)
            made[own] = (numbers - numbers.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return made
