"""A model. Copy to src/affuse/models/estimators/NAME.py; train it by its file's name:

    affuse run DATA --set 'models=[{name="NAME"}]'

It is whatever scikit-learn takes for a classifier that scores: it has `decision_function` or
`predict_log_proba`. affuse scales the features, tunes a `grid` and makes probabilities of scores.
"""

from __future__ import annotations

from typing import Any

from affuse.models.model import Model


def _make(seed: int) -> Any:
    # Imported here, so that `affuse settings` lists models without loading any.
    from sklearn.linear_model import Perceptron

    return Perceptron(random_state=seed)


MODEL = Model(label="Perceptron", make=_make)
