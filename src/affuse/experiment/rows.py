"""Features -> the systems that are fitted on them, each a row of the results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from affuse.config import Config
from affuse.evaluation.systems import System
from affuse.features.table import FeatureTable, StoredArrays
from affuse.fusion.registry import asked_fusions, decides_without, make_fusion, make_unimodal
from affuse.models.registry import model_label

if TYPE_CHECKING:
    from affuse.models.cross_fitted_voice import CrossFittedVoice
    from affuse.models.feature_layer import FeatureLayer

VOICE_NETWORK = "voice_network"


def systems(config: Config, table: FeatureTable, features: Mapping[str, str]) -> Iterator[System]:
    """Every row of the results: one modality alone, then their fusions.

    Parameters
    ----------
    config : Config
    table : FeatureTable
    features : mapping of str to str
        Modality to what results call its features.

    Yields
    ------
    System
    """
    for modality in table.modalities:
        for model in config.models:
            name = model_label(model)
            build = partial(make_unimodal, modality, model)
            yield System(name, modality, "", features[modality], name, build)
    if len(table.modalities) < 2:
        return
    together = " + ".join(features[modality] for modality in table.modalities)
    both = "+".join(table.modalities)
    for fusion, own in asked_fusions(config.fusion, config.models):
        name = "" if own is None else model_label(own)
        build = partial(make_fusion, fusion, own, config.fusion)
        needs_all = not (decides_without(fusion) or config.fusion.modality_dropout)
        shown = fusion.removeprefix("decision ")
        row = f"{shown}, {name}" if name else shown
        yield System(row, both, fusion, together, name, build, needs_all)


def preparation(config: Config, table: FeatureTable) -> dict[str, Callable[[int], Any]]:
    """What learns features anew in each fold, for each modality that needs it.

    Parameters
    ----------
    config : Config
    table : FeatureTable

    Returns
    -------
    dict of str to callable
        Modality to what makes an unfitted transformer from a seed.
    """
    layer, voice = config.features.layer, config.features.voice_network
    prepared: dict[str, Callable[[int], Any]] = {}
    for modality, array in table.arrays.items():
        if isinstance(array, StoredArrays) and getattr(config.features, modality) == VOICE_NETWORK:
            prepared[modality] = partial(_voice_network, voice.n_folds, voice.epochs)
        elif isinstance(array, StoredArrays):
            prepared[modality] = partial(
                _feature_layer, layer.n_features, layer.epochs, layer.batch_size,
                layer.learning_rate,
            )  # fmt: skip
    return prepared


def _voice_network(n_folds: int, epochs: int, seed: int) -> CrossFittedVoice:
    from affuse.models.cross_fitted_voice import CrossFittedVoice

    return CrossFittedVoice(n_folds, epochs, random_state=seed)


def _feature_layer(
    n_features: int, epochs: int, batch_size: int, learning_rate: float, seed: int
) -> FeatureLayer:
    from affuse.models.feature_layer import FeatureLayer

    return FeatureLayer(n_features, epochs, batch_size, learning_rate, random_state=seed)
