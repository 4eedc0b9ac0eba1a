"""Notes on a recording in words, and why nothing is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from affuse.media.decode import MISSING_END_S
from affuse.messages import Message, joined, message
from affuse.predict.evidence import WindowEvidence, modalities_present
from affuse.predict.members import Members
from affuse.predict.picture import VideoAnalysis
from affuse.predict.recording import Recording
from affuse.predict.settings import Settings

NO_SPEECH = message("speech.none", "no speech is detected")
NO_FACE = message("face.none", "no face is detected")

_SILENT = message("person.silent", "this person does not speak")
_UNSEEN = message("person.unseen", "this person is not seen")

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
        parts += [_no_table(modality) for modality in lacking]
        if len(modalities) == 1:
            parts.append(_ONLY["audio" if "audio" in modalities else "video"])
        return joined(parts)

    def _of_sound(self, evidence: WindowEvidence) -> str:
        if self.recording.sound is None:
            return self.recording.info.no_sound
        if not evidence.speech_s:
            return NO_SPEECH if self.settings.people is None else _SILENT
        if not evidence.is_main:
            return message("voice.other", "the voice counts as that of a larger face")
        if "audio" in modalities_present(evidence, self.settings):
            return message("voice.alone", "the voice alone is not enough")
        return message(
            "speech.little",
            "only {speech_s:.1f} s of speech are detected",
            speech_s=float(evidence.speech_s),
        )

    def _of_picture(self, evidence: WindowEvidence) -> str:
        if self.recording.picture is None:
            return self.recording.no_picture
        if not evidence.observations:
            return NO_FACE if self.settings.people is None else _UNSEEN
        if "video" in modalities_present(evidence, self.settings):
            return message("face.alone", "the face alone is not enough")
        return message(
            "face.little",
            "a face is detected in only {n_found} of {n_frames} analysed frames",
            n_found=len(evidence.observations),
            n_frames=int(evidence.n_sampled or 0),
        )


_ONLY = {
    "audio": message("only.voice", "this recogniser uses the voice alone"),
    "video": message("only.face", "this recogniser uses the face alone"),
}


def _no_table(modality: str) -> Message:
    return message("table.none", "no table has its {modality} features", modality=modality)


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
    both = {"audio", "video"} <= read  # Else there is nothing left to predict from.
    if both and recording.sound is None:
        yield message("note.picture", "{why}: predicted from the picture alone", why=info.no_sound)
    if both and recording.picture is None:
        yield message(
            "note.sound", "{why}: predicted from the sound alone", why=recording.no_picture
        )
    for modality in sorted(set(members.tables) - set(members.rows)):
        yield message("note.table", "{why}: predicted without them", why=_no_table(modality))
    if "video" in read and recording.picture is not None:
        yield from _missing_picture(recording.picture, recording)
        yield from _hardly_seen(recording.picture, settings)
    yield from info.notes
    n_faces = 0 if recording.picture is None else recording.picture.n_faces
    if n_faces > 1 and settings.analysed_faces == "largest":
        yield message(
            "note.largest",
            "up to {n_faces} faces are seen at once; the largest was analysed",
            n_faces=n_faces,
        )
    elif n_faces > 1:
        yield message(
            "note.each",
            "up to {n_faces} faces are seen at once; each was analysed",
            n_faces=n_faces,
        )


def _endings(recording: Recording) -> Iterator[str]:
    """A note on what is missing at the end of the file, by its own statements."""
    missing: list[Message] = []
    for part, kind in ((recording.sound, "sound"), (recording.picture, "picture")):
        if part is None or part.cut is None:
            continue
        stated_s = part.cut.stated_s
        if not part.cut.end_s and stated_s == 0:
            yield _EMPTY[kind]
            continue
        missing.append(_ending(kind, part.duration_s, stated_s))
    stated_s = recording.info.stated_s
    if not missing and stated_s is not None and recording.duration_s < stated_s - MISSING_END_S:
        missing.append(_ending("file", recording.duration_s, stated_s))
    for there in missing:
        yield message(
            "note.cut",
            "the file is cut short or damaged: {there}; what is there was analysed",
            there=there,
        )


_EMPTY = {
    "sound": message("sound.empty", "the file has an audio track that holds nothing"),
    "picture": message("picture.empty", "the file has a video track that holds nothing"),
}


def _ending(kind: str, end_s: float, stated_s: float | None) -> Message:
    """Where a file ends, or its sound or picture, and where it says that it does."""
    what, end_s = _PARTS[kind], float(end_s)
    if stated_s is None:
        return message("ends", "{what} ends after {end_s:.2f} s", what=what, end_s=end_s)
    return message(
        "ends.of",
        "{what} ends after {end_s:.2f} s of {stated_s:.2f} s",
        what=what,
        end_s=end_s,
        stated_s=float(stated_s),
    )


_PARTS = {
    "sound": message("its.sound", "its sound"),
    "picture": message("its.picture", "its picture"),
    "file": message("its.whole", "it"),
}


def _missing_picture(picture: VideoAnalysis, recording: Recording) -> Iterator[str]:
    """A note where the recording continues without its picture."""
    if picture.start_s > _NOTED_S:
        yield message(
            "note.late",
            "its picture begins at {start_s:.1f} s: before that there is no face to see",
            start_s=float(picture.start_s),
        )
    if picture.gaps:
        yield message(
            "note.gaps",
            "its picture is missing for {missing_s:.1f} s in all, first at {first_s:.1f} s",
            missing_s=float(sum(gap.duration_s for gap in picture.gaps)),
            first_s=float(picture.gaps[0].start_s),
        )
    if not picture.cut and recording.duration_s - picture.duration_s > _NOTED_S:
        yield message(
            "note.early",
            "its picture ends after {end_s:.2f} s of {whole_s:.2f} s of sound",
            end_s=float(picture.duration_s),
            whole_s=float(recording.duration_s),
        )


def _hardly_seen(picture: VideoAnalysis, settings: Settings) -> Iterator[str]:
    """How often a face counts little, for how it can be seen."""
    predicted = [seen.weight for seen in picture.observations if seen.probabilities is not None]
    little = [weight for weight in predicted if weight < _HALF]
    if little and len(little) >= settings.least_face_seen * len(predicted):
        yield message(
            "note.blurred",
            "in {n_little} of {n_frames} analysed frames the face is too blurred, dark or noisy to "
            "weigh in full: there it counts {mean_share:.0%}",
            n_little=len(little),
            n_frames=len(predicted),
            mean_share=float(np.mean(little)),
        )
