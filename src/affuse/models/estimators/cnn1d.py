"""The lecture's 1D CNN; MissingDependency where torch is not installed."""

from __future__ import annotations

from typing import Any

from affuse.models.model import Model
from affuse.models.search.space import Range


def _make(seed: int) -> Any:
    from affuse.models.cnn1d import CNN1D
    from affuse.models.training import import_torch

    import_torch()
    return CNN1D(random_state=seed)


MODEL = Model(
    label="1D CNN",
    make=_make,
    network=True,
    tasks=("classification", "dimensional"),
    space={"learning_rate": Range(3e-5, 3e-3, log=True), "dropout": Range(0.0, 0.6)},
)
