"""Reports without lines in their charts, or without charts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def undrawn() -> Iterator[None]:
    """Charts of reports have their words alone meanwhile: to draw them takes the most time."""

    def words(figure: object, title: str, text: str) -> str:
        return f"<svg><title>{title}</title></svg>"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("affuse.report.chart._svg", words)
        yield


@contextmanager
def without_charts() -> Iterator[None]:
    """Reports of a run of emotions have neither charts nor example clips meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        for part in ("paired_charts", "emotion_sections", "examples"):
            patch.setattr(f"affuse.report.document.{part}", lambda run: ())
        yield
