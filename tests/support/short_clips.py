"""Short clips for whoever works."""

from __future__ import annotations

from pathlib import Path

from media_files import Media, write_media


def short_clips(folder: Path, n_clips: int, seconds: float = 0.4) -> Path:
    """A table of clips, tones of two emotions and three speakers."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["path,emotion,speaker"]
    for number in range(n_clips):
        media = Media(duration_s=seconds, width=112, height=64, tone_hz=200.0 + 5 * number)
        path = write_media(folder / f"clip{number:03}.mp4", media)
        rows.append(f"{path},{('calm', 'angry')[number % 2]},{number % 3}")
    table = folder / "clips.csv"
    table.write_text("\n".join(rows) + "\n", "utf-8")
    return table
