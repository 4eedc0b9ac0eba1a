"""Figures of one system on each group of clips, and the largest gap between groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from affuse.evaluation.grouping import UNKNOWN, group_order
from affuse.evaluation.scores import scores
from affuse.evaluation.systems import OutOfFold, derived_seed
from affuse.features.table import FeatureTable
from affuse.tasks.intervals import N_RESAMPLES, Interval, percentile_interval, speaker_draws
from affuse.tasks.task import Figures, Task

Floats = NDArray[np.float64]
Groups = NDArray[np.str_]
"""Group of each clip of a table: (n_clips,)."""

LEAST_SPEAKERS = 5
"""A smaller group is shown and never compared: its figure is that of a few people."""


@dataclass(frozen=True, slots=True)
class GroupScores:
    """Figures of one system on the clips of one group, intervals over its speakers.

    Attributes
    ----------
    group : str
    scores : Scores or NumberScores
    compared : bool
        It has at least `LEAST_SPEAKERS` speakers, and what makes it a group is known.
    """

    group: str
    scores: Figures
    compared: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """The difference between the two groups that are farthest apart.

    Attributes
    ----------
    higher, lower : str
        Names of the groups.
    higher_value, lower_value : float
        Their headline figures over the emotions that both have.
    low, high : float
        95 % interval of the difference, a bootstrap over speakers.
    n_emotions : int
        That both have; 0 where numbers are predicted.
    n_pairs : int
        Pairs of groups of which this one was picked.
    """

    higher: str
    lower: str
    higher_value: float
    lower_value: float
    low: float
    high: float
    n_emotions: int
    n_pairs: int

    @property
    def difference(self) -> float:
        """Of the headline figures, 0 or more."""
        return self.higher_value - self.lower_value


def scores_by_group(
    result: OutOfFold,
    table: FeatureTable,
    groups: Groups,
    *,
    n_bootstrap: int = N_RESAMPLES,
    seed: int = 0,
) -> tuple[GroupScores, ...]:
    """Figures of one system on each group of clips.

    Parameters
    ----------
    result : OutOfFold
    table : FeatureTable
        The one that `result` has rows of.
    groups : (n_clips,) str
        Of the table's clips.
    n_bootstrap, seed : int
        Of the intervals over speakers.

    Returns
    -------
    tuple of GroupScores
        In the order of `group_order`; a group none of whose clips was scored is left out.
    """
    bare = replace(table, arrays={}, present={})
    found = []
    for group in sorted({str(name) for name in groups[result.rows]}, key=group_order):
        own = within(result, groups == group)
        figures = scores(own, bare.take(groups == group), n_bootstrap=n_bootstrap, seed=seed)
        enough = figures.n_speakers >= LEAST_SPEAKERS and group != UNKNOWN
        found.append(GroupScores(group, figures, enough))
    return tuple(found)


def within(result: OutOfFold, chosen: NDArray[np.bool_]) -> OutOfFold:
    """The predictions for some clips, with rows counted among these clips alone.

    Parameters
    ----------
    result : OutOfFold
    chosen : (n_clips,) bool
        Clips of the table that `result` has rows of.

    Returns
    -------
    OutOfFold
    """
    at = chosen[result.rows]
    rows = np.searchsorted(np.flatnonzero(chosen), result.rows[at])
    return replace(result.take(at), rows=rows)


def largest_gap(
    result: OutOfFold,
    table: FeatureTable,
    groups: Groups,
    compared: Sequence[str],
    *,
    n_bootstrap: int = N_RESAMPLES,
    seed: int = 0,
) -> Gap | None:
    """The two groups farthest apart in the headline figure, with an interval of the gap.

    Speakers are drawn with replacement, those who are in both groups once for both, those of one
    group among themselves: so a gap within people (of strong and normal expression, say) is paired
    and one between people (of women and men) is not.

    Parameters
    ----------
    result : OutOfFold
    table : FeatureTable
    groups : (n_clips,) str
        Of the table's clips.
    compared : sequence of str
        Groups among which the two are sought.
    n_bootstrap, seed : int
        Of the interval.

    Returns
    -------
    Gap or None
        None for fewer than two groups. Figures are over the emotions that both have; pairs with
        fewer than two of them are passed over.

    Notes
    -----
    Percentile bootstrap over clusters: Field & Welsh 2007. The interval is that of a pair named
    beforehand; for the largest of several pairs it is optimistic.
    """
    found = [_pair(result, table, groups, names) for names in combinations(compared, 2)]
    pairs = [pair for pair in found if pair is not None]
    if not pairs:
        return None
    widest = max(pairs, key=lambda pair: pair.values[0] - pair.values[1])
    low, high = widest.interval(n_bootstrap, seed)
    return Gap(*widest.names, *widest.values, low, high, widest.n_emotions, len(pairs))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two groups, the higher one first, with the sums of each speaker's clips in each."""

    names: tuple[str, str]
    values: tuple[float, float]
    sums: tuple[Floats, Floats]
    within: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    n_emotions: int
    task: Task

    def interval(self, n_resamples: int, seed: int) -> Interval:
        """95 % interval of the difference."""
        higher, lower = self.within
        times = np.zeros((n_resamples, len(higher)))
        for number, stratum in enumerate((higher & lower, higher & ~lower, lower & ~higher)):
            if stratum.any():
                own = derived_seed(seed, "gap", number)
                times[:, stratum] = speaker_draws(int(stratum.sum()), n_resamples, own)
        first, second = (self.task.of_sums(np.tensordot(times, sums, axes=1)) for sums in self.sums)
        return percentile_interval(first - second, len(higher))


def _pair(
    result: OutOfFold, table: FeatureTable, groups: Groups, names: tuple[str, str]
) -> _Pair | None:
    """Two groups, over the emotions that both have; None where these are fewer than two."""
    truth, task = table.truth[result.rows], result.task
    own = groups[result.rows]
    at = [own == name for name in names]
    shared = np.zeros(0) if table.targets else np.intersect1d(*(truth[each] for each in at))
    if not table.targets:
        if len(shared) < 2:
            return None
        at = [each & np.isin(truth, shared) for each in at]
    speakers = table.speakers[result.rows]
    people = np.unique(speakers[at[0] | at[1]])
    sums = [task.sums(truth[a], result.predicted[a], speakers[a], people) for a in at]
    values = [float(task.of_sums(each.sum(axis=0)[None])[0]) for each in sums]
    inside = [np.isin(people, speakers[each]) for each in at]
    one, other = (0, 1) if values[0] >= values[1] else (1, 0)
    return _Pair(
        (names[one], names[other]),
        (values[one], values[other]),
        (sums[one], sums[other]),
        (inside[one], inside[other]),
        len(shared),
        task,
    )
