"""Clips in two dimensions, by their features alone."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affuse.features.table import FeatureTable

MOST_CLIPS = 2000
"""Clips in a map: of more, evenly chosen ones."""

Floats = NDArray[np.float64]


def clip_map(table: FeatureTable, *, seed: int = 0) -> pd.DataFrame:
    """Places of the clips: PCA of their standardised features, and UMAP where it is installed.

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
    if importlib.util.find_spec("umap") is not None:
        places["UMAP"] = _umap(features, seed)
    for method, place in places.items():
        told = pd.DataFrame(place, columns=["x", "y"])
        yield told.assign(clip=table.clips[rows], modality=modality, method=method)


def _standardised(table: FeatureTable, modality: str, rows: NDArray[np.int64]) -> Floats:
    """One row per clip, (n_rows, n_columns); columns that do not vary are left out."""
    array = table.arrays[modality]
    if array.ndim > 2:
        clips = [np.asarray(array[[row]][0], np.float64) for row in rows]
        features = np.stack([clip.mean(axis=0).ravel() for clip in clips])
    else:
        features = np.asarray(array[rows], np.float64)
    spread = features.std(axis=0)
    kept = spread > 0
    return np.asarray((features[:, kept] - features[:, kept].mean(axis=0)) / spread[kept])


def _pca(features: Floats) -> Floats:
    """Two first principal components, each with the sign that makes its largest value positive."""
    # The smaller of the two products: clips are few where columns are many.
    values, vectors = np.linalg.eigh(features @ features.T)
    places = vectors[:, :-3:-1] * np.sqrt(np.maximum(values[:-3:-1], 0))
    largest = places[np.abs(places).argmax(axis=0), np.arange(2)]
    return np.asarray(places * np.where(largest < 0, -1, 1))


def _umap(features: Floats, seed: int) -> Floats:
    import umap

    return np.asarray(umap.UMAP(random_state=seed, n_jobs=1).fit_transform(features), np.float64)
