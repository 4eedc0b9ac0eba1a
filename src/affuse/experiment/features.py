"""Chosen clips -> their features, clean and degraded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from affuse.config import Config
from affuse.corpora.index import Index
from affuse.errors import ConfigError
from affuse.evaluation.fold_store import FolderStore
from affuse.experiment.plan import Plan, chosen_clips, extractors, prepared, task_of
from affuse.experiment.votes import SOFT
from affuse.features.context import RunContext
from affuse.features.extract import Extraction, extract_features
from affuse.features.identical import identical_notes
from affuse.features.label_columns import refuse_constant, refuse_labels
from affuse.features.source import Source
from affuse.features.table import FeatureTable
from affuse.records import Modality, ProgressCallback
from affuse.robustness.conditions import conditions, not_degradable
from affuse.robustness.degraded_tables import DegradedTables, Recordings, degraded_tables
from affuse.splits.protocols import Protocol
from affuse.storage.cache import cache_folder
from affuse.tasks.target_columns import refuse_targets

if TYPE_CHECKING:
    from affuse.workers.protocol import Workers


@dataclass(frozen=True)
class Features:
    """Features of a plan's clips.

    Attributes
    ----------
    clean : Recordings
        Clips that gave features, the features, and where they came from.
    extraction : Extraction
        What else was learned on the way; its table has the labels as they were read.
    """

    clean: Recordings
    extraction: Extraction


def context_of(
    config: Config,
    workers: Workers | None = None,
    progress: ProgressCallback | None = None,
) -> RunContext:
    """Workers, feature store and fold store of a configuration.

    Parameters
    ----------
    config : Config
        Its ``jobs`` and its ``seed``.
    workers : Workers, optional
        In the place of ``jobs`` processes.
    progress : callable, optional
        Called with ``(stage, done, total)``.

    Returns
    -------
    RunContext

    Raises
    ------
    ConfigError
        It is no configuration.
    """
    if not isinstance(config, Config):
        raise ConfigError(
            f"{config!r} was given; expected a configuration, such as "
            'affuse.load_config("quick", overrides={"data.path": "clips.csv"}) makes'
        )
    folds = FolderStore(cache_folder() / "folds")
    return RunContext.of(config.jobs, workers, progress, folds=folds, seed=config.seed)


def extract_configured(
    config: Config,
    index: Index | None = None,
    *,
    workers: Workers | None = None,
    progress: ProgressCallback | None = None,
) -> tuple[Extraction, dict[Modality, Source]]:
    """Features of every clip, from the store where it has them, and their sources.

    Parameters
    ----------
    config : Config
    index : Index, optional
        Clips; those that the configuration chooses by default.
    workers : Workers, optional
    progress : callable, optional
        Called with ``(stage, done, total)``.

    Returns
    -------
    Extraction
    dict of modality to Source

    Raises
    ------
    AffuseError
        No clip gave features, or the configuration does not fit the clips.
    """
    clips = chosen_clips(config) if index is None else index
    plan = Plan(prepared(config, clips), clips)
    return _extracted(plan, context_of(config, workers, progress))


def features_of(plan: Plan, context: RunContext) -> Features:
    """Features of a plan's clips; refused where a column of them is the label.

    Parameters
    ----------
    plan : Plan
    context : RunContext

    Returns
    -------
    Features

    Raises
    ------
    AffuseError
        As in `extract_configured`, or features that are constant or the label itself.
    """
    extraction, sources = _extracted(plan, context)
    refuse_constant(sources, extraction.table)
    refuse_labels(sources, extraction.table)
    table = task_of(plan.config).table(extraction.table, plan.index)
    refuse_targets(sources, table)
    soft = plan.config.target == SOFT
    table = replace(table, training=plan.config.training, soft_labels=soft)
    if plan.config.data.shuffle_labels:
        table = _shuffled(table, context.seed)
    kept = set(table.clips.tolist())
    used = Index(tuple(clip for clip in plan.index if clip.id in kept))
    clean = Recordings(used, table, {m: sources[m] for m in sources if m in table.modalities})
    return Features(clean, extraction)


def degraded_features(
    plan: Plan, clean: Recordings, protocols: Sequence[Protocol], context: RunContext
) -> tuple[DegradedTables, list[str]]:
    """Features under all conditions that are asked for, and what a reader must know of them.

    Parameters
    ----------
    plan : Plan
    clean : Recordings
    protocols : sequence of Protocol
        Those of the run: one that leaks shows no robustness.
    context : RunContext

    Returns
    -------
    DegradedTables
    list of str
    """
    asked = plan.config.robustness
    if not asked.enabled:
        return DegradedTables({}), []
    if all(protocol.leaky for protocol in protocols):
        return DegradedTables({}), [
            "Robustness was not measured: no protocol keeps speakers apart."
        ]
    found = degraded_tables(clean, conditions(asked, clean.sources), context, talkers=asked.talkers)
    return found, not_degradable(clean.sources)


def notes_of(clean: Recordings) -> Iterator[str]:
    """Notes on feature tables, and on clips that are one recording.

    Parameters
    ----------
    clean : Recordings

    Yields
    ------
    str
    """
    for source in clean.sources.values():
        yield from source.notes
    yield from identical_notes(clean.table)


def _extracted(plan: Plan, context: RunContext) -> tuple[Extraction, dict[Modality, Source]]:
    sources = extractors(plan.config)
    found = extract_features(plan.index, sources, context)
    return replace(found, skipped=(*plan.index.skipped, *found.skipped)), sources


def _shuffled(table: FeatureTable, seed: int) -> FeatureTable:
    """The table with its truth shuffled among each speaker's clips, to find leaks."""
    rng = np.random.default_rng(seed)
    order = np.arange(len(table))
    for speaker in np.unique(table.speakers):
        at = np.flatnonzero(table.speakers == speaker)
        order[at] = rng.permutation(at)
    votes = table.votes[order] if len(table.votes) else table.votes
    return replace(table.with_truth(table.truth[order]), votes=votes)
