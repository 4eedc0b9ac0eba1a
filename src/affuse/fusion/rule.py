"""A decision rule as a record: what every file of `affuse.fusion.rules` defines; numpy alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.registries import RULES

Stack = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Learned:
    """What a rule has learned from the members' out-of-fold outputs.

    Attributes
    ----------
    weights : (n_members,) float64 or None
        Of the members, from 0.
    stackers : mapping of tuple of int to Stacker
        Positions of members -> what decides about clips for which exactly these have outputs; the
        rule's own function decides about all other clips.
    """

    weights: Stack | None = None
    stackers: Mapping[tuple[int, ...], Any] = field(default_factory=dict)


Learn = Callable[[Stack, NDArray[Any], NDArray[Any]], Learned]
"""Out-of-fold outputs (n_members, n_clips, n_outputs), the truth and the speakers of the clips."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How the outputs of several members become one.

    Attributes
    ----------
    combine : callable
        ``(stack, weights) -> (n_clips, n_outputs)``. `stack` (n_members, n_clips, n_outputs)
        float64 are probabilities or numbers, a row of NaN where a member has no output; `weights`
        (n_members, n_clips) are 0 where it is. At least one member has an output for each clip.
        Probabilities need not sum to 1 over the classes: they are divided by their sum afterwards.
        For numbers the weights of each clip sum to 1.
    takes_weights : bool
        Whether members may weigh differently; in other rules all weigh 1.
    numbers : bool
        Whether it serves a dimensional task, numbers in the place of probabilities.
    likelihoods : bool
        Whether it multiplies: a bundle may then divide priors out of the members' probabilities.
    learn : callable, optional
        ``(stack, labels, speakers) -> Learned``; labels (n_clips,) are columns of the classes.
    learn_numbers : callable, optional
        The same for numbers; the truth is (n_clips, n_targets).

    Examples
    --------
    >>> rule_named("max").learns, rule_named("weighted").learns
    (False, True)
    """

    combine: Callable[[Stack, Stack], Stack]
    takes_weights: bool = False
    numbers: bool = False
    likelihoods: bool = False
    learn: Learn | None = None
    learn_numbers: Learn | None = None

    @property
    def learns(self) -> bool:
        """Whether it learns anything from training clips."""
        return self.learn is not None

    @property
    def fixed(self) -> bool:
        """Whether the rule can be used without having learned, given weights if it takes any."""
        return self.takes_weights or not self.learns


@lru_cache
def rule_named(name: str) -> Rule:
    """A rule by name.

    Parameters
    ----------
    name : str
        Of a file in `affuse.fusion.rules`, or of an entry point in the group ``affuse.rules``.

    Returns
    -------
    Rule

    Raises
    ------
    ConfigError
        There is none of that name, or another package's cannot be loaded.

    Examples
    --------
    >>> rule_named("product").likelihoods
    True
    """
    rule: Rule = RULES.get(name)
    return rule


def rules_that(serve: Callable[[Rule], bool]) -> tuple[str, ...]:
    """Sorted names of the rules for which `serve` is true; those that cannot be loaded left out.

    Parameters
    ----------
    serve : callable
        Rule -> bool.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> rules_that(lambda rule: rule.likelihoods)
    ('product',)
    """
    return tuple(name for name, rule in RULES.load_all().entries.items() if serve(rule))


def weighted_mean(stack: Stack, weights: Stack) -> Stack:
    """Sum of the members' outputs, each multiplied by its weight.

    Parameters
    ----------
    stack : (n_members, n_clips, n_outputs) float64
    weights : (n_members, n_clips) float64
        0 where a member has no output.

    Returns
    -------
    (n_clips, n_outputs) float64
    """
    return np.asarray(np.einsum("mnc,mn->nc", np.nan_to_num(stack), weights))
