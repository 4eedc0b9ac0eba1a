"""Outputs of several modalities combined by a rule, with numpy alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.errors import ConfigError, FeatureError
from affuse.fusion.rule import Rule, Stack, rule_named, rules_that
from affuse.probabilities import check_probabilities

Decide = Callable[[Sequence[Stack]], Stack]
"""Outputs of some members, each (n, n_outputs) -> (n, n_outputs)."""


def combine(
    probabilities: Sequence[ArrayLike],
    rule: str = "product",
    weights: Sequence[float] | None = None,
) -> Stack:
    """Probabilities of several modalities combined clip by clip.

    Parameters
    ----------
    probabilities : sequence of (n_clips, n_classes) array
        One per modality, the same clips and classes in each; rows sum to 1. A row of NaN says
        that the clip lacks this modality: the others decide alone.
    rule : str
        ``mean``, ``weighted`` (mean with `weights`), ``product`` (the product of experts,
        normalised), ``max``, ``min``, ``median``, ``majority`` (votes; ties are broken by the
        mean), or a rule of another package that need not learn.
    weights : sequence of float, optional
        One per modality, not negative; with rule ``weighted`` only.

    Returns
    -------
    (n_clips, n_classes) float64
        Rows sum to 1. Where all modalities are missing the row is NaN.

    Raises
    ------
    ConfigError
        Unknown rule, or one that must learn first; weights missing, misplaced, negative or of the
        wrong number.
    FeatureError
        Shapes differ, values are not probabilities, a row is NaN in part.

    Notes
    -----
    The rules are those of Kittler, Hatef, Duin & Matas 1998, "On combining classifiers".

    Examples
    --------
    >>> combine([[[0.6, 0.4]], [[0.2, 0.8]]], rule="product").round(3)
    array([[0.273, 0.727]])
    """
    stack = _validated_stack(probabilities, "probabilities", "n_classes")
    for position, array in enumerate(stack):
        check_probabilities(array, f"array {position} of the probabilities")
    _refuse_unlearned(rule)
    return combined_probabilities(stack, rule, weights)


def combined_probabilities(
    stack: Stack, rule: str, weights: Sequence[float] | None = None
) -> Stack:
    """As `combine`, for checked probabilities and rules that must learn as well.

    Parameters
    ----------
    stack : (n_members, n_clips, n_classes) float64
        A row of NaN where a member has no output.
    rule : str
    weights : sequence of float, optional

    Returns
    -------
    (n_clips, n_classes) float64
        What the rule's own function gives; stackers decide afterwards.

    Raises
    ------
    ConfigError
        Unknown rule; weights missing, misplaced, negative or of the wrong number.
    """
    found = rule_named(rule)
    shares = _validated_weights(weights, rule, found, len(stack))
    present = ~np.isnan(stack[:, :, 0])
    combined = np.full(stack.shape[1:], np.nan)
    some = present.any(axis=0)
    combined[some] = found.combine(stack[:, some], _own_weights(shares, present[:, some]))
    totals = combined[some].sum(axis=1, keepdims=True)
    # A minimum can be 0 in every class: then nothing is left to prefer.
    uniform = np.full_like(combined[some], 1 / stack.shape[2])
    combined[some] = np.divide(combined[some], totals, out=uniform, where=totals > 0)
    return combined


def combine_numbers(
    numbers: Sequence[ArrayLike], rule: str = "mean", weights: Sequence[float] | None = None
) -> Stack:
    """Numbers that several modalities give for the same targets, combined clip by clip.

    Parameters
    ----------
    numbers : sequence of (n_clips, n_targets) array
        One per modality, the same clips and targets in each. A row of NaN says that the clip
        lacks this modality.
    rule : str
        ``mean``, ``weighted`` or ``median``, or another package's that serves numbers.
    weights : sequence of float, optional
        As in `combine`.

    Returns
    -------
    (n_clips, n_targets) float64
        Where all modalities are missing the row is NaN.

    Raises
    ------
    ConfigError
        As in `combine`; the rule is for probabilities only.
    FeatureError
        Shapes differ, or numbers are infinite or NaN in part of a row.

    Examples
    --------
    >>> combine_numbers([[[0.2]], [[0.6]]], "weighted", weights=[3, 1]).round(3)
    array([[0.3]])
    """
    stack = _validated_stack(numbers, "numbers", "n_targets")
    present = ~np.isnan(stack[:, :, 0])
    if not np.isfinite(stack[present]).all() or not np.isnan(stack[~present]).all():
        raise FeatureError(
            "numbers were given that are not finite, or missing in part of a row; expected finite "
            "ones, or NaN in the whole row where the clip lacks the modality"
        )
    _refuse_unlearned(rule)
    return combined_numbers(stack, rule, weights)


def combined_numbers(stack: Stack, rule: str, weights: Sequence[float] | None = None) -> Stack:
    """As `combine_numbers`, for checked numbers and rules that must learn as well.

    Parameters
    ----------
    stack : (n_members, n_clips, n_targets) float64
        A row of NaN where a member has no output.
    rule : str
    weights : sequence of float, optional

    Returns
    -------
    (n_clips, n_targets) float64

    Raises
    ------
    ConfigError
        Unknown rule, or one for probabilities only; weights that do not fit.
    """
    found = rule_named(rule)
    if not found.numbers:
        legal = ", ".join(rules_that(lambda rule: rule.numbers))
        raise ConfigError(
            f"rule {rule!r} was given for numbers, and combines probabilities only; expected one "
            f"of {legal}"
        )
    shares = _validated_weights(weights, rule, found, len(stack))
    present = ~np.isnan(stack[:, :, 0])
    some = present.any(axis=0)
    own = _own_weights(shares, present[:, some])
    combined = np.full(stack.shape[1:], np.nan)
    combined[some] = found.combine(stack[:, some], own / own.sum(axis=0))
    return combined


def stacked(
    combined: Stack, parts: Sequence[Stack], stackers: Mapping[tuple[int, ...], Decide]
) -> Stack:
    """The members' outputs combined, by a stacker wherever there is one for those present.

    Parameters
    ----------
    combined : (n_clips, n_outputs) float64
        What the rule itself gives; stays where no stacker decides.
    parts : sequence of (n_clips, n_outputs) float64
        Outputs of each member, a row of NaN where it has none.
    stackers : mapping of tuple of int to callable
        Positions of members -> what decides about clips for which exactly these have outputs, from
        those in this order.

    Returns
    -------
    (n_clips, n_outputs) float64
    """
    made = combined.copy()
    has_output = ~np.isnan(np.stack(parts)[:, :, 0])
    for chosen, decide in stackers.items():
        exactly = np.isin(np.arange(len(parts)), chosen)[:, None] == has_output
        rows = np.flatnonzero(exactly.all(axis=0))
        if len(rows):
            made[rows] = decide([parts[position][rows] for position in chosen])
    return made


def _refuse_unlearned(name: str) -> None:
    if not rule_named(name).fixed:
        legal = ", ".join(rules_that(lambda rule: rule.fixed))
        raise ConfigError(
            f"rule {name!r} was given, which must learn from training clips first; expected one of "
            f"{legal}, or a run with fusion.decision = [{name!r}]"
        )


def _own_weights(shares: Stack, present: NDArray[np.bool_]) -> Stack:
    """Weight of each member for each clip, (n_members, n_clips); 0 where it has no output."""
    weights = shares[:, None] * present
    # A clip whose only modality has weight 0 is still decided by that modality.
    return np.where(weights.sum(axis=0) > 0, weights, present)


def _validated_stack(arrays: Sequence[ArrayLike], what: str, axis: str) -> Stack:
    given = [np.asarray(array, dtype=np.float64) for array in arrays]
    shapes = [array.shape for array in given]
    if not given or given[0].ndim != 2 or len(set(shapes)) != 1:
        raise FeatureError(
            f"{what} of shapes {shapes} were given; expected one array (n_clips, {axis}) "
            "per modality, all of one shape"
        )
    return np.stack(given)


def _validated_weights(
    weights: Sequence[float] | None, name: str, rule: Rule, n_members: int
) -> Stack:
    if not rule.takes_weights:
        if weights is not None:
            takers = " and ".join(map(repr, rules_that(lambda rule: rule.takes_weights)))
            raise ConfigError(f"weights were given with rule {name!r}; only {takers} takes them")
        return np.ones(n_members)
    values = np.asarray([] if weights is None else weights, dtype=np.float64)
    legal = values.shape == (n_members,) and np.isfinite(values).all() and (values >= 0).all()
    if not legal or values.sum() == 0:
        given = None if weights is None else list(weights)
        raise ConfigError(
            f"weights {given} were given for {n_members} modalities; expected {n_members} numbers "
            "from 0, not all 0"
        )
    return np.asarray(values / values.sum())
