"""Support vector machine with an RBF kernel, one against one."""

from __future__ import annotations

from typing import Any

from affuse.models.model import Model


def _make(seed: int) -> Any:
    from affuse.models.kernel_svc import KernelSVC

    return KernelSVC(kernel="rbf")


MODEL = Model(label="SVM RBF", make=_make)
