"""Fusions by name. Adding one: a file in this folder, a family and its names here."""

from __future__ import annotations

from importlib import import_module
from typing import Any, get_args

from affuse.config import Combination, DecisionRule, FusionConfig, ModelConfig
from affuse.errors import ConfigError, MissingDependency

FAMILIES: dict[str, str] = {
    "early": "affuse.fusion.early:early",
    "late": "affuse.fusion.late:late",
    "decision": "affuse.fusion.decision:decision",
    "hybrid": "affuse.fusion.hybrid:hybrid",
}
"""First word -> ``module:attribute`` of (rest, model, settings, seed) -> unfitted estimator."""

FUSIONS: tuple[str, ...] = (
    "early",
    "early balanced",
    *(f"late {combination}" for combination in get_args(Combination)),
    *(f"decision {rule}" for rule in get_args(DecisionRule)),
    *(f"hybrid {rule}" for rule in get_args(DecisionRule)),
)


def make_fusion(name: str, model: ModelConfig, settings: FusionConfig, seed: int) -> Any:
    """Unfitted estimator over a FeatureTable of several modalities.

    Parameters
    ----------
    name : str
        One of `FUSIONS`.
    model : ModelConfig
        Of the features side by side (early), or of each modality (all others).
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
    >>> make_fusion("decision product", ModelConfig(name="lda"), FusionConfig(), seed=0).rule
    'product'
    """
    if name not in FUSIONS:
        raise ConfigError(f"fusion {name!r} was given; expected one of {', '.join(FUSIONS)}")
    family, _, detail = name.partition(" ")
    return _resolve(FAMILIES[family])(detail, model, settings, seed)


def decides_without(name: str) -> bool:
    """Whether a fusion decides about clips that lack a modality, whatever it was trained on.

    Examples
    --------
    >>> decides_without("decision product"), decides_without("early")
    (True, False)
    """
    return name.partition(" ")[0] in ("decision", "hybrid")


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
