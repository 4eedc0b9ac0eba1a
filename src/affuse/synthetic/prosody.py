"""Score of an utterance: when each sound comes, and pitch, loudness and formants over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from affuse.synthetic.emotions import Voice
from affuse.synthetic.phonemes import PHONEMES, SENTENCES, WORD_ENDS, Phoneme, Sound

CONTROL_RATE = 200
"""Control values per second."""

_MELODY = (0.0, 0.0, 2.0, 4.0, 2.0, 0.0, -1.0)
"""Semitones of the sung notes, one a syllable."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """What does not change in a voice: mean F0 in Hz, factor on the formants, its own habits."""

    pitch_hz: float
    formant_factor: float
    breath: float
    jitter: float
    tilt: float
    rate: float


@dataclass(frozen=True)
class Score:
    """Controls over time, `CONTROL_RATE` a second.

    Attributes
    ----------
    pitch_hz, voicing : (n,) ndarray
        F0, and amplitude of the voice from 0 up.
    formants : (n, 3) ndarray
        In Hz.
    noise : (n,) ndarray
        Amplitude of the noise of consonants.
    noise_band : (n, 2) ndarray
        Its lower and upper edge in Hz.
    opening : (n,) ndarray
        How far the mouth opens, 0 to 1.
    """

    pitch_hz: NDArray[np.float64]
    voicing: NDArray[np.float64]
    formants: NDArray[np.float64]
    noise: NDArray[np.float64]
    noise_band: NDArray[np.float64]
    opening: NDArray[np.float64]


def make_score(
    statement: str, speaker: Speaker, voice: Voice, rng: np.random.Generator, *, sung: bool
) -> Score:
    """Score of one utterance of a sentence (``kids`` or ``dogs``).

    Parameters
    ----------
    statement : str
        ``kids`` or ``dogs``.
    speaker : Speaker
    voice : Voice
    rng : numpy.random.Generator
        Draws whatever is random.
    sung : bool
        Whether it is song.

    Returns
    -------
    Score
    """
    sounds = _timed(SENTENCES[statement], speaker, voice, rng, sung=sung)
    owner = np.repeat(np.arange(len(sounds)), [n for _, n in sounds])
    within = np.concatenate([(np.arange(n) + 0.5) / n for _, n in sounds])
    kinds = [PHONEMES[sound.phoneme] for sound, _ in sounds]
    spoken = np.array([sound.phoneme != "pau" for sound, _ in sounds])[owner]
    pitch = _sung_pitch if sung else _spoken_pitch
    semitones = pitch(sounds, owner, voice, rng)
    semitones += voice.tremor * np.sin(2 * np.pi * 5.5 * np.arange(len(owner)) / CONTROL_RATE)
    stress = np.array([0.75 + 0.25 * sound.stress for sound, _ in sounds])
    level = np.array([kind.voicing for kind in kinds]) * stress
    fade = 1 - 0.25 * np.linspace(0, 1, len(owner))
    return Score(
        pitch_hz=speaker.pitch_hz * 2 ** (semitones / 12),
        voicing=gaussian_filter1d(level[owner] * fade, 2.5) * gaussian_filter1d(spoken * 1.0, 2),
        formants=_formants(kinds, owner, within, voice) * speaker.formant_factor,
        noise=_noise(kinds, owner, within),
        noise_band=np.array([kind.noise_band for kind in kinds])[owner],
        opening=gaussian_filter1d(np.array([kind.opening for kind in kinds])[owner], 7.0),
    )


Timed = list[tuple[Sound, int]]


def _timed(
    sentence: tuple[Sound, ...],
    speaker: Speaker,
    voice: Voice,
    rng: np.random.Generator,
    *,
    sung: bool,
) -> Timed:
    """Sounds with their lengths in control steps, silence before and after, pauses between."""
    slowness = 1.05 * np.exp(-voice.rate - speaker.rate)
    lead, tail = rng.uniform(0.7, 0.85), rng.uniform(0.7, 1.0)
    timed = [(Sound("pau", lead, 0.0, 0), round(lead * CONTROL_RATE))]
    for position, sound in enumerate(sentence):
        vowel = PHONEMES[sound.phoneme].voicing >= 0.7
        stretch = slowness if vowel else 0.5 + 0.5 * slowness
        length = sound.duration_s * stretch * np.exp(0.08 * rng.standard_normal())
        if sung and vowel:
            length = 0.5 * length + 0.26
        timed.append((sound, max(4, round(length * CONTROL_RATE))))
        last = position + 1 == len(sentence)
        ends = last or sentence[position + 1].syllable != sound.syllable
        if ends and not last and sound.syllable in WORD_ENDS:
            pause = max(0.0, voice.pauses) * rng.uniform(0.3, 1.7)
            if pause > 0.02:
                silence = Sound("pau", pause, 0.0, sound.syllable)
                timed.append((silence, round(pause * CONTROL_RATE)))
    end = Sound("pau", tail, 0.0, sentence[-1].syllable)
    return [*timed, (end, round(tail * CONTROL_RATE))]


def _spoken_pitch(
    sounds: Timed, owner: NDArray[np.int64], voice: Voice, rng: np.random.Generator
) -> NDArray[np.float64]:
    """F0 in semitones (n,): declination, accents on stressed syllables, an end that turns."""
    t = np.linspace(0, 1, len(owner))
    spread = 2.6 * np.exp(voice.range)
    accents = np.zeros(len(owner))
    for number, (sound, _) in enumerate(sounds):
        if sound.stress > 0.25:
            middle = np.flatnonzero(owner == number).mean()
            height = sound.stress * np.exp(0.25 * rng.standard_normal())
            accents += height * np.exp(-(((np.arange(len(owner)) - middle) / 26.0) ** 2))
    curve = spread * (accents - accents.mean() + 0.7 * (0.5 - t))
    last = np.flatnonzero(owner < len(sounds) - 1).max()
    turn = np.clip((np.arange(len(owner)) - last + 60) / 60, 0, 1)
    wander = gaussian_filter1d(rng.standard_normal(len(owner)), 8) * 1.2
    return np.asarray(voice.pitch + curve + voice.contour * turn + wander)


def _sung_pitch(
    sounds: Timed, owner: NDArray[np.int64], voice: Voice, rng: np.random.Generator
) -> NDArray[np.float64]:
    """F0 in semitones (n,): sustained notes with vibrato."""
    notes = np.array([_MELODY[sound.syllable] for sound, _ in sounds])[owner]
    cents = 0.15 * rng.standard_normal(len(sounds))
    vibrato = 0.35 * np.exp(0.5 * voice.range)
    wave = vibrato * np.sin(2 * np.pi * 5.2 * np.arange(len(owner)) / CONTROL_RATE)
    return np.asarray(gaussian_filter1d(notes + cents[owner], 6) + 3.0 + 0.7 * voice.pitch + wave)


def _formants(
    kinds: list[Phoneme], owner: NDArray[np.int64], within: NDArray[np.float64], voice: Voice
) -> NDArray[np.float64]:
    start = np.array([kind.formants for kind in kinds])[owner]
    end = np.array([kind.glide or kind.formants for kind in kinds])[owner]
    targets = start + (end - start) * within[:, None]
    middle = np.array([500.0, 1500.0, 2500.0])
    targets = middle + (targets - middle) * (1 + voice.precision)
    return np.asarray(gaussian_filter1d(targets, 5, axis=0))


def _noise(
    kinds: list[Phoneme], owner: NDArray[np.int64], within: NDArray[np.float64]
) -> NDArray[np.float64]:
    level = np.array([kind.noise for kind in kinds])[owner]
    burst = np.array([kind.burst for kind in kinds])[owner]
    shape = np.where(burst, within > 0.65, np.sin(np.pi * within))
    return np.asarray(gaussian_filter1d(level * shape, 1.0))
