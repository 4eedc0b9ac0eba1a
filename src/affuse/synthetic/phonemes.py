"""The two sentences of RAVDESS as phonemes, and what the mouth and the ear get from each.

Vowel formants are those of Peterson & Barney 1952 for men; durations follow Klatt 1976.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phoneme:
    """One speech sound.

    Attributes
    ----------
    formants : tuple of float
        First three formants at its middle, in Hz, of a man's voice.
    glide : tuple of float or None
        Formants at its end, for a diphthong.
    voicing, noise : float
        Amplitude of the voice and of the noise, 0 to 1.
    noise_band : (low, high)
        Where the noise sounds, in Hz.
    opening : float
        How far the mouth opens, 0 to 1.
    burst : bool
        Noise comes as a burst at its end (plosives), not all through.
    """

    formants: tuple[float, float, float]
    glide: tuple[float, float, float] | None = None
    voicing: float = 1.0
    noise: float = 0.0
    noise_band: tuple[float, float] = (3500.0, 7500.0)
    opening: float = 0.5
    burst: bool = False


PHONEMES: Mapping[str, Phoneme] = {
    "k": Phoneme((300, 1990, 2850), None, 0.0, 0.5, (1500, 4000), 0.25, True),
    "t": Phoneme((400, 1600, 2600), None, 0.0, 0.5, (3000, 7500), 0.15, True),
    "d": Phoneme((200, 1600, 2600), None, 0.22, 0.25, (2500, 6500), 0.15, True),
    "g": Phoneme((200, 1990, 2850), None, 0.22, 0.25, (1500, 3500), 0.25, True),
    "b": Phoneme((200, 1100, 2150), None, 0.22, 0.15, (400, 2500), 0.0, True),
    "s": Phoneme((320, 1390, 2530), None, 0.0, 0.42, (4200, 7800), 0.15),
    "z": Phoneme((240, 1390, 2530), None, 0.35, 0.25, (4200, 7800), 0.15),
    "dh": Phoneme((270, 1290, 2540), None, 0.4, 0.07, (3000, 7500), 0.2),
    "ng": Phoneme((280, 2000, 2750), None, 0.45, 0.0, (0, 0), 0.2),
    "r": Phoneme((420, 1300, 1600), None, 0.7, 0.0, (0, 0), 0.35),
    "ih": Phoneme((400, 1990, 2550), None, 0.95, 0.0, (0, 0), 0.45),
    "ax": Phoneme((500, 1400, 2300), None, 0.75, 0.0, (0, 0), 0.4),
    "aa": Phoneme((700, 1220, 2550), None, 1.0, 0.0, (0, 0), 0.9),
    "ao": Phoneme((600, 930, 2570), None, 1.0, 0.0, (0, 0), 0.8),
    "ay": Phoneme((720, 1250, 2540), (400, 1900, 2550), 1.0, 0.0, (0, 0), 0.85),
    "pau": Phoneme((500, 1500, 2500), None, 0.0, 0.0, (0, 0), 0.05),
}
"""Speech sounds by name."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound of a sentence: its phoneme, usual duration in s, stress 0 to 1, syllable number."""

    phoneme: str
    duration_s: float
    stress: float
    syllable: int


_BY_THE_DOOR = (
    ("b", 0.07, 0.0, 4),
    ("ay", 0.16, 0.3, 4),
    ("dh", 0.05, 0.0, 5),
    ("ax", 0.06, 0.0, 5),
    ("d", 0.07, 0.0, 6),
    ("ao", 0.24, 0.8, 6),
    ("r", 0.14, 0.3, 6),
)
_KIDS = (
    ("k", 0.10, 0.0, 0),
    ("ih", 0.13, 1.0, 0),
    ("d", 0.05, 0.0, 0),
    ("z", 0.08, 0.0, 0),
    ("aa", 0.09, 0.1, 1),
    ("r", 0.06, 0.0, 1),
    ("t", 0.10, 0.0, 2),
    ("ao", 0.19, 0.9, 2),
    ("k", 0.08, 0.0, 3),
    ("ih", 0.08, 0.1, 3),
    ("ng", 0.09, 0.0, 3),
)
_DOGS = (
    ("d", 0.07, 0.0, 0),
    ("ao", 0.17, 1.0, 0),
    ("g", 0.06, 0.0, 0),
    ("z", 0.08, 0.0, 0),
    ("aa", 0.09, 0.1, 1),
    ("r", 0.06, 0.0, 1),
    ("s", 0.11, 0.0, 2),
    ("ih", 0.11, 0.9, 2),
    ("t", 0.07, 0.0, 3),
    ("ih", 0.08, 0.1, 3),
    ("ng", 0.09, 0.0, 3),
)

SENTENCES: Mapping[str, tuple[Sound, ...]] = {
    "kids": tuple(Sound(*sound) for sound in _KIDS + _BY_THE_DOOR),
    "dogs": tuple(Sound(*sound) for sound in _DOGS + _BY_THE_DOOR),
}
"""``Kids are talking by the door`` and ``Dogs are sitting by the door``."""

WORD_ENDS = (0, 1, 3, 4, 5)
"""Syllables after which a word ends."""
