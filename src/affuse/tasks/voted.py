"""Emotions of clips that several people have rated, scored against their votes as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from affuse.corpora.emotions import in_class_order
from affuse.corpora.index import Index
from affuse.features.table import FeatureTable
from affuse.probabilities import FLOOR
from affuse.tasks.classification import Classification, Scores
from affuse.tasks.figures import points
from affuse.tasks.intervals import (
    Interval,
    percentile_interval,
    speaker_draws,
    speaker_interval,
)
from affuse.tasks.metrics import uar

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

TIED = -1
"""In the place of the label of a majority, where there is none."""


@dataclass(frozen=True, slots=True)
class VoteScores(Scores):
    """Figures of one system against the labels, and against people's votes.

    Attributes
    ----------
    cross_entropy, cross_entropy_low, cross_entropy_high : float
        Of the probabilities with the shares of the votes, in nats, the mean over the clips; bounds
        of the 95 % bootstrap over speakers.
    vote_entropy : float
        Of the shares themselves: no system gets below it.
    uar_majority, uar_majority_low, uar_majority_high : float
        Against the emotion with most votes, on the clips that have one.
    n_majority, n_ties : int
        Clips with such an emotion, and without.
    """

    cross_entropy: float
    cross_entropy_low: float
    cross_entropy_high: float
    vote_entropy: float
    uar_majority: float
    uar_majority_low: float
    uar_majority_high: float
    n_majority: int
    n_ties: int


@dataclass(frozen=True, slots=True)
class VotedClassification(Classification):
    """Which emotion a clip shows, by its label and by the votes of several people.

    The headline stays the UAR against the labels, so that systems which learn labels and systems
    which learn votes can be held against each other.

    Examples
    --------
    >>> VotedClassification().result_columns[-2:]
    ('n_majority', 'n_ties')
    """

    result_columns: ClassVar[tuple[str, ...]] = tuple(each.name for each in fields(VoteScores))
    headings: ClassVar[tuple[str, ...]] = (
        *Classification.headings, "UAR of majority", "cross-entropy",
    )  # fmt: skip

    @override
    def table(self, table: FeatureTable, index: Index) -> FeatureTable:
        """A table of features with the clips' votes beside their labels."""
        votes = {clip.id: clip.votes for clip in index}
        own = [votes[name] for name in table.clips.tolist()]
        classes = in_class_order([*table.classes, *(name for each in own for name in each)])
        places = np.array([classes.index(name) for name in table.classes], np.int64)
        return replace(
            Classification.table(self, table, index),
            classes=classes,
            labels=places[table.labels],
            votes=np.array([[each.get(name, 0) for name in classes] for each in own], np.float64),
        )

    @override
    def summary(self, table: FeatureTable) -> tuple[str, str]:
        """How many emotions are answers, and the UAR of a guess among them."""
        n_classes = len(table.classes)
        return f"{n_classes} emotions", f"chance {100 / n_classes:.1f} %"

    @override
    def figures(
        self,
        table: FeatureTable,
        rows: Labels,
        outputs: Floats,
        folds: Labels,
        *,
        n_resamples: int,
        seed: int,
    ) -> VoteScores:
        """Figures of one system from its probabilities (n_rows, n_classes)."""
        scores = Classification.figures(
            self, table, rows, outputs, folds, n_resamples=n_resamples, seed=seed
        )
        columns = scores.columns() | {"chance": 1 / len(table.classes)}
        resampling = {"n_resamples": n_resamples, "seed": seed}
        return VoteScores(
            **columns,  # type: ignore[arg-type]
            **_against_shares(table, rows, outputs, **resampling),
            **self._against_majority(table, rows, outputs, **resampling),
        )

    def _against_majority(
        self, table: FeatureTable, rows: Labels, outputs: Floats, *, n_resamples: int, seed: int
    ) -> dict[str, Any]:
        """UAR on the clips that have a majority, and how many have."""
        voted = majorities(table.votes[rows])
        has = voted != TIED
        value, among = float("nan"), Interval(float("nan"), float("nan"))
        if has.any():
            truth, given = voted[has], self.predicted(outputs[has])
            speakers, value = table.speakers[rows][has], uar(truth, given)
            among = speaker_interval(truth, given, speakers, n_resamples=n_resamples, seed=seed)
        return {
            "uar_majority": value,
            "uar_majority_low": among.low,
            "uar_majority_high": among.high,
            "n_majority": int(has.sum()),
            "n_ties": int((~has).sum()),
        }

    @override
    def cells(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """A row of results under `headings`, figures in %, cross-entropy in nats."""
        own = (points(row["uar_majority"]), f"{row['cross_entropy']:.3f}")
        return (*Classification.cells(self, row), *own)


def _against_shares(
    table: FeatureTable, rows: Labels, outputs: Floats, *, n_resamples: int, seed: int
) -> dict[str, Any]:
    """Cross-entropy with the shares of the votes, and their own entropy."""
    shares, speakers = table.shares[rows], table.speakers[rows]
    costs = cross_entropies(shares, outputs)
    spread = mean_interval(costs, speakers, n_resamples=n_resamples, seed=seed)
    return {
        "cross_entropy": float(costs.mean()),
        "cross_entropy_low": spread.low,
        "cross_entropy_high": spread.high,
        "vote_entropy": float(cross_entropies(shares, shares).mean()),
    }


def majorities(votes: Floats) -> Labels:
    """Label with most votes for each clip, `TIED` where two or more tie.

    Parameters
    ----------
    votes : (n_clips, n_classes) float64

    Returns
    -------
    (n_clips,) int64

    Examples
    --------
    >>> majorities(np.array([[6.0, 4.0], [5.0, 5.0]]))
    array([ 0, -1])
    """
    most = votes == votes.max(axis=1, keepdims=True)
    return np.where(most.sum(axis=1) == 1, votes.argmax(axis=1), TIED)


def cross_entropies(shares: Floats, probabilities: Floats) -> Floats:
    """``-sum over classes of share * log(probability)`` of each clip, in nats: (n_clips,).

    Parameters
    ----------
    shares, probabilities : (n_clips, n_classes) float64
        Rows sum to 1; a probability counts as `affuse.probabilities.FLOOR` at least.

    Returns
    -------
    (n_clips,) float64

    Examples
    --------
    >>> cross_entropies(np.array([[0.5, 0.5]]), np.array([[0.5, 0.5]])).round(3)
    array([0.693])
    """
    return np.asarray(-(shares * np.log(np.maximum(probabilities, FLOOR))).sum(axis=1))


def mean_interval(
    values: Floats, speakers: NDArray[np.str_], *, n_resamples: int, seed: int = 0
) -> Interval:
    """95 % bootstrap interval of a mean over clips, whole speakers drawn with replacement.

    Parameters
    ----------
    values : (n_clips,) float64
    speakers : (n_clips,) str
    n_resamples, seed : int

    Returns
    -------
    Interval
        NaN with one speaker.
    """
    _, of_clip = np.unique(speakers, return_inverse=True)
    totals, counts = np.bincount(of_clip, values), np.bincount(of_clip)
    times = speaker_draws(len(counts), n_resamples, seed)
    return percentile_interval((times @ totals) / (times @ counts), len(counts))
