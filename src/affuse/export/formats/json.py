"""Predictions as one JSON document, with everything that is known."""

from __future__ import annotations

from affuse.export.document import to_json
from affuse.export.format import Format

FORMAT = Format(
    "JSON",
    to_json,
    "many",
    ".json",
    "application/json",
    numbers=True,
    explains=True,
    annotators=True,
)
