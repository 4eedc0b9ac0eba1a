"""The evidence for a prediction: in one window, and in all that count for a recording."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from affuse.bundle.decision import decide
from affuse.predict.judging import Floats, Judgement, MemberProbabilities
from affuse.predict.members import Members
from affuse.predict.picture import FaceObservation
from affuse.predict.recording import Recording, enough_speech
from affuse.predict.settings import Settings
from affuse.predict.windows import Span
from affuse.records import Modality, Stretch

Answer = Callable[[Sequence[MemberProbabilities]], Judgement]
"""What members predict in each window -> the answer of the whole, with no emotion too unlikely."""


@dataclass(frozen=True, slots=True)
class WindowEvidence:
    """The evidence about one face in one window, or about a whole recording.

    Attributes
    ----------
    span : Span
    number : int
        Of the face; 0: no face.
    speech_s : float or None
        Seconds of speech; None: there is no sound.
    n_sampled : int or None
        Sampled frames; None: there is no picture.
    observations : sequence of FaceObservation
        Of that face.
    is_main : bool
        It is the face that the voice counts as.
    probabilities : dict of str to (n_own_classes,) float64
        By member, of those with something to go by.
    weights : dict of str to float
        How much each of them had to go by.
    distances : dict of str to float
        How far each is from its training, where that is known.
    voice : tuple of (start_s, end_s) or None
        The stretches that hold the voice of the person whose window it is; None: all of it.
    """

    span: Span
    number: int
    speech_s: float | None
    n_sampled: int | None
    observations: Sequence[FaceObservation]
    is_main: bool
    probabilities: dict[str, Floats] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    distances: dict[str, float] = field(default_factory=dict)
    voice: tuple[Stretch, ...] | None = None

    @property
    def speech(self) -> float | None:
        """Share of the time with speech in it; None: there is no sound."""
        if self.speech_s is None:
            return None
        return min(self.speech_s / max(self.span.duration_s, 1e-9), 1.0)

    @property
    def face_seen(self) -> float | None:
        """Share of the sampled frames with the face in it; None: there is no picture."""
        return None if self.n_sampled is None else len(self.observations) / max(self.n_sampled, 1)


@dataclass(frozen=True, slots=True)
class RecordingEvidence:
    """The evidence about one recording.

    Attributes
    ----------
    recording : Recording
    members : Members
    settings : Settings
    windows : sequence of WindowEvidence
        Those that count for the whole
    answer : callable
        As `Answer`.
    """

    recording: Recording
    members: Members
    settings: Settings
    windows: Sequence[WindowEvidence]
    answer: Answer

    @property
    def modalities(self) -> list[Modality]:
        """Modalities that the prediction rests on, sorted."""
        members = self.members.bundle.manifest.members
        used: set[Modality] = set()
        for window in self.windows:
            asked = [m for m in members if m.name in window.probabilities]
            used |= {m for member in asked for m in member.modalities} & self.present(window)
        return sorted(used)

    def present(self, window: WindowEvidence) -> set[Modality]:
        """Modalities of which a window has enough evidence.

        Parameters
        ----------
        window : WindowEvidence

        Returns
        -------
        set of {"audio", "video"}
        """
        return modalities_present(window, self.settings)

    def probability(self, member: str, rows: Sequence[Floats] | Floats, emotion: str) -> Floats:
        """Probability that one member by itself gives an emotion of the bundle.

        Parameters
        ----------
        member : str
        rows : (n, n_own_classes) float64
        emotion : str

        Returns
        -------
        (n,) float64
        """
        bundle = self.members.bundle
        decided = decide(bundle, {member: np.asarray(rows, np.float64)})
        return np.asarray(decided[:, bundle.manifest.classes.index(emotion)])


def modalities_present(evidence: WindowEvidence, settings: Settings) -> set[Modality]:
    """Modalities with enough evidence.

    Parameters
    ----------
    evidence : WindowEvidence
    settings : Settings

    Returns
    -------
    set of {"audio", "video"}
    """
    present: set[Modality] = set()
    speech_s = evidence.speech_s
    if (
        evidence.is_main
        and speech_s
        and enough_speech(speech_s, evidence.span.duration_s, settings)
    ):
        present.add("audio")
    if evidence.observations and (evidence.face_seen or 0.0) >= settings.least_face_seen:
        present.add("video")
    return present
