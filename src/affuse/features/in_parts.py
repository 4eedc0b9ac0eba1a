"""Extractors whose arrays are as long as the clip, and come in parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from affuse.errors import FeatureError
from affuse.features.array_parts import fits
from affuse.features.source import Extractor


@runtime_checkable
class InParts(Protocol):
    """Extractor that gives its array in parts, so that memory does not grow with the clip."""

    @property
    def name(self) -> str:
        """As registered."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of every clip's array; the first length is -1."""

    @property
    def dtype(self) -> str:
        """Type of the stored arrays."""

    def parts(self, decoded: Any) -> Iterator[NDArray[np.floating[Any]]]:
        """Consecutive parts of the clip's array, ``(n, *shape[1:])`` each.

        Parameters
        ----------
        decoded : what `decoding` asks for

        Yields
        ------
        array
        """


def checked_parts(extractor: InParts, decoded: Any) -> Iterator[NDArray[np.floating[Any]]]:
    """The parts of a clip's array in the type in which they are stored.

    Parameters
    ----------
    extractor : InParts
    decoded : what its `decoding` asks for

    Yields
    ------
    array

    Raises
    ------
    FeatureError
        A part has another shape, or numbers that are not finite, or are not in half precision.
    """
    for part in extractor.parts(decoded):
        with np.errstate(over="ignore"):
            stored = part.astype(extractor.dtype, copy=False)
        if not fits(stored.shape, extractor.shape) or not np.isfinite(stored).all():
            raise FeatureError(unfit(extractor, stored.shape))
        yield stored


def unfit(extractor: Extractor | InParts, shape: tuple[int, ...]) -> str:
    """A sentence on an array that an extractor should not have given.

    Parameters
    ----------
    extractor : Extractor
    shape : tuple of int

    Returns
    -------
    str
    """
    return (
        f"{extractor.name} gave an array of shape {shape}, or numbers that are not "
        f"finite; expected finite numbers of shape {extractor.shape}"
    )
