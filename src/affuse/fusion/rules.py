"""How probabilities of several members become one: fixed rules, and two that learn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Protocol, Self, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import softmax

from affuse.config import DecisionRule
from affuse.errors import ConfigError
from affuse.fusion.combine import FLOOR, Rule, combine
from affuse.models.calibrated import TemperatureScaled

Floats = NDArray[np.float64]

STACKING_COSTS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
STACKING_FLOOR = 1e-6
"""Smallest probability whose logarithm a stacker sees: what is below is equally unlikely."""


class MemberRule(Protocol):
    """Combines probabilities of members, each (n_clips, n_classes); NaN where one is silent."""

    learns: bool

    def fit(
        self, parts: Sequence[Floats], labels: NDArray[np.int64], speakers: NDArray[Any]
    ) -> Self:
        """Learn from out-of-fold probabilities and the clips' classes (column numbers)."""

    def combined(self, parts: Sequence[Floats]) -> Floats:
        """(n_clips, n_classes); rows sum to 1."""


class FixedRule:
    """A rule that needs no learning."""

    learns = False

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def fit(
        self, parts: Sequence[Floats], labels: NDArray[np.int64], speakers: NDArray[Any]
    ) -> Self:
        """Learn nothing."""
        return self

    def combined(self, parts: Sequence[Floats]) -> Floats:
        """(n_clips, n_classes); rows sum to 1."""
        return combine(parts, self.rule)


class LearnedWeights:
    """Weighted mean whose weights have the least log loss.

    Attributes
    ----------
    weights_ : (n_members,) float64
        From 0, summing to 1; equal where there is nothing to learn from.
    """

    learns = True

    def fit(
        self, parts: Sequence[Floats], labels: NDArray[np.int64], speakers: NDArray[Any]
    ) -> Self:
        """Learn the weights from clips about which two members or more say something."""
        stack = np.stack(parts)
        speaks = ~np.isnan(stack[:, :, 0])
        told = speaks.sum(axis=0) > 1
        self.weights_ = np.full(len(stack), 1 / len(stack))
        if told.any():
            self.weights_ = _least_log_loss(stack[:, told], speaks[:, told], labels[told])
        return self

    def combined(self, parts: Sequence[Floats]) -> Floats:
        """(n_clips, n_classes); the weights of members that are silent go to the others."""
        return combine(parts, "weighted", self.weights_.tolist())


class Stacking:
    """Logistic regression on the logarithms of the members' probabilities.

    One for every choice of members that a clip may have, learned from all clips that have these
    members; a member alone is believed as it is.

    Attributes
    ----------
    stackers_ : dict of tuple of int to fitted classifier
        By the positions of the members. Choices about which too few clips tell are not there: the
        mean decides.
    """

    learns = True

    def fit(
        self, parts: Sequence[Floats], labels: NDArray[np.int64], speakers: NDArray[Any]
    ) -> Self:
        """Learn from the clips' out-of-fold probabilities."""
        self.stackers_: dict[tuple[int, ...], TemperatureScaled] = {}
        speaks = ~np.isnan(np.stack(parts)[:, :, 0])
        for size in range(2, len(parts) + 1):
            for chosen in combinations(range(len(parts)), size):
                rows = np.flatnonzero(speaks[list(chosen)].all(axis=0))
                if len(np.unique(labels[rows])) > 1:
                    self.stackers_[chosen] = _stacker().fit(
                        _logarithms(parts, chosen, rows), labels[rows], groups=speakers[rows]
                    )
        return self

    def combined(self, parts: Sequence[Floats]) -> Floats:
        """(n_clips, n_classes); rows sum to 1."""
        made = combine(parts, "mean")
        speaks = ~np.isnan(np.stack(parts)[:, :, 0])
        for chosen, stacker in self.stackers_.items():
            exactly = np.isin(np.arange(len(parts)), chosen)[:, None] == speaks
            rows = np.flatnonzero(exactly.all(axis=0))
            if len(rows):
                made[rows] = 0
                told = stacker.predict_proba(_logarithms(parts, chosen, rows))
                made[np.ix_(rows, stacker.classes_)] = told
        return made


def make_rule(rule: DecisionRule) -> FixedRule | LearnedWeights | Stacking:
    """An unfitted rule by name; ConfigError if there is none of that name."""
    if rule == "weighted":
        return LearnedWeights()
    if rule == "stacking":
        return Stacking()
    if rule not in get_args(DecisionRule):
        raise ConfigError(
            f"rule {rule!r} was given; expected one of {', '.join(get_args(DecisionRule))}"
        )
    return FixedRule(rule)


def _stacker() -> TemperatureScaled:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(tol=1e-3, max_iter=1000)
    return TemperatureScaled(model, n_folds=5, grid={"C": STACKING_COSTS})


def _logarithms(parts: Sequence[Floats], chosen: Sequence[int], rows: NDArray[np.int64]) -> Floats:
    """Logarithms less their mean over the classes: (n_rows, n_members * n_classes)."""
    logs = [np.log(np.maximum(parts[position][rows], STACKING_FLOOR)) for position in chosen]
    return np.concatenate([each - each.mean(axis=1, keepdims=True) for each in logs], axis=1)


def _least_log_loss(stack: Floats, speaks: NDArray[np.bool_], labels: NDArray[np.int64]) -> Floats:
    truth = np.nan_to_num(stack)[:, np.arange(len(labels)), labels]

    def log_loss(logits: Floats) -> float:
        weights = softmax(logits)[:, None] * speaks
        said = (weights * truth).sum(axis=0) / np.maximum(weights.sum(axis=0), FLOOR)
        return -float(np.log(np.maximum(said, FLOOR)).mean())

    found = minimize(
        log_loss, np.zeros(len(stack)), method="L-BFGS-B", bounds=[(-8, 8)] * len(stack)
    )
    return np.asarray(softmax(found.x))
