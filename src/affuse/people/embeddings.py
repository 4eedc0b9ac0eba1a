"""Embeddings of faces and of voices: where the networks come from, and what they give."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from affuse.errors import ConfigError, FeatureError
from affuse.extractors.encoders.graph import Graph, open_graph

Real = TypeVar("Real", bound=np.floating[Any])

_PREFIX = "onnx:"


def graph_named(name: str, of: str) -> Graph:
    """The network of a user's.

    Parameters
    ----------
    name : str
        ``onnx:FILE``.
    of : {"face", "voice"}
        What it embeds.

    Returns
    -------
    Graph

    Raises
    ------
    ConfigError
        The name is another.
    WeightsError
        The file or its description does not fit.
    """
    file = name.removeprefix(_PREFIX)
    if not name.startswith(_PREFIX) or not file:
        raise ConfigError(
            f"{of} embedding {name!r} was given; expected onnx:FILE, such as onnx:{of}s.onnx with "
            f"{of}s.json beside it"
        )
    return open_graph(Path(file))


def unit_rows(rows: NDArray[Real]) -> NDArray[Real]:
    """Rows with a length of 1; a row of zeros stays one.

    Parameters
    ----------
    rows : (n, n_dimensions) array

    Returns
    -------
    (n, n_dimensions) array
        Of the same type.
    """
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), rows.dtype)


def finite_rows(
    rows: NDArray[np.floating[Any]], given: NDArray[Any], path: Path
) -> NDArray[np.floating[Any]]:
    """Rows of a graph, zeros where it was given silence or a plain surface and divided by nothing.

    Parameters
    ----------
    rows : (n, n_dimensions) array
    given : (n, ...) array
        What each row is of.
    path : Path
        The graph.

    Returns
    -------
    (n, n_dimensions) array

    Raises
    ------
    FeatureError
        A row holds NaN or an infinity though what it is of is neither silent nor plain.
    """
    broken = ~np.isfinite(rows).all(axis=1)
    if not broken.any():
        return rows
    shown = given.reshape(len(given), -1)[broken]
    if (shown.max(axis=1) > shown.min(axis=1)).any():
        raise FeatureError(
            f"{path} gives embeddings that hold NaN or infinity; expected finite numbers: mend "
            f"mean and deviation in {path.with_suffix('.json').name}, or export it again"
        )
    return np.where(broken[:, None], 0.0, rows)
