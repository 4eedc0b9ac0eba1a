"""Checks of signals that are given as arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affuse.errors import FeatureError


def refuse_unusable(samples: NDArray[np.floating], sample_rate: float) -> None:
    """Refuse samples that are not finite numbers, and an unusable sample rate.

    Parameters
    ----------
    samples : (n_samples,) float
    sample_rate : float
        Hz.

    Raises
    ------
    FeatureError
        A sample is NaN or infinite, or the rate is not positive.
    """
    if not np.isfinite(samples).all():
        n_bad = int((~np.isfinite(samples)).sum())
        raise FeatureError(
            f"{n_bad} of {len(samples)} samples are NaN or infinite; expected finite numbers: "
            "replace them before"
        )
    if sample_rate <= 0:
        raise FeatureError(f"sample rate {sample_rate} was given; expected a positive one, in Hz")
