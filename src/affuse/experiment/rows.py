"""Features -> the systems that are fitted on them, one for each row of the results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from affuse.config import Config
from affuse.evaluation.systems import System
from affuse.features.source import Learner, Source
from affuse.features.table import FeatureTable
from affuse.fusion.registry import asked_fusions, decides_without, make_fusion, make_unimodal
from affuse.models.registry import model_label
from affuse.records import Modality


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


def learners(config: Config, sources: Mapping[Modality, Source]) -> dict[str, Learner]:
    """The transformers that learn features anew in each fold, by modality.

    Parameters
    ----------
    config : Config
    sources : mapping of Modality to Source

    Returns
    -------
    dict of str to Learner
    """
    made = {modality: source.learned(config) for modality, source in sources.items()}
    return {modality: learner for modality, learner in made.items() if learner is not None}
