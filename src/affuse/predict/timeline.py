"""Speech and faces of a recording -> segments, and the emotion of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from affuse.bundle.familiarity import MeasuredRows
from affuse.bundle.manifest import Manifest
from affuse.media.audio import read_audio
from affuse.media.decode import MISSING_END_S
from affuse.media.speech import SAMPLE_RATE
from affuse.predict.judging import Floats, Judgement, MemberProbabilities, averaged, judge
from affuse.predict.members import Members
from affuse.predict.picture import FaceObservation, VideoAnalysis
from affuse.predict.pooling import pooled_faces, supported
from affuse.predict.recording import Recording, enough_speech, main_face
from affuse.predict.settings import Settings
from affuse.predict.windows import Span
from affuse.records import Box, Modality, Prediction, Segment

_NOTED_S = 0.5
"""A picture that is away for longer at either end is spoken of."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What there is to judge one face (number 0: no face) in one window by."""

    span: Span
    number: int
    speech_s: float | None
    n_sampled: int | None
    observations: Sequence[FaceObservation]
    is_main: bool
    probabilities: dict[str, Floats] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    distances: dict[str, float] = field(default_factory=dict)

    @property
    def speech(self) -> float | None:
        if self.speech_s is None:
            return None
        return min(self.speech_s / max(self.span.duration_s, 1e-9), 1.0)

    @property
    def face_seen(self) -> float | None:
        return None if self.n_sampled is None else len(self.observations) / max(self.n_sampled, 1)


def predict_recording(
    recording: Recording, members: Members, settings: Settings, name: str
) -> Prediction:
    """The timeline of a recording, and what it comes to.

    Parameters
    ----------
    recording : Recording
    members : Members
    settings : Settings
    name : str
        The file as it was given.

    Returns
    -------
    Prediction
    """
    bundle = members.bundle
    threshold = bundle.manifest.abstain_below if settings.threshold is None else settings.threshold
    evidence = list(_all_evidence(recording, members, settings))
    reason = _Reasons(recording, members, settings)

    def judgement_of(part: _Evidence, rows: MemberProbabilities) -> Judgement:
        return judge(bundle, rows, threshold, reason.of(part), part.distances)

    windows = [list(parts) for _, parts in groupby(evidence, key=_begin)]
    segments = tuple(
        _segment(part, judgement_of(part, supported(bundle.manifest, windows, number, part)))
        for number, parts in enumerate(windows)
        for part in parts
    )
    whole = _whole(recording, evidence, bundle.manifest)
    overall = judgement_of(whole, whole.probabilities)
    return Prediction(
        path=name,
        duration_s=recording.duration_s,
        emotion=overall.emotion,
        confidence=overall.confidence,
        probabilities=overall.probabilities,
        segments=segments,
        classes=bundle.manifest.classes,
        recogniser=bundle.title,
        speech=whole.speech,
        face_seen=whole.face_seen,
        abstained=overall.abstained,
        disagreement=overall.disagreement,
        values=overall.values,
        set=overall.set,
        familiarity=overall.familiarity,
        notes=tuple(_notes(recording, members, settings)),
    )


def evidence_of(
    recording: Recording, members: Members, settings: Settings, span: Span | None = None
) -> MemberProbabilities:
    """What each member says of a recording, or of one stretch of it, before anything is fused.

    Parameters
    ----------
    recording : Recording
    members : Members
    settings : Settings
    span : Span, optional
        The stretch; judged as one window, however long it is. By default the whole, window by
        window.

    Returns
    -------
    mapping of str to (n_own_classes,) float64
        Of the members that have something to go by.
    """
    if span is None:
        evidence = list(_all_evidence(recording, members, settings))
        return _whole(recording, evidence, members.bundle.manifest).probabilities
    part = next(part for part in _of_window(recording, span, settings) if part.is_main)
    voice = _voice_of(part, recording, members, settings)
    _ask(part, recording, members, settings, voice)
    return part.probabilities


def _voice_of(
    part: _Evidence, recording: Recording, members: Members, settings: Settings
) -> MeasuredRows | None:
    """What the voice network says of a stretch that is no window; None without enough speech."""
    span = recording.readable(part.span)
    if members.voice is None or "audio" not in _present(part, settings):
        return None
    sound = read_audio(
        recording.path,
        sample_rate=SAMPLE_RATE,
        start_s=span.start_s,
        duration_s=span.duration_s,
        audio_track=settings.audio_track,
    )
    return members.voice_output(members.voice, sound.signal)


def _all_evidence(
    recording: Recording, members: Members, settings: Settings
) -> Iterator[_Evidence]:
    windows, duration_s = settings.windows, recording.duration_s
    for window in range(windows.count(duration_s)):
        span = windows.span(window, duration_s)
        for evidence in _of_window(recording, span, settings):
            _ask(evidence, recording, members, settings, recording.voice_of(window))
            yield evidence


def _of_window(recording: Recording, span: Span, settings: Settings) -> list[_Evidence]:
    """One for each face in the window, by number; one without a face where there is none."""
    sound, picture = recording.sound, recording.picture
    speech_s = None if sound is None else sound.speech_s(span)
    if picture is None:
        return [_Evidence(span, 0, speech_s, None, (), True)]
    observations = picture.within(span)
    main = main_face(observations)
    numbers = (
        sorted({observation.number for observation in observations})
        if settings.faces == "all"
        else [main]
    )
    return [
        _Evidence(
            span,
            number,
            speech_s,
            picture.n_sampled(span),
            [observation for observation in observations if observation.number == number],
            number == main,
        )
        for number in numbers or [0]
    ]


def _ask(
    evidence: _Evidence,
    recording: Recording,
    members: Members,
    settings: Settings,
    voice: MeasuredRows | None,
) -> None:
    """Fill in what the members predict. The voice counts as that of the main face."""
    present = _present(evidence, settings)
    strength: dict[Modality, float] = {
        "audio": evidence.speech or 0.0,
        "video": evidence.face_seen or 0.0,
    }
    rows: dict[str, Floats | None] = {}
    if members.face is not None and "video" in present:
        of_faces = [s.probabilities for s in evidence.observations if s.probabilities is not None]
        rows[members.face.name] = pooled_faces(members.bundle.manifest, members.face.name, of_faces)
        far = [s.distance for s in evidence.observations if s.distance is not None]
        if far:
            evidence.distances[members.face.name] = float(np.mean(far))
    if members.voice is not None and voice is not None and "audio" in present:
        rows[members.voice.name] = voice.probabilities[0]
        if voice.first_distance is not None:
            evidence.distances[members.voice.name] = voice.first_distance
    span = recording.readable(evidence.span)
    rows |= members.feature_rows(recording.path, span, present, settings.audio_track)
    for name, row in rows.items():
        if row is not None:
            member = members.bundle.manifest.member(name)
            evidence.probabilities[name] = row
            strengths = [strength[modality] for modality in member.modalities]
            evidence.weights[name] = evidence.span.duration_s * float(np.mean(strengths))


def _present(evidence: _Evidence, settings: Settings) -> set[Modality]:
    """Modalities in which there is enough to judge by."""
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


def _segment(evidence: _Evidence, judgement: Judgement) -> Segment:
    return Segment(
        start_s=evidence.span.start_s,
        end_s=evidence.span.end_s,
        emotion=judgement.emotion,
        confidence=judgement.confidence,
        probabilities=judgement.probabilities,
        speech=evidence.speech,
        face_seen=evidence.face_seen,
        face=evidence.number,
        box=_mean_box(evidence.observations),
        abstained=judgement.abstained,
        disagreement=judgement.disagreement,
        values=judgement.values,
        set=judgement.set,
        familiarity=judgement.familiarity,
    )


def _begin(evidence: _Evidence) -> float:
    return evidence.span.start_s


def _whole(recording: Recording, evidence: Sequence[_Evidence], manifest: Manifest) -> _Evidence:
    """All windows as one, each as far as it had something to go by; of each its main face."""
    span = Span(0.0, recording.duration_s)
    main = [part for part in evidence if part.is_main]
    sound, picture = recording.sound, recording.picture
    probabilities = averaged(manifest, [(part.probabilities, part.weights) for part in main])
    by_time = {seen.time_s: seen for part in main for seen in part.observations}
    return _Evidence(
        span,
        main_face(list(by_time.values())),
        None if sound is None else sound.speech_s(span),
        None if picture is None else picture.n_sampled(span),
        list(by_time.values()),
        True,
        dict(probabilities),
        distances=_mean_distances(main),
    )


def _weighted_mean(pairs: Sequence[tuple[float, float]]) -> float:
    values, weights = np.array(pairs).T
    return float(np.average(values, weights=weights))


def _mean_distances(parts: Sequence[_Evidence]) -> dict[str, float]:
    """Of each member over several windows, each as far as it had something to go by."""
    names = dict.fromkeys(name for part in parts for name in part.distances)
    of_each = {
        name: [(p.distances[name], p.weights[name]) for p in parts if name in p.distances]
        for name in names
    }
    return {name: _weighted_mean(pairs) for name, pairs in of_each.items()}


@dataclass(frozen=True, slots=True)
class _Reasons:
    """Why there is nothing to judge by, in words."""

    recording: Recording
    members: Members
    settings: Settings

    def of(self, evidence: _Evidence) -> str:
        modalities = self.members.modalities
        parts = [self._of_sound(evidence)] if "audio" in modalities else []
        parts += [self._of_picture(evidence)] if "video" in modalities else []
        if len(modalities) == 1:
            only = "voice" if "audio" in modalities else "face"
            parts.append(f"this recogniser goes by the {only} alone")
        return ", and ".join(parts)

    def _of_sound(self, evidence: _Evidence) -> str:
        if self.recording.sound is None:
            return self.recording.info.no_sound
        if not evidence.speech_s:
            return "no speech is heard"
        if not evidence.is_main:
            return "the voice counts as that of a larger face"
        if "audio" in _present(evidence, self.settings):
            return "the voice alone is not enough"
        return f"only {evidence.speech_s:.1f} s of speech are heard"

    def _of_picture(self, evidence: _Evidence) -> str:
        if self.recording.picture is None:
            return self.recording.no_picture
        if not evidence.observations:
            return "no face is seen"
        if "video" in _present(evidence, self.settings):
            return "the face alone is not enough"
        return f"a face is seen in {len(evidence.observations)} of {evidence.n_sampled} looks only"


def _notes(recording: Recording, members: Members, settings: Settings) -> Iterator[str]:
    info = recording.info
    yield from _endings(recording)
    if "audio" in members.modalities and recording.sound is None:
        yield f"{info.no_sound}: judged by the picture alone"
    if "video" in members.modalities and recording.picture is None:
        yield f"{recording.no_picture}: judged by the sound alone"
    if "video" in members.modalities and recording.picture is not None:
        yield from _missing_picture(recording.picture, recording)
    yield from info.notes
    n_faces = 0 if recording.picture is None else recording.picture.n_faces
    if n_faces > 1:
        shown = "the largest was judged" if settings.faces == "largest" else "each was judged"
        yield f"up to {n_faces} faces are seen at once; {shown}"


def _endings(recording: Recording) -> Iterator[str]:
    """What is missing at the end of the file, by what it says itself."""
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
    """Where the recording goes on without its picture."""
    if picture.start_s > _NOTED_S:
        yield f"its picture begins at {picture.start_s:.1f} s: before that there is no face to see"
    if picture.gaps:
        missing_s = sum(gap.duration_s for gap in picture.gaps)
        first_s = picture.gaps[0].start_s
        yield f"its picture is missing for {missing_s:.1f} s in all, first at {first_s:.1f} s"
    if not picture.cut and recording.duration_s - picture.duration_s > _NOTED_S:
        there, whole = picture.duration_s, recording.duration_s
        yield f"its picture ends after {there:.2f} s of {whole:.2f} s of sound"


def _mean_box(observations: Sequence[FaceObservation]) -> Box | None:
    if not observations:
        return None
    corners = [(s.box.left, s.box.top, s.box.width, s.box.height) for s in observations]
    left, top, width, height = (float(value) for value in np.mean(corners, axis=0))
    return Box(left, top, width, height)
