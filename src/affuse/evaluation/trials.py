"""Settings that a search has tried, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from affuse.evaluation.systems import OutOfFold
from affuse.models.search.searched import trial_columns

COLUMNS = ("system", "fold", "trial", "rung", "settings", "epochs", "loss", "seconds", "chosen")


def trials_table(named: Sequence[tuple[str, OutOfFold]]) -> pd.DataFrame:
    """One row for each trial of each fold and system.

    Parameters
    ----------
    named : sequence of (str, OutOfFold)
        Name of the row, and its predictions.

    Returns
    -------
    DataFrame
        ``rung`` from 1; ``settings`` as text, such as ``dropout=0.1 width=32``, "as given" for the
        system's own; ``epochs`` and ``loss`` where the loss of held-out inner speakers was least.
    """
    rows = []
    for name, found in named:
        columns = trial_columns(found.system.space)
        for fold, trials in found.trials.items():
            for number, trial in enumerate(trials, 1):
                own = dict(zip(columns, trial.tolist(), strict=True))
                settings = _text({key: own.pop(key) for key in columns[5:]})
                whole = {"rung": int(own["rung"]) + 1, "epochs": int(own["epochs"])}
                shown = {**own, **whole, "chosen": bool(own["chosen"]), "settings": settings}
                rows.append({"system": name, "fold": fold, "trial": number, **shown})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _text(settings: dict[str, float]) -> str:
    known = {name.split("__")[-1]: value for name, value in settings.items() if not np.isnan(value)}
    return " ".join(f"{name}={value:g}" for name, value in known.items()) or "as given"
