"""Ridge regression: least squares with weights shrunk to 0."""

from __future__ import annotations

from typing import Any

from affuse.models.model import Model


def _make(seed: int) -> Any:
    from sklearn.linear_model import Ridge

    # Features are many and clips few, as for the logistic regression.
    return Ridge(alpha=100.0)


MODEL = Model(label="Ridge", make=_make, tasks=("dimensional",))
