"""Decision fusion: one model per modality, whose outputs are combined by a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from affuse.config import FusionConfig, ModelConfig
from affuse.fusion.family import Family, rule_tasks
from affuse.models.registry import make_model
from affuse.registries import RULES

if TYPE_CHECKING:
    from affuse.fusion.decision import DecisionFusion


def _make(rule: str, model: ModelConfig, settings: FusionConfig, seed: int) -> DecisionFusion:
    from affuse.fusion.decision import DecisionFusion

    return DecisionFusion(make_model(model, seed), rule)


FUSION = Family(
    _make, details=RULES.names, level="decision", decides_without=True, tasks=rule_tasks
)
