"""What a clip's training loss depends on beside its label: its corpus's label set, its weight."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from affuse.corpora.known import label_set
from affuse.features.table import FeatureTable
from affuse.models.masked_logistic import fit_masked


@dataclass(frozen=True, slots=True)
class LossTerms:
    """How each training clip enters a loss.

    Attributes
    ----------
    possible : (n_clips, n_classes) bool or None
        By label: which emotions the clip's corpus can have. The softmax of a clip is over these
        alone, so that a corpus does not lower emotions that it cannot have. None: all.
    weights : (n_clips,) float64 or None
        How much each clip counts, 1 on average. None: alike.
    shares : (n_clips, n_classes) float64 or None
        By label: share of the votes for it, learned in the place of the label. None: labels.
    """

    possible: NDArray[np.bool_] | None = None
    weights: NDArray[np.float64] | None = None
    shares: NDArray[np.float64] | None = None

    def __bool__(self) -> bool:
        return any(part is not None for part in (self.possible, self.weights, self.shares))

    def classes(self, y: NDArray[Any]) -> NDArray[Any]:
        """Classes of clips with these terms: their labels and, with shares, those voted for.

        Parameters
        ----------
        y : (n_clips,) array
            Labels.

        Returns
        -------
        (n_classes,) array
        """
        own = np.unique(y)
        if self.shares is None:
            return own
        return np.union1d(own, np.flatnonzero(self.shares.any(axis=0)))

    def of_classes(self, classes: NDArray[np.int64]) -> Self:
        """The terms with columns for some of the labels only.

        Parameters
        ----------
        classes : (n_classes,) int64
            Labels.

        Returns
        -------
        LossTerms
        """
        possible = None if self.possible is None else self.possible[:, classes]
        shares = None if self.shares is None else _as_shares(self.shares[:, classes])
        return replace(self, possible=possible, shares=shares)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """The terms of some clips.

        Parameters
        ----------
        rows : (n,) int64

        Returns
        -------
        LossTerms
        """
        return type(self)(
            None if self.possible is None else self.possible[rows],
            None if self.weights is None else self.weights[rows],
            None if self.shares is None else self.shares[rows],
        )


def loss_terms(table: FeatureTable) -> LossTerms:
    """How the clips of a training table enter a loss, as ``table.training`` asks.

    Parameters
    ----------
    table : FeatureTable
        Of the training clips: nothing is counted on others.

    Returns
    -------
    LossTerms
        Empty where all clips count alike and can be of any emotion, and for numbers.

    Notes
    -----
    The label set of a corpus is what its reader knows, and every emotion that occurs there; of a
    table that no reader knows, the emotions that occur.

    With ``balance = "corpus"`` every corpus has the same weight in all, and within it every emotion
    that occurs.
    """
    if table.targets:
        return LossTerms()
    possible = _possible(table) if table.training.masked else None
    weights = _weights(table) if table.training.balance == "corpus" else None
    shares = table.shares if table.soft_labels else None
    if shares is not None and possible is not None:
        shares = _as_shares(np.where(possible, shares, 0.0))
    return LossTerms(possible, weights, shares)


def terms_key(table: FeatureTable, order: NDArray[np.int64]) -> str:
    """What the loss terms of a table depend on, as text: part of the keys of its fits.

    Parameters
    ----------
    table : FeatureTable
    order : (n_clips,) int64
        Rows of the table, in the order that counts.

    Returns
    -------
    str
        Empty where there are no terms whatever clips are taken.
    """
    masked = table.training.masked and len(np.unique(table.corpora)) > 1
    votes = json.dumps(table.votes[order].tolist()) if table.soft_labels else ""
    if table.targets or not (masked or table.training.balance != "none"):
        return votes
    training = table.training.model_dump(mode="json")
    return json.dumps([training, table.corpora[order].tolist()], sort_keys=True) + votes


@singledispatch
def learn(estimator: Any, X: ArrayLike, y: NDArray[Any], terms: LossTerms) -> Any:
    """Fit an estimator with loss terms, as far as it supports them.

    Where there are none it is its own ``fit``. Classes of other packages, whose fit takes no terms,
    are registered by type.

    Parameters
    ----------
    estimator : estimator
        Unfitted; is fitted and returned.
    X : (n_clips, ...) array
    y : (n_clips,) int
        Labels.
    terms : LossTerms
        A column for each label.

    Returns
    -------
    estimator
    """
    if terms and has_fit_parameter(estimator, "terms"):
        return estimator.fit(X, y, terms=terms)
    if terms.weights is not None and has_fit_parameter(estimator, "sample_weight"):
        return estimator.fit(X, y, sample_weight=terms.weights)
    return estimator.fit(X, y)


@learn.register
def _(estimator: Pipeline, X: ArrayLike, y: NDArray[Any], terms: LossTerms) -> Pipeline:
    if not terms:
        fitted: Pipeline = estimator.fit(X, y)
        return fitted
    learn(estimator[-1], estimator[:-1].fit_transform(X, y), y, terms)
    return estimator


@learn.register
def _(
    estimator: LogisticRegression, X: ArrayLike, y: NDArray[Any], terms: LossTerms
) -> LogisticRegression:
    if not terms:
        return estimator.fit(X, y)
    rows = np.asarray(X, np.float64)
    if terms.shares is not None:
        return _fit_copies(estimator, rows, y, terms, terms.shares)
    return fit_masked(estimator, rows, y, terms.possible, terms.weights)


def _fit_copies(
    estimator: LogisticRegression,
    X: NDArray[np.float64],
    y: NDArray[np.int64],
    terms: LossTerms,
    shares: NDArray[np.float64],
) -> LogisticRegression:
    """Fit on one copy of each clip per emotion voted for, weighted by its share."""
    # An emotion without a vote stays a class, by its clips of no weight.
    absent = (shares.sum(axis=0) == 0)[y]
    clips, labels = np.nonzero(shares)
    clips, labels = np.r_[clips, np.flatnonzero(absent)], np.r_[labels, y[absent]]
    weights = shares[clips, labels]
    if terms.weights is None:
        weights = weights * _class_weights(estimator.class_weight, shares)[labels]
    else:
        weights = weights * terms.weights[clips]
    possible = None if terms.possible is None else terms.possible[clips]
    return fit_masked(estimator, X[clips], labels, possible, weights)


def _class_weights(asked: Any, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weight of each label; ``balanced`` gives all that occur the same total weight."""
    mass = shares.sum(axis=0)
    if asked == "balanced":
        return np.asarray(mass.sum() / (np.count_nonzero(mass) * np.maximum(mass, 1e-12)))
    return np.array([(asked or {}).get(label, 1.0) for label in range(len(mass))], np.float64)


def takes_votes(estimator: Any) -> bool:
    """Whether `learn` can fit this estimator to vote shares in the place of labels.

    Parameters
    ----------
    estimator : estimator
        Unfitted.

    Returns
    -------
    bool
    """
    return has_fit_parameter(estimator, "terms") or isinstance(estimator, LogisticRegression)


def takes_weights(estimator: Any) -> bool:
    """Whether `learn` can weight clips for this estimator.

    Parameters
    ----------
    estimator : estimator
        Unfitted.

    Returns
    -------
    bool
    """
    return any(has_fit_parameter(estimator, name) for name in ("terms", "sample_weight"))


def _as_shares(votes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows normalised to sum 1; a row of zeros stays, and its clip has no loss."""
    total = votes.sum(axis=1, keepdims=True)
    return np.asarray(votes / np.where(total > 0, total, 1.0), np.float64)


def _possible(table: FeatureTable) -> NDArray[np.bool_] | None:
    """Which emotions each clip's corpus can have; None where all can have all that occur."""
    corpora, of_clip = np.unique(table.corpora, return_inverse=True)
    sets = np.array([_label_set(table, str(corpus)) for corpus in corpora]).reshape(
        len(corpora), len(table.classes)
    )
    among = sets[:, table.known_labels()]
    # Where no corpus has two emotions, there is nothing to learn within one.
    return None if among.all() or among.sum(axis=1).max() < 2 else sets[of_clip]


def _label_set(table: FeatureTable, corpus: str) -> NDArray[np.bool_]:
    """Which emotions a corpus can have: (n_classes,)."""
    can_be = np.array([name in label_set(corpus) for name in table.classes], np.bool_)
    can_be[table.known_labels(np.flatnonzero(table.corpora == corpus))] = True
    return can_be


def _weights(table: FeatureTable) -> NDArray[np.float64]:
    """Weights by which every corpus counts alike, and every emotion within it; 1 on average."""
    corpora, of_clip = np.unique(table.corpora, return_inverse=True)
    counts = np.zeros((len(corpora), len(table.classes)))
    np.add.at(counts, (of_clip, table.labels), 1)
    n_emotions = (counts > 0).sum(axis=1)
    weights = 1 / (n_emotions[of_clip] * counts[of_clip, table.labels])
    return np.asarray(weights * len(table) / len(corpora), np.float64)
