"""Where in sound and picture the best system of a run finds each emotion, as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from affuse.cli.tables import in_columns
from affuse.tasks.figures import points

if TYPE_CHECKING:
    from affuse.evaluation.occlusion import Occlusion
    from affuse.result import Result


def occlusion_text(result: Result) -> str:
    """The part of each emotion that is missed most; empty where nothing was hidden.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        Several lines without a final newline.
    """
    if not result.occlusions:
        return ""
    rows = [("emotion", "hidden", "drop"), *map(_row, result.occlusions)]
    title = (
        f"what {result.honest[0].name} goes by: points of the true emotion's probability lost "
        "(occlusion.csv)"
    )
    return "\n".join([title, *in_columns(rows)])


def _row(one: Occlusion) -> tuple[str, str, str]:
    row, column = np.unravel_index(one.drops.argmax(), one.drops.shape)
    where = f"{one.modality}: {one.rows[row]}, {one.columns[column]}"
    return one.emotion, where, points(one.drops.max())
