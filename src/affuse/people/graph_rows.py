"""What a user's network gave for faces or windows of sound, held to be numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import FeatureError


def finite_rows(
    rows: NDArray[np.floating[Any]], given: NDArray[Any], path: Path
) -> NDArray[np.floating[Any]]:
    """Rows of a graph, zeros where it was given silence or a plain surface and divided by nothing.

    Parameters
    ----------
    rows : (n, n_dimensions) array
    given : (n, ...) array
        What each row is of.
    path : Path
        The graph.

    Returns
    -------
    (n, n_dimensions) array

    Raises
    ------
    FeatureError
        A row holds NaN or an infinity though what it is of is neither silent nor plain.
    """
    broken = ~np.isfinite(rows).all(axis=1)
    if not broken.any():
        return rows
    shown = given.reshape(len(given), -1)[broken]
    if (shown.max(axis=1) > shown.min(axis=1)).any():
        raise FeatureError(
            f"{path} gives embeddings that hold NaN or infinity; expected finite numbers: mend "
            f"mean and deviation in {path.with_suffix('.json').name}, or export it again"
        )
    return np.where(broken[:, None], 0.0, rows)
