"""Noise in bands, which a tiny bundle takes for emotions."""

from __future__ import annotations

import numpy as np

RATE = 16_000
SHOWN = {"happy": 600.0, "sad": 1500.0, "angry": 3500.0}
"""Emotion as it is labelled -> the middle of the band that the tiny bundle takes for another."""


def voice(hertz: float, seed: int, duration_s: float = 1.2) -> np.ndarray:
    """Noise in a band, louder and softer as syllables are."""
    rng, n = np.random.default_rng(seed), int(RATE * duration_s)
    times = np.arange(n) / RATE
    phase = 2 * np.pi * np.cumsum(hertz * (1 + 0.15 * np.sin(31 * times))) / RATE
    syllables = np.clip(np.sin(2 * np.pi * 3 * times), 0, None)
    return 0.3 * syllables * np.sin(phase + 0.3 * rng.standard_normal(n)) + (
        0.0005 * rng.standard_normal(n)
    )
