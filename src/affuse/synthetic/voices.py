"""Voices from source and filter: glottal pulses and noise through moving formants.

Source: Rosenberg 1971's pulse with jitter, shimmer, aspiration and spectral tilt. Filter: a
cascade of resonators after Klatt 1980. What an emotion changes stands in `emotions`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

from affuse.synthetic.emotions import (
    INTENSITIES,
    PROSODIES,
    PROSODY_SCATTER,
    VOICE_ACTING,
    VOICE_LEANINGS,
    Acting,
    Voice,
    expressed,
)
from affuse.synthetic.performance import FPS
from affuse.synthetic.prosody import CONTROL_RATE, Score, Speaker, make_score

SAMPLE_RATE = 48_000
"""Samples per second of every voice."""

_INNER_RATE = 16_000
_STEP = _INNER_RATE // CONTROL_RATE
_BANDWIDTHS = (70.0, 100.0, 150.0, 220.0, 300.0)
_HIGH_FORMANTS = (3500.0, 4500.0)
# At the greatest difficulty: strength and blend of the expression, how much louder a room is.
_LEAST_STRENGTH, _LARGEST_BLEND, _LOUDEST_ROOM_DB = 0.5, 0.4, 12.0


@dataclass(frozen=True)
class Utterance:
    """A voice and the mouth that goes with it.

    Attributes
    ----------
    signal : (n_samples,) float32
        In [-1, 1] at `SAMPLE_RATE`.
    opening : (n_frames,) ndarray
        How far the mouth opens in each video frame, 0 to 1.
    """

    signal: NDArray[np.float32]
    opening: NDArray[np.float64]


def make_speaker(speaker: int, seed: int) -> Speaker:
    """Voice of a speaker; odd numbers are male and even ones female, as in RAVDESS.

    Parameters
    ----------
    speaker : int
    seed : int

    Returns
    -------
    Speaker
    """
    rng = np.random.default_rng([seed, speaker, 3])
    female = speaker % 2 == 0
    return Speaker(
        pitch_hz=rng.uniform(180, 225) if female else rng.uniform(98, 130),
        formant_factor=rng.uniform(1.12, 1.2) if female else rng.uniform(0.96, 1.04),
        breath=rng.uniform(0.03, 0.07) if female else rng.uniform(0.01, 0.04),
        jitter=rng.uniform(0.3, 0.7),
        tilt=rng.uniform(-1.5, 1.5),
        rate=rng.uniform(-0.07, 0.07),
    )


def speak(
    emotion: str,
    intensity: str,
    statement: str,
    speaker: Speaker,
    rng: np.random.Generator,
    *,
    sung: bool = False,
    difficulty: float = 0.0,
) -> Utterance:
    """One utterance of a sentence with an emotion.

    Parameters
    ----------
    emotion, intensity : str
        What is expressed, and how strongly (``normal`` or ``strong``).
    statement : str
        ``kids`` or ``dogs``.
    speaker : Speaker
        Whose voice it is; see `make_speaker`.
    rng : Generator
        Scatter from take to take.
    sung : bool
        Sung on sustained notes instead of spoken.
    difficulty : float
        0 to 1: how weakly the emotion is expressed, how much of others is blended in, and how
        loud the room is.

    Returns
    -------
    Utterance

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> spoken = speak("sad", "strong", "kids", make_speaker(1, seed=0), rng)
    >>> spoken.signal.dtype, len(spoken.opening) > 60
    (dtype('float32'), True)
    """
    acting = VOICE_ACTING.harder(difficulty, _LEAST_STRENGTH, _LARGEST_BLEND)
    voice = _voice(emotion, intensity, acting, rng)
    score = make_score(statement, speaker, voice, rng, sung=sung)
    dry = _voiced(score, speaker, voice, rng) + _consonants(score, rng)
    level = 10 ** ((voice.level + 1.5 * rng.standard_normal() - 23) / 20)
    room_db = rng.uniform(-62, -54) + difficulty * _LOUDEST_ROOM_DB
    room = 10 ** (room_db / 20) * rng.standard_normal(len(dry))
    sound = soxr.resample(level * dry + room, _INNER_RATE, SAMPLE_RATE, quality="HQ")
    n_frames = len(score.opening) * FPS // CONTROL_RATE
    at = (np.arange(n_frames) + 0.5) * CONTROL_RATE / FPS
    opening = np.interp(at, np.arange(len(score.opening)), score.opening)
    n_samples = n_frames * SAMPLE_RATE // FPS
    return Utterance(np.tanh(sound[:n_samples]).astype(np.float32), np.clip(opening, 0, 1))


def _voice(emotion: str, intensity: str, acting: Acting, rng: np.random.Generator) -> Voice:
    fields = expressed(emotion, PROSODIES, VOICE_LEANINGS, acting, rng)
    scatter = acting.scatter * PROSODY_SCATTER * rng.standard_normal(len(fields))
    return Voice(*(float(field) for field in fields * INTENSITIES[intensity] + scatter))


def _voiced(
    score: Score, speaker: Speaker, voice: Voice, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Voiced sound (n,) of about unit amplitude at the inner rate."""
    n = len(score.pitch_hz) * _STEP
    jitter = max(0.1, speaker.jitter + voice.jitter) / 100
    phase, strength = _cycles(_to_samples(score.pitch_hz), jitter, rng)
    breath = max(0.005, speaker.breath + voice.breath)
    pulses = _pulse(phase) * strength
    aspiration = rng.standard_normal(n) * breath * (0.4 + 0.6 * (phase < 0.65))
    source = _tilted(pulses + aspiration, 3.0 + speaker.tilt + voice.tilt)
    return _resonate(source * _to_samples(score.voicing), score.formants, speaker.formant_factor)


def _cycles(
    pitch_hz: NDArray[np.float64], jitter: float, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Phase within the glottal cycle (n,), 0 to 1, and each cycle's strength (n,)."""
    turns = np.cumsum(pitch_hz) / _INNER_RATE
    count = int(turns[-1]) + 2
    lengths = np.clip(1 + jitter * rng.standard_normal(count), 0.7, 1.3)
    starts = np.concatenate([[0.0], np.cumsum(lengths)])
    cycle = np.minimum(np.searchsorted(starts, turns, side="right") - 1, count - 1)
    phase = np.clip((turns - starts[cycle]) / lengths[cycle], 0, 1)
    shimmer = 1 + 4 * jitter * rng.standard_normal(count)
    return phase, np.clip(shimmer, 0.4, 1.6)[cycle]


def _pulse(phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """Derivative of Rosenberg's glottal flow over one cycle."""
    rise, fall = 0.42, 0.18
    opening = np.sin(np.pi * phase / rise) / rise
    closing = -np.sin(np.pi * (phase - rise) / (2 * fall)) / fall
    return np.where(phase < rise, opening, np.where(phase < rise + fall, closing, 0.0)) / 5


def _tilted(source: NDArray[np.float64], tilt_db: float) -> NDArray[np.float64]:
    """Source with its high frequencies raised or lowered by `tilt_db` at 3 kHz and above."""
    low = lfilter(*butter(1, 900, fs=_INNER_RATE), source)
    return np.asarray(low + 10 ** (tilt_db / 20) * (source - low))


def _resonate(
    source: NDArray[np.float64], formants: NDArray[np.float64], factor: float
) -> NDArray[np.float64]:
    """Source through a cascade of five resonators whose places move every control step."""
    high = np.broadcast_to(np.array(_HIGH_FORMANTS) * factor, (len(formants), 2))
    places = np.clip(np.concatenate([formants, high], axis=1), 150, 0.47 * _INNER_RATE)
    radius = np.exp(-np.pi * np.array(_BANDWIDTHS) / _INNER_RATE)
    b = -2 * radius * np.cos(2 * np.pi * places / _INNER_RATE)
    c = np.broadcast_to(radius**2, b.shape)
    sections = np.zeros((*b.shape, 6))
    sections[..., 0] = 1 + b + c
    sections[..., 3], sections[..., 4], sections[..., 5] = 1, b, c
    state = np.zeros((b.shape[1], 2))
    out = np.empty_like(source)
    for step, coefficients in enumerate(sections):
        part = slice(step * _STEP, (step + 1) * _STEP)
        out[part], state = sosfilt(coefficients, source[part], zi=state)
    return out


def _consonants(score: Score, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise (n,) of fricatives and bursts, each in its own band."""
    noise = rng.standard_normal(len(score.noise) * _STEP)
    out = np.zeros_like(noise)
    for low, high in sorted({(float(a), float(b)) for a, b in score.noise_band if b > 0}):
        here = np.all(score.noise_band == (low, high), axis=1)
        amplitude = _to_samples(score.noise * here)
        band = butter(2, (low, min(high, 7800)), "bandpass", fs=_INNER_RATE, output="sos")
        out += 0.35 * amplitude * sosfilt(band, noise)
    return out


def _to_samples(control: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = (np.arange(len(control) * _STEP) + 0.5) / _STEP - 0.5
    return np.interp(steps, np.arange(len(control)), control)
