"""A model that can be chosen by name; each file of `affuse.models.estimators` has one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from affuse.models.search.space import Space


@dataclass(frozen=True, slots=True)
class Model:
    """A model, and what the rest of affuse needs to know of it.

    Attributes
    ----------
    label : str
        How results show it.
    make : callable
        Seed of whatever in it is random -> unfitted scikit-learn estimator. Imports what it needs
        itself, so that listing models loads none of them.
    network : bool
        It learns probabilities itself and gives an embedding; the scores of other models are
        temperature-scaled in inner folds.
    scale_free : bool
        The scale of a column means nothing to it.
    tasks : tuple of str
        What it can be trained for.
    space : mapping of str to Range or Choices
        Parameters of a network that a search may choose, beside its ``epochs``; empty: none.

    Examples
    --------
    >>> from affuse.registries import MODELS
    >>> MODELS.get("lda").label, MODELS.get("cnn1d").network
    ('LDA', True)
    """

    label: str
    make: Callable[[int], Any]
    network: bool = False
    scale_free: bool = False
    tasks: tuple[str, ...] = ("classification",)
    space: Space = field(default_factory=dict)
