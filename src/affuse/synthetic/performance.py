"""Action units and head motion over time: onset, apex, offset, blinks, speech."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from affuse.synthetic.action_units import ACTION_UNITS, AU, MAX_INTENSITY
from affuse.synthetic.emotions import (
    EXPRESSIONS,
    FACE_ACTING,
    FACE_LEANINGS,
    INTENSITIES,
    expressed,
)
from affuse.synthetic.muscles import Pose

FPS = 30
"""Frames per second of every picture."""

# Of an expression at the greatest difficulty.
_LEAST_STRENGTH, _LARGEST_BLEND = 0.55, 0.25


@dataclass(frozen=True)
class Performance:
    """What a face does in one take.

    Attributes
    ----------
    units : (n_frames, 17) ndarray
        Action units, 0 to 5.
    poses : tuple of Pose
        Head position in each frame.
    """

    units: NDArray[np.float64]
    poses: tuple[Pose, ...]


def perform(
    emotion: str,
    intensity: str,
    opening: NDArray[np.float64],
    habits: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    difficulty: float = 0.0,
) -> Performance:
    """An acted expression while something is said.

    Parameters
    ----------
    emotion, intensity : str
        What is expressed, and how strongly (``normal`` or ``strong``).
    opening : (n_frames,) ndarray
        How far the voice opens the mouth, 0 to 1.
    habits : (17,) ndarray
        The speaker's own factor on each action unit; see `face_habits`.
    rng : Generator
        Scatter from take to take.
    difficulty : float
        0 to 1: how weakly the emotion is expressed, and how much of others is blended in.

    Returns
    -------
    Performance
    """
    acting = FACE_ACTING.harder(difficulty, _LEAST_STRENGTH, _LARGEST_BLEND)
    apex = expressed(emotion, EXPRESSIONS, FACE_LEANINGS, acting, rng)
    apex *= INTENSITIES[intensity] * habits
    apex *= np.exp(acting.scatter * rng.standard_normal(len(apex)))
    apex *= rng.random(len(apex)) >= acting.missing
    apex += 0.5 * np.abs(rng.standard_normal(len(apex))) * (rng.random(len(apex)) < 0.3)
    curve = onset_apex_offset(len(opening), rng)
    units = curve[:, None] * np.clip(apex, 0, MAX_INTENSITY)
    units *= 1 + 0.08 * _drift(len(opening), rng)[:, None]
    return _speaking(units, opening, rng)


def perform_measured(
    means: NDArray[np.float64], opening: NDArray[np.float64], rng: np.random.Generator
) -> Performance:
    """An expression whose mean over the clip is given, while something is said.

    Parameters
    ----------
    means : (17,) ndarray
        Mean intensity of each action unit over the clip, 0 to 5. Those of the units that speech
        moves (25, 26) hold for speech and expression together; blinks (45) come at random.
    opening : (n_frames,) ndarray
        How far the voice opens the mouth, 0 to 1.
    rng : Generator
        Course in time; the means do not depend on it.

    Returns
    -------
    Performance
    """
    n = len(opening)
    curve = onset_apex_offset(n, rng) * (1 + 0.08 * _drift(n, rng))
    units = np.column_stack([with_mean(curve, mean) for mean in means])
    for name in ("AU25", "AU26"):
        units[:, AU[name]] = with_mean(0.15 + opening, float(means[AU[name]]))
    units[:, AU["AU45"]] = _blinks(n, rng)
    return Performance(units, _poses(n, rng))


def with_mean(curve: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    """Curve (n,) scaled to a mean, without leaving 0 to 5 where the mean allows it.

    Parameters
    ----------
    curve : (n,) float64
    mean : float

    Returns
    -------
    (n,) float64
    """
    scaled = np.full(len(curve), 0.0)
    if mean <= 0:
        return scaled
    factor = mean / max(float(curve.mean()), 1e-9)
    for _ in range(8):
        scaled = np.clip(curve * factor, 0, MAX_INTENSITY)
        factor *= mean / max(float(scaled.mean()), 1e-9)
    return scaled


def face_habits(speaker: int, seed: int) -> NDArray[np.float64]:
    """A speaker's factor on each action unit (17,): expressiveness and small habits.

    Parameters
    ----------
    speaker : int
    seed : int

    Returns
    -------
    (17,) float64
    """
    rng = np.random.default_rng([seed, speaker, 2])
    factors = rng.uniform(0.85, 1.1) * np.exp(0.15 * rng.standard_normal(len(ACTION_UNITS)))
    return np.asarray(factors)


def onset_apex_offset(n_frames: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Course of an expression (n_frames,): it rises, holds near 1, and falls.

    Parameters
    ----------
    n_frames : int
    rng : numpy.random.Generator
        Draws whatever is random.

    Returns
    -------
    (n_frames,) float64
    """
    onset, offset = rng.uniform(0.05, 0.2), rng.uniform(0.8, 0.95)
    steep = rng.uniform(0.03, 0.06)
    t = np.linspace(0, 1, n_frames)
    return np.asarray(0.5 * (np.tanh((t - onset) / steep) - np.tanh((t - offset) / steep)))


def _speaking(
    units: NDArray[np.float64], opening: NDArray[np.float64], rng: np.random.Generator
) -> Performance:
    """Lay the movements of speech, blinks and head over an expression."""
    units[:, AU["AU25"]] = np.maximum(units[:, AU["AU25"]] * 0.8, 0) + 2.2 * opening
    units[:, AU["AU26"]] = units[:, AU["AU26"]] * 0.8 + 2.4 * opening
    units[:, AU["AU23"]] *= 1 - 0.5 * np.clip(opening, 0, 1)
    units[:, AU["AU45"]] = _blinks(len(opening), rng)
    return Performance(np.clip(units, 0, MAX_INTENSITY), _poses(len(opening), rng))


def _blinks(n_frames: int, rng: np.random.Generator) -> NDArray[np.float64]:
    curve = np.zeros(n_frames)
    frame = rng.uniform(0.2, 2.5) * FPS
    times = np.arange(n_frames)
    while frame < n_frames:
        curve = np.maximum(curve, MAX_INTENSITY * np.exp(-(((times - frame) / 2.2) ** 2)))
        frame += rng.uniform(1.5, 4.0) * FPS
    return curve


def _poses(n_frames: int, rng: np.random.Generator) -> tuple[Pose, ...]:
    spread = (0.012, 0.01, 0.012, 0.02, 0.015)
    tracks = [size * _drift(n_frames, rng) + size * 0.6 * rng.standard_normal() for size in spread]
    return tuple(Pose(*(float(v) for v in values)) for values in zip(*tracks, strict=True))


def _drift(n_frames: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Slow wander (n_frames,) of about unit size."""
    noise = gaussian_filter1d(rng.standard_normal(n_frames + 4 * FPS), 0.4 * FPS)
    noise = noise[2 * FPS : 2 * FPS + n_frames]
    return np.asarray(noise * np.sqrt(2 * np.sqrt(np.pi) * 0.4 * FPS))
