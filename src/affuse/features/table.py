"""FeatureTable: the one thing that models, fusion and evaluation read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.errors import FeatureError


@dataclass(frozen=True)
class StoredArrays:
    """One array per clip, left on disk until rows of it are asked for.

    Behaves as an array of shape ``(n_clips, *shape)`` that can be indexed by rows, in bounded
    memory: nothing stays mapped between two reads.

    Attributes
    ----------
    paths : tuple of (Path or None)
        One ``.npy`` file per clip; None where the modality is absent (read as NaN).
    item_shape : tuple of int
        Shape of one clip's array.
    """

    paths: tuple[Path | None, ...]
    item_shape: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_clips, *item_shape)``."""
        return (len(self.paths), *self.item_shape)

    @property
    def ndim(self) -> int:
        """Number of axes, that of the clips included."""
        return len(self.shape)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, rows: ArrayLike) -> NDArray[np.float32]:
        """Rows as one float32 array ``(n_rows, *item_shape)``."""
        chosen = np.arange(len(self.paths))[np.asarray(rows)]
        return np.stack([self._item(int(row)) for row in np.atleast_1d(chosen)])

    def take(self, rows: ArrayLike) -> StoredArrays:
        """The same arrays for a choice of clips, still on disk."""
        chosen = np.arange(len(self.paths))[np.asarray(rows)]
        return replace(self, paths=tuple(self.paths[int(row)] for row in chosen))

    def frames(self, rows: ArrayLike, positions: ArrayLike) -> NDArray[np.float32]:
        """Single positions along the first axis of single clips, in any order.

        Only those are read, so that a shuffled batch of frames costs its own size.

        Parameters
        ----------
        rows, positions : (n,) int
            Which clip, and which position on the first axis of its array.

        Returns
        -------
        (n, *item_shape[1:]) float32
        """
        chosen = np.arange(len(self.paths))[np.asarray(rows, np.int64)]
        where = np.arange(self.item_shape[0])[np.asarray(positions, np.int64)]
        values = np.empty((len(chosen), *self.item_shape[1:]), np.float32)
        for row in np.unique(chosen):
            at = np.flatnonzero(chosen == row)
            values[at] = self._positions(int(row), where[at])
        return values

    def _positions(self, row: int, positions: NDArray[np.int64]) -> NDArray[np.floating[Any]]:
        path = self.paths[row]
        if path is None:
            return np.full((len(positions), *self.item_shape[1:]), np.nan, np.float32)
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            _, _, dtype = np.lib.format.read_array_header_1_0(file)
            begin, n_items = file.tell(), int(np.prod(self.item_shape[1:]))
            values = np.empty((len(positions), *self.item_shape[1:]), dtype)
            for value, position in zip(values, positions, strict=True):
                file.seek(begin + int(position) * n_items * dtype.itemsize)
                value[...] = np.frombuffer(file.read(n_items * dtype.itemsize), dtype).reshape(
                    value.shape
                )
        return values

    def _item(self, row: int) -> NDArray[np.float32]:
        path = self.paths[row]
        if path is None:
            return np.full(self.item_shape, np.nan, np.float32)
        return np.asarray(np.load(path), np.float32)


@dataclass(frozen=True)
class FeatureTable:
    """Features of many clips: one array per modality, rows in one common order.

    Attributes
    ----------
    clips, speakers : (n_clips,) str
    labels : (n_clips,) int
        Position of each clip's emotion in `classes`; empty where the truth is numbers.
    classes : tuple of str
    arrays : mapping of modality to (n_clips, ...) array
        float32; `StoredArrays` where they would not fit in memory. Rows of a clip that lacks
        the modality are NaN, so that nothing can mistake them for data.
    present : mapping of modality to (n_clips,) bool
    corpora : (n_clips,) str
        Corpus of each clip; not given: all blank, as of one corpus.
    targets : tuple of str
        Names of the numbers that are told of a clip; empty where its emotion is.
    values : (n_clips, n_targets) float64
        The true numbers.
    """

    clips: NDArray[np.str_]
    speakers: NDArray[np.str_]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    arrays: Mapping[str, NDArray[np.float32] | StoredArrays]
    present: Mapping[str, NDArray[np.bool_]]
    corpora: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, np.str_))
    targets: tuple[str, ...] = ()
    values: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))

    def __post_init__(self) -> None:
        n = len(self.clips)
        if not len(self.corpora):
            object.__setattr__(self, "corpora", np.zeros(n, np.str_))
        lengths = {"speakers": len(self.speakers), "corpora": len(self.corpora)}
        lengths |= {"values": len(self.values)} if self.targets else {"labels": len(self.labels)}
        lengths |= {f"arrays[{m!r}]": len(a) for m, a in self.arrays.items()}
        lengths |= {f"present[{m!r}]": len(p) for m, p in self.present.items()}
        wrong = {name: length for name, length in lengths.items() if length != n}
        if wrong:
            raise FeatureError(f"{n} clips were given, but {wrong} rows; expected {n} rows in each")
        if set(self.arrays) != set(self.present):
            raise FeatureError(
                f"arrays for {sorted(self.arrays)} but presence for {sorted(self.present)}: "
                "expected the same modalities"
            )

    def __len__(self) -> int:
        return len(self.clips)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities, sorted, so that their order can never matter."""
        return tuple(sorted(self.arrays))

    @property
    def truth(self) -> NDArray[np.generic]:
        """What is learned: `labels` (n_clips,), or `values` (n_clips, n_targets)."""
        return self.values if self.targets else self.labels

    def with_truth(self, truth: NDArray[Any]) -> FeatureTable:
        """The same clips with another truth, of the shape of `truth`."""
        return replace(self, values=truth) if self.targets else replace(self, labels=truth)

    def take(self, rows: ArrayLike) -> FeatureTable:
        """The same table for a choice of rows (indices or a boolean mask)."""
        chosen = np.arange(len(self))[np.asarray(rows)]
        return replace(
            self,
            clips=self.clips[chosen],
            speakers=self.speakers[chosen],
            labels=self.labels if self.targets else self.labels[chosen],
            values=self.values[chosen] if self.targets else self.values,
            corpora=self.corpora[chosen],
            arrays={
                m: a.take(chosen) if isinstance(a, StoredArrays) else a[chosen]
                for m, a in self.arrays.items()
            },
            present={m: p[chosen] for m, p in self.present.items()},
        )

    def select(self, modalities: Sequence[str]) -> FeatureTable:
        """The same clips with some of their modalities only."""
        missing = sorted(set(modalities) - set(self.arrays))
        if missing:
            raise FeatureError(
                f"modalities {missing} were asked for; this table has {list(self.modalities)}"
            )
        return replace(
            self,
            arrays={m: self.arrays[m] for m in modalities},
            present={m: self.present[m] for m in modalities},
        )

    def with_arrays(self, arrays: Mapping[str, NDArray[np.float32]]) -> FeatureTable:
        """The same clips with the arrays of some modalities replaced."""
        return replace(self, arrays={**self.arrays, **arrays})
