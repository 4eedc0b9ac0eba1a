"""Outputs of the members of a dimensional bundle -> one row of numbers per clip."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.bundle.bundle import Bundle
from affuse.bundle.stackers import stackers_of
from affuse.errors import BundleError
from affuse.fusion.combine import combined_numbers, stacked
from affuse.fusion.rule import rule_named

Floats = NDArray[np.float64]


def member_numbers(bundle: Bundle, name: str, inputs: Mapping[str, ArrayLike]) -> Floats:
    """Numbers that one member predicts for each row.

    Parameters
    ----------
    bundle : Bundle
        Of numbers.
    name : str
        Of the member.
    inputs : mapping of str to array
        Input of its graph -> rows, (n, ...). NaN stands for an absent modality where the member
        does without one.

    Returns
    -------
    (n, n_targets) float64

    Raises
    ------
    BundleError
        Inputs that are not its graph's; what it gives are no numbers of the bundle's targets.
    """
    graph = bundle.manifest.member(name).graph
    made, n_targets = bundle.run(graph, inputs), len(bundle.manifest.targets)
    if made.ndim != 2 or made.shape[1] != n_targets:
        raise BundleError(
            f"{graph} gave numbers of shape {made.shape}; expected (n, {n_targets}): get the "
            "bundle anew"
        )
    _refuse_senseless(graph, made)
    return made


def decide_numbers(bundle: Bundle, by_member: Mapping[str, Floats]) -> Floats:
    """Fuse the members' numbers.

    Parameters
    ----------
    bundle : Bundle
        Of numbers.
    by_member : mapping of str to (n, n_targets) array
        A row of NaN, or a member that is not there, has no output: the others decide.

    Returns
    -------
    (n, n_targets) float64
        A row is NaN where no member has an output.

    Raises
    ------
    BundleError
        No member is there.
    """
    if not by_member:
        raise BundleError("no member gave numbers; expected those of one member at least")
    manifest, n = bundle.manifest, len(next(iter(by_member.values())))
    silent = np.full((n, len(manifest.targets)), np.nan)
    parts = [by_member.get(member.name, silent) for member in manifest.members]
    weights = [member.weight for member in manifest.members]
    rule = manifest.fusion.rule
    takes = rule_named(rule).takes_weights
    made = combined_numbers(np.stack(parts), rule, weights if takes else None)
    return stacked(made, parts, stackers_of(bundle, _refuse_senseless))


def _refuse_senseless(graph: str, made: Floats) -> None:
    if not np.isfinite(made).all():
        raise BundleError(
            f"{graph} gave numbers that are not finite; expected finite ones: get the bundle anew"
        )
