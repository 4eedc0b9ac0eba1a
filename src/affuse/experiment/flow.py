"""The one place that knows all stages: configuration -> index -> features -> systems -> Result."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from affuse.config import Config, ModelConfig
from affuse.corpora.index import Index
from affuse.corpora.registry import read_index
from affuse.errors import ConfigError
from affuse.evaluation.crossval import check_emotions, out_of_fold
from affuse.evaluation.fold_store import FolderStore
from affuse.evaluation.scores import scores
from affuse.evaluation.systems import OutOfFold, System
from affuse.experiment.run_folder import claimed_out, write_run
from affuse.features.extract import Extraction, extract_features
from affuse.features.label_columns import refuse_constant, refuse_labels
from affuse.features.source import Learner, Source
from affuse.features.sources import make_source
from affuse.features.store import default_store
from affuse.features.stretches import within_files
from affuse.features.table import FeatureTable
from affuse.fusion.registry import decides_without, make_fusion, make_unimodal
from affuse.models.registry import NETWORKS, model_label
from affuse.records import Modality, ProgressCallback, Skipped
from affuse.report.document import check_report, write_report
from affuse.result import Evaluated, Result
from affuse.robustness.conditions import CLEAN, Condition, conditions, not_degradable
from affuse.robustness.curves import Point, Stack, robustness
from affuse.robustness.degraded_tables import DegradedTables, Recordings, degraded_tables
from affuse.splits.divide import check_asked_folds, divide
from affuse.splits.protocols import Protocol, as_heard, feasible_protocols
from affuse.storage.cache import cache_folder
from affuse.synthetic.origin import drawn_people

if TYPE_CHECKING:
    from affuse.bundle.from_run import RunBundle
    from affuse.workers.protocol import Workers


def run(
    config: Config,
    *,
    workers: Workers | None = None,
    progress: ProgressCallback | None = None,
) -> Result:
    """Train and evaluate every system of a configuration.

    Parameters
    ----------
    config : Config
        ``data.path`` says where the clips are; ``out``, where set, receives the run folder.
    workers : Workers, optional
        Who computes features and folds, in the place of ``config.jobs`` processes.
    progress : callable, optional
        Called with ``(stage, done, total)``.

    Returns
    -------
    Result

    Raises
    ------
    AffuseError
        Whatever makes the run impossible. Single bad clips do not: they are in
        ``Result.skipped``.

    Examples
    --------
    >>> result = run(load_config("quick", overrides={"data.path": "ravdess"}))  # doctest: +SKIP
    >>> result.results[["system", "uar", "uar_low", "uar_high"]]  # doctest: +SKIP
    """
    if not config.out:
        return _result(config, workers, progress)[0]
    check_report()
    with claimed_out(config):
        result, sources = _result(config, workers, progress)
        made = _bundle(result, sources, progress)
        result = replace(result, notes=(*result.notes, *made.notes))
        write_run(result, Path(config.out), made.bundle, finish=write_report)
    return result


def _result(
    config: Config, workers: Workers | None, progress: ProgressCallback | None
) -> tuple[Result, Mapping[Modality, Source]]:
    """What a run finds, and where its features came from."""
    index = chosen_clips(config)
    check_asked_folds(config, index.clips)
    config = _prepared(config, index)
    extraction, sources = extract(config, index, workers=workers, progress=progress)
    refuse_constant(sources, extraction.table)
    refuse_labels(sources, extraction.table)
    table = _shuffled(extraction.table, config) if config.data.shuffle_labels else extraction.table
    kept = set(table.clips.tolist())
    used = Index(tuple(clip for clip in index if clip.id in kept))
    clean = Recordings(used, table, {m: sources[m] for m in sources if m in table.modalities})
    result = _evaluate(config, index, clean, extraction.skipped, workers, progress)
    return replace(result, contents=extraction.contents), clean.sources


def _bundle(
    result: Result,
    sources: Mapping[Modality, Source],
    progress: ProgressCallback | None,
) -> RunBundle:
    """What prediction needs of the best system, if the configuration asks for it."""
    from affuse.bundle.from_run import RunBundle, bundle_of

    if not result.config.bundle.enabled:
        return RunBundle(None)
    report = progress or (lambda stage, done, total: None)
    report("bundle", 0, 1)
    made = bundle_of(result, sources, _preparation(result.config, sources))
    report("bundle", 1, 1)
    return made


def chosen_clips(config: Config) -> Index:
    """Index of the clips that a configuration chooses."""
    if not config.data.path:
        raise ConfigError("no data were given: set data.path to a folder or a CSV of clips")
    index = read_index(config.data.path, config.data.reader)
    channels = config.data.channels
    if channels and not any("channel" in clip.attributes for clip in index):
        # Recipes choose speech of RAVDESS; a person's own clips do not say what they are.
        note = f"No clip says whether it is {' or '.join(channels)}: all are taken."
        index, channels = replace(index, notes=(*index.notes, note)), ()
    chosen = index.filter(
        speakers=config.data.speakers,
        emotions=config.data.emotions,
        channels=channels,
        intensities=config.data.intensities,
    )
    return within_files(chosen)


def extract(
    config: Config,
    index: Index | None = None,
    *,
    workers: Workers | None = None,
    progress: ProgressCallback | None = None,
) -> tuple[Extraction, dict[Modality, Source]]:
    """Features of every clip, from the store where it has them, and what they came from."""
    clips = chosen_clips(config) if index is None else index
    sources = extractors(_prepared(config, clips))
    found = extract_features(
        clips, sources, default_store(), jobs=_jobs(config), workers=workers, progress=progress
    )
    return replace(found, skipped=(*clips.skipped, *found.skipped)), sources


def _prepared(config: Config, index: Index) -> Config:
    """The configuration with what its sources must know of the clips before they begin."""
    for source in extractors(config).values():
        config = source.prepared(config, index)
    return config


def extractors(config: Config) -> dict[Modality, Source]:
    """Where each modality's features come from; ``none`` leaves a modality out."""
    names: dict[Modality, str] = {"audio": config.features.audio, "video": config.features.video}
    chosen = {m: make_source(name, m, config) for m, name in names.items() if name != "none"}
    if not chosen:
        raise ConfigError(
            "features.audio and features.video are both 'none'; expected at least one extractor"
        )
    return chosen


def _evaluate(
    config: Config,
    chosen: Index,
    clean: Recordings,
    skipped: tuple[Skipped, ...],
    workers: Workers | None,
    progress: ProgressCallback | None,
) -> Result:
    table = clean.table
    check_emotions(table)
    feasible = feasible_protocols(config.evaluation.protocols, list(table.speakers))
    protocols = [divide(name, config, table, chosen.clips) for name in feasible.protocols]
    labels: dict[str, str] = {modality: source.label for modality, source in clean.sources.items()}
    rows = tuple(systems(config, table, labels))
    known = _modalities_heard(clean)
    learners = _preparation(config, clean.sources)
    worse, notes = _degraded(config, clean, protocols, workers, progress)
    evaluated: list[Evaluated] = []
    curves: list[Point] = []
    for protocol in protocols:
        for some, divided in _told_apart(rows, protocol, known):
            stack = Stack(table, {} if divided.leaky else worse.tables)
            own = stack.protocol(divided)
            for found in _found(config, stack.table, some, own, learners, workers, progress):
                parts = stack.apart(found)
                evaluated.append(_scored(config, table, divided, parts[CLEAN]))
                curves += _curve(config, table, parts) if len(parts) > 1 else ()
    return Result(
        config=config,
        index=clean.index,
        table=table,
        evaluated=tuple(sorted(evaluated, key=lambda e: (e.protocol.leaky, -e.scores.uar))),
        skipped=(*skipped, *worse.skipped),
        features=labels,
        notes=(
            *chosen.notes,
            *([feasible.statement] if feasible.statement else []),
            *_notes_of(clean.sources.values()),
            *notes,
        ),
        curves=tuple(curves),
        passed_over=chosen.passed_over,
        drawn=drawn_people(clean.index),
    )


def _notes_of(sources: Iterable[Source]) -> Iterator[str]:
    """What tables of features say of themselves."""
    for source in sources:
        yield from source.notes


def _modalities_heard(clean: Recordings) -> frozenset[str]:
    """Modalities whose features come from a network that was trained on speakers of the clips."""
    from affuse.bundle.heard import known_speakers
    from affuse.bundle.manifest import TrainedOn

    heard = {
        modality: [
            TrainedOn(corpus=corpus, speakers=speakers, n_clips=0)
            for corpus, speakers in source.provenance
        ]
        for modality, source in clean.sources.items()
    }
    return frozenset(m for m, parts in heard.items() if known_speakers(parts, clean.index.clips))


def _told_apart(
    rows: Sequence[System], protocol: Protocol, heard: frozenset[str]
) -> Iterator[tuple[tuple[System, ...], Protocol]]:
    """Rows that know the speakers already under a protocol that says so; the others as they are."""
    known = tuple(row for row in rows if heard & set(row.modalities))
    apart = tuple(row for row in rows if row not in known)
    if apart:
        yield apart, protocol
    if known:
        yield known, as_heard(protocol)


def _degraded(
    config: Config,
    clean: Recordings,
    protocols: Sequence[Protocol],
    workers: Workers | None,
    progress: ProgressCallback | None,
) -> tuple[DegradedTables, list[str]]:
    """Features under all conditions that are asked for, and what a reader must know of them."""
    asked = config.robustness
    if not asked.enabled:
        return DegradedTables({}), []
    if all(protocol.leaky for protocol in protocols):
        return DegradedTables({}), [
            "Robustness was not measured: no protocol keeps speakers apart."
        ]
    found = degraded_tables(
        clean,
        conditions(asked, clean.sources),
        default_store(),
        talkers=asked.talkers,
        jobs=_jobs(config),
        workers=workers,
        progress=progress,
    )
    return found, not_degradable(clean.sources)


def under_protocol(
    config: Config,
    table: FeatureTable,
    rows: Sequence[System],
    protocol: Protocol,
    progress: ProgressCallback | None,
) -> list[Evaluated]:
    """What each of these rows of the results predicts under a protocol, and its figures.

    The table's features are taken as they are: none is learned.
    """
    results = _found(config, table, rows, protocol, {}, None, progress)
    return [_scored(config, table, protocol, found) for found in results]


def _found(
    config: Config,
    table: FeatureTable,
    rows: Sequence[System],
    protocol: Protocol,
    learners: Mapping[str, Learner],
    workers: Workers | None,
    progress: ProgressCallback | None,
) -> tuple[OutOfFold, ...]:
    store = FolderStore(cache_folder() / "folds")
    store.sweep()
    return out_of_fold(
        table,
        rows,
        protocol,
        preparation=learners,
        seed=config.seed,
        jobs=_jobs(config),
        workers=workers,
        store=store,
        progress=progress,
    )


def _scored(config: Config, table: FeatureTable, protocol: Protocol, found: OutOfFold) -> Evaluated:
    n_bootstrap, seed = config.evaluation.n_bootstrap, config.seed
    return Evaluated(protocol, found, scores(found, table, n_bootstrap=n_bootstrap, seed=seed))


def _curve(
    config: Config, table: FeatureTable, parts: Mapping[Condition, OutOfFold]
) -> Iterator[Point]:
    n_bootstrap, seed = config.evaluation.n_bootstrap, config.seed
    return robustness(parts, table, n_bootstrap=n_bootstrap, seed=seed)


def systems(config: Config, table: FeatureTable, features: Mapping[str, str]) -> Iterator[System]:
    """Every row of the results: one modality alone, then their fusions."""
    for modality in table.modalities:
        for model in config.models:
            name = model_label(model)
            build = partial(make_unimodal, modality, model)
            yield System(name, modality, "", features[modality], name, build)
    if len(table.modalities) < 2:
        return
    together = " + ".join(features[modality] for modality in table.modalities)
    both = "+".join(table.modalities)
    for fusion, model in _fusions(config):
        name = model_label(model)
        build = partial(make_fusion, fusion, model, config.fusion)
        needs_all = not (decides_without(fusion) or config.fusion.modality_dropout)
        shown = fusion.removeprefix("decision ")
        yield System(f"{shown}, {name}", both, fusion, together, name, build, needs_all)


def _fusions(config: Config) -> Iterator[tuple[str, ModelConfig]]:
    asked = config.fusion
    if asked.early:
        yield from (("early", model) for model in config.models)
    if asked.early_balanced:
        balanced = (model for model in config.models if model.name not in NETWORKS)
        yield from (("early balanced", model) for model in balanced)
    networks = [model for model in config.models if model.name in NETWORKS]
    network = networks[0] if networks else ModelConfig(name="cnn1d")
    yield from ((f"late {combination}", network) for combination in asked.late)
    for model in config.models:
        yield from ((f"decision {rule}", model) for rule in asked.decision)
        yield from ((f"hybrid {rule}", model) for rule in asked.hybrid)


def _preparation(config: Config, sources: Mapping[Modality, Source]) -> dict[str, Learner]:
    """What learns features anew in each fold, for each modality that needs it."""
    learners = {modality: source.learned(config) for modality, source in sources.items()}
    return {modality: learner for modality, learner in learners.items() if learner is not None}


def _shuffled(table: FeatureTable, config: Config) -> FeatureTable:
    """Labels dealt anew among each speaker's clips: whatever is learned then is a leak."""
    rng = np.random.default_rng(config.seed)
    labels = table.labels.copy()
    for speaker in np.unique(table.speakers):
        at = np.flatnonzero(table.speakers == speaker)
        labels[at] = rng.permutation(labels[at])
    return replace(table, labels=labels)


def _jobs(config: Config) -> int:
    return config.jobs or os.cpu_count() or 1
