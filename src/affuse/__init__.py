"""affuse recognises emotion from face and voice together.

Everything public is here; each name is imported when it is first used, so that
``import affuse`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from affuse import plot
    from affuse.adaptation.adapting import Adaptation, adapt
    from affuse.config import Config, load_config
    from affuse.corpora.index import Index
    from affuse.corpora.merging import merge
    from affuse.corpora.readers.ravdess import read_ravdess
    from affuse.corpora.registry import read
    from affuse.corpora.table import read_table
    from affuse.errors import AffuseError
    from affuse.evaluation.reliability import reliability_curve
    from affuse.evaluation.systems import fold_seed
    from affuse.experiment import run, transfer
    from affuse.extractors.cepstra.steps import MfccSteps, mfcc_steps
    from affuse.extractors.mfcc import mfcc
    from affuse.extractors.vgg.activations import vgg16_activations
    from affuse.features.table import FeatureTable
    from affuse.fusion.combine import combine
    from affuse.fusion.decision import DecisionFusion
    from affuse.fusion.early import EarlyFusion
    from affuse.fusion.late import LateFusion
    from affuse.fusion.networks.estimator import NetworkFusion
    from affuse.fusion.unimodal import Unimodal
    from affuse.media.audio import Sound, read_audio
    from affuse.media.video import read_frames
    from affuse.models.cnn1d import CNN1D
    from affuse.models.feature_layer import FeatureLayer
    from affuse.models.mlp import EmbeddingMLP
    from affuse.predict.recogniser import Recogniser, load
    from affuse.records import Clip, Prediction
    from affuse.result import Result
    from affuse.splits.fold import Fold, check_folds
    from affuse.splits.folds import leave_one_speaker_out, speaker_folds
    from affuse.splits.published import PUBLISHED_FOLDS, published_folds
    from affuse.splits.random_folds import random_folds, random_split
    from affuse.steps import extract, extractor, model
    from affuse.synthetic.corpus import synthesise
    from affuse.table_pipeline import TablePipeline
    from affuse.tasks.intervals import speaker_interval
    from affuse.tasks.metrics import accuracy, confusion, ece, macro_f1, uar

__version__ = "1.0.0rc1"

_HOMES = {
    "accuracy": "affuse.tasks.metrics",
    "adapt": "affuse.adaptation.adapting",
    "Adaptation": "affuse.adaptation.adapting",
    "AffuseError": "affuse.errors",
    "check_folds": "affuse.splits.fold",
    "Clip": "affuse.records",
    "CNN1D": "affuse.models.cnn1d",
    "combine": "affuse.fusion.combine",
    "Config": "affuse.config",
    "confusion": "affuse.tasks.metrics",
    "DecisionFusion": "affuse.fusion.decision",
    "EarlyFusion": "affuse.fusion.early",
    "ece": "affuse.tasks.metrics",
    "EmbeddingMLP": "affuse.models.mlp",
    "extract": "affuse.steps",
    "extractor": "affuse.steps",
    "FeatureLayer": "affuse.models.feature_layer",
    "FeatureTable": "affuse.features.table",
    "Fold": "affuse.splits.fold",
    "fold_seed": "affuse.evaluation.systems",
    "Index": "affuse.corpora.index",
    "LateFusion": "affuse.fusion.late",
    "leave_one_speaker_out": "affuse.splits.folds",
    "load": "affuse.predict.recogniser",
    "load_config": "affuse.config",
    "macro_f1": "affuse.tasks.metrics",
    "merge": "affuse.corpora.merging",
    "mfcc": "affuse.extractors.mfcc",
    "mfcc_steps": "affuse.extractors.cepstra.steps",
    "MfccSteps": "affuse.extractors.cepstra.steps",
    "model": "affuse.steps",
    "NetworkFusion": "affuse.fusion.networks.estimator",
    "Prediction": "affuse.records",
    "PUBLISHED_FOLDS": "affuse.splits.published",
    "published_folds": "affuse.splits.published",
    "random_folds": "affuse.splits.random_folds",
    "random_split": "affuse.splits.random_folds",
    "read": "affuse.corpora.registry",
    "read_audio": "affuse.media.audio",
    "read_frames": "affuse.media.video",
    "read_ravdess": "affuse.corpora.readers.ravdess",
    "read_table": "affuse.corpora.table",
    "Recogniser": "affuse.predict.recogniser",
    "reliability_curve": "affuse.evaluation.reliability",
    "Result": "affuse.result",
    "run": "affuse.experiment",
    "Sound": "affuse.media.audio",
    "speaker_folds": "affuse.splits.folds",
    "speaker_interval": "affuse.tasks.intervals",
    "synthesise": "affuse.synthetic.corpus",
    "TablePipeline": "affuse.table_pipeline",
    "transfer": "affuse.experiment",
    "uar": "affuse.tasks.metrics",
    "Unimodal": "affuse.fusion.unimodal",
    "vgg16_activations": "affuse.extractors.vgg.activations",
}

__all__ = [
    "CNN1D",
    "PUBLISHED_FOLDS",
    "Adaptation",
    "AffuseError",
    "Clip",
    "Config",
    "DecisionFusion",
    "EarlyFusion",
    "EmbeddingMLP",
    "FeatureLayer",
    "FeatureTable",
    "Fold",
    "Index",
    "LateFusion",
    "MfccSteps",
    "NetworkFusion",
    "Prediction",
    "Recogniser",
    "Result",
    "Sound",
    "TablePipeline",
    "Unimodal",
    "__version__",
    "accuracy",
    "adapt",
    "check_folds",
    "combine",
    "confusion",
    "ece",
    "extract",
    "extractor",
    "fold_seed",
    "leave_one_speaker_out",
    "load",
    "load_config",
    "macro_f1",
    "merge",
    "mfcc",
    "mfcc_steps",
    "model",
    "plot",
    "published_folds",
    "random_folds",
    "random_split",
    "read",
    "read_audio",
    "read_frames",
    "read_ravdess",
    "read_table",
    "reliability_curve",
    "run",
    "speaker_folds",
    "speaker_interval",
    "synthesise",
    "transfer",
    "uar",
    "vgg16_activations",
]


def __getattr__(name: str) -> Any:
    if name == "plot":
        return importlib.import_module("affuse.plot")
    if name not in _HOMES:
        raise AttributeError(f"module 'affuse' has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if error.name != "sklearn":
            raise
        from affuse.errors import MissingDependency

        raise MissingDependency("scikit-learn", "train") from error


def __dir__() -> list[str]:
    return sorted(__all__)
