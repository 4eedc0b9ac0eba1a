"""Gaussian naive Bayes: features independent and normal within each class."""

from __future__ import annotations

from typing import Any

from affuse.models.model import Model


def _make(seed: int) -> Any:
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB()


MODEL = Model(label="GaussianNB", make=_make, scale_free=True)
