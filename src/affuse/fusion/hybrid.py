"""Hybrid fusion: a system of all modalities joins the combination of single ones."""

from __future__ import annotations

from affuse.config import DecisionRule, FusionConfig, ModelConfig
from affuse.fusion.decision import DecisionFusion
from affuse.fusion.registry import make_fusion
from affuse.models.registry import make_model


def hybrid(
    rule: DecisionRule, model: ModelConfig, settings: FusionConfig, seed: int
) -> DecisionFusion:
    """Decision fusion with an early or late system among its members, unfitted."""
    joint_model = model
    if settings.hybrid_with.startswith("late") and model.name != "cnn1d":
        joint_model = ModelConfig(name="cnn1d")
    joint = make_fusion(settings.hybrid_with, joint_model, settings, seed)
    return DecisionFusion(make_model(model, seed), rule, joint)
