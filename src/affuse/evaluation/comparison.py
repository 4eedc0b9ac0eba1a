"""Systems compared in pairs over speakers: whether a difference is real, and how large."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from affuse.errors import ConfigError, FeatureError
from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable
from affuse.splits.protocols import ACROSS_CORPORA
from affuse.tasks.choice import task_of
from affuse.tasks.intervals import Interval
from affuse.tasks.significance import SIGNIFICANT, Tested, holm, least_swap_p
from affuse.tasks.task import Pair

DRAWS_PER_TEST = 100
"""At least so many draws for each comparison: the least p value stays 0.01 after correction."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two systems compared on the clips that both have scored.

    A list of them makes a table: ``pandas.DataFrame(comparisons)``.

    Attributes
    ----------
    better, other : str
        Names of the rows; `better` has the higher headline figure (UAR or CCC) on these clips.
    difference, low, high : float
        Of that figure, as fractions, from 0; bounds of its 95 % interval over speakers and clips
        (NaN with one speaker).
    p : float
        Of a difference at least this large, either way, between systems that are alike.
    p_holm : float
        The same after Holm's correction for all comparisons that were made together.
    n_clips, n_speakers : int
        That the two were compared on.
    p_swap, p_swap_least : float
        The same as `p` from swapping the systems for whole speakers, which assumes nothing of how
        speakers differ; and the least that this can give with so many speakers.
    n_comparisons : int
        That were made together.
    """

    better: str
    other: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    n_clips: int
    n_speakers: int
    p_swap: float = float("nan")
    p_swap_least: float = float("nan")
    n_comparisons: int = 1

    @property
    def real(self) -> bool:
        """Whether the difference is more than chance, after correction."""
        return self.p_holm < SIGNIFICANT


def compare_all(
    results: Sequence[OutOfFold],
    table: FeatureTable,
    *,
    n_draws: int = 10_000,
    seed: int = 0,
) -> tuple[Comparison, ...]:
    """Every pair of systems, p values corrected for the number of pairs.

    Parameters
    ----------
    results : sequence of OutOfFold
    table : FeatureTable
        The one that `results` have rows of.
    n_draws, seed : int
        Draws of the swaps, where there are too many speakers to count all (at least 100 for each
        comparison are made), and their seed.

    Returns
    -------
    tuple of Comparison
        Pairs in the order of `results`.

    Raises
    ------
    ConfigError
        Fewer than two systems, or two rows of one name.
    FeatureError
        Two systems have scored no clip in common.

    Notes
    -----
    The figures hold for systems that were named beforehand. To pick the best row of a table and
    then compare it is biased in its favour: of many equal systems one is always ahead. Speakers
    stand for the speakers one might meet; that other training clips would have given other systems
    is not in these figures.

    Interval and p value are those of the task: of UARs a mixed model of clips within speakers
    (docs/decisions/0010-comparisons.md says why, and how often it is wrong). Swaps stand beside
    it: if two systems are alike, it does not matter whose prediction is whose, so for each
    speaker the two may be swapped; `p_swap` is the share of ways to swap that give a difference
    at least as large (Good 2005, "Permutation, parametric and bootstrap tests of hypotheses").
    The correction is that of Holm 1979.
    """
    _check_names(results)
    return _compared(combinations(results, 2), table, n_draws, seed)


def compare_with(
    reference: OutOfFold,
    others: Sequence[OutOfFold],
    table: FeatureTable,
    *,
    n_draws: int = 10_000,
    seed: int = 0,
) -> tuple[Comparison, ...]:
    """One system against each of several others, p values corrected for their number.

    Fewer comparisons than `compare_all` makes, so that each has more power. Errors and caveats as
    there.

    Parameters
    ----------
    reference : OutOfFold
        The one that all others are held against.
    others : sequence of OutOfFold
    table : FeatureTable
        The clips that they predict.
    n_draws : int
        Swaps of speakers drawn at random where not all can be tried.
    seed : int

    Returns
    -------
    tuple of Comparison
        One for each of `others`, in their order; `reference` is the better one or the other.
    """
    _check_names([reference, *others])
    pairs = ((reference, other) for other in others)
    return _compared(pairs, table, n_draws, seed)


def paired_interval(better: OutOfFold, other: OutOfFold, table: FeatureTable) -> Interval:
    """95 % interval of the difference of two headline figures, as in `compare_all`.

    Only clips that both have scored count. Raises FeatureError where there are none.

    Parameters
    ----------
    better, other : OutOfFold
    table : FeatureTable
        The clips that they predict.

    Returns
    -------
    Interval
        Of `better` minus `other`; 0.01 is a point.
    """
    tested = task_of(table).tested(_pair(better, other, table).both)
    return Interval(tested.low, tested.high)


def row_name(result: OutOfFold) -> str:
    """A name for a row that is unique in its run: with modality, leak, published folds, corpora.

    Parameters
    ----------
    result : OutOfFold

    Returns
    -------
    str
    """
    system = result.system
    name = system.name if system.fusion else f"{system.modality}, {system.name}"
    across = result.protocol in ACROSS_CORPORA
    marked = result.leaks or result.published or across
    return f"{name} ({result.protocol})" if marked else name


class _Pair(NamedTuple):
    """Two systems on the clips that both have scored; `_paired` puts the better one first."""

    better: str
    other: str
    both: Pair
    difference: float


def _compared(
    results: Iterable[tuple[OutOfFold, OutOfFold]],
    table: FeatureTable,
    n_draws: int,
    seed: int,
) -> tuple[Comparison, ...]:
    pairs = [_paired(one, two, table) for one, two in results]
    names = np.unique(table.speakers)
    n_draws, task = max(n_draws, DRAWS_PER_TEST * len(pairs)), task_of(table)
    swapped = task.swap_p([pair.both for pair in pairs], names, n_draws, seed)
    tested = [task.tested(pair.both) for pair in pairs]
    corrected = holm([each.p for each in tested])
    return tuple(
        _comparison(pair, each, float(p_holm), float(p_swap), n_draws, len(pairs))
        for pair, each, p_holm, p_swap in zip(pairs, tested, corrected, swapped, strict=True)
    )


def _paired(one: OutOfFold, two: OutOfFold, table: FeatureTable) -> _Pair:
    """A pair with the better system first."""
    pair = _pair(one, two, table)
    return pair if pair.difference >= 0 else _pair(two, one, table)


def _pair(better: OutOfFold, other: OutOfFold, table: FeatureTable) -> _Pair:
    rows, at_better, at_other = np.intersect1d(better.rows, other.rows, return_indices=True)
    if not len(rows):
        raise FeatureError(
            f"systems {row_name(better)!r} and {row_name(other)!r} have scored no clip in common; "
            "expected clips that have the modalities of both: compare other systems"
        )
    task, truth = task_of(table), table.truth[rows]
    first, second = better.predicted[at_better], other.predicted[at_other]
    return _Pair(
        row_name(better),
        row_name(other),
        Pair(truth, first, second, table.speakers[rows]),
        task.value(truth, first) - task.value(truth, second),
    )


def _comparison(
    pair: _Pair, tested: Tested, p_holm: float, p_swap: float, n_draws: int, n_comparisons: int
) -> Comparison:
    n_speakers = len(np.unique(pair.both.speakers))
    return Comparison(
        better=pair.better,
        other=pair.other,
        difference=pair.difference,
        low=tested.low,
        high=tested.high,
        p=tested.p,
        p_holm=p_holm,
        n_clips=len(pair.both.truth),
        n_speakers=n_speakers,
        p_swap=p_swap,
        p_swap_least=least_swap_p(n_speakers, n_draws),
        n_comparisons=n_comparisons,
    )


def _check_names(results: Sequence[OutOfFold]) -> None:
    counts = Counter(row_name(result) for result in results)
    double = [name for name, n in counts.items() if n > 1]
    if double:
        raise ConfigError(
            f"rows {', '.join(map(repr, double))} were given more than once; expected each system "
            "once: a system is not compared with itself"
        )
    if len(results) < 2:
        raise ConfigError(
            f"{len(results)} system was given to compare; expected at least two: add a model or a "
            "fusion to the recipe"
        )
