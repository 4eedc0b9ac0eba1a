"""Settings that have been renamed, and their present names."""

from __future__ import annotations

from types import MappingProxyType

RENAMED = MappingProxyType(
    {
        "data.reader": 'it is data.corpus now: write data.corpus = "auto", or the name of a corpus',
        "data.channels": "it is data.where.channel now, as any attribute of a corpus: write "
        'data.where.channel = ["speech"]',
        "data.intensities": "it is data.where.intensity now, as any attribute of a corpus: write "
        'data.where.intensity = ["normal"]',
    }
)
"""Former name of a setting -> a sentence that says how to write it now."""
