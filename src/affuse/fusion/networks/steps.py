"""Steps in time of each modality of a table, as the networks that join modalities take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import FeatureError
from affuse.features.array import CLIP, TIME, after_end
from affuse.features.table import FeatureTable

Steps = NDArray[np.float32]
"""(n_clips, n_steps, n_numbers); NaN where the modality is absent, and after a clip's end."""

LEAST_DEVIATION = 1e-6
"""A number that never changes is not blown up by its scaling."""


@dataclass(frozen=True, eq=False)
class Extent:
    """Size and scale of the steps of one modality.

    Attributes
    ----------
    axes : tuple of str
        Of one clip's array, as features come.
    shape : tuple of int
    mean, deviation : (n_numbers,) float32
        Of each number over all steps of the training clips.
    longest : int
        Steps of the longest training clip: no more are computed, but of a clip that has more.
    """

    axes: tuple[str, ...]
    shape: tuple[int, ...]
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    longest: int

    @property
    def n_numbers(self) -> int:
        """Numbers of a step."""
        return len(self.mean)

    @property
    def n_steps(self) -> int:
        """Steps of a clip; 1 where there is no axis of time."""
        return int(np.prod(self.shape)) // self.n_numbers

    @property
    def time_first(self) -> tuple[int, ...] | None:
        """Order of axes, that of the clips included, that brings time behind the clips."""
        if TIME not in self.axes:
            return None
        at = 1 + self.axes.index(TIME)
        return (0, at, *(n for n in range(1, 1 + len(self.axes)) if n != at))


def steps_of(table: FeatureTable, modality: str) -> Steps:
    """Steps of every clip: NaN where it lacks the modality, and after its end.

    Parameters
    ----------
    table : FeatureTable
    modality : str

    Returns
    -------
    (n_clips, n_steps, n_numbers) float32

    Raises
    ------
    FeatureError
        Numbers are not finite. Steps at the end of a clip may be NaN throughout: such a clip is
        shorter than others.

    Examples
    --------
    >>> from affuse.corpora.index import Index
    >>> from affuse.records import Clip
    >>> index = Index((Clip("a", "calm", "Ann"), Clip("b", "angry", "Ben")))
    >>> array = np.array([[[1.0], [2.0]], [[3.0], [np.nan]]])
    >>> steps_of(FeatureTable.from_arrays(index, audio=array), "audio").shape
    (2, 2, 1)
    """
    steps = table.select([modality]).arrays[modality].over_time()
    present = table.present[modality]
    finite = np.asarray(np.isfinite(steps).all(axis=2))
    broken = ~(finite | after_end(steps)).all(axis=1) | ~finite.any(axis=1)
    broken &= present
    if broken.any():
        raise FeatureError(
            f"{modality} features of {broken.sum()} of {len(table)} clips are not finite "
            f"(first: {table.clips[broken][0]}): extract them again or leave these clips out"
        )
    return steps if present.all() else np.where(present[:, None, None], steps, np.float32(np.nan))


def extent_of(table: FeatureTable, modality: str, steps: Steps) -> Extent:
    """Size and scale of a modality's steps, from training clips.

    Parameters
    ----------
    table : FeatureTable
    modality : str
    steps : (n_clips, n_steps, n_numbers) float32
        As `steps_of` gives them.

    Returns
    -------
    Extent
        Mean 0 and deviation 1 where no clip has the modality.
    """
    array: Any = table.arrays[modality]
    axes = tuple(name for name in array.axes if name != CLIP)
    known = ~np.isnan(steps[:, :, 0])
    rows, some = steps[known], np.flatnonzero(known.any(axis=0))
    longest = int(some[-1]) + 1 if len(some) else 1
    mean, deviation = np.zeros(steps.shape[2]), np.ones(steps.shape[2])
    if len(rows):
        mean = rows.mean(axis=0, dtype=np.float64)
        deviation = np.maximum(rows.std(axis=0, dtype=np.float64), LEAST_DEVIATION)
    return Extent(
        axes,
        tuple(array.shape[1:]),
        mean.astype(np.float32),
        deviation.astype(np.float32),
        longest,
    )
