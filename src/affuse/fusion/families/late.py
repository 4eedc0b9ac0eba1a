"""Late fusion: each modality's own network, their embeddings combined, an MLP that decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError
from affuse.fusion.family import Family, all_tasks
from affuse.models.combination import COMBINATIONS, Combination
from affuse.models.registry import make_model
from affuse.registries import MODELS

if TYPE_CHECKING:
    from affuse.fusion.late import LateFusion


def _make(
    combination: Combination, model: ModelConfig, settings: FusionConfig, seed: int
) -> LateFusion:
    from affuse.fusion.late import LateFusion, has_embedding
    from affuse.models.mlp import EmbeddingMLP

    network = make_model(model, seed)
    if not has_embedding(network):
        raise ConfigError(
            f"late fusion was given model {model.name!r}, which has no embedding; expected a "
            "network: 'cnn1d'"
        )
    mlp = EmbeddingMLP(combination, epochs=settings.late_epochs, random_state=seed)
    return LateFusion(network, mlp, settings.modality_dropout)


def _first_network(detail: str, models: Sequence[ModelConfig]) -> Sequence[ModelConfig]:
    networks = [model for model in models if MODELS.get(model.name).network]
    return networks[:1] or (ModelConfig(name="cnn1d"),)


FUSION = Family(
    _make, details=lambda: COMBINATIONS, models=_first_network, level="embedding", tasks=all_tasks
)
