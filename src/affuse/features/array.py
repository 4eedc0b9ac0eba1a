"""Features of one modality of many clips: an array with named axes, in memory or stored."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from affuse.errors import FeatureError

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

CLIP, TIME = "clip", "time"
STEPS = frozenset({TIME, "variant"})
"""Axes along which one clip's array is a sequence of arrays of one kind."""
USUAL_AXES = (CLIP, TIME, "height", "width")
"""Names that the axes of a plain array get from the left; the last one is "feature"."""


class FeatureArray(ABC):
    """Features of one modality, one row per clip, in memory or on disk.

    Rows of clips that lack the modality are NaN, and so are steps in time after a shorter clip's
    end. What is read is float32.

    Attributes
    ----------
    axes : tuple of str
        Names of the axes, the first "clip"; further ones "time", "variant", "channel", "height",
        "width", "feature", or whatever an extractor calls its own.
    shape : tuple of int
        ``(n_clips, ...)``, a length for each axis.
    """

    axes: tuple[str, ...]

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""

    @abstractmethod
    def take(self, rows: ArrayLike) -> Self:
        """The same for a choice of clips, kept where it is.

        Parameters
        ----------
        rows : (n,) int or (n_clips,) bool

        Returns
        -------
        FeatureArray
        """

    @abstractmethod
    def rows(self, indices: ArrayLike) -> Floats:
        """Numbers of a choice of clips: ``(n, *shape[1:])``.

        Parameters
        ----------
        indices : (n,) int or (n_clips,) bool

        Returns
        -------
        (n, *shape[1:]) float32
        """

    @abstractmethod
    def positions(self, rows: ArrayLike, positions: ArrayLike) -> Floats:
        """Single positions along the axis after the clips', in any order.

        Parameters
        ----------
        rows, positions : (n,) int
            Which clip, and which position on the first axis of its array.

        Returns
        -------
        (n, *shape[2:]) float32
        """

    @abstractmethod
    def spread(self, rows: ArrayLike) -> Self:
        """As `take`, absent (NaN) where a row is -1.

        Parameters
        ----------
        rows : (n,) int

        Returns
        -------
        FeatureArray
        """

    @abstractmethod
    def joined(self, others: Sequence[Self]) -> Self:
        """Its clips and then those of others that are kept in the same way.

        Parameters
        ----------
        others : sequence of FeatureArray

        Returns
        -------
        FeatureArray
        """

    @abstractmethod
    def digest(self, order: ArrayLike) -> str:
        """Hash of axes, shape and content of a choice of clips, in that order.

        Parameters
        ----------
        order : (n,) int

        Returns
        -------
        str
        """

    @abstractmethod
    def distinct(self, rows: Rows) -> tuple[Rows, Rows]:
        """Of rows that are known to be one array the first alone, and where each is found there.

        Parameters
        ----------
        rows : (n,) int

        Returns
        -------
        kept : (n_kept,) int
        where : (n,) int
            Place among those kept.
        """

    @property
    def ndim(self) -> int:
        """Number of axes, that of the clips included."""
        return len(self.axes)

    @property
    def stepwise(self) -> bool:
        """Whether a clip's array is a sequence (frames, variants): `positions` are its parts."""
        return is_stepwise(self.axes[1:])

    @property
    def n_features(self) -> int:
        """Numbers of one clip."""
        return int(np.prod(self.shape[1:]))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Floats:
        """`rows`, or a slice of them; the array of one clip where a single number is given."""
        chosen = np.asarray(np.arange(len(self))[rows])
        return self.rows(chosen) if chosen.ndim else self.rows(chosen[None])[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self.rows(np.arange(len(self))), dtype)

    def batches(self, size: int) -> Iterator[tuple[Rows, Floats]]:
        """Rows and their numbers, `size` clips at a time: ``(n,)`` and ``(n, *shape[1:])``.

        Parameters
        ----------
        size : int
            Clips of a batch.

        Yields
        ------
        rows : (n,) int
        numbers : (n, *shape[1:]) float32
        """
        for start in range(0, len(self), size):
            rows = np.arange(start, min(start + size, len(self)), dtype=np.int64)
            yield rows, self.rows(rows)

    def whole(self) -> Floats:
        """Numbers of all clips.

        Returns
        -------
        (n_clips, *shape[1:]) float32

        Raises
        ------
        FeatureError
            They do not fit in memory: says how much they take.
        """
        return self.rows(np.arange(len(self)))

    def flat(self) -> Floats:
        """One row of numbers a clip, the last axis fastest: ``(n_clips, n_features)``.

        Steps after a shorter clip's end are 0 here, for models that take a clip as one row.

        Returns
        -------
        (n_clips, n_features) float

        Raises
        ------
        FeatureError
            As `whole`.
        """
        whole = self.whole()
        if TIME in self.axes and np.isnan(whole).any():
            whole = whole.copy()
            by_time = np.moveaxis(whole, self.axes.index(TIME), 1)
            by_time[after_end(by_time.reshape(*by_time.shape[:2], -1))] = 0
        return whole.reshape(len(self), self.n_features)

    def over_time(self) -> Floats:
        """A row of numbers for each step in time of a clip: ``(n_clips, n_steps, n_numbers)``.

        What is not "time" stands side by side; a clip is one step where there is no such axis.

        Returns
        -------
        (n_clips, n_steps, n_numbers) float

        Raises
        ------
        FeatureError
            As `whole`.
        """
        whole = self.whole()
        if TIME not in self.axes:
            return whole.reshape(len(self), 1, self.n_features)
        by_time = np.moveaxis(whole, self.axes.index(TIME), 1)
        n_steps = by_time.shape[1]
        return by_time.reshape(len(self), n_steps, self.n_features // n_steps)


@dataclass(frozen=True, eq=False)
class ArrayInMemory(FeatureArray):
    """FeatureArray around a plain array.

    Attributes
    ----------
    values : (n_clips, ...) float
    axes : tuple of str

    Raises
    ------
    FeatureError
        There are more or fewer names than axes, or the first is not "clip".

    Examples
    --------
    >>> array = ArrayInMemory(np.zeros((5, 40, 63)), ("clip", "channel", "time"))
    >>> array.shape, array.flat().shape, array.over_time().shape
    ((5, 40, 63), (5, 2520), (5, 63, 40))
    """

    values: NDArray[np.floating[Any]]
    axes: tuple[str, ...]

    def __post_init__(self) -> None:
        check_axes(self.axes, self.values.shape)

    @property
    @override
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    @override
    def take(self, rows: ArrayLike) -> Self:
        return replace(self, values=self.values[chosen_rows(len(self), rows)])

    @override
    def rows(self, indices: ArrayLike) -> Floats:
        return np.asarray(self.values[chosen_rows(len(self), indices)], np.float32)

    @override
    def positions(self, rows: ArrayLike, positions: ArrayLike) -> Floats:
        at = np.asarray(rows, np.int64), np.asarray(positions, np.int64)
        return np.asarray(self.values[at], np.float32)

    @override
    def spread(self, rows: ArrayLike) -> Self:
        chosen = np.asarray(rows, np.int64)
        values = self.values[chosen]
        values[chosen < 0] = np.nan
        return replace(self, values=values)

    @override
    def joined(self, others: Sequence[Self]) -> Self:
        return replace(self, values=np.concatenate([self.values, *(o.values for o in others)]))

    @override
    def whole(self) -> Floats:
        """Numbers of all clips, without a copy: ``(n_clips, *shape[1:])``."""
        return np.asarray(self.values, np.float32)

    @override
    def digest(self, order: ArrayLike) -> str:
        found = begun_digest(self)
        found.update(np.ascontiguousarray(self.values[chosen_rows(len(self), order)]).tobytes())
        return str(found.hexdigest())

    @override
    def distinct(self, rows: Rows) -> tuple[Rows, Rows]:
        """All of them: nothing is known."""
        return rows, np.arange(len(rows))


def feature_array(
    values: FeatureArray | NDArray[np.floating[Any]], axes: Sequence[str] = ()
) -> FeatureArray:
    """A FeatureArray unchanged, or a plain array wrapped in one.

    Parameters
    ----------
    values : FeatureArray or (n_clips, ...) array
    axes : sequence of str, optional
        Of a plain array. By default the first is "clip", the last "feature", and those between
        them are "time", "height" and "width", from the left.

    Returns
    -------
    FeatureArray

    Raises
    ------
    FeatureError
        The names do not fit, or there are none for so many axes; no array of real numbers.

    Examples
    --------
    >>> feature_array(np.zeros((5, 13))).axes, feature_array(np.zeros((5, 30, 13))).axes
    (('clip', 'feature'), ('clip', 'time', 'feature'))
    """
    if isinstance(values, FeatureArray):
        return values
    plain = _numbers(values)
    return ArrayInMemory(plain, tuple(axes) or usual_axes(plain.ndim))


def _numbers(values: ArrayLike) -> NDArray[Any]:
    """An array of real numbers."""
    try:
        plain = np.asarray(values)
    except ValueError as error:
        raise FeatureError(
            "features of unequal length were given; expected an array with as many numbers in "
            "each row: cut or pad them"
        ) from error
    if plain.dtype.kind not in "biuf":
        raise FeatureError(
            f"features of type {plain.dtype} were given; expected real numbers: convert them before"
        )
    return plain


def after_end(steps: Floats) -> NDArray[np.bool_]:
    """Which steps follow a clip's end: no later one has a number.

    Parameters
    ----------
    steps : (n_clips, n_steps, n_numbers) float

    Returns
    -------
    (n_clips, n_steps) bool
        False throughout for a clip without any number.

    Examples
    --------
    >>> after_end(np.array([[[1.0], [np.nan], [3.0], [np.nan]]]))
    array([[False, False, False,  True]])
    """
    is_empty = np.asarray(np.isnan(steps).all(axis=2))
    # Counted from the end, the first that has a number.
    lengths = steps.shape[1] - np.argmax(~is_empty[:, ::-1], axis=1)
    ended: NDArray[np.bool_] = np.arange(steps.shape[1]) >= lengths[:, None]
    return ended


def usual_axes(n_axes: int) -> tuple[str, ...]:
    """Names of the axes of a plain array of features, as `feature_array` gives them.

    Parameters
    ----------
    n_axes : int

    Returns
    -------
    tuple of str

    Raises
    ------
    FeatureError
        There are fewer than two axes, or more than there are names for.
    """
    if not 2 <= n_axes <= 1 + len(USUAL_AXES):
        raise FeatureError(
            f"features with {n_axes} axes were given; expected 2 to {1 + len(USUAL_AXES)}, or the "
            "name of each axis: wrap them in affuse.features.array.ArrayInMemory"
        )
    return (*USUAL_AXES[: n_axes - 1], "feature")


def is_stepwise(axes: Sequence[str]) -> bool:
    """Whether one clip's array is a sequence of arrays: its first axis is one of steps.

    Parameters
    ----------
    axes : sequence of str
        Without that of the clips.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_stepwise(("time", "height", "width", "feature")), is_stepwise(("channel", "time"))
    (True, False)
    """
    return len(axes) > 1 and axes[0] in STEPS


def check_axes(axes: Sequence[str], shape: tuple[int, ...]) -> None:
    """Refuse (FeatureError) names that are not one per axis with "clip" first.

    Parameters
    ----------
    axes : sequence of str
    shape : tuple of int
    """
    if len(axes) != len(shape) or not axes or axes[0] != CLIP or len(set(axes)) != len(axes):
        raise FeatureError(
            f"features of shape {shape} were given with the axes {', '.join(axes)}; expected "
            f"{len(shape)} different names, the first {CLIP!r}"
        )


def chosen_rows(n_clips: int, rows: ArrayLike) -> Rows:
    """Non-negative indices of a choice of rows, which may be a mask or count from the end.

    Parameters
    ----------
    n_clips : int
    rows : (n,) int or (n_clips,) bool

    Returns
    -------
    (n,) int
    """
    # An empty choice has no type that could index.
    given = np.asarray(rows)
    chosen: Rows = np.arange(n_clips)[given if given.size else given.astype(np.int64)]
    return chosen


def begun_digest(array: FeatureArray) -> Any:
    """A hash of an array's axes and shape, to be continued with its content.

    Parameters
    ----------
    array : FeatureArray

    Returns
    -------
    hash object
    """
    return hashlib.sha256(f"{array.axes} {array.shape[1:]}".encode())
