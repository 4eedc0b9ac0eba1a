"""Clusters of unit vectors, some of which cannot belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

BLOCK = 400
"""Vectors that are compared at once."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Some of the vectors.

    Attributes
    ----------
    members : tuple of int
        Their positions.
    total : (n_dimensions,) float64
        Weighted sum of the vectors.
    weight : float
        Sum of their weights.
    moments : int
        A bit for each moment at which one of them is there.
    """

    members: tuple[int, ...]
    total: Floats
    weight: float
    moments: int


def clusters_of(
    start: Sequence[Cluster], threshold: float, n_clusters: int | None = None
) -> list[Cluster]:
    """Agglomerative clusters by average linkage, of which none holds two of one moment.

    Parameters
    ----------
    start : sequence of Cluster
        Usually one for each vector.
    threshold : float
        Two clusters are joined while their vectors have this cosine on average.
    n_clusters : int, optional
        How many there are to be: it is joined on beyond the threshold, or not as far as that.
        There are more where moments forbid as few, and fewer where `start` has fewer.

    Returns
    -------
    list of Cluster

    Notes
    -----
    Average linkage with cannot-links (Wagstaff et al. 2001, Constrained k-means; Davidson & Ravi
    2005 for hierarchies). More than `BLOCK` vectors are first joined within blocks, then blocks
    with each other, so that time grows with their number times `BLOCK`; each block keeps to a
    threshold halfway to 1 where the number is given, since it cannot know how many are left. Where
    too few are joined so, each joins the most like of the `BLOCK` heaviest, or is left out.
    """
    clusters = list(start)
    if len(clusters) < 2:
        return clusters
    strict = threshold if n_clusters is None else (1 + threshold) / 2
    while len(clusters) > BLOCK:
        n_before = len(clusters)
        blocks = [clusters[at : at + BLOCK] for at in range(0, n_before, BLOCK)]
        clusters = [one for block in blocks for one in _joined(block, strict, 1)]
        if len(clusters) > 0.9 * n_before:
            clusters = _by_leaders(clusters, threshold)
    joined = _joined(clusters, threshold, n_clusters or 1)
    if n_clusters is not None and len(joined) > n_clusters:
        joined = _joined(joined, -np.inf, n_clusters, by_cost=True)
    return joined


def _by_leaders(clusters: Sequence[Cluster], threshold: float) -> list[Cluster]:
    """The `BLOCK` heaviest, each joined by those most like it: for very many that differ."""
    leaders = sorted(clusters, key=lambda one: -one.weight)[:BLOCK]
    chosen = {id(one) for one in leaders}
    for one in clusters:
        if id(one) not in chosen:
            likeness = _average(one, leaders)
            likeness[[bool(one.moments & each.moments) for each in leaders]] = -np.inf
            best = int(likeness.argmax())
            if likeness[best] >= threshold:
                leaders[best] = _union(leaders[best], one)
    return leaders


def _joined(
    start: Sequence[Cluster], threshold: float, least: int, *, by_cost: bool = False
) -> list[Cluster]:
    """Clusters joined pair by pair, the best first, while there are more than `least`.

    With `by_cost` the best pair is the one that costs least scatter (Ward 1963), so that what is
    small and unlike everything is taken in before two large clusters are joined.
    """
    pairs = _Pairs(start, by_cost)
    while pairs.n_left > least and pairs.best_score() >= threshold:
        pairs.join_best()
    return pairs.clusters()


class _Pairs:
    """How good it is to join each two of some clusters, kept up to date while they are joined."""

    def __init__(self, start: Sequence[Cluster], by_cost: bool) -> None:
        self.n_left = len(start)
        self._start = start
        self._by_cost = by_cost
        self._groups = [[at] for at in range(len(start))]
        self._weights = np.array([one.weight for one in start])
        totals = np.stack([one.total for one in start]) / self._weights[:, None]
        self._likeness = totals @ totals.T
        self._apart = _apart(start)
        self._scores = np.stack([self._scores_of(at) for at in range(len(start))])
        self._best = self._scores.max(axis=1)

    def best_score(self) -> float:
        """Of the best pair; not a number, which is no more than anything, where none may be."""
        best = float(self._best.max())
        return best if best > -np.inf else float("nan")

    def join_best(self) -> None:
        """Make the best pair one cluster."""
        at = int(self._best.argmax())
        gone = int(self._scores[at].argmax())
        stale = np.flatnonzero(
            (self._scores[:, at] == self._best) | (self._scores[:, gone] == self._best)
        )
        self._take_over(at, gone)
        row = self._scores_of(at)
        self._scores[gone] = self._scores[:, gone] = -np.inf
        self._scores[at] = self._scores[:, at] = row
        self._best = np.maximum(self._best, row)
        again = np.union1d(stale, [at, gone])
        self._best[again] = self._scores[again].max(axis=1)

    def clusters(self) -> list[Cluster]:
        """What is left."""
        return [
            reduce(_union, (self._start[at] for at in group)) for group in self._groups if group
        ]

    def _take_over(self, at: int, gone: int) -> None:
        weights, likeness, apart = self._weights, self._likeness, self._apart
        both = weights[at] + weights[gone]
        mixed = (weights[at] * likeness[at] + weights[gone] * likeness[gone]) / both
        likeness[at] = likeness[:, at] = mixed
        apart[at] |= apart[gone]
        apart[:, at] = apart[at]
        apart[gone] = apart[:, gone] = True
        weights[at] = both
        self._groups[at] += self._groups[gone]
        self._groups[gone] = []
        self.n_left -= 1

    def _scores_of(self, at: int) -> Floats:
        """How good it is to join a cluster to each other one; minus infinity: it must not be."""
        scores = self._likeness[at]
        if self._by_cost:
            weights = self._weights
            scores = (scores - 1) * weights * weights[at] / (weights + weights[at])
        return np.where(self._apart[at], -np.inf, scores)


def _apart(clusters: Sequence[Cluster]) -> NDArray[np.bool_]:
    """Whether two clusters are there at one moment; each is apart from itself."""
    apart = np.eye(len(clusters), dtype=np.bool_)
    for at, one in enumerate(clusters):
        for other in range(at):
            if one.moments & clusters[other].moments:
                apart[at, other] = apart[other, at] = True
    return apart


def _average(one: Cluster, others: Sequence[Cluster]) -> Floats:
    """Average cosine between the vectors of a cluster and those of others."""
    totals = np.stack([other.total for other in others])
    weights = np.array([other.weight for other in others])
    return np.asarray(totals @ one.total / (weights * one.weight), np.float64)


def _union(one: Cluster, two: Cluster) -> Cluster:
    return Cluster(
        one.members + two.members,
        one.total + two.total,
        one.weight + two.weight,
        one.moments | two.moments,
    )
