"""Several corpora -> train on each, test on each other: the whole flow of `affuse transfer`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from affuse.config import Config
from affuse.errors import ConfigError
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.systems import OutOfFold
from affuse.evaluation.transfer import (
    ACROSS,
    LEFT_OUT,
    WITHIN,
    Found,
    Ways,
    shown_emotions,
    transfer_cells,
)
from affuse.evaluation.transfer_matrix import CorpusSize, TransferMatrix
from affuse.experiment.evaluation import modalities_trained_on
from affuse.experiment.features import context_of, features_of, notes_of
from affuse.experiment.plan import plan_of
from affuse.experiment.rows import learners, systems
from affuse.experiment.run_folder import claimed_out
from affuse.experiment.transfer_folder import write_transfer
from affuse.experiment.transfer_plan import refuse_nothing_shared, refuse_unfit, sharing
from affuse.features.context import RunContext
from affuse.features.normalise import NORMALISED, normalised_by_corpus
from affuse.features.table import FeatureTable
from affuse.records import ProgressCallback
from affuse.report.page import check_report
from affuse.robustness.degraded_tables import Recordings
from affuse.splits.corpora import (
    CorpusFold,
    folds_of_corpora,
    leave_one_corpus_out,
)
from affuse.splits.corpus_rows import corpus_labels, emotions_of
from affuse.splits.divide import groups_of
from affuse.splits.protocols import TRAINED_ON_SPEAKERS, Protocol
from affuse.splits.within_corpora import within_corpora
from affuse.synthetic.origin import drawn_people

if TYPE_CHECKING:
    from affuse.workers.protocol import Workers


def transfer(
    config: Config,
    *,
    workers: Workers | None = None,
    progress: ProgressCallback | None = None,
) -> TransferMatrix:
    """Train on each corpus, test on each other, over the emotions that both show.

    Beside the pairs stand each corpus's own figure, speakers kept apart, and training on all
    others. Every model is fitted once and tested on all that it is tested on; finished fits are
    kept, so that a call that was cut short goes on.

    Parameters
    ----------
    config : Config
        ``data.path`` names two corpora or more; ``out``, where set, receives a folder.
    workers : Workers, optional
        In the place of ``config.jobs`` processes.
    progress : callable, optional
        Called with ``(stage, done, total)``.

    Returns
    -------
    TransferMatrix

    Raises
    ------
    AffuseError
        One corpus only, corpora without an emotion in common, a modality that no two have.

    Examples
    --------
    >>> config = load_config("transfer", overrides={"data.path": ["a", "b"]})  # doctest: +SKIP
    >>> transfer(config).table[["trained_on", "tested_on", "uar", "lost"]]  # doctest: +SKIP
    """
    context = context_of(config, workers, progress)
    if not config.out:
        return _matrix(config, context)
    check_report()
    with claimed_out(config):
        found = _matrix(config, context)
        write_transfer(found, config, Path(config.out))
    return found


def _matrix(config: Config, context: RunContext) -> TransferMatrix:
    refuse_unfit(config)
    plan, apart = sharing(plan_of(config))
    features = features_of(plan, context)
    silent = _without_features(plan.index.corpora, features.clean)
    clean, absent = _common_modalities(features.clean)
    division = _divided(config, clean)
    normalised = config.features.normalise == "corpus"
    table = normalised_by_corpus(clean.table) if normalised else clean.table
    found = _found(config, replace(clean, table=table), division, context)
    measured = [transfer_cells(each, table, division.ways) for each in found]
    return TransferMatrix(
        corpora=_sizes(table, division.ways),
        cells=tuple(cell for cells, _ in measured for cell in cells),
        means=tuple(lost for _, means in measured for lost in means),
        features=_labels(clean),
        notes=(
            *filter(None, [drawn_people(clean.index)]),
            *plan.index.notes,
            *apart,
            *silent,
            *absent,
            *division.notes,
            *([NORMALISED] if normalised else []),
            *notes_of(clean),
            *_left_out(features.extraction.skipped),
        ),
    )


@dataclass(frozen=True)
class _Division:
    """All folds of a matrix, and notes on them."""

    within: Protocol
    ways: Ways
    notes: tuple[str, ...]


def _divided(config: Config, clean: Recordings) -> _Division:
    """Folds within each corpus, from each to the others, and to each from all others."""
    table = clean.table
    rows = corpus_labels(table, groups_of(table))
    corpora = tuple(sorted(set(rows.corpora)))
    within = within_corpora(
        rows,
        [str(speaker) for speaker in table.speakers],
        config.folds.n_folds,
        leave_one_out=config.folds.scheme == "leave-one-speaker-out",
    )
    refuse_nothing_shared(emotions_of(rows))
    across = folds_of_corpora(_one_each(corpora), rows)
    # Of two corpora, all others are one: the same as the pairs.
    others = leave_one_corpus_out(corpora) if len(corpora) > 2 else ()
    left_out = folds_of_corpora(others, rows)
    ways = Ways(
        corpora=corpora,
        across=Protocol(ACROSS, across.folds),
        left_out=Protocol(LEFT_OUT, left_out.folds),
        shown=shown_emotions(table),
        leaks=_leaks(clean),
        n_bootstrap=config.evaluation.n_bootstrap,
        seed=config.seed,
    )
    # Emotions that a fold leaves out are listed with each cell.
    notes = (note for each in (within, across, left_out) for note in each.notes)
    return _Division(Protocol(WITHIN, within.folds), ways, tuple(dict.fromkeys(notes)))


def _labels(clean: Recordings) -> dict[str, str]:
    return {modality: source.label for modality, source in clean.sources.items()}


def _without_features(given: Sequence[str], clean: Recordings) -> list[str]:
    """Notes on corpora none of whose clips gave features; an error if only one is left."""
    left = set(clean.table.corpora.tolist())
    notes = [
        f"{corpus} has no part: none of its clips gave features."
        for corpus in given
        if corpus not in left
    ]
    if len(left) < 2:
        raise ConfigError(
            f"features of {' and '.join(sorted(left))} alone were found ({' '.join(notes)}); "
            "expected two corpora or more: choose features that both have"
        )
    return notes


def _common_modalities(clean: Recordings) -> tuple[Recordings, list[str]]:
    """Modalities that all corpora have; a note on those that some lack."""
    table = clean.table
    lacking = {
        modality: sorted(
            str(corpus)
            for corpus in np.unique(table.corpora)
            if not table.present[modality][table.corpora == corpus].any()
        )
        for modality in table.modalities
    }
    common = [modality for modality, corpora in lacking.items() if not corpora]
    notes = [
        f"{modality.capitalize()} is left out: no clip of {' and '.join(corpora)} has it."
        for modality, corpora in lacking.items()
        if corpora
    ]
    if not common:
        raise ConfigError(
            f"no modality is in all corpora: {' '.join(notes)} Expected sound in all, or picture "
            "in all: leave a corpus out"
        )
    sources = {m: source for m, source in clean.sources.items() if m in common}
    return replace(clean, table=table.select(common), sources=sources), notes


def _one_each(corpora: Sequence[str]) -> tuple[CorpusFold, ...]:
    return tuple(CorpusFold((name,), tuple(n for n in corpora if n != name)) for name in corpora)


def _leaks(clean: Recordings) -> dict[tuple[str, str], str]:
    """Modality and corpus -> why figures are leaky, where a network was trained on its speakers."""
    clips = clean.index.clips
    return {
        (modality, corpus): TRAINED_ON_SPEAKERS.reason
        for corpus in clean.index.corpora
        for modality in modalities_trained_on(
            clean, [clip for clip in clips if clip.corpus == corpus]
        )
    }


def _found(
    config: Config, clean: Recordings, division: _Division, context: RunContext
) -> list[Found]:
    """Predictions of each system for each way of dividing."""
    if config.search.budget:
        raise ConfigError(
            f"search.budget = {config.search.budget!r} was given with corpora that are tested on "
            "each other, where nothing is searched; expected none: leave it out"
        )
    asked = tuple(systems(config, clean.table, _labels(clean)))
    made = learners(config, clean.sources)
    context = replace(context, seed=config.seed)

    def predicted(protocol: Protocol) -> tuple[OutOfFold, ...]:
        return out_of_fold(clean.table, asked, protocol, context, preparation=made)

    within, ways = division.within, division.ways
    own = predicted(within) if within.folds else (None,) * len(asked)
    across = predicted(ways.across)
    left_out = predicted(ways.left_out) if ways.left_out.folds else (None,) * len(asked)
    return [Found(*three) for three in zip(own, across, left_out, strict=True)]


def _sizes(table: FeatureTable, ways: Ways) -> tuple[CorpusSize, ...]:
    corpora, speakers, classes = table.corpora, table.speakers, np.array(table.classes)
    return tuple(
        CorpusSize(
            name,
            int((corpora == name).sum()),
            len(np.unique(speakers[corpora == name])),
            tuple(classes[ways.shown[name]].tolist()),
        )
        for name in ways.corpora
    )


def _left_out(skipped: Sequence[object]) -> list[str]:
    n = len(skipped)
    return [f"{n} clips were left out: affuse index DATA lists why."] if n else []
