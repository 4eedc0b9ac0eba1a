"""What explains the answer of one recording: its windows, and how they come to an answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from affuse.bundle.decision import decide
from affuse.predict.judging import Floats, Judgement, MemberProbabilities
from affuse.predict.members import Members
from affuse.predict.picture import FaceObservation
from affuse.predict.recording import Recording
from affuse.predict.settings import Settings
from affuse.predict.windows import Span
from affuse.records import Modality

Answer = Callable[[Sequence[MemberProbabilities]], Judgement]
"""What members predict in each stretch -> the answer of the whole, with no emotion too unlikely."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Evidence of one window that counts for the whole.

    Attributes
    ----------
    span : Span
    present : collection of modality
        In which there is enough to go by.
    observations : sequence of FaceObservation
        Of the main face.
    probabilities : mapping of str to (n_own_classes,) float64
        By member.
    weights : mapping of str to float
        How much each member had to go by.
    """

    span: Span
    present: Collection[Modality]
    observations: Sequence[FaceObservation]
    probabilities: MemberProbabilities
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the answer of one recording rests on.

    Attributes
    ----------
    recording : Recording
    members : Members
    settings : Settings
    stretches : sequence of Stretch
    answer : callable
        As `Answer`.
    """

    recording: Recording
    members: Members
    settings: Settings
    stretches: Sequence[Stretch]
    answer: Answer

    @property
    def modalities(self) -> list[Modality]:
        """Those that the answer rests on, sorted."""
        members = self.members.bundle.manifest.members
        used: set[Modality] = set()
        for stretch in self.stretches:
            asked = [m for m in members if m.name in stretch.probabilities]
            used |= {m for member in asked for m in member.modalities} & set(stretch.present)
        return sorted(used)

    def probability(self, member: str, rows: Sequence[Floats] | Floats, emotion: str) -> Floats:
        """What one member by itself gives an emotion of the bundle.

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
