"""Systems and features -> predictions and figures of each under each protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from affuse.config import Config
from affuse.evaluation.answers import among_shared
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.emotion_sets import coverage_of, emotion_sets, too_few_speakers
from affuse.evaluation.fold_store import FolderStore
from affuse.evaluation.group_tables import rare_in_groups
from affuse.evaluation.scores import scores
from affuse.evaluation.systems import OutOfFold, System
from affuse.experiment.features import Features, context_of, degraded_features, notes_of
from affuse.experiment.importance import with_importances
from affuse.experiment.occlusion import with_occlusions
from affuse.experiment.plan import Plan
from affuse.experiment.rows import learners, searched, systems
from affuse.features.context import RunContext
from affuse.features.normalise import NORMALISED, normalised_by_corpus
from affuse.features.source import Learner
from affuse.features.table import FeatureTable
from affuse.records import Clip
from affuse.result import Evaluated, Result
from affuse.robustness.conditions import CLEAN, Condition
from affuse.robustness.curves import CurvePoint, Stack, robustness
from affuse.robustness.degraded_tables import DegradedTables, Recordings
from affuse.splits.corpus_rows import corpus_labels, rare_notes
from affuse.splits.divide import divided_by
from affuse.splits.protocols import TRAINED_ON_SPEAKERS, Protocol, feasible_protocols
from affuse.synthetic.origin import drawn_people
from affuse.tasks.choice import task_of


@dataclass(frozen=True)
class _Measured:
    """Rows of the results, and points of their robustness curves."""

    evaluated: tuple[Evaluated, ...]
    curves: tuple[CurvePoint, ...]


def evaluate(plan: Plan, features: Features, context: RunContext) -> Result:
    """Evaluate every system of a plan under every protocol.

    Parameters
    ----------
    plan : Plan
    features : Features
        Of the plan's clips.
    context : RunContext

    Returns
    -------
    Result

    Raises
    ------
    AffuseError
        The clips are too few or too alike for any system.
    """
    config, clean = plan.config, features.clean
    task_of(clean.table).check(clean.table)
    feasible = feasible_protocols(config.evaluation.protocols, list(clean.table.speakers))
    divided = divided_by(feasible.protocols, config, clean.table, plan.index.clips)
    protocols = divided.protocols
    clean, normalised = _normalised(config, clean)
    labels: dict[str, str] = {modality: source.label for modality, source in clean.sources.items()}
    n_fits = sum(len(protocol.folds) for protocol in protocols) + config.bundle.enabled
    rows, on_search = searched(config, list(systems(config, clean.table, labels)), n_fits)
    worse, notes = degraded_features(plan, clean, protocols, context)
    measured = _measured(plan, clean, worse, list(_divided(rows, protocols, clean)), context)
    statement = [feasible.statement] if feasible.statement else []
    rare = rare_notes(corpus_labels(clean.table)) if len(plan.index.corpora) > 1 else ()
    rare_by = rare_in_groups(clean.table, clean.index.clips, config.evaluation.by)
    division = (*statement, *divided.notes, *rare, *rare_by, *normalised, *on_search)
    without_sets = _without_sets(config, clean.table, measured.evaluated)
    result = Result(
        config=config,
        index=clean.index,
        table=clean.table,
        evaluated=measured.evaluated,
        skipped=(*features.extraction.skipped, *worse.skipped),
        features=labels,
        notes=(*plan.index.notes, *division, *notes_of(clean), *notes, *without_sets),
        curves=measured.curves,
        passed_over=plan.index.passed_over,
        drawn=drawn_people(clean.index),
        contents=features.extraction.contents,
    )
    result = with_importances(result, clean.sources, context)
    return with_occlusions(result, clean.sources, context)


def _normalised(config: Config, clean: Recordings) -> tuple[Recordings, tuple[str, ...]]:
    """Recordings with features normalised as asked, and a note on it."""
    if config.features.normalise == "none":
        return clean, ()
    return replace(clean, table=normalised_by_corpus(clean.table)), (NORMALISED,)


def under_protocol(
    config: Config,
    table: FeatureTable,
    rows: Sequence[System],
    protocol: Protocol,
    context: RunContext | None = None,
) -> list[Evaluated]:
    """Predictions and figures of each of these rows under a protocol.

    Parameters
    ----------
    config : Config
    table : FeatureTable
    rows : sequence of System
    protocol : Protocol
        Its folds hold rows of `table`, whose features are taken as they are.
    context : RunContext, optional
        The usual one of the configuration by default.

    Returns
    -------
    list of Evaluated
        In the order of `rows`.
    """
    found = _out_of_fold(config, table, rows, protocol, {}, context or context_of(config))
    return [_scored(config, table, protocol, each) for each in found]


def _measured(
    plan: Plan,
    clean: Recordings,
    worse: DegradedTables,
    divided: Sequence[tuple[tuple[System, ...], Protocol]],
    context: RunContext,
) -> _Measured:
    config, table = plan.config, clean.table
    made = learners(config, clean.sources)
    evaluated: list[Evaluated] = []
    curves: list[CurvePoint] = []
    for rows, protocol in divided:
        stack = Stack(table, {} if protocol.leaky else worse.tables)
        own = stack.protocol(protocol)
        for found in _out_of_fold(config, stack.table, rows, own, made, context):
            parts = stack.apart(found)
            evaluated.append(_scored(config, table, protocol, parts[CLEAN]))
            curves += _curve(config, table, parts) if len(parts) > 1 else ()
    order = list(dict.fromkeys(item.protocol.label for item in evaluated))
    best_first = sorted(
        evaluated,
        key=lambda e: (e.protocol.leaky, _place(e.protocol, order), -e.scores.headline),
    )
    return _Measured(tuple(best_first), tuple(curves))


def _place(protocol: Protocol, order: Sequence[str]) -> int:
    """Sort key: rows of speaker-independent protocols stand protocol by protocol."""
    return 0 if protocol.leaky else order.index(protocol.label)


def _divided(
    rows: tuple[System, ...], protocols: Sequence[Protocol], clean: Recordings
) -> Iterator[tuple[tuple[System, ...], Protocol]]:
    """Rows with their protocol, marked leaky where their networks were trained on the speakers."""
    trained = modalities_trained_on(clean, clean.index.clips)
    leaky = tuple(row for row in rows if trained & set(row.modalities))
    clean_rows = tuple(row for row in rows if row not in leaky)
    for protocol in protocols:
        if clean_rows:
            yield clean_rows, protocol
        if leaky:
            yield leaky, replace(protocol, provenance=(TRAINED_ON_SPEAKERS,))


def modalities_trained_on(clean: Recordings, clips: Sequence[Clip]) -> frozenset[str]:
    """Modalities whose features come from a network that was trained on speakers of some clips.

    Parameters
    ----------
    clean : Recordings
        Its sources name the speakers their networks were trained on.
    clips : sequence of Clip

    Returns
    -------
    frozenset of str
    """
    from affuse.bundle.manifest import TrainedOn
    from affuse.bundle.provenance import known_speakers

    trained_on = {
        modality: [
            TrainedOn(corpus=corpus, speakers=speakers, n_clips=0)
            for corpus, speakers in source.provenance
        ]
        for modality, source in clean.sources.items()
    }
    return frozenset(m for m, parts in trained_on.items() if known_speakers(parts, clips))


def _out_of_fold(
    config: Config,
    table: FeatureTable,
    rows: Sequence[System],
    protocol: Protocol,
    made: Mapping[str, Learner],
    context: RunContext,
) -> tuple[OutOfFold, ...]:
    if isinstance(context.folds, FolderStore):
        context.folds.sweep()
    return out_of_fold(
        table,
        rows,
        protocol,
        replace(context, seed=config.seed),
        preparation=made,
    )


def _scored(config: Config, table: FeatureTable, protocol: Protocol, found: OutOfFold) -> Evaluated:
    n_bootstrap, seed = config.evaluation.n_bootstrap, config.seed
    found = among_shared(found, table, protocol)
    figures = scores(found, table, n_bootstrap=n_bootstrap, seed=seed)
    asked = config.evaluation.coverage
    if asked is None or protocol.leaky or too_few_speakers(found, table, asked):
        return Evaluated(protocol, found, figures)
    sets = emotion_sets(found, table, asked)
    coverage = coverage_of(sets, found, table, asked, n_bootstrap=n_bootstrap, seed=seed)
    return Evaluated(protocol, found, figures, sets, coverage)


def _without_sets(config: Config, table: FeatureTable, evaluated: Sequence[Evaluated]) -> list[str]:
    """Why systems have no conformal sets, where these were asked for."""
    asked = config.evaluation.coverage
    if asked is None:
        return []
    honest = [item for item in evaluated if not item.protocol.leaky]
    if not honest:
        return ["No sets were made: no protocol keeps speakers apart."]
    reasons = (too_few_speakers(item.out_of_fold, table, asked) for item in honest)
    return [f"No sets were made: {reason}." for reason in dict.fromkeys(filter(None, reasons))]


def _curve(
    config: Config, table: FeatureTable, parts: Mapping[Condition, OutOfFold]
) -> Iterator[CurvePoint]:
    n_bootstrap, seed = config.evaluation.n_bootstrap, config.seed
    return robustness(parts, table, n_bootstrap=n_bootstrap, seed=seed)
