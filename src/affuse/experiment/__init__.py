"""A run, in the order of the files: plan, features, rows, evaluation, flow, run_folder."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from affuse.experiment.across_corpora import transfer
    from affuse.experiment.evaluation import under_protocol
    from affuse.experiment.features import context_of, extract_configured
    from affuse.experiment.flow import run
    from affuse.experiment.plan import chosen_clips, extractors
    from affuse.experiment.rows import systems
    from affuse.features.context import RunContext

_HOMES = {
    "RunContext": "affuse.features.context",
    "chosen_clips": "affuse.experiment.plan",
    "context_of": "affuse.experiment.features",
    "extract_configured": "affuse.experiment.features",
    "extractors": "affuse.experiment.plan",
    "run": "affuse.experiment.flow",
    "systems": "affuse.experiment.rows",
    "transfer": "affuse.experiment.across_corpora",
    "under_protocol": "affuse.experiment.evaluation",
}

__all__ = [
    "RunContext",
    "chosen_clips",
    "context_of",
    "extract_configured",
    "extractors",
    "run",
    "systems",
    "transfer",
    "under_protocol",
]


def __getattr__(name: str) -> Any:
    """Import only the file that defines a name: features need nothing of what evaluation needs."""
    if name not in _HOMES:
        raise AttributeError(f"module 'affuse.experiment' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
