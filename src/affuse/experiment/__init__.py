"""A run, from its configuration to its folder."""

from __future__ import annotations

from affuse.experiment.flow import (
    chosen_clips,
    extract,
    extractors,
    run,
    systems,
    under_protocol,
)

__all__ = ["chosen_clips", "extract", "extractors", "run", "systems", "under_protocol"]
