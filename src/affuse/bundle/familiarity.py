"""How near a clip is to what a member of a bundle was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.bundle.bundle import Bundle
from affuse.bundle.decision import calibrated, member_probabilities
from affuse.bundle.member import Familiarity, Member
from affuse.errors import BundleError
from affuse.models.graphs.builder import EMBEDDING, PROBABILITIES

Floats = NDArray[np.float64]

DISTANCE = "distance"
"""Output of the graphs of distances."""


class FamiliarRows(NamedTuple):
    """What a member says of clips, and how near they are to its training.

    Attributes
    ----------
    probabilities : (n, n_own_classes) float64
    familiarity : (n,) float64 or None
        In [0, 1]; None where the bundle does not know.
    """

    probabilities: Floats
    familiarity: Floats | None

    @property
    def first_familiarity(self) -> float | None:
        """Of the first clip."""
        return None if self.familiarity is None else float(self.familiarity[0])


def familiar_probabilities(
    bundle: Bundle, name: str, inputs: Mapping[str, ArrayLike]
) -> FamiliarRows:
    """As `member_probabilities`, and how near each clip is to the member's training.

    Parameters
    ----------
    bundle : Bundle
    name : str
        Of the member.
    inputs : mapping of str to array
        Input of its graph -> rows, (n, ...).

    Returns
    -------
    FamiliarRows

    Raises
    ------
    BundleError
        No such member, inputs that are not its graph's, or distances that are no numbers.
    """
    member = bundle.manifest.member(name)
    if member.familiarity is None:
        return FamiliarRows(member_probabilities(bundle, name, inputs), None)
    raw, embeddings = bundle.outputs(member.graph, inputs, (PROBABILITIES, EMBEDDING))
    distances = distances_of(bundle, member, embeddings)
    return FamiliarRows(calibrated(member, raw), familiarity_of(member.familiarity, distances))


def distances_of(bundle: Bundle, member: Member, embeddings: ArrayLike) -> Floats:
    """How far embeddings are from those of the member's training, (n,).

    Parameters
    ----------
    bundle : Bundle
    member : Member
        With a graph of distances.
    embeddings : (n, n_embedding) array

    Returns
    -------
    (n,) float64

    Raises
    ------
    BundleError
        The graph does not take them, or what it gives are no distances.
    """
    assert member.familiarity is not None
    graph = member.familiarity.graph
    distances = bundle.run(graph, {EMBEDDING: embeddings}, DISTANCE)
    if distances.shape != (len(np.asarray(embeddings)),) or not np.isfinite(distances).all():
        raise BundleError(
            f"{graph} gave distances of shape {distances.shape}, or such as are not finite; "
            f"expected one number for each of {len(np.asarray(embeddings))} clips: get the bundle "
            "anew"
        )
    return distances


def familiarity_of(known: Familiarity, distances: ArrayLike) -> Floats:
    """Share of the clips kept apart from training that lie farther from it, (n,).

    Parameters
    ----------
    known : Familiarity
    distances : (n,) array

    Returns
    -------
    (n,) float64
        1: as near as any of them; 0: farther than all.

    Examples
    --------
    >>> known = Familiarity(graph="d.onnx", distances=(1.0, 2.0, 3.0))
    >>> familiarity_of(known, [0.5, 2.5, 9.0]).tolist()
    [1.0, 0.25, 0.0]
    """
    ranks = np.linspace(0, 1, len(known.distances))
    return np.asarray(1 - np.interp(np.asarray(distances, np.float64), known.distances, ranks))
