"""The protocol of stores for finished folds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.float64]]


class FoldStore(Protocol):
    """Stores the arrays of a fold under a key that covers all that they depend on."""

    def load(self, key: str) -> Arrays | None:
        """Arrays by name; None if this fold is not stored.

        Parameters
        ----------
        key : str

        Returns
        -------
        mapping of str to ndarray, or None
        """

    def save(self, key: str, arrays: Arrays) -> None:
        """Store the arrays of a finished fold.

        Parameters
        ----------
        key : str
        arrays : mapping of str to ndarray

        Raises
        ------
        OutputError
            The store cannot be written.
        """
