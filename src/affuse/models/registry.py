"""Settings of a model -> an unfitted estimator and its label."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from affuse.config import ModelConfig, TrainingConfig
from affuse.errors import ConfigError, MissingDependency
from affuse.models.model import Model
from affuse.registries import MODELS

CHOICE_FOLDS = 5
"""Inner folds where hyperparameters are chosen: a temperature alone needs fewer clips."""

_SCALERS = {"standard": "StandardScaler", "minmax": "MinMaxScaler"}


def make_model(config: ModelConfig, seed: int) -> Any:
    """Unfitted model over (n_clips, n_features): scaler, model, probabilities or numbers.

    Parameters
    ----------
    config : ModelConfig
    seed : int
        Of whatever in the model is random.

    Returns
    -------
    scikit-learn classifier or regressor
        With ``predict_proba``, or ``predict`` for numbers (n_clips, n_targets). The scaler is one
        of its steps, so it is fitted on the rows that `fit` sees and on no others.

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
    chosen: Model = MODELS.get(config.name)
    try:
        import sklearn.preprocessing
        from sklearn.pipeline import Pipeline

        from affuse.models.calibrated import TemperatureScaled
        from affuse.models.regression import StandardisedTargets
    except ModuleNotFoundError as error:
        raise MissingDependency("scikit-learn", "train") from error
    model = chosen.make(seed)
    _check_params(config, chosen, model.get_params(deep=False))
    model.set_params(**config.params)
    scaler = "passthrough"
    if config.scaler != "none":
        scaler = getattr(sklearn.preprocessing, _SCALERS[config.scaler])()
    pipeline = Pipeline([("scaler", scaler), ("model", model)])
    if chosen.network:
        return pipeline
    grid = {f"model__{name}": values for name, values in config.grid.items()}
    if "classification" not in chosen.tasks:
        return StandardisedTargets(pipeline, CHOICE_FOLDS, grid)
    return TemperatureScaled(pipeline, CHOICE_FOLDS, grid) if grid else TemperatureScaled(pipeline)


def check_models(models: Sequence[ModelConfig], task: str) -> None:
    """Refuse models that cannot be trained for a task.

    Parameters
    ----------
    models : sequence of ModelConfig
    task : {"classification", "dimensional"}

    Raises
    ------
    ConfigError
        Names the model and those that fit.

    Examples
    --------
    >>> check_models([ModelConfig(name="ridge")], "dimensional")
    """
    for model in models:
        if task not in MODELS.get(model.name).tasks:
            entries = MODELS.load_all().entries
            fitting = ", ".join(name for name, entry in entries.items() if task in entry.tasks)
            raise ConfigError(
                f"model {model.name!r} was given for task = {task}, for which it cannot be "
                f"trained; expected one of {fitting}"
            )


def check_balance(models: Sequence[ModelConfig], training: TrainingConfig, task: str) -> None:
    """Refuse models that cannot give clips weights, where corpora are to count alike.

    Parameters
    ----------
    models : sequence of ModelConfig
    training : TrainingConfig
    task : {"classification", "dimensional"}

    Raises
    ------
    ConfigError
        Names the model and those that fit; numbers are to be learned.

    Examples
    --------
    >>> balance = TrainingConfig(balance="corpus")
    >>> check_balance([ModelConfig(name="logistic")], balance, "classification")
    """
    if training.balance == "none":
        return
    if task != "classification":
        raise ConfigError(
            f'training.balance = "{training.balance}" was given with task = {task}, and it is '
            'emotions that are balanced; expected training.balance = "none"'
        )
    from affuse.models.loss_terms import takes_weights

    for model in models:
        if not takes_weights(MODELS.get(model.name).make(0)):
            entries = MODELS.load_all().entries
            fitting = ", ".join(n for n, each in entries.items() if takes_weights(each.make(0)))
            raise ConfigError(
                f'training.balance = "{training.balance}" was given with model {model.name!r}, in '
                f"which no clip counts more than another; expected one of {fitting}"
            )


def check_votes(models: Sequence[ModelConfig]) -> None:
    """Refuse models that learn labels only, where vote shares are to be learned.

    Parameters
    ----------
    models : sequence of ModelConfig

    Raises
    ------
    ConfigError
        Names the model and those that fit.

    Examples
    --------
    >>> check_votes([ModelConfig(name="logistic")])
    """
    from affuse.models.loss_terms import takes_votes

    for model in models:
        if not takes_votes(MODELS.get(model.name).make(0)):
            entries = MODELS.load_all().entries
            fitting = ", ".join(n for n, each in entries.items() if takes_votes(each.make(0)))
            raise ConfigError(
                f"target = votes was given with model {model.name!r}, which learns one emotion of "
                f"each clip; expected one of {fitting}: choose such as "
                "--set 'models=[{name = \"logistic\"}]'"
            )


def model_label(config: ModelConfig) -> str:
    """How results name a model: its name, and its settings that are not the defaults.

    Parameters
    ----------
    config : ModelConfig

    Returns
    -------
    str

    Raises
    ------
    ConfigError
        Unknown model.

    Examples
    --------
    >>> model_label(ModelConfig(name="svm_rbf", scaler="minmax", params={"C": 10.0}))
    'SVM RBF C=10, minmax'
    """
    params = [f"{name}={_plain(value)}" for name, value in sorted(config.params.items())]
    params += [f"nested {name}" for name in sorted(config.grid)]
    scaler = {"standard": "", "minmax": ", minmax", "none": ", unscaled"}[config.scaler]
    return " ".join([MODELS.get(config.name).label, *params]) + scaler


def _plain(value: float | int | str | bool) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _check_params(config: ModelConfig, chosen: Model, legal: dict[str, Any]) -> None:
    if config.grid and chosen.network:
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
