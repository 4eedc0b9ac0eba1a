"""A decision rule within a system: fitted on the members' out-of-fold outputs, then applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from affuse.fusion.combine import combined_numbers, combined_probabilities, stacked
from affuse.fusion.rule import Learned, Stack, rule_named
from affuse.registries import RULES


class FittedRule:
    """A decision rule with what it has learned.

    Parameters
    ----------
    name : str
    numbers : bool
        Whether the members give numbers of targets rather than probabilities of classes.

    Attributes
    ----------
    weights_ : (n_members,) float64 or None
        What each member counts; None where the rule has learned no weights.
    stackers_ : dict of tuple of int to stacker
        As `affuse.fusion.rule.Learned` has them; none where the rule has learned none.

    Raises
    ------
    ConfigError
        There is no rule of that name.

    Examples
    --------
    >>> parts = [np.array([[0.6, 0.4]]), np.array([[0.2, 0.8]])]
    >>> FittedRule("mean").fit(parts, np.array([0]), np.array(["1"])).combined(parts).round(3)
    array([[0.4, 0.6]])
    """

    def __init__(self, name: str, *, numbers: bool = False) -> None:
        RULES.check(name)
        self.name = name
        self.numbers = numbers
        self.weights_: Stack | None = None
        self.stackers_: dict[tuple[int, ...], Any] = {}

    @property
    def learns(self) -> bool:
        """Whether the rule needs out-of-fold outputs of the members."""
        return rule_named(self.name).learns

    def fit(self, parts: Sequence[Stack], truth: NDArray[Any], speakers: NDArray[Any]) -> Self:
        """Learn from out-of-fold outputs of the members.

        Parameters
        ----------
        parts : sequence of (n_clips, n_outputs) float64
            One per member; a row of NaN where it has none.
        truth : (n_clips,) int64, or (n_clips, n_targets) float64 for numbers
            Columns of the true classes.
        speakers : (n_clips,) str

        Returns
        -------
        FittedRule
            Itself.
        """
        rule = rule_named(self.name)
        learn = rule.learn_numbers if self.numbers else rule.learn
        learned = Learned() if learn is None else learn(np.stack(parts), truth, speakers)
        self.weights_, self.stackers_ = learned.weights, dict(learned.stackers)
        return self

    def combined(self, parts: Sequence[Stack]) -> Stack:
        """The members' outputs, combined.

        Parameters
        ----------
        parts : sequence of (n_clips, n_outputs) float64
            One per member; a row of NaN where it has no output: the others decide.

        Returns
        -------
        (n_clips, n_outputs) float64
            Rows of probabilities sum to 1.
        """
        weights = None if self.weights_ is None else self.weights_.tolist()
        combined = combined_numbers if self.numbers else combined_probabilities
        made = combined(np.stack(parts), self.name, weights)
        return stacked(made, parts, {at: each.decide for at, each in self.stackers_.items()})
