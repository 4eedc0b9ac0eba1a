"""A network of one hidden layer; MissingDependency where torch is not installed."""

from __future__ import annotations

from typing import Any

from affuse.models.model import Model


def _make(seed: int) -> Any:
    from affuse.models.dense import DenseRegressor
    from affuse.models.training import import_torch

    import_torch()
    return DenseRegressor(random_state=seed)


MODEL = Model(label="MLP", make=_make, tasks=("dimensional",))
