"""Early fusion: the features of all modalities side by side, one model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError
from affuse.fusion.family import Family
from affuse.models.registry import make_model
from affuse.registries import MODELS

if TYPE_CHECKING:
    from affuse.fusion.early import Balancing, EarlyFusion

BALANCED = "balanced"


def _make(detail: str, model: ModelConfig, settings: FusionConfig, seed: int) -> EarlyFusion:
    from affuse.fusion.early import EarlyFusion

    if detail != BALANCED:
        return EarlyFusion(make_model(model, seed), settings.modality_dropout)
    if MODELS.get(model.name).network:
        raise ConfigError(
            f"early balanced was given model {model.name!r}, a network, whose weights cannot be "
            "chosen in inner folds; expected a classical model: use early instead"
        )
    balance: Balancing = "components" if MODELS.get(model.name).scale_free else "weights"
    return EarlyFusion(make_model(model, seed), settings.modality_dropout, balance)


def _models(detail: str, models: Sequence[ModelConfig]) -> Sequence[ModelConfig]:
    if detail != BALANCED:
        return models
    return [model for model in models if not MODELS.get(model.name).network]


def _tasks(detail: str) -> tuple[str, ...]:
    return ("classification",) if detail == BALANCED else ("classification", "dimensional")


FUSION = Family(_make, details=lambda: ("", BALANCED), models=_models, tasks=_tasks, of_rows=True)
