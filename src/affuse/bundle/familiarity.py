"""What a member of a bundle says of clips, how near these are to its training, and how clear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.bundle.bundle import Bundle
from affuse.bundle.decision import calibrated
from affuse.bundle.member import Member
from affuse.errors import BundleError
from affuse.models.graphs.builder import EMBEDDING, PROBABILITIES

Floats = NDArray[np.float64]

DISTANCE = "distance"
"""Output of the graphs of distances."""


class MeasuredRows(NamedTuple):
    """One member's probabilities for clips, their distances from its training clips, and weights.

    Attributes
    ----------
    probabilities : (n, n_own_classes) float64
    distances : (n,) float64 or None
        None where the bundle does not know.
    weights : (n,) float64 or None
        How much each counts of what it would if it could be seen well; None: all do in full.
    """

    probabilities: Floats
    distances: Floats | None
    weights: Floats | None = None

    @property
    def first_distance(self) -> float | None:
        """Distance of the first clip."""
        return None if self.distances is None else float(self.distances[0])


def measured_probabilities(
    bundle: Bundle,
    name: str,
    inputs: Mapping[str, ArrayLike],
    qualities: Floats | None = None,
) -> MeasuredRows:
    """As `member_probabilities`, with each clip's distance from the member's training clips.

    Parameters
    ----------
    bundle : Bundle
    name : str
        Of the member.
    inputs : mapping of str to array
        Input of its graph -> rows, (n, ...).
    qualities : (n,) float64, optional
        How well each can be seen.

    Returns
    -------
    MeasuredRows

    Raises
    ------
    BundleError
        No such member, inputs that are not its graph's, or distances that are no numbers.
    """
    member, distances = bundle.manifest.member(name), None
    if member.familiarity is None:
        raw = bundle.run(member.graph, inputs)
    else:
        raw, embeddings = bundle.outputs(member.graph, inputs, (PROBABILITIES, EMBEDDING))
        distances = distances_of(bundle, member, embeddings)
    weights = None
    if member.image_quality is not None and qualities is not None:
        weights = member.image_quality.weights(qualities)
    return MeasuredRows(calibrated(member, raw, distances, qualities), distances, weights)


def distances_of(bundle: Bundle, member: Member, embeddings: ArrayLike) -> Floats:
    """Distances of embeddings from those of the member's training clips, (n,).

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
