"""Learned features of a fold's clips, fitted on any choice of its training clips."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.features.array import FeatureArray
from affuse.features.table import FeatureTable
from affuse.models.loss_terms import learn, loss_terms

Rows = NDArray[np.int64]
Features = NDArray[np.float32]


class LearnedFeatures:
    """Transformers of one fold, each fitted once on every choice of clips asked for.

    Parameters
    ----------
    table : FeatureTable
        All clips, with the arrays that the transformers start from.
    build : callable
        Modality -> unfitted transformer.
    modalities : collection of str
        Those whose features are learned. Where a transformer is ``cross_fitted``, its ``fit``
        takes the clips' speakers, and ``out_of_fold_`` are the features of the clips it was
        fitted on; inner folds need no other.

    Notes
    -----
    An inner fold that scores models on features which were learned from its own test clips finds
    them better than they are. So it gets features learned from its training clips alone, at the
    price of one more fit of each transformer per inner fold.
    """

    def __init__(
        self, table: FeatureTable, build: Callable[[str], Any], modalities: Collection[str]
    ) -> None:
        self._table = table
        self._build = build
        self._modalities = frozenset(modalities)
        self._row_of = {clip: row for row, clip in enumerate(table.clips.tolist())}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._known: dict[tuple[str, bytes, bytes], Features] = {}
        self._losses: dict[str, NDArray[np.float64]] = {}
        self._layers: dict[str, Any] = {}
        # Cross-fitted features of training clips hold nothing of their own labels as they are.
        self._relearned = frozenset(
            m for m in modalities if not getattr(build(m), "cross_fitted", False)
        )

    def __call__(self, table: FeatureTable, rows: Rows) -> FeatureTable:
        """Some clips of the fold, with features learned from a given choice of clips alone.

        Parameters
        ----------
        table : FeatureTable
            Clips of the table that was given at first; one may stand there several times.
        rows : (n,) int
            Rows of `table` to learn from.
        """
        wanted = self._rows(table.clips)
        learn, use = self._in_clip_order(wanted[rows]), self._in_clip_order(wanted)
        place = np.empty(len(self._table), np.int64)
        place[use] = np.arange(len(use))
        at = place[wanted]
        modalities = sorted(self._relearned & set(table.modalities))
        return table.with_arrays({m: self.features(m, learn, use)[at] for m in modalities})

    def features(self, modality: str, learn: Rows, use: Rows) -> Features:
        """Features of the clips in rows `use`, learned from those in rows `learn`.

        NaN where a clip lacks the modality; zeros where there is no clip to learn from.

        Parameters
        ----------
        modality : str
        learn, use : (n,) int64
            Rows of the table.

        Returns
        -------
        (n_use, ...) float
            One row for each of `use`.
        """
        key = (modality, learn.tobytes(), use.tobytes())
        if key not in self._known:
            self._known[key] = self._learned(modality, learn, use)
        return self._known[key]

    @property
    def losses(self) -> Mapping[str, NDArray[np.float64]]:
        """Mean training loss of each epoch, of the network first fitted for each modality."""
        return self._losses

    @property
    def layers(self) -> Mapping[str, Any]:
        """The transformer first fitted for each modality."""
        return self._layers

    def _learned(self, modality: str, learn: Rows, use: Rows) -> Features:
        array, present = self._table.arrays[modality], self._table.present[modality]
        learn, has = learn[present[learn]], present[use]
        if not len(learn):
            return np.zeros((len(use), *self._shapes.get(modality, (1,))), np.float32)
        transformer = self._build(modality)
        if getattr(transformer, "cross_fitted", False):
            features = self._cross_fitted(transformer, array, learn, use, has)
            self._keep(modality, transformer)
            return features
        fitted_layer(transformer, self._table, modality, learn)
        self._keep(modality, transformer)
        # One clip to learn from is there to say how many features there are.
        some, again = array.distinct(use[has] if has.any() else learn[:1])
        features = np.asarray(transformer.transform(array.take(some)), np.float32)
        self._shapes[modality] = features.shape[1:]
        spread = np.full((len(use), *features.shape[1:]), np.nan, np.float32)
        spread[has] = features[again[: has.sum()]]
        return spread

    def _cross_fitted(
        self,
        transformer: Any,
        array: FeatureArray,
        learn: Rows,
        use: Rows,
        has: NDArray[np.bool_],
    ) -> Features:
        """Out-of-fold features of clips that are learned from, and plain ones of all others."""
        table = self._table
        transformer.fit(array.take(learn), table.labels[learn], groups=table.speakers[learn])
        at = {int(row): place for place, row in enumerate(learn)}
        seen = np.array([int(row) in at for row in use], np.bool_)
        features = np.full((len(use), transformer.out_of_fold_.shape[1]), np.nan, np.float32)
        features[seen] = transformer.out_of_fold_[[at[int(row)] for row in use[seen]]]
        new = has & ~seen
        if new.any():
            features[new] = transformer.transform(array.take(use[new]))
        return features

    def _keep(self, modality: str, transformer: Any) -> None:
        self._layers.setdefault(modality, transformer)
        if hasattr(transformer, "losses_"):
            self._losses.setdefault(modality, transformer.losses_)

    def _in_clip_order(self, rows: Rows) -> Rows:
        """Each row once, so that what is learned does not depend on the table's order."""
        once = np.unique(rows)
        return once[np.argsort(self._table.clips[once], kind="stable")]

    def _rows(self, clips: NDArray[np.str_]) -> Rows:
        return np.array([self._row_of[clip] for clip in clips.tolist()], np.int64)


def fitted_layer(layer: Any, table: FeatureTable, modality: str, rows: Rows) -> Any:
    """A transformer, fitted on those of some clips that have its modality.

    Parameters
    ----------
    layer : transformer
        Unfitted; it is the one that is fitted. Where it is ``grouped``, its ``fit`` takes the
        clips' speakers as ``groups``; where it ``learns_numbers``, its ``y`` may be those of
        targets, (n, n_targets).
    table : FeatureTable
    modality : str
    rows : (n,) int64
        Of the table, in the order in which the clips are learned from.

    Returns
    -------
    transformer
        The layer itself.
    """
    own = table.take(rows[table.present[modality][rows]])
    array, truth = own.arrays[modality], own.truth
    if getattr(layer, "grouped", False):
        return layer.fit(array, truth, groups=own.speakers)
    return learn(layer, array, truth, loss_terms(own))


def layer_features(layer: Any, table: FeatureTable, modality: str) -> Features:
    """What a fitted transformer makes of every clip; NaN where a clip lacks the modality.

    Parameters
    ----------
    layer : transformer
        Fitted.
    table : FeatureTable
    modality : str

    Returns
    -------
    (n_clips, ...) float32
    """
    has = np.flatnonzero(table.present[modality])
    features = layer.transform(table.arrays[modality].take(has))
    spread = np.full((len(table), *features.shape[1:]), np.nan, np.float32)
    spread[has] = features
    return spread
