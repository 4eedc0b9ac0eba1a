"""Models by name. Adding one: a file in this folder and a line in each table here."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import Any

from affuse.config import ModelConfig
from affuse.errors import ConfigError, MissingDependency

MODELS: dict[str, str] = {
    "gaussian_nb": "affuse.models.classic:gaussian_nb",
    "lda": "affuse.models.classic:lda",
    "svm_linear": "affuse.models.classic:svm_linear",
    "svm_rbf": "affuse.models.classic:svm_rbf",
    "logistic": "affuse.models.classic:logistic",
    "cnn1d": "affuse.models.cnn1d:cnn1d",
}
"""Name -> ``module:attribute`` of a function from a seed to an unfitted classifier."""

LABELS: dict[str, str] = {
    "gaussian_nb": "GaussianNB",
    "lda": "LDA",
    "svm_linear": "SVM linear",
    "svm_rbf": "SVM RBF",
    "logistic": "Logistic",
    "cnn1d": "1D CNN",
}
"""Name -> how results show it."""

NETWORKS = frozenset({"cnn1d"})
"""Models that learn probabilities themselves; the others' scores are temperature-scaled."""

SCALE_FREE = frozenset({"gaussian_nb", "lda"})
"""Models to which the scale of a column means nothing."""

CHOICE_FOLDS = 5
"""Inner folds where hyperparameters are chosen: a temperature alone needs fewer clips."""

_SCALERS = {"standard": "StandardScaler", "minmax": "MinMaxScaler"}


def make_model(config: ModelConfig, seed: int) -> Any:
    """Unfitted classifier over (n_clips, n_features): scaler, model, probabilities.

    Parameters
    ----------
    config : ModelConfig
    seed : int
        Of whatever in the model is random.

    Returns
    -------
    scikit-learn classifier
        With ``predict_proba``; the scaler is one of its steps, so it is fitted on the rows that
        `fit` sees and on no others.

    Raises
    ------
    ConfigError
        Unknown model or parameter; a grid that is empty, or given to a network.
    MissingDependency
        scikit-learn or torch is not installed.

    Examples
    --------
    >>> model = make_model(ModelConfig(name="svm_rbf", params={"C": 10}), seed=0)
    >>> model.fit([[0.0], [1.0], [8.0], [9.0]], [0, 0, 1, 1]).predict([[7.0]])
    array([1])
    """
    _check_name(config.name)
    try:
        import sklearn.preprocessing
        from sklearn.pipeline import Pipeline

        from affuse.models.calibrated import TemperatureScaled
    except ModuleNotFoundError as error:
        raise MissingDependency("scikit-learn", "train") from error
    module, _, attribute = MODELS[config.name].partition(":")
    model = getattr(import_module(module), attribute)(seed)
    _check_params(config, model.get_params(deep=False))
    model.set_params(**config.params)
    scaler = "passthrough"
    if config.scaler != "none":
        scaler = getattr(sklearn.preprocessing, _SCALERS[config.scaler])()
    pipeline = Pipeline([("scaler", scaler), ("model", model)])
    if config.name in NETWORKS:
        return pipeline
    if not config.grid:
        return TemperatureScaled(pipeline)
    grid = {f"model__{name}": values for name, values in config.grid.items()}
    return TemperatureScaled(pipeline, CHOICE_FOLDS, grid)


def model_label(config: ModelConfig) -> str:
    """How results show a model: its name, and what in it is not the default.

    Raises
    ------
    ConfigError
        Unknown model.

    Examples
    --------
    >>> model_label(ModelConfig(name="svm_rbf", scaler="minmax", params={"C": 10.0}))
    'SVM RBF C=10, minmax'
    """
    _check_name(config.name)
    params = [f"{name}={_plain(value)}" for name, value in sorted(config.params.items())]
    params += [f"nested {name}" for name in sorted(config.grid)]
    scaler = {"standard": "", "minmax": ", minmax", "none": ", unscaled"}[config.scaler]
    return " ".join([LABELS[config.name], *params]) + scaler


def _plain(value: float | int | str | bool) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _check_name(name: str) -> None:
    if name not in MODELS:
        raise ConfigError(
            f"model {name!r} was given; expected one of {', '.join(MODELS)}{_near(name, MODELS)}"
        )


def _check_params(config: ModelConfig, legal: dict[str, Any]) -> None:
    if config.grid and config.name in NETWORKS:
        raise ConfigError(
            f"a grid of {', '.join(config.grid)} was given to model {config.name!r}, a network; "
            "expected one value each: move them to params"
        )
    for name, values in config.grid.items():
        if not values:
            raise ConfigError(
                f"grid {name!r} of model {config.name!r} is empty; expected at least one value"
            )
    for name in (*config.params, *config.grid):
        if name not in legal:
            raise ConfigError(
                f"parameter {name!r} was given to model {config.name!r}; expected one of "
                f"{', '.join(sorted(legal))}{_near(name, legal)}"
            )


def _near(word: str, legal: dict[str, Any]) -> str:
    near = difflib.get_close_matches(word, legal, n=1, cutoff=0.5)
    return f" (did you mean {near[0]!r}?)" if near else ""
