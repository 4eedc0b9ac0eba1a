"""Clips in two dimensions, by their features alone."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import eigh

from affuse.features.array import after_end
from affuse.features.table import FeatureTable

LEAST_FOR_UMAP = 10
MOST_CLIPS = 1500
"""Clips in a map: of more, evenly chosen ones."""

Floats = NDArray[np.float64]
Rows = NDArray[np.float32]


def clip_map(table: FeatureTable, *, seed: int = 0) -> pd.DataFrame:
    """Positions of the clips: PCA of standardised features, and UMAP where it is installed.

    Parameters
    ----------
    table : FeatureTable
        Of features that are an array per frame, the mean over frames is taken.
    seed : int

    Returns
    -------
    DataFrame
        Columns ``clip, modality, method, x, y``; no label is used.

    Examples
    --------
    >>> from affuse.features.table import FeatureTable
    >>> rows = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    >>> names, here = np.array(list("abcde")), np.ones(5, bool)
    >>> table = FeatureTable(
    ...     names, names, np.zeros(5, int), ("calm",), {"audio": rows}, {"audio": here}
    ... )
    >>> clip_map(table).query("method == 'PCA'").shape
    (5, 5)
    """
    parts = [part for modality in table.modalities for part in _maps(table, modality, seed)]
    columns = ["clip", "modality", "method", "x", "y"]
    return pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns)


def _maps(table: FeatureTable, modality: str, seed: int) -> Iterator[pd.DataFrame]:
    rows = np.flatnonzero(table.present[modality])
    if len(rows) > MOST_CLIPS:
        rows = rows[np.linspace(0, len(rows) - 1, MOST_CLIPS).astype(int)]
    features = _standardised(table, modality, rows)
    if len(rows) < 3 or features.shape[1] < 2:
        return
    places = {"PCA": _pca(features)}
    if len(rows) >= LEAST_FOR_UMAP and importlib.util.find_spec("umap") is not None:
        places["UMAP"] = _umap(features, seed)
    for method, place in places.items():
        coordinates = pd.DataFrame(place, columns=["x", "y"])
        yield coordinates.assign(clip=table.clips[rows], modality=modality, method=method)


def _standardised(table: FeatureTable, modality: str, rows: NDArray[np.int64]) -> Rows:
    """One row per clip, (n_rows, n_columns); columns that do not vary are left out.

    In single precision and in place: means of frames are wide.
    """
    array = table.arrays[modality]
    if array.stepwise:
        features = np.stack([_mean_over_steps(array.rows([row])) for row in rows])
    else:
        features = array.take(rows).flat()
    spread = features.std(axis=0, dtype=np.float64)
    features = features[:, spread > 1e-6 * np.abs(features).max(axis=0)]
    features -= features.mean(axis=0, dtype=np.float64)
    features /= features.std(axis=0, dtype=np.float64)
    return features


def _mean_over_steps(array: Rows) -> Rows:
    """Of one clip, (1, n_steps, ...): up to its end."""
    steps = array.reshape(*array.shape[:2], -1)
    mean: Rows = steps[~after_end(steps)].mean(axis=0)
    return mean


def _pca(features: Rows) -> Floats:
    """Two first principal components, each with the sign that makes its largest value positive."""
    # Products of clips, which are fewer than columns where it matters.
    products = np.asarray(features @ features.T, np.float64)
    values, vectors = eigh(products, subset_by_index=[len(products) - 2, len(products) - 1])
    places = vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0))
    largest = places[np.abs(places).argmax(axis=0), np.arange(2)]
    return np.asarray(places * np.where(largest < 0, -1, 1))


def _umap(features: Rows, seed: int) -> Floats:
    import umap

    neighbours = min(15, len(features) - 1)
    made = umap.UMAP(n_neighbors=neighbours, random_state=seed, n_jobs=1)
    return np.asarray(made.fit_transform(features), np.float64)
