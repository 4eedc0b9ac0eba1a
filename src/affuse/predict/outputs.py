"""Members' outputs for windows, and what becomes of them in a timeline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from affuse.bundle.bundle import Bundle
from affuse.bundle.familiarity import MeasuredRows
from affuse.bundle.manifest import Manifest
from affuse.predict.evidence import WindowEvidence, modalities_present
from affuse.predict.judging import Floats, Judgement, averaged
from affuse.predict.members import Members
from affuse.predict.picture import FaceObservation
from affuse.predict.pooling import pooled_faces
from affuse.predict.recording import Recording, main_face
from affuse.predict.settings import Settings
from affuse.predict.windows import Span
from affuse.records import Box, Modality, Prediction, Segment


def ask(
    evidence: WindowEvidence,
    recording: Recording,
    members: Members,
    settings: Settings,
    voice: MeasuredRows | None,
) -> None:
    """Fill in the members' outputs for a window, or for one person in it.

    Parameters
    ----------
    evidence : WindowEvidence
        Its voice counts where `is_main` is set.
    recording : Recording
    members : Members
    settings : Settings
    voice : MeasuredRows or None
        The voice network's output; None: there is not enough speech.
    """
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


def segment_of(evidence: WindowEvidence, judgement: Judgement) -> Segment:
    """The stretch of a timeline that a window becomes.

    Parameters
    ----------
    evidence : WindowEvidence
    judgement : Judgement

    Returns
    -------
    Segment
    """
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


def prediction_of(
    name: str,
    recording: Recording,
    bundle: Bundle,
    whole: WindowEvidence,
    overall: Judgement,
    segments: Sequence[Segment],
) -> Prediction:
    """The prediction of a recording, without notes.

    Parameters
    ----------
    name : str
        The file as it was given.
    recording : Recording
    bundle : Bundle
    whole : WindowEvidence
        All windows as one.
    overall : Judgement
        Of the whole.
    segments : sequence of Segment

    Returns
    -------
    Prediction
    """
    return Prediction(
        path=name,
        duration_s=recording.duration_s,
        emotion=overall.emotion,
        confidence=overall.confidence,
        probabilities=overall.probabilities,
        segments=tuple(segments),
        classes=bundle.manifest.classes,
        recogniser=bundle.title,
        speech=whole.speech,
        face_seen=whole.face_seen,
        abstained=overall.abstained,
        disagreement=overall.disagreement,
        values=overall.values,
        set=overall.set,
        familiarity=overall.familiarity,
    )


def whole_of(
    recording: Recording, evidence: Sequence[WindowEvidence], manifest: Manifest
) -> WindowEvidence:
    """All windows as one, weighted by their evidence; of each its main face.

    Parameters
    ----------
    recording : Recording
    evidence : sequence of WindowEvidence
        One part of each window at most is the main one.
    manifest : Manifest

    Returns
    -------
    WindowEvidence
    """
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
