"""Configuration: every setting with its default, and how a recipe becomes one."""

from __future__ import annotations

from affuse.config.features import (
    FeatureLayerConfig,
    FeaturesConfig,
    MediaConfig,
    MfccConfig,
    VggFaceConfig,
    VoiceNetworkConfig,
    VoiceStatisticsConfig,
)
from affuse.config.fields import ProtocolName
from affuse.config.reading import load_config, recipe_names
from affuse.config.records import (
    BundleConfig,
    Config,
    DataConfig,
    EvaluationConfig,
    FoldsConfig,
    FusionConfig,
    ModelConfig,
    RobustnessConfig,
    TrainingConfig,
)

__all__ = [
    "BundleConfig",
    "Config",
    "DataConfig",
    "EvaluationConfig",
    "FeatureLayerConfig",
    "FeaturesConfig",
    "FoldsConfig",
    "FusionConfig",
    "MediaConfig",
    "MfccConfig",
    "ModelConfig",
    "ProtocolName",
    "RobustnessConfig",
    "TrainingConfig",
    "VggFaceConfig",
    "VoiceNetworkConfig",
    "VoiceStatisticsConfig",
    "load_config",
    "recipe_names",
]
