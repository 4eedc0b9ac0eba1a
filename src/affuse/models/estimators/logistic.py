"""Multinomial logistic regression with balanced class weights.

`C` is small because features are many and clips few. Weights are balanced because the headline
figure, UAR, takes emotions to be equally likely; and a product of two models that each know how
frequent an emotion was would count that twice.
"""

from __future__ import annotations

from typing import Any

from affuse.models.model import Model


def _make(seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    # Ten times the default tolerance: half the steps, and no probability off by more than what
    # inner folds differ by.
    return LogisticRegression(C=0.01, class_weight="balanced", tol=1e-3, max_iter=1000)


MODEL = Model(label="Logistic", make=_make)
