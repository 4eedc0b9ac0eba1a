"""What `affuse download yunet` does."""

from __future__ import annotations

from rich.console import Console

from affuse.cli.progress import progress_bars
from affuse.cli.saying import say
from affuse.extractors.networks.yunet_download import yunet_file


def download_yunet_and_print() -> None:
    """Fetch the detector, say where it is and what it changes."""
    with progress_bars(Console(stderr=True)) as progress:
        path = yunet_file(progress=progress)
    say(f"{path}\nFaces are looked for with YuNet from now on; remove the file to undo it.")
