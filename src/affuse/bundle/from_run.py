"""The best honest system of a run -> a bundle, checked against the system it came from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.bundle import Bundle
from affuse.bundle.card import CardFacts, EmotionRecall, GroupFigures, SpeakerSpread, model_card
from affuse.bundle.decision import tempered
from affuse.bundle.extractors import feature_source
from affuse.bundle.fidelity import refuse_deviation
from affuse.bundle.manifest import EmotionSets, Figures, Manifest, TrainedOn
from affuse.bundle.member import LEAST_TEMPERATURE, MOST_TEMPERATURE, FeatureSource
from affuse.bundle.parts import SystemParts, parts_of
from affuse.bundle.permitted_use import licence_of
from affuse.bundle.provenance import training_clips, with_known
from affuse.bundle.refit import Refitted, TransformerFactories, refitted, refuse_unknown_preparation
from affuse.bundle.tables import table_source, tables_of
from affuse.bundle.writer import make_bundle
from affuse.errors import MissingDependency
from affuse.evaluation.conformal import least_probability
from affuse.evaluation.speakers import recall_table, speaker_range
from affuse.features.source import Source
from affuse.features.table import FeatureTable
from affuse.fusion.graphs import Inputs, system_graphs
from affuse.models.graphs.builder import GraphBuilder, NotExportable
from affuse.probabilities import FLOOR
from affuse.records import Modality
from affuse.result import Evaluated, Result
from affuse.tasks.metrics import uar

_RECALLS = ("emotion", "recall", "n_clips", "taken_for")
_PACKAGES = ("numpy", "onnx", "scikit-learn", "torch")

Sources = Mapping[Modality, Source]


@dataclass(frozen=True)
class RunBundle:
    """The outcome of making a bundle of a run's best system.

    Attributes
    ----------
    bundle : Bundle or None
    notes : tuple of str
        Why there is none, why it is not the best system, or what it wants beside a recording.
    """

    bundle: Bundle | None
    notes: tuple[str, ...] = ()


def bundle_of(result: Result, sources: Sources, preparation: TransformerFactories) -> RunBundle:
    """Bundle of the best system that kept speakers apart and can be written as graphs.

    Parameters
    ----------
    result : Result
    sources : mapping of modality to Source
        What the features of the run came from.
    preparation : mapping of modality to function of a seed
        Makes the transformer that learns features, where they are learned.

    Returns
    -------
    RunBundle
        Without a bundle where labels were shuffled, no figure keeps speakers apart, the package
        onnx is not installed or no system has graphs: its notes say which.
    """
    if result.config.data.shuffle_labels:
        return RunBundle(None, ("No bundle was written: the labels were shuffled.",))
    if result.config.features.normalise != "none":
        why = "a recording alone cannot be normalised as a corpus is"
        return RunBundle(None, (f"No bundle was written: {why}.",))
    if not result.honest:
        return RunBundle(None, ("No bundle was written: no figure keeps speakers apart.",))
    try:
        GraphBuilder()
    except MissingDependency as error:
        return RunBundle(None, (f"No bundle was written: {error}.",))
    refused: list[tuple[Evaluated, str]] = []
    for item in result.honest:
        try:
            made = _bundle(item, result, sources, preparation)
        except NotExportable as error:
            refused.append((item, str(error)))
            continue
        return RunBundle(made, (*_second_best(item, refused), *_tables(made, sources)))
    best, reason = refused[0]
    return RunBundle(None, (f"No bundle was written of {best.name}, or any other: {reason}.",))


def _tables(made: Bundle, sources: Sources) -> Iterator[str]:
    """A sentence for each table without whose like the bundle cannot predict."""
    for modality in tables_of(made.manifest):
        table = sources[modality].path
        assert table is not None
        yield (
            f"The bundle takes {modality} features from a table, as the run did from {table.name}: "
            f"affuse predict wants one of new recordings, --features {modality}=FILE.csv."
        )


def _second_best(chosen: Evaluated, refused: Sequence[tuple[Evaluated, str]]) -> tuple[str, ...]:
    if not refused:
        return ()
    best, reason = refused[0]
    return (
        f"The bundle holds {chosen.name} ({_headline(chosen)}), not {best.name} "
        f"({_headline(best)}): {reason}.",
    )


def _bundle(
    item: Evaluated, result: Result, sources: Sources, preparation: TransformerFactories
) -> Bundle:
    system, config = item.out_of_fold.system, result.config
    extracted = {m: _source(m, sources, result) for m in sorted(sources) if m in system.modalities}
    refuse_unknown_preparation(system, preparation)
    fitted = refitted(system, result.table, preparation, config.seed)
    shapes: dict[str, tuple[int, ...]] = {m: source.shape for m, source in extracted.items()}
    graphs = system_graphs(fitted.estimator, Inputs(shapes, fitted.feature_layers))
    table = result.table
    parts = parts_of(
        graphs,
        extracted,
        table.targets or table.classes,
        temperature=_temperature(item, table),
        numbers=bool(table.targets),
    )
    met = [known for m in extracted for known in sources[m].provenance]
    trained_on = with_known(_training_clips(result, fitted), met)
    manifest = _manifest(item, result, fitted, parts, trained_on)
    card = model_card(manifest, _facts(item, result, graphs.holds_clips))
    bundle = make_bundle(manifest, {**parts.files, manifest.card: card.encode()})
    refuse_deviation(bundle, fitted, result.table)
    return bundle


def _source(modality: Modality, sources: Sources, result: Result) -> FeatureSource:
    source = sources[modality]
    if source.path is not None:
        return table_source(source)
    return feature_source(source.extractor_for(""), result.config)


def _temperature(item: Evaluated, table: FeatureTable) -> float:
    """Temperature of the fused probabilities, fitted on out-of-fold predictions; else 1."""
    if table.targets:
        return 1.0
    from affuse.models.calibrated import fit_temperature

    found = item.out_of_fold
    complete = _complete(item, table)
    if not complete.any():
        return 1.0
    logs = np.log(np.maximum(found.probabilities[complete], FLOOR))
    truth = table.shares if table.soft_labels else table.labels
    fitted = fit_temperature(logs, truth[found.rows[complete]])
    # Of a few clips with nearly flat probabilities it may lie outside of what a bundle holds.
    return min(max(fitted, LEAST_TEMPERATURE), MOST_TEMPERATURE)


def _manifest(
    item: Evaluated,
    result: Result,
    fitted: Refitted,
    parts: SystemParts,
    trained_on: tuple[TrainedOn, ...],
) -> Manifest:
    config, table = result.config, result.table
    numbers = {"format": 3, "targets": table.targets} if table.targets else {}
    classes = () if numbers else tuple(table.classes[n] for n in fitted.estimator.classes_)
    return Manifest(
        **numbers,
        affuse=metadata.version("affuse"),
        name=config.bundle.name or f"{item.name} on {_corpus(result)}",
        classes=classes,
        members=parts.members,
        fusion=parts.fusion,
        abstain_below=0.0 if numbers else config.bundle.abstain_below,
        sets=_sets(item, table, parts.fusion.temperature),
        trained_on=trained_on,
        figures=(_figures(item), *(_figures(each) for each in _singles(item, result))),
        licence=config.bundle.licence or licence_of(trained_on),
        packages=_versions(),
    )


def _sets(item: Evaluated, table: FeatureTable, temperature: float) -> EmotionSets | None:
    """How the bundle makes conformal sets, where the run has made some."""
    if item.sets is None:
        return None
    found, asked = item.out_of_fold, item.coverage[0].asked
    rows, complete = found.probabilities.copy(), _complete(item, table)
    rows[complete] = tempered(np.maximum(rows[complete], FLOOR), temperature)
    speakers = table.speakers[found.rows]
    return EmotionSets(
        coverage=asked,
        least=least_probability(rows, table.labels[found.rows], speakers, asked),
        n_clips=len(found.rows),
        n_speakers=len(np.unique(speakers)),
    )


def _complete(item: Evaluated, table: FeatureTable) -> NDArray[np.bool_]:
    """Which scored clips have all modalities of a system."""
    found = item.out_of_fold
    return np.asarray(
        np.all([table.present[m][found.rows] for m in found.system.modalities], axis=0)
    )


def _training_clips(result: Result, fitted: Refitted) -> tuple[TrainedOn, ...]:
    known = {str(clip) for clip in result.table.clips[fitted.trained_rows]}
    return training_clips(_corpus(result), (clip for clip in result.index if clip.id in known))


def _corpus(result: Result) -> str:
    return result.config.data.stem


def _singles(item: Evaluated, result: Result) -> list[Evaluated]:
    """The best system of each single modality, where a fused one was chosen."""
    best: dict[str, Evaluated] = {}
    if item.out_of_fold.system.fusion:
        for each in result.honest:
            if not each.out_of_fold.system.fusion:
                best.setdefault(each.out_of_fold.system.modality, each)
    return list(best.values())


def _headline(item: Evaluated) -> str:
    headline = item.out_of_fold.task.headline
    return f"{headline.name} {headline.value(item.scores.headline)}"


def _figures(item: Evaluated) -> Figures:
    measured = item.scores.columns()
    known = {name: value for name, value in measured.items() if not math.isnan(value)}
    return Figures(
        system=item.name,
        protocol=item.protocol.label,
        leak=item.protocol.leak,
        **{name: known[name] for name in Figures.measured() if name in known},
    )


def _facts(item: Evaluated, result: Result, holds_clips: bool) -> CardFacts:
    if result.table.targets:
        return CardFacts(n_systems=len(result.honest), holds_clips=holds_clips)
    recalls = recall_table(item.out_of_fold, result.table)
    spread = speaker_range(item.out_of_fold, result.table)
    return CardFacts(
        recalls=tuple(
            EmotionRecall(str(emotion), float(recall), int(n_clips), str(taken_for))
            for emotion, recall, n_clips, taken_for in zip(
                *(recalls[column] for column in _RECALLS), strict=True
            )
        ),
        speakers=SpeakerSpread(spread.best, spread.best_uar, spread.worst, spread.worst_uar),
        folds=_fold_figures(item, result.table),
        groups=tuple(_group_figures(item, result)),
        recipe=result.config.recipe,
        n_systems=len(result.honest),
        holds_clips=holds_clips,
        soft_labels=result.table.soft_labels,
    )


def _fold_figures(item: Evaluated, table: FeatureTable) -> tuple[float, ...]:
    found = item.out_of_fold
    truth, predicted = table.labels[found.rows], found.predicted
    own = [found.folds == fold for fold in np.unique(found.folds)]
    return tuple(uar(truth[rows], predicted[rows]) for rows in own)


def _group_figures(item: Evaluated, result: Result) -> Iterator[GroupFigures]:
    """Figures of the groups that the run was asked for."""
    if not result.config.evaluation.by:
        return
    figures = result.by_group.figures
    for row in figures[figures["system"] == item.name].to_dict("records"):
        low, high = row["uar_low"], row["uar_high"]
        counts = int(row["n_clips"]), int(row["n_speakers"])
        yield GroupFigures(row["by"], row["group"], row["uar"], low, high, *counts)


def _versions() -> dict[str, str]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return versions
