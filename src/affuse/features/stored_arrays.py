"""Features that stay on disk, one file per clip, until they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from affuse.errors import FeatureError
from affuse.features.array import (
    FeatureArray,
    Floats,
    Rows,
    begun_digest,
    check_axes,
    chosen_rows,
    usual_axes,
)
from affuse.features.memory import machine_memory


@dataclass(frozen=True, eq=False)
class StoredArrays(FeatureArray):
    """FeatureArray on disk, one file a clip, read where rows of it are asked for.

    Memory stays bounded: nothing is mapped between two reads.

    Attributes
    ----------
    paths : tuple of (Path or None)
        One ``.npy`` file per clip; None where the modality is absent (read as NaN).
    item_shape : tuple of int
        Shape of one clip's array.
    axes : tuple of str
        Those of a plain array (`USUAL_AXES`) where none are given.
    """

    paths: tuple[Path | None, ...]
    item_shape: tuple[int, ...]
    axes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.axes:
            object.__setattr__(self, "axes", usual_axes(1 + len(self.item_shape)))
        check_axes(self.axes, self.shape)

    @property
    @override
    def shape(self) -> tuple[int, ...]:
        """``(n_clips, *item_shape)``."""
        return (len(self.paths), *self.item_shape)

    @override
    def take(self, rows: ArrayLike) -> Self:
        paths = tuple(self.paths[int(row)] for row in chosen_rows(len(self), rows))
        return replace(self, paths=paths)

    @override
    def rows(self, indices: ArrayLike) -> Floats:
        chosen = chosen_rows(len(self), indices)
        values = np.empty((len(chosen), *self.item_shape), np.float32)
        for value, row in zip(values, chosen, strict=True):
            path = self.paths[int(row)]
            value[...] = np.nan if path is None else self._loaded(path)
        return values

    @override
    def positions(self, rows: ArrayLike, positions: ArrayLike) -> Floats:
        """Single positions along the axis after the clips': ``(n, *item_shape[1:])``.

        Only those are read, so that a shuffled batch of frames costs its own size.
        """
        chosen = chosen_rows(len(self), np.asarray(rows, np.int64))
        where = np.arange(self.item_shape[0])[np.asarray(positions, np.int64)]
        values = np.empty((len(chosen), *self.item_shape[1:]), np.float32)
        for row in np.unique(chosen):
            at = np.flatnonzero(chosen == row)
            values[at] = self._positions(self.paths[int(row)], where[at])
        return values

    @override
    def spread(self, rows: ArrayLike) -> Self:
        chosen = np.asarray(rows, np.int64)
        return replace(self, paths=tuple(None if n < 0 else self.paths[n] for n in chosen))

    @override
    def joined(self, others: Sequence[Self]) -> Self:
        paths = (*self.paths, *(path for other in others for path in other.paths))
        return replace(self, paths=paths)

    @override
    def digest(self, order: ArrayLike) -> str:
        """Hash of axes, shape and the names of the files, which say what is in them."""
        found = begun_digest(self)
        names = [str(path and path.name) for path in self.take(order).paths]
        found.update("\0".join(names).encode())
        return str(found.hexdigest())

    @override
    def distinct(self, rows: Rows) -> tuple[Rows, Rows]:
        """Of rows that lie in one file the first alone, and where among those each is found."""
        first: dict[Path | None, int] = {}
        found = [first.setdefault(self.paths[row], len(first)) for row in rows]
        _, kept = np.unique(found, return_index=True)
        return rows[kept], np.array(found, np.int64)

    @override
    def whole(self) -> Floats:
        """Numbers of all clips, read from disk: ``(n_clips, *item_shape)``.

        Raises
        ------
        FeatureError
            They take more than half of the machine's memory: says how much.
        """
        n_bytes, limit = 4 * int(np.prod(self.shape, dtype=np.float64)), machine_memory() // 2
        if n_bytes > limit:
            raise FeatureError(
                f"stored features of shape {self.item_shape} a clip take {n_bytes / 2**30:.3g} GiB "
                f"for {len(self)} clips, and {limit / 2**30:.3g} GiB may be held in memory; "
                "expected fewer numbers a clip: fit a learned feature on the training clips "
                "first, or take fewer clips"
            )
        return super().whole()

    def _loaded(self, path: Path) -> NDArray[np.floating[Any]]:
        """One clip's array."""
        loaded: NDArray[np.floating[Any]] = np.load(path)
        return loaded

    def _positions(self, path: Path | None, positions: Rows) -> NDArray[np.floating[Any]]:
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
