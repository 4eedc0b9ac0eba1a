"""Stackers of a bundle: graphs that decide where exactly their members have an output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.bundle import Bundle
from affuse.bundle.manifest import Stacker
from affuse.errors import BundleError
from affuse.fusion.combine import Decide

Floats = NDArray[np.float64]


def stackers_of(
    bundle: Bundle, check: Callable[[str, Floats], None]
) -> dict[tuple[int, ...], Decide]:
    """The stacker of each choice of members, as entries of the manifest.

    Parameters
    ----------
    bundle : Bundle
    check : callable
        ``(graph, output)``: raises BundleError for numbers that no graph of such a bundle gives.

    Returns
    -------
    dict of tuple of int to callable
        By positions of the members, as `affuse.fusion.combine.stacked` takes them; one raises
        BundleError where its graph gives an array of another shape.
    """
    names = [member.name for member in bundle.manifest.members]

    def decide(stacker: Stacker, parts: Sequence[Floats]) -> Floats:
        inputs = dict(zip(stacker.members, parts, strict=True))
        made = bundle.run(stacker.graph, inputs)
        if made.shape != parts[0].shape:
            raise BundleError(
                f"{stacker.graph} gave an array of shape {made.shape}; expected {parts[0].shape}: "
                "get the bundle anew"
            )
        check(stacker.graph, made)
        return made

    return {
        tuple(names.index(name) for name in stacker.members): partial(decide, stacker)
        for stacker in bundle.manifest.fusion.stackers
    }
