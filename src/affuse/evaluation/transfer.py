"""Transfer between corpora: a figure for each pair, and what it loses against the corpus's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affuse.evaluation.answers import answered_among
from affuse.evaluation.scores import scores
from affuse.evaluation.systems import OutOfFold, derived_seed
from affuse.features.table import FeatureTable
from affuse.splits.corpus_rows import corpus_labels, not_rare
from affuse.splits.protocols import Protocol
from affuse.tasks.intervals import Interval, percentile_interval, uar_draws
from affuse.tasks.metrics import uar

WITHIN, ACROSS, LEFT_OUT = "speaker-independent", "cross-corpus", "leave-one-corpus-out"
ALL_OTHERS = "all others"
"""What trains where a corpus is left out."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cell:
    """One system trained on a corpus (or all others) and tested on another, or on the same.

    Attributes
    ----------
    system, modality : str
    trained_on, tested_on : str
        Corpora; equal where speakers of one are kept apart.
    protocol : str
    uar, uar_low, uar_high : float
        Over the emotions that both show; bounds of the 95 % bootstrap over the tested corpus's
        speakers, NaN with one speaker.
    accuracy, macro_f1 : float
    emotions : tuple of str
    chance : float
        UAR of a guess among them.
    n_clips, n_speakers : int
        That were tested.
    within : float
        UAR of the tested corpus's own speakers, kept apart, on the same clips and emotions; NaN
        where the cell is that figure, or there is none.
    lost, lost_low, lost_high : float
        `within` minus `uar`, with the 95 % bootstrap over the same speakers.
    leak : str
        Why the cell is leaky; empty where it is not.
    """

    system: str
    modality: str
    trained_on: str
    tested_on: str
    protocol: str
    uar: float
    uar_low: float
    uar_high: float
    accuracy: float
    macro_f1: float
    emotions: tuple[str, ...]
    chance: float
    n_clips: int
    n_speakers: int
    within: float = float("nan")
    lost: float = float("nan")
    lost_low: float = float("nan")
    lost_high: float = float("nan")
    leak: str = ""

    @property
    def leaky(self) -> bool:
        """Whether the networks were trained on the tested speakers."""
        return bool(self.leak)

    @property
    def above_chance(self) -> bool:
        """Whether the interval lies above chance."""
        return self.uar_low > self.chance


@dataclass(frozen=True, slots=True)
class MeanLost:
    """Mean loss of a system from one corpus to another, over cells that are not leaky.

    Attributes
    ----------
    system, protocol : str
    n_cells : int
        That have such a figure.
    within, across, lost, low, high : float
        Means over these cells; bounds of the 95 % bootstrap over the speakers of each corpus.
    """

    system: str
    protocol: str
    n_cells: int
    within: float
    across: float
    lost: float
    low: float
    high: float


@dataclass(frozen=True)
class Ways:
    """How the cells of a matrix are divided into training and test, and what bears on all of them.

    Attributes
    ----------
    corpora : tuple of str
        Sorted; fold k of `across` trains on the k-th, fold k of `left_out` tests it, which has
        none where there are but two corpora.
    across, left_out : Protocol
    shown : mapping of str to (n_classes,) bool
        Corpus -> emotions that it shows, as `shown_emotions` has them.
    leaks : mapping of (str, str) to str
        Modality and corpus -> why figures on that corpus are leaky.
    n_bootstrap, seed : int
    """

    corpora: tuple[str, ...]
    across: Protocol
    left_out: Protocol
    shown: Mapping[str, Bools]
    leaks: Mapping[tuple[str, str], str]
    n_bootstrap: int
    seed: int


@dataclass(frozen=True)
class Found:
    """Predictions of one system for each way of dividing; None where it has no folds.

    Attributes
    ----------
    within : OutOfFold or None
        Of other speakers of the training corpus.
    across : OutOfFold
        Of other corpora than the training one.
    left_out : OutOfFold or None
        Of each corpus by training on all others.
    """

    within: OutOfFold | None
    across: OutOfFold
    left_out: OutOfFold | None


def transfer_cells(
    found: Found, table: FeatureTable, ways: Ways
) -> tuple[tuple[Cell, ...], tuple[MeanLost, ...]]:
    """Every cell of one system's matrix, and its mean loss.

    Parameters
    ----------
    found : Found
    table : FeatureTable
        The one that the predictions are rows of.
    ways : Ways

    Returns
    -------
    tuple of Cell
        Row by row of the matrix, all others last. Pairs with fewer than two emotions in common
        have none, nor has a corpus of one speaker with itself.
    tuple of MeanLost
        Of the pairs, and of all others where they are more than one.
    """
    measured = [*_within_cells(found, table, ways), *_across_cells(found, table, ways)]
    means = (
        _mean_lost(protocol, [(c, draws) for c, draws in measured if c.protocol == protocol])
        for protocol in (ACROSS, LEFT_OUT)
    )
    order = (*ways.corpora, ALL_OTHERS)
    cells = sorted((cell for cell, _ in measured), key=lambda cell: order.index(cell.trained_on))
    return tuple(cells), tuple(lost for lost in means if lost is not None)


def _within_cells(found: Found, table: FeatureTable, ways: Ways) -> Iterator[tuple[Cell, Floats]]:
    for corpus in ways.corpora:
        own = found.within
        part = None if own is None else _part(own, table, corpus, ways.shown[corpus])
        if part is not None:
            yield _cell(part, table, ways, (corpus, corpus, WITHIN)), np.zeros(0)


def _across_cells(found: Found, table: FeatureTable, ways: Ways) -> Iterator[tuple[Cell, Floats]]:
    for protocol, predictions in ((ways.across, found.across), (ways.left_out, found.left_out)):
        if predictions is None:
            continue
        for fold in protocol.folds:
            own = predictions.folds == fold.number
            trained = np.unique(table.labels[list(fold.train)])
            for corpus in np.unique(table.corpora[list(fold.test)]):
                shared = ways.shown[str(corpus)] & np.isin(np.arange(len(table.classes)), trained)
                part = _part(predictions, table, str(corpus), shared, own)
                if part is None:
                    continue
                left_out = protocol is ways.left_out
                source = ALL_OTHERS if left_out else ways.corpora[fold.number - 1]
                cell = _cell(part, table, ways, (source, str(corpus), protocol.name))
                yield _with_lost(cell, part, found.within, shared, table, ways)


def shown_emotions(table: FeatureTable) -> dict[str, Bools]:
    """Emotions that each corpus shows, rare ones left out.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    dict of str to (n_classes,) bool
    """
    common = np.array(sorted(not_rare(corpus_labels(table))))
    classes = np.arange(len(table.classes))
    return {
        str(corpus): np.isin(classes, table.labels[common[table.corpora[common] == corpus]])
        for corpus in np.unique(table.corpora)
    }


def _part(
    found: OutOfFold, table: FeatureTable, corpus: str, emotions: Bools, at: Bools | None = None
) -> OutOfFold | None:
    """Predictions for one corpus's clips of some emotions, restricted to these emotions."""
    own = (table.corpora[found.rows] == corpus) & emotions[table.labels[found.rows]]
    own = own if at is None else own & at
    if emotions.sum() < 2 or len(np.unique(table.labels[found.rows[own]])) < 2:
        return None
    return answered_among(replace(found.take(own), answers=None), emotions)


def _cell(part: OutOfFold, table: FeatureTable, ways: Ways, names: tuple[str, str, str]) -> Cell:
    figures = scores(part, table, n_bootstrap=ways.n_bootstrap, seed=ways.seed).columns()
    trained_on, tested_on, protocol = names
    answers = part.answers if part.answers is not None else np.ones(part.outputs.shape, bool)
    leaks = (ways.leaks.get((name, tested_on), "") for name in part.system.modalities)
    return Cell(
        system=part.system.name,
        modality=part.system.modality,
        trained_on=trained_on,
        tested_on=tested_on,
        protocol=protocol,
        emotions=tuple(np.array(table.classes)[answers[0]].tolist()),
        n_clips=int(figures["n_clips"]),
        n_speakers=int(figures["n_speakers"]),
        leak=next(filter(None, leaks), ""),
        **{name: float(figures[name]) for name in _FIGURES},
    )


_FIGURES = ("uar", "uar_low", "uar_high", "accuracy", "macro_f1", "chance")


def _with_lost(
    cell: Cell,
    part: OutOfFold,
    within: OutOfFold | None,
    shared: Bools,
    table: FeatureTable,
    ways: Ways,
) -> tuple[Cell, Floats]:
    """The cell with the tested corpus's own figure on the same clips, and draws of the loss."""
    own = None if within is None else _part(within, table, cell.tested_on, shared)
    if own is None:
        return cell, np.zeros(0)
    rows, at_own, at_part = np.intersect1d(own.rows, part.rows, return_indices=True)
    truth, speakers = table.labels[rows], table.speakers[rows]
    both = own.predicted[at_own], part.predicted[at_part]
    seed = derived_seed(ways.seed, "gap", cell.tested_on)
    near, far = (uar_draws(truth, each, speakers, ways.n_bootstrap, seed) for each in both)
    interval = percentile_interval(near - far, len(np.unique(speakers)))
    own_uar, far_uar = (uar(truth, each) for each in both)
    measured = replace(
        cell, within=own_uar, lost=own_uar - far_uar, lost_low=interval.low, lost_high=interval.high
    )
    return measured, near - far


def _mean_lost(protocol: str, measured: Sequence[tuple[Cell, Floats]]) -> MeanLost | None:
    with_lost = [(cell, draws) for cell, draws in measured if len(draws) and not cell.leaky]
    if not with_lost:
        return None
    cells = [cell for cell, _ in with_lost]
    draws = np.mean([each for _, each in with_lost], axis=0)
    several = all(cell.n_speakers > 1 for cell in cells)
    interval = percentile_interval(draws, 2) if several else Interval(float("nan"), float("nan"))
    return MeanLost(
        cells[0].system,
        protocol,
        len(cells),
        float(np.mean([cell.within for cell in cells])),
        float(np.mean([cell.within - cell.lost for cell in cells])),
        float(np.mean([cell.lost for cell in cells])),
        interval.low,
        interval.high,
    )
