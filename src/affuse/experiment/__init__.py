"""A run, in the order of the files: plan, features, rows, evaluation, flow, run_folder."""

from __future__ import annotations

from affuse.experiment.across_corpora import transfer
from affuse.experiment.evaluation import under_protocol
from affuse.experiment.features import context_of, extract
from affuse.experiment.flow import run
from affuse.experiment.plan import chosen_clips, extractors
from affuse.experiment.rows import systems
from affuse.features.context import RunContext

__all__ = [
    "RunContext",
    "chosen_clips",
    "context_of",
    "extract",
    "extractors",
    "run",
    "systems",
    "transfer",
    "under_protocol",
]
