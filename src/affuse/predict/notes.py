"""Notes on a recording in words, and why nothing is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from affuse.media.decode import MISSING_END_S
from affuse.predict.evidence import WindowEvidence, modalities_present
from affuse.predict.members import Members
from affuse.predict.picture import VideoAnalysis
from affuse.predict.recording import Recording
from affuse.predict.settings import Settings

_NOTED_S = 0.5
"""A picture that is away for longer at either end is spoken of."""
_HALF = 0.5
"""A face that counts less than so much of what it might is spoken of."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why there is not enough evidence, in words.

    Attributes
    ----------
    recording : Recording
    members : Members
    settings : Settings
    """

    recording: Recording
    members: Members
    settings: Settings

    def of(self, evidence: WindowEvidence) -> str:
        """Of a window, or of the whole.

        Parameters
        ----------
        evidence : WindowEvidence

        Returns
        -------
        str
        """
        modalities, tables = self.members.modalities, set(self.members.tables)
        parts = [self._of_sound(evidence)] if "audio" in modalities - tables else []
        parts += [self._of_picture(evidence)] if "video" in modalities - tables else []
        lacking = sorted(tables - set(self.members.rows))
        parts += [f"no table tells its {modality} features" for modality in lacking]
        if len(modalities) == 1:
            only = "voice" if "audio" in modalities else "face"
            parts.append(f"this recogniser goes by the {only} alone")
        return ", and ".join(parts)

    def _of_sound(self, evidence: WindowEvidence) -> str:
        if self.recording.sound is None:
            return self.recording.info.no_sound
        if not evidence.speech_s:
            return "no speech is heard"
        if not evidence.is_main:
            return "the voice counts as that of a larger face"
        if "audio" in modalities_present(evidence, self.settings):
            return "the voice alone is not enough"
        return f"only {evidence.speech_s:.1f} s of speech are heard"

    def _of_picture(self, evidence: WindowEvidence) -> str:
        if self.recording.picture is None:
            return self.recording.no_picture
        if not evidence.observations:
            return "no face is seen"
        if "video" in modalities_present(evidence, self.settings):
            return "the face alone is not enough"
        return f"a face is seen in {len(evidence.observations)} of {evidence.n_sampled} looks only"


def notes_of(recording: Recording, members: Members, settings: Settings) -> Iterator[str]:
    """Notes on a recording.

    Parameters
    ----------
    recording : Recording
    members : Members
    settings : Settings

    Yields
    ------
    str
    """
    info = recording.info
    yield from _endings(recording)
    read = set(members.modalities) - set(members.tables)
    both = {"audio", "video"} <= read  # Else there is nothing left to judge by.
    if both and recording.sound is None:
        yield f"{info.no_sound}: judged by the picture alone"
    if both and recording.picture is None:
        yield f"{recording.no_picture}: judged by the sound alone"
    for modality in sorted(set(members.tables) - set(members.rows)):
        yield f"no table tells its {modality} features: judged without them"
    if "video" in read and recording.picture is not None:
        yield from _missing_picture(recording.picture, recording)
        yield from _hardly_seen(recording.picture, settings)
    yield from info.notes
    n_faces = 0 if recording.picture is None else recording.picture.n_faces
    if n_faces > 1:
        shown = "the largest was judged" if settings.faces == "largest" else "each was judged"
        yield f"up to {n_faces} faces are seen at once; {shown}"


def _endings(recording: Recording) -> Iterator[str]:
    """A note on what is missing at the end of the file, by its own statements."""
    missing = []
    for part, kind in ((recording.sound, "sound"), (recording.picture, "picture")):
        if part is None or part.cut is None:
            continue
        stated_s = part.cut.stated_s
        if not part.cut.end_s and stated_s == 0:
            track = "an audio track" if kind == "sound" else "a video track"
            yield f"the file has {track} that holds nothing"
            continue
        wanted = "" if stated_s is None else f" of {stated_s:.2f} s"
        missing.append(f"its {kind} ends after {part.duration_s:.2f} s{wanted}")
    stated_s = recording.info.stated_s
    if not missing and stated_s is not None and recording.duration_s < stated_s - MISSING_END_S:
        missing.append(f"it ends after {recording.duration_s:.2f} s of {stated_s:.2f} s")
    for there in missing:
        yield f"the file is cut short or damaged: {there}; what is there was judged"


def _missing_picture(picture: VideoAnalysis, recording: Recording) -> Iterator[str]:
    """A note where the recording continues without its picture."""
    if picture.start_s > _NOTED_S:
        yield f"its picture begins at {picture.start_s:.1f} s: before that there is no face to see"
    if picture.gaps:
        missing_s = sum(gap.duration_s for gap in picture.gaps)
        first_s = picture.gaps[0].start_s
        yield f"its picture is missing for {missing_s:.1f} s in all, first at {first_s:.1f} s"
    if not picture.cut and recording.duration_s - picture.duration_s > _NOTED_S:
        there, whole = picture.duration_s, recording.duration_s
        yield f"its picture ends after {there:.2f} s of {whole:.2f} s of sound"


def _hardly_seen(picture: VideoAnalysis, settings: Settings) -> Iterator[str]:
    """How often a face counts little, for how it can be seen."""
    predicted = [seen.weight for seen in picture.observations if seen.probabilities is not None]
    little = [weight for weight in predicted if weight < _HALF]
    if little and len(little) >= settings.least_face_seen * len(predicted):
        yield (
            f"in {len(little)} of {len(predicted)} looks the face is too blurred, dark or noisy to "
            f"weigh in full: there it counts {np.mean(little):.0%}"
        )
