"""The weight of faces in pictures in which they can hardly be seen."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from affuse.bundle.manifest_part import ManifestPart


class ImageQuality(ManifestPart):
    """The quality from which on a picture of a face counts in full.

    Attributes
    ----------
    version : int
        Of the measure, `affuse.predict.face_quality`: another one gives other numbers.
    full : float
        Quality from which on a face counts in full; below it, in proportion to the quality.
    fitted_on : str
        In words.
    """

    version: Literal[1] = 1
    full: float = Field(gt=0, le=1)
    fitted_on: str = ""

    def weights(self, qualities: ArrayLike) -> NDArray[np.float64]:
        """Weights of pictures, by their quality.

        Parameters
        ----------
        qualities : (n,) array
            Positive.

        Returns
        -------
        (n,) float64
            1: in full.

        Examples
        --------
        >>> ImageQuality(full=0.2).weights([0.05, 0.2, 0.7]).tolist()
        [0.25, 1.0, 1.0]
        """
        return np.minimum(np.asarray(qualities, np.float64) / self.full, 1.0)
