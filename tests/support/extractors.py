"""Extractors for tests of what happens around them; importable by worker processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from affuse.features.decoding import AudioDecoding
from affuse.features.source import ExtractorDefaults
from affuse.media.audio import Sound


@dataclass(frozen=True)
class Loudness(ExtractorDefaults):
    """Mean square of a clip's sound; `fault` says how it goes wrong."""

    fault: Literal["", "killed", "nan", "loud"] = ""
    name = "loudness"
    label = "loudness"
    modality: Literal["audio"] = "audio"
    version = 1
    axes = ("feature",)
    dtype = "float32"
    shape = (1,)
    decoding = AudioDecoding(sample_rate=8000, duration_s=1.0)

    def settings(self) -> Mapping[str, object]:
        return {"fault": self.fault}

    def extract(self, decoded: Sound) -> NDArray[np.float32]:
        if self.fault == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "loud" and np.abs(decoded.signal).max() > 0.5:
            (1 << 70).to_bytes(2)
        power = np.nan if self.fault == "nan" else np.mean(decoded.signal**2)
        return np.array([power], np.float32)
