"""affuse recognises emotion from face and voice together.

Everything public is here; each name is imported when it is first used, so that
``import affuse`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from affuse.adaptation.adapting import Adaptation, adapt
    from affuse.config import Config, load_config
    from affuse.corpora.index import Index
    from affuse.corpora.merging import merge
    from affuse.corpora.readers.ravdess import read_ravdess
    from affuse.corpora.registry import read
    from affuse.corpora.table import read_table
    from affuse.errors import AffuseError
    from affuse.experiment import run, transfer
    from affuse.extractors.mfcc import mfcc
    from affuse.features.table import FeatureTable
    from affuse.fusion.combine import combine
    from affuse.predict.recogniser import Recogniser, load
    from affuse.records import Clip, Prediction
    from affuse.result import Result
    from affuse.splits.published import PUBLISHED_FOLDS, published_folds

__version__ = "0.1.0"

_HOMES = {
    "Adaptation": "affuse.adaptation.adapting",
    "AffuseError": "affuse.errors",
    "Clip": "affuse.records",
    "Config": "affuse.config",
    "FeatureTable": "affuse.features.table",
    "Index": "affuse.corpora.index",
    "Prediction": "affuse.records",
    "PUBLISHED_FOLDS": "affuse.splits.published",
    "Recogniser": "affuse.predict.recogniser",
    "Result": "affuse.result",
    "adapt": "affuse.adaptation.adapting",
    "combine": "affuse.fusion.combine",
    "load": "affuse.predict.recogniser",
    "load_config": "affuse.config",
    "merge": "affuse.corpora.merging",
    "mfcc": "affuse.extractors.mfcc",
    "published_folds": "affuse.splits.published",
    "read": "affuse.corpora.registry",
    "read_ravdess": "affuse.corpora.readers.ravdess",
    "read_table": "affuse.corpora.table",
    "run": "affuse.experiment",
    "transfer": "affuse.experiment",
}

__all__ = [
    "PUBLISHED_FOLDS",
    "Adaptation",
    "AffuseError",
    "Clip",
    "Config",
    "FeatureTable",
    "Index",
    "Prediction",
    "Recogniser",
    "Result",
    "__version__",
    "adapt",
    "combine",
    "load",
    "load_config",
    "merge",
    "mfcc",
    "published_folds",
    "read",
    "read_ravdess",
    "read_table",
    "run",
    "transfer",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'affuse' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
