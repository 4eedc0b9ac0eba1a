"""Kernels of support vector machines: as one matrix product, and as nodes of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from affuse.models.graphs.builder import GraphBuilder

Floats = NDArray[np.float64]


def kernel_width(gamma: float | Literal["scale"], rows: Floats) -> float:
    """Gamma itself, or ``1 / (n_features * variance)`` of rows (n_clips, n_features) for "scale".

    Parameters
    ----------
    gamma : float or "scale"
    rows : (n_clips, n_features) float64

    Returns
    -------
    float
        Above 0.

    Examples
    --------
    >>> kernel_width("scale", np.array([[0.0], [2.0]]))
    1.0
    """
    if gamma != "scale":
        return float(gamma)
    variance = rows.var()
    return float(1.0 / (rows.shape[1] * variance)) if variance else 1.0


def kernel_matrix(kernel: str, gamma: float, rows: Floats, others: Floats) -> Floats:
    """Kernel of each row with each of the others: (n_rows, n_others).

    Parameters
    ----------
    kernel : {"rbf", "linear"}
    gamma : float
        Of ``exp(-gamma * distance**2)``.
    rows, others : (n, n_features) float64

    Returns
    -------
    (n_rows, n_others) float64
    """
    products = rows @ others.T
    if kernel == "linear":
        return np.asarray(products)
    squares = np.einsum("ij,ij->i", rows, rows)[:, None]
    distances = squares + np.einsum("ij,ij->i", others, others)[None] - 2 * products
    return np.asarray(np.exp(-gamma * np.maximum(distances, 0)))


def kernel_nodes(
    graph: GraphBuilder, rows: str, kernel: str, gamma: float, vectors: Floats, coef: Floats
) -> str:
    """Kernel with every support vector, summed with the weights of each output: (n, n_outputs).

    Parameters
    ----------
    graph : GraphBuilder
    rows : str
        Features, (n, n_features) double.
    kernel : {"rbf", "linear"}
    gamma : float
    vectors : (n_support, n_features) float64
    coef : (n_support, n_outputs) float64

    Returns
    -------
    str
        Name of the value, (n, n_outputs) double.
    """
    if kernel == "linear":
        return graph.times(rows, vectors.T @ coef)
    # Half the size, and a distance off by a ten-millionth.
    kept = vectors.astype(np.float32)
    products = graph.node("MatMul", rows, graph.cast(graph.clips(kept.T), "DOUBLE"))
    squares = graph.row_sum(graph.multiply(rows, rows))
    norms = (kept.astype(np.float64) ** 2).sum(axis=1)
    apart = graph.subtract(graph.add(squares, norms), graph.multiply(products, 2.0))
    distance = graph.maximum(apart, 0.0)
    return graph.times(graph.node("Exp", graph.multiply(distance, -gamma)), coef)
