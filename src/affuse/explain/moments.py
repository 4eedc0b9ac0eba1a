"""The most telling moment of a recording: the one whose removal changes the answer most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.probabilities import FLOOR

MOMENT_S = 1.0
"""Length of the moment of speech that is left out."""

Floats = NDArray[np.float64]


def log_odds(probabilities: ArrayLike) -> Floats:
    """Evidence for an emotion against all others: log(p / (1 - p)), finite also at 0 and 1.

    Parameters
    ----------
    probabilities : array of float
        In [0, 1].

    Returns
    -------
    array of float64
        Of the same shape.

    Examples
    --------
    >>> log_odds([0.5, 0.75]).round(2)
    array([0. , 1.1])
    """
    p = np.clip(np.asarray(probabilities, np.float64), FLOOR, 1 - FLOOR)
    return np.asarray(np.log(p) - np.log1p(-p))


def moments_within(start_s: float, end_s: float) -> list[tuple[float, float]]:
    """Moments of a stretch that may be left out: one second, or a third of a short stretch.

    Parameters
    ----------
    start_s, end_s : float
        Of the stretch, in seconds.

    Returns
    -------
    list of (float, float)
        Start and end of each; a new one begins every half of their length.

    Examples
    --------
    >>> moments_within(1.0, 4.0)
    [(1.0, 2.0), (1.5, 2.5), (2.0, 3.0), (2.5, 3.5), (3.0, 4.0)]
    """
    length_s = min(MOMENT_S, (end_s - start_s) / 3)
    if length_s <= 0:
        return []
    n_moments = int((end_s - start_s - length_s) / (length_s / 2) + 1e-6) + 1
    starts_s = [start_s + number * length_s / 2 for number in range(n_moments)]
    return [(first_s, first_s + length_s) for first_s in starts_s]


def most_telling(
    whole: float, without: Sequence[float] | Floats, *, against: bool = False
) -> int | None:
    """Moment whose removal lowers the log odds of an emotion most.

    Parameters
    ----------
    whole : float
        Probability of the emotion with all moments.
    without : sequence of float
        Without each of them.
    against : bool
        The one whose removal raises it most.

    Returns
    -------
    int or None
        None: no removal does.

    Examples
    --------
    >>> most_telling(0.6, [0.55, 0.2, 0.7]), most_telling(0.6, [0.55, 0.2, 0.7], against=True)
    (1, 2)
    >>> most_telling(0.6, [0.6, 0.9]) is None
    True
    """
    if not len(without):
        return None
    lowered = log_odds(whole) - log_odds(without)
    effects = -lowered if against else lowered
    first = int(effects.argmax())
    return first if effects[first] > 0 else None
