"""Fusions by name. Adding one: a file in this folder and a line here."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError, MissingDependency

FUSIONS: dict[str, str] = {
    "early": "affuse.fusion.early:early",
    "late concatenate": "affuse.fusion.late:concatenate",
    "late add": "affuse.fusion.late:add",
    "late multiply": "affuse.fusion.late:multiply",
    "late weighted": "affuse.fusion.late:weighted",
}
"""Name -> ``module:attribute`` of a function (model, settings, seed) -> unfitted estimator."""


def make_fusion(name: str, model: ModelConfig, settings: FusionConfig, seed: int) -> Any:
    """Unfitted estimator over a FeatureTable of several modalities.

    Parameters
    ----------
    name : str
        One of `FUSIONS`.
    model : ModelConfig
        Of the features side by side (early), or of each modality's network (late).
    settings : FusionConfig
    seed : int

    Returns
    -------
    estimator
        ``fit(table)``, ``predict_proba(table)`` over ``classes_``.

    Raises
    ------
    ConfigError
        Unknown fusion or model; late fusion of a model without an embedding.
    MissingDependency
        scikit-learn or torch is not installed.

    Examples
    --------
    >>> make_fusion("late add", ModelConfig(name="cnn1d"), FusionConfig(), seed=0).mlp.combination
    'add'
    """
    if name not in FUSIONS:
        raise ConfigError(f"fusion {name!r} was given; expected one of {', '.join(FUSIONS)}")
    return _resolve(FUSIONS[name])(model, settings, seed)


def make_unimodal(modality: str, model: ModelConfig, seed: int) -> Any:
    """Unfitted estimator over one modality of a FeatureTable.

    Raises
    ------
    ConfigError
        Unknown model or parameter.
    MissingDependency
        scikit-learn or torch is not installed.

    Examples
    --------
    >>> make_unimodal("audio", ModelConfig(name="lda"), seed=0).modality
    'audio'
    """
    from affuse.models.registry import make_model

    estimator = make_model(model, seed)
    return _resolve("affuse.fusion.unimodal:Unimodal")(estimator, modality)


def _resolve(target: str) -> Any:
    module, _, attribute = target.partition(":")
    try:
        import sklearn  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingDependency("scikit-learn", "train") from error
    return getattr(import_module(module), attribute)
