"""Everything that is known of recordings, as JSON."""

from __future__ import annotations

from affuse.export.document import to_json
from affuse.export.format import Format

FORMAT = Format("JSON", to_json, "many", ".json", "application/json", numbers=True, explains=True)
