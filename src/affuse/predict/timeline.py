"""Speech and faces of a recording -> segments, and the prediction of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from affuse.bundle.familiarity import MeasuredRows
from affuse.bundle.manifest import Manifest
from affuse.media.audio import read_audio
from affuse.media.speech import SAMPLE_RATE
from affuse.predict.evidence import RecordingEvidence, WindowEvidence, modalities_present
from affuse.predict.judging import Floats, Judgement, MemberProbabilities, averaged, judge
from affuse.predict.members import Members
from affuse.predict.notes import Reasons, notes_of
from affuse.predict.picture import FaceObservation
from affuse.predict.pooling import pooled_faces, supported
from affuse.predict.recording import Recording, main_face
from affuse.predict.settings import Settings
from affuse.predict.windows import Span
from affuse.records import Box, Explanation, Modality, Prediction, Segment


def predict_recording(
    recording: Recording, members: Members, settings: Settings, name: str
) -> Prediction:
    """The timeline of a recording, and the prediction of the whole.

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
    reason = Reasons(recording, members, settings)

    def judgement_of(part: WindowEvidence, rows: MemberProbabilities) -> Judgement:
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
        notes=tuple(notes_of(recording, members, settings)),
        explanation=_explanation(recording, members, settings, evidence)
        if settings.explain
        else None,
    )


def _explanation(
    recording: Recording, members: Members, settings: Settings, evidence: Sequence[WindowEvidence]
) -> Explanation:
    """The explanation of the prediction of the whole."""
    from affuse.predict.explaining import explained

    main, manifest = [part for part in evidence if part.is_main], members.bundle.manifest

    def answer(kept: Sequence[MemberProbabilities]) -> Judgement:
        parts = [
            replace(part, probabilities=dict(rows)) for part, rows in zip(main, kept, strict=True)
        ]
        whole = _whole(recording, parts, manifest)
        return judge(members.bundle, whole.probabilities, 0.0, "", whole.distances)

    nothing = Reasons(recording, members, settings).of(_whole(recording, main, manifest))
    return explained(RecordingEvidence(recording, members, settings, main, answer), nothing)


def evidence_of(
    recording: Recording, members: Members, settings: Settings, span: Span | None = None
) -> MemberProbabilities:
    """Members' outputs for a recording or one stretch of it, before they are fused.

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
    part: WindowEvidence, recording: Recording, members: Members, settings: Settings
) -> MeasuredRows | None:
    """Voice output for a stretch that is no window; None without enough speech."""
    span = recording.readable(part.span)
    if members.voice is None or "audio" not in modalities_present(part, settings):
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
) -> Iterator[WindowEvidence]:
    windows, duration_s = settings.windows, recording.duration_s
    for window in range(windows.count(duration_s)):
        span = windows.span(window, duration_s)
        for evidence in _of_window(recording, span, settings):
            _ask(evidence, recording, members, settings, recording.voice_of(window))
            yield evidence


def _of_window(recording: Recording, span: Span, settings: Settings) -> list[WindowEvidence]:
    """Evidence for each face in the window, by number; one without a face where there is none."""
    sound, picture = recording.sound, recording.picture
    speech_s = None if sound is None else sound.speech_s(span)
    if picture is None:
        return [WindowEvidence(span, 0, speech_s, None, (), True)]
    observations = picture.within(span)
    main = main_face(observations)
    numbers = (
        sorted({observation.number for observation in observations})
        if settings.faces == "all"
        else [main]
    )
    return [
        WindowEvidence(
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
    evidence: WindowEvidence,
    recording: Recording,
    members: Members,
    settings: Settings,
    voice: MeasuredRows | None,
) -> None:
    """Fill in the members' outputs. The voice is attributed to the main face."""
    present = modalities_present(evidence, settings)
    strength: dict[Modality, float] = {
        "audio": evidence.speech or 0.0,
        "video": evidence.face_seen or 0.0,
        **dict.fromkeys(members.rows, 1.0),
    }
    rows: dict[str, Floats | None] = {}
    if members.face is not None and "video" in present:
        predicted = [s for s in evidence.observations if s.probabilities is not None]
        clear = [seen.weight for seen in predicted]
        of_faces = [seen.probabilities for seen in predicted if seen.probabilities is not None]
        name = members.face.name
        rows[name] = pooled_faces(members.bundle.manifest, name, of_faces, clear)
        strength["video"] *= float(np.mean(clear)) if clear else 1.0
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


def _segment(evidence: WindowEvidence, judgement: Judgement) -> Segment:
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


def _begin(evidence: WindowEvidence) -> float:
    return evidence.span.start_s


def _whole(
    recording: Recording, evidence: Sequence[WindowEvidence], manifest: Manifest
) -> WindowEvidence:
    """All windows as one, weighted by their evidence; of each its main face."""
    span = Span(0.0, recording.duration_s)
    main = [part for part in evidence if part.is_main]
    sound, picture = recording.sound, recording.picture
    probabilities = averaged(manifest, [(part.probabilities, part.weights) for part in main])
    by_time = {seen.time_s: seen for part in main for seen in part.observations}
    return WindowEvidence(
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


def _mean_distances(parts: Sequence[WindowEvidence]) -> dict[str, float]:
    """Mean distance of each member over several windows, weighted by their evidence."""
    names = dict.fromkeys(name for part in parts for name in part.distances)
    of_each = {
        name: [(p.distances[name], p.weights[name]) for p in parts if name in p.distances]
        for name in names
    }
    return {name: _weighted_mean(pairs) for name, pairs in of_each.items()}


def _mean_box(observations: Sequence[FaceObservation]) -> Box | None:
    if not observations:
        return None
    corners = [(s.box.left, s.box.top, s.box.width, s.box.height) for s in observations]
    left, top, width, height = (float(value) for value in np.mean(corners, axis=0))
    return Box(left, top, width, height)
