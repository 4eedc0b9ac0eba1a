"""People's votes on the clips of a run, as a table that `data.votes` reads."""

from __future__ import annotations

import numpy as np
import pandas as pd

from affuse.features.table import FeatureTable
from affuse.tasks.voted import TIED, majorities


def votes_table(table: FeatureTable) -> pd.DataFrame:
    """Votes of each clip.

    Parameters
    ----------
    table : FeatureTable
        With votes.

    Returns
    -------
    DataFrame
        One row per clip: ``clip``, ``majority`` (empty for a tie), ``n_votes``, and how many told
        each emotion.
    """
    voted = majorities(table.votes)
    names = np.array([*table.classes, ""])
    counts = {name: table.votes[:, column] for column, name in enumerate(table.classes)}
    return pd.DataFrame(
        {
            "clip": table.clips,
            "majority": names[np.where(voted == TIED, -1, voted)],
            "n_votes": table.votes.sum(axis=1),
        }
        | counts
    )
