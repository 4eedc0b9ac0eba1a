"""What package registries show: README.md without links into the repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_PICTURE = re.compile(r"!\[[^\]]*\]\((?!https?://)[^)]*\)\n*")
_LINK = re.compile(r"\[([^\]]*)\]\((?!https?://|#)[^)]*\)")


class RegistryReadme(MetadataHookInterface):
    """Sets the field ``readme`` of the metadata; hatchling calls it at every build."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set it."""
        text = (Path(self.root) / "README.md").read_text("utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": without_files(text)}


def without_files(text: str) -> str:
    """Markdown with the words of its links to files, and without its pictures from files."""
    return _LINK.sub(r"\1", _PICTURE.sub("", text))
