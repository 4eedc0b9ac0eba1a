"""Configuration -> the chosen clips, and the source of each modality's features."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from affuse.config import Config
from affuse.corpora.attributes import FORMER_NAMES
from affuse.corpora.filters import corpora_without
from affuse.corpora.index import Index
from affuse.corpora.registry import read_all
from affuse.errors import ConfigError
from affuse.evaluation.grouping import groups_of
from affuse.experiment.votes import SOFT, asks_for_votes, refuse_learning_rules, voted_clips
from affuse.features.source import Source
from affuse.features.sources import make_source
from affuse.features.stretches import within_files
from affuse.features.table import FeatureTable, truth_of
from affuse.fusion.registry import check_fusions
from affuse.models.registry import check_balance, check_models, check_votes
from affuse.records import Modality
from affuse.registries import EXTRACTORS
from affuse.splits.divide import check_asked_folds
from affuse.tasks.choice import make_task
from affuse.tasks.classification import Classification
from affuse.tasks.task import Task


def chosen_clips(config: Config) -> Index:
    """Index of the clips that a configuration chooses.

    Parameters
    ----------
    config : Config

    Returns
    -------
    Index
        With notes for readers of the results.
    """
    if not config.data.paths:
        raise ConfigError("no data were given: set data.path to a folder or a CSV of clips")
    index = read_all(config.data.paths, config.data.corpus)
    index, where = _known_attributes(index, config.data.where)
    chosen = index.filter(speakers=config.data.speakers, emotions=config.data.emotions, where=where)
    chosen = within_files(task_of(config).chosen(chosen))
    return voted_clips(config, chosen, index) if asks_for_votes(config) else chosen


def task_of(config: Config) -> Task:
    """The task that a configuration asks for; ConfigError if it does not fit the clips.

    Parameters
    ----------
    config : Config

    Returns
    -------
    Task
    """
    task = make_task(config.task, config.data.targets, voted=asks_for_votes(config))
    if config.task != Classification.name and config.robustness.enabled:
        raise ConfigError(
            "robustness.enabled was given with task = dimensional, and curves are measured of "
            "emotions alone; expected robustness.enabled = false"
        )
    if config.features.normalise != "none" and config.robustness.enabled:
        raise ConfigError(
            "features.normalise = corpus was given with robustness.enabled, whose degraded clips "
            "have no corpus to be normalised by; expected robustness.enabled = false"
        )
    if config.task != Classification.name and config.evaluation.coverage is not None:
        raise ConfigError(
            "evaluation.coverage was given with task = dimensional, and sets are of emotions; "
            "expected it not to be set"
        )
    check_models(config.models, config.task)
    if config.target == SOFT:
        check_votes(config.models)
        refuse_learning_rules(config)
    check_balance(config.models, config.training, config.task)
    check_fusions(config.fusion, config.task)
    return task


def _known_attributes(
    index: Index, where: Mapping[str, tuple[str, ...]]
) -> tuple[Index, dict[str, tuple[str, ...]]]:
    """The filters that can apply; a note for each attribute that a corpus does not give.

    One that is nearly the name of one that clips have is taken for a typing error (ConfigError).
    """
    # Recipes choose speech of RAVDESS; a person's own clips do not say what they are.
    silent = {name: corpora_without(index.clips, name) for name, values in where.items() if values}
    known = sorted({attribute for clip in index for attribute in clip.attributes})
    for name, corpora in silent.items():
        if corpora != index.corpora:
            continue
        if FORMER_NAMES.get(name) in known:
            raise ConfigError(
                f"data.where.{name} was given: it is data.where.{FORMER_NAMES[name]} now"
            )
        near = difflib.get_close_matches(name, known, n=1)
        if near:
            raise ConfigError(
                f"data.where.{name} was given, and no clip says its {name}: "
                f"did you mean {near[0]!r}?"
            )
    notes = tuple(
        _silence(name, where[name], () if corpora == index.corpora else corpora)
        for name, corpora in silent.items()
        if corpora
    )
    asked = {name: where[name] for name, corpora in silent.items() if corpora != index.corpora}
    return replace(index, notes=(*index.notes, *notes)), asked


def _silence(attribute: str, values: Sequence[str], corpora: Sequence[str]) -> str:
    """A note on corpora (none: all) whose clips do not have an attribute."""
    whose = f" of {' and '.join(corpora)}" if corpora else ""
    its = f"whether it is {' or '.join(values)}" if attribute == "channel" else f"its {attribute}"
    return f"No clip{whose} says {its}: all are taken."


def extractors(config: Config) -> dict[Modality, Source]:
    """Source of each modality's features; ``none`` leaves a modality out.

    Parameters
    ----------
    config : Config

    Returns
    -------
    dict of Modality to Source
        One for each modality that takes part.
    """
    for name in config.features.settings:
        EXTRACTORS.check(name)
    names: dict[Modality, str] = {"audio": config.features.audio, "video": config.features.video}
    chosen = {m: make_source(name, m, config) for m, name in names.items() if name != "none"}
    if not chosen:
        raise ConfigError(
            "features.audio and features.video are both 'none'; expected at least one extractor"
        )
    return chosen


def prepared(config: Config, index: Index) -> Config:
    """The configuration, completed with what its sources must know of the clips beforehand.

    Parameters
    ----------
    config : Config
    index : Index

    Returns
    -------
    Config
    """
    for source in extractors(config).values():
        config = source.prepared(config, index)
    return config


@dataclass(frozen=True)
class Plan:
    """What a run is going to do.

    Attributes
    ----------
    config : Config
        With what its extractors must know of the clips before they begin.
    index : Index
        The clips that were chosen.
    """

    config: Config
    index: Index


def plan_of(config: Config) -> Plan:
    """The plan of a run; whatever can be refused before the work begins is refused here.

    Parameters
    ----------
    config : Config

    Returns
    -------
    Plan

    Raises
    ------
    AffuseError
        There are no clips, what they say is the same of all of them, or the folds or groups that
        are asked for do not fit them.
    """
    index = chosen_clips(config)
    _refuse_one_truth(task_of(config), index)
    for by in config.evaluation.by:
        groups_of(index.clips, by)
    check_asked_folds(config, index.clips)
    return Plan(prepared(config, index), index)


def _refuse_one_truth(task: Task, index: Index) -> None:
    """Refuse clips of which the same is said of all, before features are computed of them."""
    truth = FeatureTable(
        clips=np.array([clip.id for clip in index]),
        speakers=np.array([clip.speaker for clip in index]),
        arrays={},
        present={},
        **truth_of(index.clips),
    )
    task.check(task.table(truth, index))
