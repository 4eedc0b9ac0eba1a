"""Linear discriminant analysis by singular values, which needs no covariance matrix."""

from __future__ import annotations

from typing import Any

from affuse.models.model import Model


def _make(seed: int) -> Any:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return LinearDiscriminantAnalysis(solver="svd")


MODEL = Model(label="LDA", make=_make, scale_free=True)
