"""Degradations of sound: noise and other voices at a signal-to-noise ratio."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from affuse.errors import MediaError
from affuse.media.audio import Sound, read_audio

_SMOOTHING_S = 0.03
_MARGIN_DB = 15.9
_VOICE_S = 5.0


@dataclass(frozen=True, slots=True)
class WhiteNoise:
    """White Gaussian noise over the band of the sound that it is added to.

    The noise follows from the sound itself, so that a clip gets the same noise wherever it lies and
    whatever it is called, and at another level the same noise, louder or softer.

    Attributes
    ----------
    snr_db : float
        Level of the speech over that of the noise.

    Examples
    --------
    >>> tone = Sound(np.sin(np.arange(8000, dtype=np.float32)), 8000)
    >>> noise = WhiteNoise(snr_db=10.0)(tone).signal - tone.signal
    >>> round(float(10 * np.log10(np.mean(tone.signal**2) / np.mean(noise**2))), 2)
    10.0
    """

    snr_db: float

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the noise.

        Returns
        -------
        mapping of str to object
        """
        return {"degradation": "white noise", "version": 1, "snr_db": self.snr_db}

    def __call__(self, sound: Sound) -> Sound:
        """The sound with noise."""
        noise = _rng(sound).standard_normal(len(sound.signal))
        return with_noise(sound, noise, self.snr_db)


@dataclass(frozen=True, slots=True)
class Voice:
    """A stretch of a file in which one person speaks.

    Attributes
    ----------
    path : Path
    content : str
        Hash of the file: what stands for the path in settings.
    start_s, end_s : float or None
    """

    path: Path
    content: str
    start_s: float | None = None
    end_s: float | None = None


Talker = tuple[Voice, ...]
"""What one person of a babble says, without a pause between."""


@dataclass(frozen=True, slots=True)
class Babble:
    """Several people who talk at once, all equally loud.

    Where in their talk a clip begins follows from the clip's sound, as with `WhiteNoise`.

    Attributes
    ----------
    snr_db : float
        Level of the speech over that of all talkers together.
    talkers : tuple of Talker
        At least one; of other speakers than the clip's.
    """

    snr_db: float
    talkers: tuple[Talker, ...]

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the babble: of the voices their content, not where they lie.

        Returns
        -------
        mapping of str to object
        """
        talkers = [[[v.content, v.start_s, v.end_s] for v in voices] for voices in self.talkers]
        return {"degradation": "babble", "version": 1, "snr_db": self.snr_db, "talkers": talkers}

    def __call__(self, sound: Sound) -> Sound:
        """The sound with babble; MediaError if a voice cannot be read."""
        rng, noise = _rng(sound), np.zeros(len(sound.signal))
        for talker in self.talkers:
            talk = _talk(talker, sound.sample_rate)
            begin = int(rng.integers(len(talk)))
            noise += np.take(talk, np.arange(begin, begin + len(noise)), mode="wrap")
        return with_noise(sound, noise, self.snr_db)


def speech(sound: Sound) -> NDArray[np.bool_]:
    """Samples with speech: (n_samples,), none in silence.

    Those whose power, smoothed over 30 ms, lies at most 15.9 dB below the mean of all such: the
    margin of ITU-T Recommendation P.56 (2011), method B, found by iteration and without its
    hangover, so that pauses between words do not count.

    Parameters
    ----------
    sound : Sound

    Returns
    -------
    (n_samples,) bool

    Examples
    --------
    >>> pause, tone = np.zeros(4000), np.sin(np.arange(8000))
    >>> int(speech(Sound(np.r_[pause, tone, pause].astype(np.float32), 8000)).sum() / 100)
    82
    """
    power = np.square(sound.signal, dtype=np.float64)
    smooth = ndimage.uniform_filter1d(power, max(round(_SMOOTHING_S * sound.sample_rate), 1))
    active = smooth > 0
    while active.any():
        louder = active & (smooth > power[active].mean() * 10 ** (-_MARGIN_DB / 10))
        if np.array_equal(louder, active):
            break
        active = louder
    return active


def with_noise(sound: Sound, noise: NDArray[np.float64], snr_db: float) -> Sound:
    """A sound with noise scaled so that the speech exceeds it by `snr_db`.

    The level of the speech is that of `speech` alone, so that a clip with long pauses does not get
    less noise; the level of the noise is that of the whole clip. The speech stays as it is, and
    the sum may leave [-1, 1]. A sound without speech stays as it is.

    Parameters
    ----------
    sound : Sound
    noise : (n_samples,) float64
    snr_db : float

    Returns
    -------
    Sound
    """
    active = speech(sound)
    loudness = float(np.mean(np.square(noise))) if len(noise) else 0.0
    if not active.any() or loudness == 0:
        return sound
    level = float(np.mean(np.square(sound.signal[active], dtype=np.float64)))
    scale = np.sqrt(level / loudness) * 10 ** (-snr_db / 20)
    return replace(sound, signal=(sound.signal + scale * noise).astype(np.float32))


def _rng(sound: Sound) -> np.random.Generator:
    digest = hashlib.sha256(np.ascontiguousarray(sound.signal).tobytes()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


@lru_cache(maxsize=256)
def _talk(talker: Talker, sample_rate: int) -> NDArray[np.float64]:
    """The speech of one talker, (n_samples,), of unit power while they speak."""
    parts = []
    for voice in talker:
        begin_s = voice.start_s or 0.0
        end_s = begin_s + _VOICE_S if voice.end_s is None else voice.end_s
        sound = read_audio(
            voice.path,
            sample_rate=sample_rate,
            start_s=begin_s,
            duration_s=min(end_s - begin_s, _VOICE_S),
        )
        active = np.flatnonzero(speech(sound))
        if len(active):
            signal = sound.signal[active[0] : active[-1] + 1].astype(np.float64)
            parts.append(signal / np.sqrt(np.mean(np.square(sound.signal[active]))))
    if not parts:
        raise MediaError(
            f"{', '.join(str(voice.path) for voice in talker)} hold no speech to make babble of; "
            "expected voices: remove the silent clips, or set robustness.babble = []"
        )
    return np.concatenate(parts)
