"""A family of fusions as a record: what every file of `affuse.fusion.families` defines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from affuse.config import ModelConfig
from affuse.fusion.rule import rule_named
from affuse.models.search.space import Space

Level = Literal["feature", "embedding", "decision"]
LEVELS: tuple[Level, ...] = ("feature", "embedding", "decision")

Models = Callable[[str, Sequence[ModelConfig]], Sequence[ModelConfig | None]]
"""Detail of a fusion, models of a run -> those that it is made with, a row of the results each."""


def all_models(detail: str, models: Sequence[ModelConfig]) -> Sequence[ModelConfig | None]:
    """Every model of the run.

    Parameters
    ----------
    detail : str
    models : sequence of ModelConfig

    Returns
    -------
    sequence of ModelConfig
    """
    return models


def own_model(detail: str, models: Sequence[ModelConfig]) -> Sequence[ModelConfig | None]:
    """No model of the run: the fusion is itself a model, one row of the results.

    Parameters
    ----------
    detail : str
    models : sequence of ModelConfig

    Returns
    -------
    sequence of None
    """
    return (None,)


def all_tasks(detail: str) -> tuple[str, ...]:
    """Both tasks, emotions and numbers, whatever the detail.

    Parameters
    ----------
    detail : str

    Returns
    -------
    tuple of str
    """
    return ("classification", "dimensional")


def rule_tasks(rule: str) -> tuple[str, ...]:
    """Tasks that a decision rule supports.

    Parameters
    ----------
    rule : str

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> rule_tasks("product"), rule_tasks("mean")
    (('classification',), ('classification', 'dimensional'))
    """
    return all_tasks(rule) if rule_named(rule).numbers else _classes_only(rule)


def _nothing_more() -> tuple[str, ...]:
    return ("",)


def _classes_only(detail: str) -> tuple[str, ...]:
    return ("classification",)


@dataclass(frozen=True, slots=True)
class Family:
    """Fusions of one kind, named by the family, a space and a detail, if there is one.

    Attributes
    ----------
    make : callable
        ``(detail, model, settings, seed)`` -> unfitted estimator over a FeatureTable of several
        modalities: ``fit(table, fit_cache=None)``, ``predict_proba(table)`` over ``classes_``,
        ``can_decide(table)``. `model` is a ModelConfig, or None for `own_model`; `settings` the
        FusionConfig.
    details : callable
        Gives the details that there are, "" for the family's name alone.
    models : callable
        Which of a run's models it is made with: `all_models`, `own_model`, or a function of its
        own.
    level : {"feature", "embedding", "decision"}
        What is fused.
    decides_without : bool
        Whether it decides about clips that lack a modality, whatever it was trained on.
    tasks : callable
        Detail -> tasks that it serves, "classification" and "dimensional".
    space : mapping of str to Range or Choices
        Parameters of its estimator that a search may choose, beside its ``epochs``; empty: none.
    of_rows : bool
        It holds one model of the run, over all features side by side: its space is that model's.
    architecture : callable, optional
        Makes the Architecture of a network that joins modalities.

    Examples
    --------
    >>> Family(make=lambda detail, model, settings, seed: None).details()
    ('',)
    """

    make: Callable[..., Any]
    details: Callable[[], tuple[str, ...]] = _nothing_more
    models: Models = all_models
    level: Level = "feature"
    decides_without: bool = False
    tasks: Callable[[str], tuple[str, ...]] = _classes_only
    space: Space = field(default_factory=dict)
    of_rows: bool = False
    architecture: Callable[..., Any] | None = None
