"""Support vector regression with an RBF kernel."""

from __future__ import annotations

from typing import Any

from affuse.models.model import Model


def _make(seed: int) -> Any:
    from affuse.models.kernel_svr import KernelSVR

    return KernelSVR()


MODEL = Model(label="SVR", make=_make, tasks=("dimensional",))
