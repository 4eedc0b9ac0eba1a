"""Features -> the systems that are fitted on them, one for each row of the results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from affuse.config import Config, ModelConfig
from affuse.config.durations import seconds_of
from affuse.errors import ConfigError
from affuse.evaluation.systems import System, derived_seed
from affuse.features.source import Learner, Source
from affuse.features.table import FeatureTable
from affuse.fusion.registry import (
    asked_fusions,
    decides_without,
    family_of,
    make_fusion,
    make_unimodal,
)
from affuse.models.registry import model_label
from affuse.models.search.searched import Searched
from affuse.models.search.space import Space
from affuse.records import Modality
from affuse.registries import MODELS

WITHIN_ROWS = "model__model__"
"""Where an estimator over one modality, or over features side by side, holds a network."""


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
            yield System(
                name, modality, "", features[modality], name, build, **_space_of(model, WITHIN_ROWS)
            )
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
        family = family_of(fusion)[0]
        space = _space_of(own, WITHIN_ROWS) if family.of_rows else {"space": family.space}
        yield System(row, both, fusion, together, name, build, needs_all, **space)


def searched(
    config: Config, rows: Sequence[System], n_fits: int
) -> tuple[tuple[System, ...], tuple[str, ...]]:
    """The same systems, networks with their settings chosen within the budget, and a note on it.

    Parameters
    ----------
    config : Config
    rows : sequence of System
    n_fits : int
        How often each of them is fitted in the run: the searches share the budget equally.

    Returns
    -------
    systems : tuple of System
    notes : tuple of str

    Raises
    ------
    ConfigError
        There is a budget, and no system whose settings can be chosen.
    """
    budget = config.search.budget
    if not budget:
        return tuple(rows), ()
    chosen = [system for system in rows if system.space]
    if not chosen:
        raise ConfigError(
            f"search.budget = {budget!r} was given, and none of the systems is a network whose "
            "settings can be chosen; expected one, such as --set fusion.also=gated"
        )
    seconds = seconds_of(budget) / (n_fits * len(chosen))
    made = tuple(
        replace(system, build=partial(_search, system, seconds, config.search.n_folds))
        if system.space
        else system
        for system in rows
    )
    names = ", ".join(dict.fromkeys(system.name for system in chosen))
    note = (
        f"Settings of {names} were chosen on inner folds of the training speakers, "
        f"{seconds:.3g} s of one process for each fit (trials.csv)."
    )
    return made, (note,)


def _search(system: System, seconds: float, n_folds: int, seed: int) -> Searched:
    return Searched(
        system.build(seed),
        dict(system.space),
        system.epochs_name,
        seconds,
        n_folds,
        derived_seed(seed, "search"),
    )


def _space_of(model: ModelConfig | None, within: str) -> dict[str, Any]:
    """Parameters of a network of rows that can be chosen, where an estimator holds it."""
    own: Space = {} if model is None else MODELS.get(model.name).space
    free = {f"{within}{name}": values for name, values in own.items()}
    return {"space": free, "epochs_name": f"{within}epochs"}


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
