"""Hybrid fusion: a system of all modalities joins the combination of single ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from affuse.config import FusionConfig, ModelConfig
from affuse.fusion.family import Family, rule_tasks
from affuse.fusion.registry import fusion_models, make_fusion
from affuse.models.registry import make_model
from affuse.registries import RULES

if TYPE_CHECKING:
    from affuse.fusion.decision import DecisionFusion


def _make(rule: str, model: ModelConfig, settings: FusionConfig, seed: int) -> DecisionFusion:
    from affuse.fusion.decision import DecisionFusion

    joint_model = next(iter(fusion_models(settings.hybrid_with, [model])), model)
    joint = make_fusion(settings.hybrid_with, joint_model, settings, seed)
    return DecisionFusion(make_model(model, seed), rule, joint)


FUSION = Family(
    _make, details=RULES.names, level="decision", decides_without=True, tasks=rule_tasks
)
