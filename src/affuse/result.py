"""Result: the results of a run, as tables and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path

import pandas as pd

from affuse.config import Config
from affuse.corpora.index import Index
from affuse.evaluation.by_corpus import scores_by_corpus
from affuse.evaluation.comparison import (
    Comparison,
    compare_with,
    row_name,
)
from affuse.evaluation.emotion_sets import Coverage, Sets, set_names
from affuse.evaluation.group_tables import GroupTables, gap_sentence, group_tables
from affuse.evaluation.importance import Importance
from affuse.evaluation.occlusion import Occlusion
from affuse.evaluation.sentences import best_of_fusions, floor_of_swaps, sentence
from affuse.evaluation.systems import Losses, OutOfFold
from affuse.evaluation.trials import trials_table
from affuse.features.table import FeatureTable
from affuse.records import Skipped
from affuse.robustness.curves import CurvePoint
from affuse.splits.protocols import Protocol
from affuse.storage.plain_text import counted
from affuse.tasks.choice import task_of
from affuse.tasks.task import Figures, Task

SYSTEM_COLUMNS = ("system", "modality", "fusion", "features", "model", "protocol", "leaky")
"""Columns of results.csv that say what a row is; those of the task's figures follow, and last the
column ``leak``: why a row is leaky."""


@dataclass(frozen=True)
class Evaluated:
    """One system under one protocol: its predictions and its figures.

    Attributes
    ----------
    protocol : Protocol
    out_of_fold : OutOfFold
    scores : Figures
    sets : (n_scored, n_classes) bool or None
        Conformal set of each clip, where sets were asked for and can be had.
    coverage : tuple of Coverage
        How often they hold the true emotion: of all clips, then of each corpus.
    """

    protocol: Protocol
    out_of_fold: OutOfFold
    scores: Figures
    sets: Sets | None = None
    coverage: tuple[Coverage, ...] = ()

    @property
    def name(self) -> str:
        """Name of the row, unique in the run."""
        return row_name(self.out_of_fold)


@dataclass(frozen=True, repr=False)
class Result:
    """The results of a run.

    Attributes
    ----------
    config : Config
    index : Index
        Clips that took part.
    table : FeatureTable
    evaluated : tuple of Evaluated
        One per system and protocol: those that keep speakers apart first, best first.
    skipped : tuple of Skipped
        Files and clips that were left out, with the reason.
    passed_over : tuple of Skipped
        What else lies where the clips are, and why it was not read.
    contents : mapping of Path to str
        Content hash of each file that was looked into.
    drawn : str
        That these people are drawn, in a sentence; empty for others.
    features : mapping of str to str
        What was extracted from each modality, in words.
    notes : tuple of str
        Notes for readers of the table.
    curves : tuple of CurvePoint
        UAR of each system under each condition; empty where robustness was not evaluated.
    importances : tuple of Importance
        What groups of features are worth to the best honest system; empty where not asked for.
    occlusions : tuple of Occlusion
        Where the best honest system finds each emotion; empty where not asked for.

    Examples
    --------
    >>> import affuse
    >>> result = affuse.run(affuse.load_config("quick", overrides={"data.path": "ravdess"}))
    ... # doctest: +SKIP
    >>> result                                                          # doctest: +SKIP
    <Result: 1,440 clips   24 speakers   8 emotions   5 folds, speakers kept apart   chance 12.5 %;
    17 rows, best: early, SVM RBF (UAR 66.4)>
    >>> result.results.to_csv("results.csv")                            # doctest: +SKIP
    """

    config: Config
    index: Index
    table: FeatureTable
    evaluated: tuple[Evaluated, ...]
    skipped: tuple[Skipped, ...]
    features: Mapping[str, str]
    notes: tuple[str, ...] = ()
    curves: tuple[CurvePoint, ...] = ()
    passed_over: tuple[Skipped, ...] = ()
    contents: Mapping[Path, str] = field(default_factory=dict)
    drawn: str = ""
    importances: tuple[Importance, ...] = ()
    occlusions: tuple[Occlusion, ...] = ()

    def __repr__(self) -> str:
        found = counted(len(self.evaluated), "row")
        headline = self.task.headline
        if self.honest:
            best = self.honest[0]
            figure = headline.value(best.scores.columns()[headline.column])
            found += f", best: {best.name} ({headline.name} {figure})"
        return f"<Result: {self.headline()}; {found}>"

    @property
    def task(self) -> Task:
        """The task of the run."""
        return task_of(self.table)

    @property
    def results(self) -> pd.DataFrame:
        """One row per system and protocol: `SYSTEM_COLUMNS`, figures as fractions, ``leak``."""
        rows = []
        for item in self.evaluated:
            system = item.out_of_fold.system
            labels = {
                "system": item.name,
                "modality": system.modality,
                "fusion": system.fusion,
                "features": system.features,
                "model": system.model,
                "protocol": item.protocol.label,
                "leaky": item.protocol.leaky,
            }
            rows.append(labels | item.scores.columns() | {"leak": item.protocol.leak})
        return pd.DataFrame(rows, columns=[*SYSTEM_COLUMNS, *self.task.result_columns, "leak"])

    @cached_property
    def by_corpus(self) -> pd.DataFrame:
        """Figures of each system on each corpus; without rows where there is but one.

        Columns ``system``, ``corpus`` and the figures of `results`.
        """
        rows = [
            {"system": item.name, "corpus": one.corpus, **one.scores.columns()}
            for item in self.evaluated
            for one in scores_by_corpus(
                item.out_of_fold,
                self.table,
                n_bootstrap=self.config.evaluation.n_bootstrap,
                seed=self.config.seed,
            )
        ]
        return pd.DataFrame(rows)

    @cached_property
    def by_group(self) -> GroupTables:
        """Figures of each system on each group that ``evaluation.by`` asks for, and the gaps."""
        return group_tables(
            {item.name: item.out_of_fold for item in self.evaluated},
            self.table,
            self.index.clips,
            self.config.evaluation.by,
            n_bootstrap=self.config.evaluation.n_bootstrap,
            seed=self.config.seed,
        )

    def gaps(self) -> list[str]:
        """The best row's gaps between the groups asked for, a sentence for each kind of group.

        Returns
        -------
        list of str
            Empty where no groups were asked for, or every protocol leaks.
        """
        best = self.honest[0].name if self.honest else ""
        asked = self.config.evaluation.by if best else ()
        headline = self.task.headline
        return [gap_sentence(self.by_group, best, by, headline) for by in asked]

    @property
    def sets(self) -> pd.DataFrame:
        """Coverage of each system's conformal sets; without rows where none were made."""
        rows = [
            {"system": item.name, **one.columns()}
            for item in self.evaluated
            for one in item.coverage
        ]
        return pd.DataFrame(rows)

    @property
    def predictions(self) -> pd.DataFrame:
        """Out-of-fold predictions: one row per clip and system."""
        return pd.concat([_predictions(item, self.table) for item in self.evaluated])

    @property
    def robustness(self) -> pd.DataFrame:
        """Robustness curves: one row per system and condition, ready to plot UAR over level."""
        return pd.DataFrame(self.curves, columns=[one.name for one in fields(CurvePoint)])

    @property
    def importance(self) -> pd.DataFrame:
        """Drop of the best honest system without each group of features, the largest first."""
        rows = [
            (self.honest[0].name, one.group, one.drop, one.low, one.high)
            for one in self.importances
        ]
        return pd.DataFrame(rows, columns=["system", "group", "drop", "drop_low", "drop_high"])

    @property
    def occlusion(self) -> pd.DataFrame:
        """Occlusion maps of the best honest system: one row per modality, emotion and part."""
        rows = [
            (self.honest[0].name, one.modality, one.emotion, one.n_clips, row, column, drop,
             one.face_share)
            for one in self.occlusions
            for row, drops in zip(one.rows, one.drops.tolist(), strict=True)
            for column, drop in zip(one.columns, drops, strict=True)
        ]  # fmt: skip
        names = "system modality emotion n_clips row column drop face_share"
        return pd.DataFrame(rows, columns=names.split())

    @property
    def training(self) -> pd.DataFrame:
        """Training losses of networks: one row per system, fold and epoch.

        Networks that learn features stand before, as "video features", once a protocol.
        """
        networks: dict[str, Losses] = {}
        for item in self.evaluated:
            own = item.protocol
            marked = own.leaky or own.published or own.across_corpora
            leak = f" ({own.label})" if marked else ""
            for modality, losses in item.out_of_fold.feature_losses.items():
                networks[f"{modality} features{leak}"] = losses
        networks |= {item.name: item.out_of_fold.losses for item in self.evaluated}
        rows = [
            (name, fold, epoch, loss)
            for name, folds in networks.items()
            for fold, losses in folds.items()
            for epoch, loss in enumerate(losses, 1)
        ]
        return pd.DataFrame(rows, columns=["system", "fold", "epoch", "loss"])

    @property
    def trials(self) -> pd.DataFrame:
        """Settings that were tried in each fold, one row per system, fold and trial."""
        return trials_table([(item.name, item.out_of_fold) for item in self.evaluated])

    @property
    def honest(self) -> tuple[Evaluated, ...]:
        """Systems that were evaluated with speakers kept apart, best first.

        Where several protocols keep them apart, those of the first: figures of different test
        clips are not ranked together.
        """
        return tuple(
            item for item in self.evaluated if item.protocol.label == self._first_without_leak
        )

    @property
    def others(self) -> tuple[Evaluated, ...]:
        """Systems under further protocols that keep speakers apart, protocol by protocol."""
        first = self._first_without_leak
        return tuple(
            item
            for item in self.evaluated
            if not item.protocol.leaky and item.protocol.label != first
        )

    @property
    def _first_without_leak(self) -> str:
        labels = (item.protocol.label for item in self.evaluated if not item.protocol.leaky)
        return next(labels, "")

    @property
    def fused(self) -> tuple[Evaluated, ...]:
        """Those of the honest systems that fuse, best first."""
        return tuple(item for item in self.honest if item.out_of_fold.system.fusion)

    @property
    def single(self) -> tuple[Evaluated, ...]:
        """Those of the honest systems that use one modality, best first."""
        return tuple(item for item in self.honest if not item.out_of_fold.system.fusion)

    @cached_property
    def against_single(self) -> tuple[Comparison, ...]:
        """Each fused row, best first, against the best single modality; empty if one lacks."""
        return self._compared(self.single[:1], self.fused)

    @cached_property
    def among_fusions(self) -> tuple[Comparison, ...]:
        """The best fused row against each other fused one, best first."""
        return self._compared(self.fused[:1], self.fused[1:])

    def _compared(
        self, reference: Sequence[Evaluated], others: Sequence[Evaluated]
    ) -> tuple[Comparison, ...]:
        if not reference or not others or len(set(self.table.speakers)) < 2:
            return ()
        return compare_with(
            reference[0].out_of_fold,
            [item.out_of_fold for item in others],
            self.table,
            seed=self.config.seed,
        )

    @property
    def folds(self) -> pd.DataFrame:
        """The fold of each protocol in which each clip is tested."""
        parts = [
            (self.table.clips[row], self.table.speakers[row], protocol.label, fold.number)
            for protocol in self.protocols
            for fold in protocol.folds
            for row in fold.test
        ]
        return pd.DataFrame(parts, columns=["clip", "speaker", "protocol", "fold"])

    @property
    def protocols(self) -> tuple[Protocol, ...]:
        """Protocols that were evaluated."""
        return tuple({item.protocol.label: item.protocol for item in self.evaluated}.values())

    @property
    def leaks(self) -> dict[str, str]:
        """Reason for each protocol that leaks."""
        return {p.label: p.leak for p in self.protocols if p.leaky}

    def headline(self) -> str:
        """The evaluation in one line: corpus, clips, speakers, protocol, chance.

        Returns
        -------
        str
        """
        divided = "leaky protocols only"
        if self.honest:
            first = self.honest[0].protocol
            apart = "corpora" if first.across_corpora else "speakers"
            own = len(first.folds)
            folds = f"{first.published} fold{'' if own == 1 else 's'}".lstrip()
            divided = f"{own} {folds}, {apart} kept apart"
        n_speakers = len(set(self.table.speakers))
        targets, chance = self.task.summary(self.table)
        return "   ".join(
            [
                f"{len(self.table):,} clips",
                f"{n_speakers} speaker{'s' if n_speakers > 1 else ''}",
                targets,
                divided,
                chance,
            ]
        )

    def reading(self) -> list[str]:
        """The results table in sentences, made from its figures.

        Returns
        -------
        list of str
        """
        found, headline = self.against_single, self.task.headline
        if not found:
            return list(self.notes)
        sentences = (
            f"Best fused row against best single modality: {sentence(found[0], headline)}.",
            floor_of_swaps(found),
            best_of_fusions(self.fused[0].name, self.among_fusions, headline),
            "Rows were picked after seeing the table, which flatters the best a little.",
        )
        return [*filter(None, sentences), *self.notes]


def _predictions(item: Evaluated, table: FeatureTable) -> pd.DataFrame:
    found = item.out_of_fold
    truth, predicted = found.task.prediction_columns(table, found.rows, found.outputs)
    clip = {"clip": table.clips[found.rows], "speaker": table.speakers[found.rows]}
    system = {"fold": found.folds, "system": item.name}
    known = item.sets
    sets = {} if known is None else {"set": set_names(known, table.classes)}
    return pd.DataFrame({**clip, **truth, **system, **predicted, **sets})
