"""Distances of embeddings from those of a network's training clips."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.bundle.familiarity import DISTANCE
from affuse.models.graphs.builder import EMBEDDING, GraphBuilder

Floats = NDArray[np.float64]

N_REFERENCE = 900
"""Training clips from which means and covariance are estimated: of every network as many, since
fewer make whatever is new seem farther."""

N_QUANTILES = 101
_LEAST = 5
_SHRINKAGE = 0.05


class Centres(NamedTuple):
    """Means of groups of embeddings, and the whitening of their common covariance.

    Attributes
    ----------
    whitening : (n_embedding, n_embedding) float64
    means : (n_groups, n_embedding) float64
        Whitened.
    """

    whitening: Floats
    means: Floats


def centres_of(embeddings: ArrayLike, groups: ArrayLike) -> Centres:
    """Means of each group and the covariance within them.

    Parameters
    ----------
    embeddings : (n, n_embedding) array
        Of clips of the training.
    groups : (n,) array
        Such as the emotion and the corpus of each; groups of fewer than 5 clips are left out.

    Returns
    -------
    Centres

    Notes
    -----
    Lee, Lee, Lee & Shin 2018, "A simple unified framework for detecting out-of-distribution
    samples and adversarial attacks"; the covariance is shrunk towards a ball by a twentieth.
    """
    rows = np.asarray(embeddings, np.float64)
    names, numbers, counts = np.unique(groups, return_inverse=True, return_counts=True)
    means = np.stack([rows[numbers == number].mean(axis=0) for number in range(len(names))])
    covariance = np.cov((rows - means[numbers]).T)
    ball = max(np.trace(covariance) / len(covariance), 1e-12)
    precision = np.linalg.inv(covariance + _SHRINKAGE * ball * np.eye(len(covariance)))
    whitening = np.linalg.cholesky(precision)
    kept = counts >= min(_LEAST, counts.max())
    return Centres(whitening, means[kept] @ whitening)


def distances(centres: Centres, embeddings: ArrayLike) -> Floats:
    """Mahalanobis distance of each embedding to the nearest mean.

    Parameters
    ----------
    centres : Centres
    embeddings : (n, n_embedding) array

    Returns
    -------
    (n,) float64

    Examples
    --------
    >>> centres = Centres(np.eye(2), np.array([[0.0, 0.0], [10.0, 0.0]]))
    >>> distances(centres, [[3.0, 4.0], [10.0, 1.0]]).tolist()
    [5.0, 1.0]
    """
    rows = np.asarray(embeddings, np.float64) @ centres.whitening
    squares = [np.square(rows - mean).sum(axis=1) for mean in centres.means]
    return np.asarray(np.sqrt(np.min(squares, axis=0)))


def distance_graph(centres: Centres) -> bytes:
    """The graph of `distances`, for a bundle.

    Parameters
    ----------
    centres : Centres

    Returns
    -------
    bytes
        Of ONNX: ``embedding`` (n, n_embedding) -> ``distance`` (n,).
    """
    graph = GraphBuilder()
    embedding = graph.input(EMBEDDING, ["n", len(centres.whitening)])
    whitening, means = (graph.constant(each, np.float32) for each in centres)
    white = graph.node("MatMul", embedding, whitening)
    column = graph.node("Unsqueeze", white, graph.constant([1], np.int64))
    difference = graph.node("Sub", column, means)
    square = graph.node("Mul", difference, difference)
    last = graph.constant([2], np.int64)
    sums = graph.node("ReduceSum", square, last, keepdims=0)
    nearest = graph.node("ReduceMin", sums, graph.constant([1], np.int64), keepdims=0)
    return graph.finish({DISTANCE: (graph.node("Sqrt", nearest), ["n"])})


def quantiles(distances: ArrayLike) -> tuple[float, ...]:
    """Distances at equally spaced ranks, as `Familiarity` holds them.

    Parameters
    ----------
    distances : (n,) array
        Of clips of people kept apart from training.

    Returns
    -------
    tuple of float
        101 of them, ascending.
    """
    found = np.quantile(np.asarray(distances, np.float64), np.linspace(0, 1, N_QUANTILES))
    return tuple(float(value) for value in found)
