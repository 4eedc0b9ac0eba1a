"""The one place that knows all stages: configuration -> index -> features -> systems -> Result."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from affuse.config import Config, ModelConfig, ProtocolName
from affuse.datasets.folds import (
    Fold,
    duplicate_groups,
    folds_from_speakers,
    leave_one_speaker_out,
    published_folds,
    random_folds,
    random_split,
    speaker_folds,
)
from affuse.datasets.index import Index
from affuse.datasets.registry import read_index
from affuse.errors import ConfigError
from affuse.evaluation.crossval import check_emotions, out_of_fold
from affuse.evaluation.fold_store import FolderStore
from affuse.evaluation.protocols import Protocol, feasible_protocols
from affuse.evaluation.robustness import Point, Stack, robustness
from affuse.evaluation.scores import scores
from affuse.evaluation.systems import OutOfFold, System
from affuse.features.conditions import CLEAN, Condition, conditions, not_degradable
from affuse.features.degraded_tables import DegradedTables, Recordings, degraded_tables
from affuse.features.extract import Extraction, extract_features
from affuse.features.identical import identical_clips
from affuse.features.precomputed import Precomputed
from affuse.features.registry import Extractor, make_extractor
from affuse.features.store import cache_folder, default_store
from affuse.features.table import FeatureTable, StoredArrays
from affuse.fusion.registry import decides_without, make_fusion, make_unimodal
from affuse.models.registry import NETWORKS, model_label
from affuse.records import Modality, ProgressCallback, Skipped
from affuse.result import Evaluated, Result
from affuse.run_folder import check_out, write_run

if TYPE_CHECKING:
    from affuse.models.feature_layer import FeatureLayer


def run(config: Config, *, progress: ProgressCallback | None = None) -> Result:
    """Train and evaluate every system of a configuration.

    Parameters
    ----------
    config : Config
        ``data.path`` says where the clips are; ``out``, where set, receives the run folder.
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
    if config.out:
        check_out(Path(config.out))
    index = chosen_clips(config)
    extraction, sources = extract(config, index, progress=progress)
    table = _shuffled(extraction.table, config) if config.data.shuffle_labels else extraction.table
    kept = set(table.clips.tolist())
    used = Index(tuple(clip for clip in index if clip.id in kept))
    clean = Recordings(used, table, {m: sources[m] for m in sources if m in table.modalities})
    result = _evaluate(config, clean, extraction.skipped, progress)
    if config.out:
        write_run(result, Path(config.out))
    return result


def chosen_clips(config: Config) -> Index:
    """Index of the clips that a configuration chooses."""
    if not config.data.path:
        raise ConfigError("no data were given: set data.path to a folder or a CSV of clips")
    return read_index(config.data.path, config.data.reader).filter(
        speakers=config.data.speakers,
        emotions=config.data.emotions,
        channels=config.data.channels,
        intensities=config.data.intensities,
    )


def extract(
    config: Config, index: Index | None = None, *, progress: ProgressCallback | None = None
) -> tuple[Extraction, dict[Modality, Extractor | Precomputed]]:
    """Features of every clip, from the store where it has them, and what they came from."""
    clips = chosen_clips(config) if index is None else index
    sources = extractors(config)
    found = extract_features(clips, sources, default_store(), jobs=_jobs(config), progress=progress)
    return replace(found, skipped=(*clips.skipped, *found.skipped)), sources


def extractors(config: Config) -> dict[Modality, Extractor | Precomputed]:
    """Where each modality's features come from; ``none`` leaves a modality out."""
    names: dict[Modality, str] = {"audio": config.features.audio, "video": config.features.video}
    chosen = {m: make_extractor(name, m, config) for m, name in names.items() if name != "none"}
    if not chosen:
        raise ConfigError(
            "features.audio and features.video are both 'none'; expected at least one extractor"
        )
    return chosen


def _evaluate(
    config: Config,
    clean: Recordings,
    skipped: tuple[Skipped, ...],
    progress: ProgressCallback | None,
) -> Result:
    table = clean.table
    check_emotions(table)
    feasible = feasible_protocols(config.evaluation.protocols, list(table.speakers))
    protocols = [_protocol(name, config, table) for name in feasible.protocols]
    labels: dict[str, str] = {modality: source.label for modality, source in clean.sources.items()}
    systems = tuple(_systems(config, table, labels))
    worse, notes = _degraded(config, clean, protocols, progress)
    evaluated: list[Evaluated] = []
    curves: list[Point] = []
    n_bootstrap, seed = config.evaluation.n_bootstrap, config.seed
    for protocol in protocols:
        stack = Stack(table, {} if protocol.leaky else worse.tables)
        for found in _under_protocol(config, stack, systems, protocol, progress):
            figures = scores(found[CLEAN], table, n_bootstrap=n_bootstrap, seed=seed)
            evaluated.append(Evaluated(protocol, found[CLEAN], figures))
            if worse.tables and not protocol.leaky:
                curves += robustness(found, table, n_bootstrap=n_bootstrap, seed=seed)
    return Result(
        config=config,
        index=clean.index,
        table=table,
        evaluated=tuple(sorted(evaluated, key=lambda e: (e.protocol.leaky, -e.scores.uar))),
        skipped=(*skipped, *worse.skipped),
        features=labels,
        notes=(*([feasible.statement] if feasible.statement else []), *notes),
        curves=tuple(curves),
    )


def _degraded(
    config: Config,
    clean: Recordings,
    protocols: Sequence[Protocol],
    progress: ProgressCallback | None,
) -> tuple[DegradedTables, list[str]]:
    """Features under all conditions that are asked for, and what a reader must know of them."""
    asked = config.robustness
    if not asked.enabled:
        return DegradedTables({}), []
    if all(protocol.leaky for protocol in protocols):
        return DegradedTables({}), [
            "Robustness: not measured, for no protocol keeps speakers apart."
        ]
    found = degraded_tables(
        clean,
        conditions(asked, clean.sources),
        default_store(),
        talkers=asked.talkers,
        jobs=_jobs(config),
        progress=progress,
    )
    return found, not_degradable(clean.sources)


def _under_protocol(
    config: Config,
    stack: Stack,
    systems: Sequence[System],
    protocol: Protocol,
    progress: ProgressCallback | None,
) -> Iterator[dict[Condition, OutOfFold]]:
    results = out_of_fold(
        stack.table,
        systems,
        stack.protocol(protocol),
        preparation=_preparation(config, stack.table),
        seed=config.seed,
        jobs=_jobs(config),
        store=FolderStore(cache_folder() / "folds"),
        progress=progress,
    )
    return map(stack.apart, results)


def _systems(config: Config, table: FeatureTable, features: Mapping[str, str]) -> Iterator[System]:
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


def _preparation(config: Config, table: FeatureTable) -> dict[str, partial[FeatureLayer]]:
    """The learned feature layer, for each modality whose features come frame by frame."""
    layer = config.features.layer
    build = partial(
        _feature_layer, layer.n_features, layer.epochs, layer.batch_size, layer.learning_rate
    )
    return {m: build for m, array in table.arrays.items() if isinstance(array, StoredArrays)}


def _feature_layer(
    n_features: int, epochs: int, batch_size: int, learning_rate: float, seed: int
) -> FeatureLayer:
    from affuse.models.feature_layer import FeatureLayer

    return FeatureLayer(n_features, epochs, batch_size, learning_rate, random_state=seed)


def _protocol(name: ProtocolName, config: Config, table: FeatureTable) -> Protocol:
    clips = [str(clip) for clip in table.clips]
    groups = duplicate_groups(clips, identical_clips(table))
    if name == "lecture":
        share = config.evaluation.test_share
        split = random_split(len(table), share, config.seed, clips=clips, groups=groups)
        return Protocol(name, (split,))
    if name == "random":
        n_folds = config.folds.n_folds or 5
        labels = [int(label) for label in table.labels]
        return Protocol(
            name, random_folds(labels, n_folds, config.seed, clips=clips, groups=groups)
        )
    return Protocol(name, _speaker_folds(config, table, groups))


def _speaker_folds(
    config: Config, table: FeatureTable, groups: tuple[str, ...]
) -> tuple[Fold, ...]:
    speakers = [str(speaker) for speaker in table.speakers]
    asked = config.folds
    if asked.speakers:
        return folds_from_speakers(speakers, asked.speakers, groups=groups)
    if asked.published:
        return folds_from_speakers(speakers, published_folds(asked.published), groups=groups)
    if asked.scheme == "leave-one-speaker-out":
        return leave_one_speaker_out(speakers, groups=groups)
    return speaker_folds(speakers, asked.n_folds, groups=groups)


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
