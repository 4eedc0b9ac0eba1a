"""What members of a dimensional bundle give -> one row of numbers a clip."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.bundle.bundle import Bundle
from affuse.bundle.manifest import Stacker
from affuse.errors import BundleError
from affuse.fusion.combine import Decide, combined_numbers, stacked
from affuse.fusion.rule import rule_named

Floats = NDArray[np.float64]


def member_numbers(bundle: Bundle, name: str, inputs: Mapping[str, ArrayLike]) -> Floats:
    """What one member gives for each row: (n, n_targets) float64.

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
        A row of NaN where the member is silent.

    Raises
    ------
    BundleError
        Inputs that are not its graph's; what it gives are no numbers of the bundle's targets.
    """
    graph = bundle.manifest.member(name).graph
    return _checked(bundle, graph, bundle.run(graph, inputs))


def decide_numbers(bundle: Bundle, by_member: Mapping[str, Floats]) -> Floats:
    """Members' numbers fused: (n, n_targets) float64.

    Parameters
    ----------
    bundle : Bundle
        Of numbers.
    by_member : mapping of str to (n, n_targets) array
        A row of NaN, or a member that is not there, is silent: the others decide.

    Returns
    -------
    (n, n_targets) float64
        A row of NaN where all members are silent.

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
    return stacked(made, parts, _stackers(bundle))


def _stackers(bundle: Bundle) -> dict[tuple[int, ...], Decide]:
    """By positions of members, what decides where exactly these speak."""
    names = [member.name for member in bundle.manifest.members]

    def decided(stacker: Stacker, parts: list[Floats]) -> Floats:
        given = dict(zip(stacker.members, parts, strict=True))
        return _checked(bundle, stacker.graph, bundle.run(stacker.graph, given))

    return {
        tuple(names.index(name) for name in stacker.members): partial(decided, stacker)
        for stacker in bundle.manifest.fusion.stackers
    }


def _checked(bundle: Bundle, graph: str, made: Floats) -> Floats:
    n_targets = len(bundle.manifest.targets)
    if made.ndim != 2 or made.shape[1] != n_targets or not np.isfinite(made).all():
        raise BundleError(
            f"{graph} gave numbers of shape {made.shape}, or such that are not finite; expected "
            f"{n_targets} finite ones a clip: get the bundle anew"
        )
    return made
