"""Which of the faces of a recording are one person."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from affuse.people.clustering import Cluster, clusters_of
from affuse.people.pieces import LEAST_FACES, Piece, pieces_of
from affuse.people.records import FaceLook

Ints = NDArray[np.intp]

_FULL_WEIGHT = 10
"""A piece of so many looks counts in full: longer ones say no more of who it is."""


def people_of(
    faces: Sequence[FaceLook],
    cuts_s: Sequence[float],
    n_people: int | None = None,
    *,
    threshold: float,
) -> Ints:
    """Number of the person in each look.

    Tracks are ended at cuts and where a face becomes another's; what is left is joined into people
    by the mean embedding of each piece, faces that are there at the same time never. Pieces
    of few looks join a person they are clearly like, and are nobody otherwise.

    Parameters
    ----------
    faces : sequence of FaceLook
        Of one recording, in any order.
    cuts_s : sequence of float
        When shots begin (`ShotDetector`).
    n_people : int, optional
        How many people there are, where that is known.
    threshold : float
        Of the embedder: cosine of two mean embeddings from which they are one person.

    Returns
    -------
    (n_faces,) int
        From 1, in the order of appearance (from the left, of those who appear at once); 0: seen
        too briefly or too poorly to say.

    Examples
    --------
    >>> from affuse.records import Box
    >>> anna, ben, box = np.float32([1, 0]), np.float32([0, 1]), Box(0.4, 0.4, 0.2, 0.2)
    >>> faces = [FaceLook(at / 5, 1, box, anna if at < 5 else ben) for at in range(10)]
    >>> people_of(faces, cuts_s=[1.0], threshold=0.5).tolist()
    [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]
    """
    numbers = np.zeros(len(faces), np.intp)
    if not faces:
        return numbers
    pieces = pieces_of(faces, cuts_s, threshold)
    clusters = _clusters(pieces, threshold, n_people)
    for number, cluster in enumerate(sorted(clusters, key=_appearance(pieces, faces)), start=1):
        for member in cluster.members:
            numbers[pieces[member].faces] = number
    return numbers


def _clusters(pieces: Sequence[Piece], threshold: float, n_people: int | None) -> list[Cluster]:
    """Pieces that are one person each; those that are nobody are in none."""
    least = min(LEAST_FACES, max(piece.n_faces for piece in pieces))
    sure = [at for at, piece in enumerate(pieces) if piece.n_faces >= least]
    seen = [_cluster(pieces[at], at) for at in sure if pieces[at].mean is not None]
    unseen = [_cluster(pieces[at], at) for at in sure if pieces[at].mean is None]
    clusters = clusters_of(seen, threshold, n_people)
    kept = _largest(clusters, n_people) + unseen[: _left(n_people, len(clusters))]
    known = {member for cluster in kept for member in cluster.members}
    for at, piece in enumerate(pieces):
        if at not in known and piece.mean is not None:
            _take_in(kept, _cluster(piece, at), threshold)
    return kept


def _take_in(clusters: list[Cluster], piece: Cluster, threshold: float) -> None:
    """Add a piece to the cluster that it is most like, if it is like one, in place."""
    likeness = [
        float(cluster.total @ piece.total) / (cluster.weight * piece.weight)
        if cluster.total.any() and not cluster.moments & piece.moments
        else -np.inf
        for cluster in clusters
    ]
    if likeness and max(likeness) >= threshold:
        at = int(np.argmax(likeness))
        one = clusters[at]
        clusters[at] = Cluster(
            one.members + piece.members, one.total, one.weight, one.moments | piece.moments
        )


def _cluster(piece: Piece, at: int) -> Cluster:
    weight = float(min(piece.n_faces, _FULL_WEIGHT))
    total = np.zeros(1) if piece.mean is None else weight * piece.mean
    return Cluster((at,), total, weight, _bits(piece.moments))


def _bits(moments: Ints) -> int:
    """A number with a bit for each of some positions."""
    flags = np.zeros(int(moments.max()) + 1, np.bool_)
    flags[moments] = True
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def _largest(clusters: Sequence[Cluster], n_people: int | None) -> list[Cluster]:
    if n_people is None:
        return list(clusters)
    return sorted(clusters, key=lambda one: -one.weight)[:n_people]


def _left(n_people: int | None, n_there: int) -> int | None:
    return None if n_people is None else max(n_people - n_there, 0)


def _appearance(
    pieces: Sequence[Piece], faces: Sequence[FaceLook]
) -> Callable[[Cluster], tuple[float, float]]:
    """When a cluster is first there, and how far to the left."""

    def first(cluster: Cluster) -> tuple[float, float]:
        starts = (faces[pieces[member].faces[0]] for member in cluster.members)
        return min((look.time_s, look.box.left) for look in starts)

    return first
