"""What each emotion does to a face and to a voice, as the literature reports it.

Face: prototypes of EMFACS (Ekman & Friesen 1983; Ekman, Friesen & Hager 2002) with the
intensities of an acted, strong expression. Voice: directions and rough sizes of Banse &
Scherer 1996 and of the review of Juslin & Laukka 2003. Leanings: what people confuse
with what, for faces (Langner et al. 2010; Livingstone & Russo 2018) and for voices (Banse
& Scherer 1996; Livingstone & Russo 2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affuse.synthetic.action_units import intensities

EXPRESSIONS: Mapping[str, NDArray[np.float64]] = {
    "neutral": intensities({}),
    "calm": intensities({12: 1.1, 14: 0.8, 7: 0.6}),
    "happy": intensities({6: 3.8, 12: 4.3, 25: 2.2, 7: 1.0}),
    "sad": intensities({1: 3.4, 4: 2.4, 15: 3.4, 17: 2.4}),
    "angry": intensities({4: 4.3, 5: 2.2, 7: 3.4, 23: 3.0, 10: 1.2, 17: 0.8}),
    "fearful": intensities({1: 3.8, 2: 3.0, 4: 2.4, 5: 3.6, 20: 3.4, 25: 2.0, 26: 1.6}),
    "disgust": intensities({9: 3.8, 10: 3.4, 4: 1.6, 15: 1.6, 17: 1.8, 7: 1.4, 6: 0.8}),
    "surprised": intensities({1: 3.8, 2: 4.2, 5: 3.2, 25: 2.4, 26: 3.2}),
}
"""Apex of a strong expression: action units (17,) from 0 to 5."""


@dataclass(frozen=True, slots=True)
class Voice:
    """How something is said, as differences from a neutral voice.

    Attributes
    ----------
    pitch : float
        Mean F0, in semitones.
    range : float
        Natural logarithm of the factor on the excursions of F0.
    contour : float
        Rise (positive) or fall at the end of the sentence, in semitones.
    level : float
        Energy, in dB.
    rate : float
        Natural logarithm of the factor on the speed of speech.
    tilt : float
        High frequencies, in dB at 3 kHz.
    breath : float
        Noise in the source, share of its amplitude.
    jitter : float
        Irregularity from period to period, in percent (shimmer goes with it).
    tremor : float
        Slow waver of F0, in semitones.
    pauses : float
        Pauses between words, in seconds.
    precision : float
        Vowels driven outwards (positive) or towards the middle.
    """

    pitch: float = 0.0
    range: float = 0.0
    contour: float = 0.0
    level: float = 0.0
    rate: float = 0.0
    tilt: float = 0.0
    breath: float = 0.0
    jitter: float = 0.0
    tremor: float = 0.0
    pauses: float = 0.0
    precision: float = 0.0

    def vector(self) -> NDArray[np.float64]:
        """All fields (11,), in their order.

        Returns
        -------
        (11,) float64
        """
        return np.array(astuple(self), np.float64)


PROSODIES: Mapping[str, NDArray[np.float64]] = {
    "neutral": Voice().vector(),
    "calm": Voice(-1.0, -0.2, -0.5, -2.5, -0.1, -2.5, 0.06, 0.0, 0.0, 0.02, -0.04).vector(),
    "happy": Voice(4.5, 0.6, 0.8, 5.0, 0.06, 4.0, 0.0, 0.1, 0.0, 0.0, 0.08).vector(),
    "sad": Voice(-0.5, -0.5, -1.5, -6.0, -0.22, -6.0, 0.14, 0.5, 0.25, 0.09, -0.14).vector(),
    "angry": Voice(3.5, 0.5, -1.5, 9.0, 0.1, 8.0, -0.02, 0.9, 0.0, 0.0, 0.14).vector(),
    "fearful": Voice(6.0, 0.1, 0.6, 3.5, 0.2, 3.0, 0.09, 1.0, 0.5, 0.03, -0.02).vector(),
    "disgust": Voice(-1.0, 0.15, -2.0, 0.5, -0.16, 2.0, 0.04, 1.3, 0.0, 0.07, 0.1).vector(),
    "surprised": Voice(5.5, 0.75, 5.0, 3.5, 0.04, 2.5, 0.04, 0.2, 0.0, 0.0, 0.04).vector(),
}
"""Voice of a strong expression: fields of `Voice` (11,)."""

# How widely one speaker's takes of one emotion scatter, per field of `Voice`.
PROSODY_SCATTER = Voice(1.2, 0.22, 1.2, 1.8, 0.07, 1.8, 0.03, 0.3, 0.1, 0.025, 0.05).vector()

FACE_LEANINGS: Mapping[str, tuple[str, ...]] = {
    "neutral": ("calm", "calm", "sad"),
    "calm": ("neutral", "neutral", "happy"),
    "happy": ("calm", "surprised"),
    "sad": ("neutral", "disgust", "fearful"),
    "angry": ("disgust", "disgust", "neutral"),
    "fearful": ("surprised", "surprised", "sad"),
    "disgust": ("angry", "angry", "sad"),
    "surprised": ("fearful", "fearful", "happy"),
}
"""What a face drifts to, each as likely as it is listed."""

VOICE_LEANINGS: Mapping[str, tuple[str, ...]] = {
    "neutral": ("calm", "calm", "sad"),
    "calm": ("neutral", "sad", "neutral"),
    "happy": ("surprised", "angry", "fearful"),
    "sad": ("calm", "neutral", "fearful"),
    "angry": ("happy", "disgust", "fearful"),
    "fearful": ("surprised", "happy", "sad"),
    "disgust": ("angry", "sad", "neutral"),
    "surprised": ("happy", "fearful", "happy"),
}
"""What a voice drifts to, each as likely as it is listed."""

INTENSITIES: Mapping[str, float] = {"normal": 0.75, "strong": 1.0}
"""Share of a strong expression that each intensity of RAVDESS reaches."""


@dataclass(frozen=True, slots=True)
class Acting:
    """How reliably speakers express, the same for all emotions.

    Attributes
    ----------
    leaning_share : float
        Share of takes that drift towards an emotion which people confuse with the one meant.
    leaning : (lowest, highest)
        How far they drift, 1 being all the way.
    scatter : float
        Factor on the scatter from take to take.
    missing : float
        Probability that an action unit does not show.
    strength : float
        Share of the expression that shows, 0 being neutral.
    blend : float
        Standard deviation of the shares of all emotions, whichever is meant, that a take has
        besides; a negative share takes some of that emotion away.
    """

    leaning_share: float
    leaning: tuple[float, float]
    scatter: float
    missing: float
    strength: float = 1.0
    blend: float = 0.0

    def harder(self, difficulty: float, strength: float, blend: float) -> Acting:
        """The same speakers at a difficulty: unchanged at 0, as weak and blended as given at 1.

        Parameters
        ----------
        difficulty : float
            0 to 1.
        strength, blend : float
            What they are at difficulty 1.

        Returns
        -------
        Acting
        """
        return replace(
            self,
            strength=self.strength + difficulty * (strength - self.strength),
            blend=self.blend + difficulty * (blend - self.blend),
        )


FACE_ACTING = Acting(leaning_share=0.3, leaning=(0.3, 0.9), scatter=0.25, missing=0.1)
VOICE_ACTING = Acting(leaning_share=0.25, leaning=(0.3, 0.9), scatter=0.75, missing=0.0)


def expressed(
    emotion: str,
    templates: Mapping[str, NDArray[np.float64]],
    leanings: Mapping[str, tuple[str, ...]],
    acting: Acting,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Template of an emotion as one take has it: some takes lean to another emotion.

    How much of every other emotion it has besides comes from a stream of its own, so that `rng`
    goes on as if there were none of that.

    Parameters
    ----------
    emotion : str
    templates : mapping of str to ndarray
        Emotion to its values.
    leanings : mapping of str to tuple of str
        Emotion to those that it is taken for.
    acting : Acting
    rng : numpy.random.Generator
        Draws whatever is random.

    Returns
    -------
    ndarray
        As long as the templates.
    """
    meant = templates[emotion]
    leans, share = rng.random(), rng.uniform(*acting.leaning)
    choices = leanings[emotion]
    other = templates[choices[int(rng.integers(len(choices)))]]
    shown = meant + share * (other - meant) if leans < acting.leaning_share else meant.copy()
    shares = acting.blend * rng.spawn(1)[0].standard_normal(len(templates))
    return acting.strength * shown + shares @ np.stack(list(templates.values()))
