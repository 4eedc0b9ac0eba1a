"""Robustness curves: systems trained on clean clips, tested on degraded ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affuse.errors import FeatureError, FoldError
from affuse.evaluation.comparison import row_name
from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable
from affuse.robustness.conditions import CLEAN, Condition
from affuse.splits.fold import Fold
from affuse.splits.protocols import Protocol
from affuse.tasks.intervals import N_RESAMPLES, speaker_interval
from affuse.tasks.metrics import uar


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """UAR of one system under one condition.

    Attributes
    ----------
    system, modality, fusion, model, protocol : str
        As in the results.
    condition : str
    degraded : str
        The modality that is degraded; empty for clean clips.
    level : float
        NaN where the condition has none.
    uar, uar_low, uar_high : float
        Bounds of the 95 % bootstrap over speakers. NaN where nothing was predicted.
    n_clips : int
        That were predicted.
    reason : str
        Why nothing was predicted; else empty.
    """

    system: str
    modality: str
    fusion: str
    model: str
    protocol: str
    condition: str
    degraded: str
    level: float
    uar: float
    uar_low: float
    uar_high: float
    n_clips: int
    reason: str = ""


class Stack:
    """Clean clips and all their degraded versions, as rows of one table.

    A fold trains on the same clean rows as ever and tests the degraded versions of its test clips
    beside the clean ones. So every system is fitted once a fold, by the code that evaluates it
    anyway, and nothing degraded can reach a fit.

    Parameters
    ----------
    table : FeatureTable
        The clean clips.
    degraded : mapping of Condition to FeatureTable
        The same clips in the same order; may be empty.

    Raises
    ------
    FeatureError
        A table has other clips than the clean one.
    """

    def __init__(self, table: FeatureTable, degraded: Mapping[Condition, FeatureTable]) -> None:
        for condition, other in degraded.items():
            if not np.array_equal(table.clips, other.clips):
                raise FeatureError(
                    f"features under {condition} were given for {len(other)} clips that are not "
                    f"the {len(table)} clean ones; expected the same clips in the same order"
                )
        self._clean = table
        self.conditions: tuple[Condition, ...] = (CLEAN, *degraded)
        self.table = _stacked([table, *degraded.values()], self.conditions)

    def protocol(self, protocol: Protocol) -> Protocol:
        """The folds, testing every version of their test clips.

        Parameters
        ----------
        protocol : Protocol
            Of the clean clips.

        Returns
        -------
        Protocol
            Of the rows of the stack; it learns from clean ones alone.

        Raises
        ------
        FoldError
            The protocol learns features from all clips, which would be the degraded ones too.
        """
        if len(self.conditions) > 1 and protocol.prepares_on_all:
            raise FoldError(
                f"robustness under the {protocol.label} protocol was asked for, which learns "
                "features from the test clips; expected one that does not: speaker-independent"
            )
        n_clips, versions = len(self._clean), range(len(self.conditions))
        folds = (
            Fold(
                number=fold.number,
                train=fold.train,
                test=tuple(n_clips * version + row for version in versions for row in fold.test),
            )
            for fold in protocol.folds
        )
        return replace(protocol, folds=tuple(folds))

    def apart(self, found: OutOfFold) -> dict[Condition, OutOfFold]:
        """Predictions under each condition, with rows of the clean table.

        Parameters
        ----------
        found : OutOfFold
            Of the rows of the stack.

        Returns
        -------
        dict of Condition to OutOfFold
        """
        n_clips = len(self._clean)
        parts = {}
        for version, condition in enumerate(self.conditions):
            at = np.flatnonzero(found.rows // n_clips == version)
            rows = found.rows[at] % n_clips
            order = np.argsort(self._clean.clips[rows], kind="stable")
            parts[condition] = replace(
                found,
                rows=rows[order],
                folds=found.folds[at][order],
                outputs=found.outputs[at][order],
            )
        return parts


def robustness(
    found: Mapping[Condition, OutOfFold],
    table: FeatureTable,
    *,
    n_bootstrap: int = N_RESAMPLES,
    seed: int = 0,
) -> Iterator[CurvePoint]:
    """Curve of one system: a point for each condition of a modality that it uses.

    Parameters
    ----------
    found : mapping of Condition to OutOfFold
        Of one system, as `Stack.apart` gives it.
    table : FeatureTable
        The clean clips.
    n_bootstrap, seed : int
        Of the intervals over speakers.

    Yields
    ------
    CurvePoint
        The clean one first.
    """
    for condition, result in found.items():
        system = result.system
        if condition.modality is not None and condition.modality not in system.modalities:
            continue
        level = np.nan if condition.level is None else condition.level
        value, low, high = _figures(result, table, n_bootstrap, seed)
        yield CurvePoint(
            system=row_name(result),
            modality=system.modality,
            fusion=system.fusion,
            model=system.model,
            protocol=result.protocol,
            condition=condition.name,
            degraded=condition.modality or "",
            level=level,
            uar=value,
            uar_low=low,
            uar_high=high,
            n_clips=len(result.rows),
            reason="" if len(result.rows) else _why_nothing(condition, result),
        )


def _figures(
    result: OutOfFold, table: FeatureTable, n_bootstrap: int, seed: int
) -> tuple[float, float, float]:
    if not len(result.rows):
        return np.nan, np.nan, np.nan
    truth, predicted = table.labels[result.rows], result.predicted
    speakers = table.speakers[result.rows]
    interval = speaker_interval(truth, predicted, speakers, n_resamples=n_bootstrap, seed=seed)
    return uar(truth, predicted), interval.low, interval.high


def _why_nothing(condition: Condition, result: OutOfFold) -> str:
    system = result.system
    if not condition.gone:
        return f"no clip gave features of its {condition.modality}"
    if len(system.modalities) < 2:
        return f"{condition.modality} is all that it looks at"
    if not system.needs_all:
        return f"no clip has anything but {condition.modality}"
    return (
        f"it needs {' and '.join(system.modalities)}: decision fusions do without, and so does "
        "this one with fusion.modality_dropout = true"
    )


def _stacked(tables: Sequence[FeatureTable], conditions: Sequence[Condition]) -> FeatureTable:
    first = tables[0]
    if len(tables) == 1:
        return first
    clips = [
        table.clips if condition == CLEAN else _named(table.clips, condition)
        for table, condition in zip(tables, conditions, strict=True)
    ]
    return replace(
        first,
        clips=np.concatenate(clips),
        speakers=np.tile(first.speakers, len(tables)),
        labels=np.tile(first.labels, len(tables)),
        corpora=np.tile(first.corpora, len(tables)),
        votes=np.tile(first.votes, (len(tables), 1)),
        arrays={
            m: first.arrays[m].joined([table.arrays[m] for table in tables[1:]])
            for m in first.modalities
        },
        present={
            m: np.concatenate([table.present[m] for table in tables]) for m in first.modalities
        },
    )


def _named(clips: NDArray[np.str_], condition: Condition) -> NDArray[np.str_]:
    return np.array([f"{clip} ({condition})" for clip in clips.tolist()])
