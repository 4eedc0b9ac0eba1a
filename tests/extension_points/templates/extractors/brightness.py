"""An extractor. Copy to src/affuse/extractors/NAME.py; use it by its file's name:

    affuse run DATA --features video=NAME --set features.settings.NAME.fps=2

It makes an array of fixed shape of each clip and never sees a label. `axes` name its axes: what
has time keeps it, for fusions and networks that follow it; other models get one long row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from affuse.features.decoding import VideoDecoding
from affuse.features.source import ExtractorDefaults
from affuse.features.sources import own_settings

if TYPE_CHECKING:
    from affuse.config import Config

NAME = "brightness"


class Settings(BaseModel, extra="forbid"):
    """Its own settings, each with a default."""

    fps: float = Field(5.0, gt=0)


@dataclass(frozen=True, slots=True)
class Brightness(ExtractorDefaults):
    """Mean grey level of each picture, and how much it varies within it."""

    decoding: VideoDecoding
    name: str = NAME
    modality: str = "video"
    version: int = 1  # Raised whenever the same settings give other numbers than before.
    label: str = "Brightness"
    axes: tuple[str, ...] = ("time", "feature")

    @property
    def shape(self) -> tuple[int, ...]:
        """Of every clip's array."""
        return round(self.decoding.duration_s * self.decoding.fps), 2

    def settings(self) -> Mapping[str, object]:
        """All that steers the numbers beside `decoding`; part of the key of the cache."""
        return {}

    def extract(self, decoded: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Frames (height, width, 3), one by one -> array of `shape`; a short clip ends in zeros."""
        array = np.zeros(self.shape, np.float32)
        for row, frame in zip(array, decoded, strict=False):
            row[:] = frame.mean(), frame.std()
        return array / 255


def make(config: Config) -> Brightness:
    """What the registry calls: the extractor as the configuration has it."""
    own = own_settings(config, NAME, Settings)
    media = config.media
    return Brightness(VideoDecoding(media.height, own.fps, 1, media.duration_s))
