"""Systems compared in pairs over speakers: whether a difference is real, and how large."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from affuse.errors import ConfigError, FeatureError
from affuse.evaluation.intervals import difference_interval
from affuse.evaluation.metrics import uar
from affuse.evaluation.protocols import HEARD, LEAKS
from affuse.evaluation.significance import holm, swap_p_values
from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

SIGNIFICANT = 0.05

DRAWS_PER_TEST = 100
"""At least so many draws for each comparison: the least p value stays 0.01 after correction."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two systems on the clips that both have scored.

    A list of them makes a table: ``pandas.DataFrame(comparisons)``.

    Attributes
    ----------
    better, other : str
        Names of the rows; `better` has the higher UAR on these clips.
    difference, low, high : float
        Of the UARs, as fractions, from 0; bounds of its 95 % bootstrap over speakers (NaN with
        one speaker).
    p : float
        Of a difference at least this large, either way, between systems that are alike.
    p_holm : float
        The same after Holm's correction for all comparisons that were made together.
    n_clips, n_speakers : int
        That the two were compared on.
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


def compare_all(
    results: Sequence[OutOfFold],
    table: FeatureTable,
    *,
    n_bootstrap: int = 2000,
    n_draws: int = 10_000,
    seed: int = 0,
) -> tuple[Comparison, ...]:
    """Every pair of systems, p values corrected for the number of pairs.

    Parameters
    ----------
    results : sequence of OutOfFold
    table : FeatureTable
        The one that `results` have rows of.
    n_bootstrap, n_draws, seed : int
        Resamples of the interval; draws of the test, where there are too many speakers to count
        all (at least 100 for each comparison are made); the seed of both.

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
    The figures hold for systems that were named beforehand. Who picks the best row of a table
    and then compares it flatters it: of many equal systems one is always ahead. Speakers stand
    for the speakers one might meet; that other training clips would have given other systems is
    not in these figures.

    The test: if two systems are alike, it does not matter whose prediction is whose, so for each
    speaker the two may be swapped. Its p value is the share of ways to swap that give a
    difference of UARs at least as large (Good 2005, "Permutation, parametric and bootstrap tests
    of hypotheses"); the correction is that of Holm 1979.
    """
    _check_names(results)
    return _compared(combinations(results, 2), table, n_bootstrap, n_draws, seed)


def compare_with(
    reference: OutOfFold,
    others: Sequence[OutOfFold],
    table: FeatureTable,
    *,
    n_bootstrap: int = 2000,
    n_draws: int = 10_000,
    seed: int = 0,
) -> tuple[Comparison, ...]:
    """One system against each of some others, p values corrected for their number.

    Fewer comparisons than `compare_all` makes, so that each may be told from chance more easily.
    Arguments, errors and what must be kept in mind as there.

    Returns
    -------
    tuple of Comparison
        One for each of `others`, in their order; `reference` is the better one or the other.
    """
    _check_names([reference, *others])
    pairs = ((reference, other) for other in others)
    return _compared(pairs, table, n_bootstrap, n_draws, seed)


def sentence(comparison: Comparison) -> str:
    """What a comparison says, for readers.

    Examples
    --------
    >>> print(sentence(Comparison("fused", "video", 0.061, 0.023, 0.098, 0.002, 0.004, 1080, 18)))
    fused beats video by 6.1 points [2.3, 9.8], p = 0.004 (Holm)
    """
    real = comparison.p_holm < SIGNIFICANT
    points, low, high = (100 * x for x in (comparison.difference, comparison.low, comparison.high))
    interval = "" if np.isnan(low) else f" [{low:.1f}, {high:.1f}]"
    p = "p < 0.001" if comparison.p_holm < 0.001 else f"p = {comparison.p_holm:.3f}"
    return (
        f"{comparison.better} {'beats' if real else 'is ahead of'} {comparison.other} by "
        f"{points:.1f} points{interval}, {p} (Holm)"
        f"{'' if real else ': a difference these speakers cannot tell from none'}"
    )


def row_name(result: OutOfFold) -> str:
    """Name of a row that no other one of a run has: with the modality, and with a leak."""
    system = result.system
    name = system.name if system.fusion else f"{system.modality}, {system.name}"
    return f"{name} ({result.protocol})" if _leaky(result) else name


class _Pair(NamedTuple):
    """Two systems on the clips of both, the better one first."""

    better: str
    other: str
    truth: Labels
    predicted: Labels
    predicted_by_other: Labels
    speakers: NDArray[np.str_]

    @property
    def difference(self) -> float:
        return uar(self.truth, self.predicted) - uar(self.truth, self.predicted_by_other)

    def contributions(self, names: NDArray[np.str_]) -> Floats:
        """What each of some speakers' clips adds to the difference of the UARs: (n_speakers,).

        Both systems have scored the same clips, so a recall's denominator stays when predictions
        are swapped, and a UAR is a sum over clips.
        """
        counts = np.bincount(self.truth)
        weights = 1 / (counts[self.truth] * np.count_nonzero(counts))
        right, right_by_other = (
            given == self.truth for given in (self.predicted, self.predicted_by_other)
        )
        gains = weights * (right.astype(np.float64) - right_by_other)
        positions = np.searchsorted(names, self.speakers)
        return np.asarray(np.bincount(positions, gains, len(names)), np.float64)


def _compared(
    results: Iterable[tuple[OutOfFold, OutOfFold]],
    table: FeatureTable,
    n_bootstrap: int,
    n_draws: int,
    seed: int,
) -> tuple[Comparison, ...]:
    pairs = [_paired(one, two, table) for one, two in results]
    names = np.unique(table.speakers)
    contributions = np.stack([pair.contributions(names) for pair in pairs], axis=1)
    n_draws = max(n_draws, DRAWS_PER_TEST * len(pairs))
    p_values = swap_p_values(contributions, n_draws=n_draws, seed=seed)
    corrected = holm(p_values)
    return tuple(
        _comparison(pair, float(p), float(p_holm), n_bootstrap, seed)
        for pair, p, p_holm in zip(pairs, p_values, corrected, strict=True)
    )


def _paired(one: OutOfFold, two: OutOfFold, table: FeatureTable) -> _Pair:
    rows, at_one, at_two = np.intersect1d(one.rows, two.rows, return_indices=True)
    if not len(rows):
        raise FeatureError(
            f"systems {row_name(one)!r} and {row_name(two)!r} have scored no clip in common; "
            "expected clips that have the modalities of both: compare other systems"
        )
    said = (row_name(one), one.predicted[at_one]), (row_name(two), two.predicted[at_two])
    truth = table.labels[rows]
    if uar(truth, said[1][1]) > uar(truth, said[0][1]):
        said = said[1], said[0]
    (better, predicted), (other, predicted_by_other) = said
    return _Pair(better, other, truth, predicted, predicted_by_other, table.speakers[rows])


def _comparison(pair: _Pair, p: float, p_holm: float, n_bootstrap: int, seed: int) -> Comparison:
    interval = difference_interval(
        pair.truth,
        pair.predicted,
        pair.predicted_by_other,
        pair.speakers,
        n_resamples=n_bootstrap,
        seed=seed,
    )
    return Comparison(
        better=pair.better,
        other=pair.other,
        difference=pair.difference,
        low=interval.low,
        high=interval.high,
        p=p,
        p_holm=p_holm,
        n_clips=len(pair.truth),
        n_speakers=len(np.unique(pair.speakers)),
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


def _leaky(result: OutOfFold) -> bool:
    return result.protocol == HEARD or bool(LEAKS.get(result.protocol))  # type: ignore[call-overload]
