"""Colours of hair, skin and clothes around a face."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.media.faces import Image

SIDE, MARGIN = 120, 1.5
"""Of the crops: the face fills the middle 48 pixels."""

_REGIONS = ((18, 36, 40, 80), (52, 72, 44, 76), (96, 120, 24, 96))
"""Hair, skin and clothes: top, bottom, left and right in a crop."""

_CHANNELS = ((0, 256, 8, 0.5), (100, 172, 14, 1.0), (92, 180, 14, 1.0))
"""Of CIELAB: least, most, bins, weight. Lightness counts half: it changes with the light."""

N_COLOURS = len(_REGIONS) * sum(n_bins for _, _, n_bins, _ in _CHANNELS)


def colours(crop: Image) -> NDArray[np.float32]:
    """Histograms of the colours above, on and below a face.

    Parameters
    ----------
    crop : (120, 120, 3) uint8
        RGB, the face in its middle.

    Returns
    -------
    (108,) float32
        Of length 1. The product of two is the mean Bhattacharyya coefficient of the histograms.
    """
    lab = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB)
    parts = [
        np.sqrt(weight * _shares(lab[top:bottom, left:right, channel], low, high, n_bins))
        for top, bottom, left, right in _REGIONS
        for channel, (low, high, n_bins, weight) in enumerate(_CHANNELS)
    ]
    joined = np.concatenate(parts)
    return np.asarray(joined / np.linalg.norm(joined), np.float32)


def _shares(levels: NDArray[Any], low: int, high: int, n_bins: int) -> NDArray[np.float64]:
    """Share of the pixels in each bin; one between the middles of two counts for both."""
    places = (levels.ravel().astype(np.float64) - low) / (high - low) * n_bins - 0.5
    places = np.clip(places, 0, n_bins - 1)
    first = np.minimum(places.astype(np.intp), n_bins - 2)
    rest = places - first
    counts = np.bincount(first, 1 - rest, n_bins) + np.bincount(first + 1, rest, n_bins)
    return np.asarray(counts / counts.sum(), np.float64)
