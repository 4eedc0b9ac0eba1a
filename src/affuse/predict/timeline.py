"""Speech and faces of a recording -> segments, and the prediction of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from affuse.bundle.familiarity import MeasuredRows
from affuse.media.audio import read_audio
from affuse.media.speech import SAMPLE_RATE
from affuse.predict.evidence import RecordingEvidence, WindowEvidence, modalities_present
from affuse.predict.judging import Judgement, MemberProbabilities, judge
from affuse.predict.members import Members
from affuse.predict.notes import Reasons, notes_of
from affuse.predict.outputs import ask, prediction_of, segment_of, whole_of
from affuse.predict.pooling import supported
from affuse.predict.recording import Recording, main_face
from affuse.predict.settings import Settings
from affuse.predict.windows import Span
from affuse.records import Explanation, Prediction


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
        segment_of(part, judgement_of(part, supported(bundle.manifest, windows, number, part)))
        for number, parts in enumerate(windows)
        for part in parts
    )
    whole = whole_of(recording, evidence, bundle.manifest)
    overall = judgement_of(whole, whole.probabilities)
    explanation = (
        explanation_of(recording, members, settings, evidence, reason.of(whole))
        if settings.explain
        else None
    )
    return replace(
        prediction_of(name, recording, bundle, whole, overall, segments),
        notes=tuple(notes_of(recording, members, settings)),
        explanation=explanation,
    )


def explanation_of(
    recording: Recording,
    members: Members,
    settings: Settings,
    evidence: Sequence[WindowEvidence],
    nothing: str,
) -> Explanation:
    """The explanation of the prediction of the whole.

    Parameters
    ----------
    recording : Recording
    members : Members
    settings : Settings
    evidence : sequence of WindowEvidence
        Of each window; the parts that count for the whole are its main ones.
    nothing : str
        Why nothing could be said of the whole; empty if something can.

    Returns
    -------
    Explanation
    """
    from affuse.predict.explaining import explained

    main, manifest = [part for part in evidence if part.is_main], members.bundle.manifest

    def answer(kept: Sequence[MemberProbabilities]) -> Judgement:
        parts = [
            replace(part, probabilities=dict(rows)) for part, rows in zip(main, kept, strict=True)
        ]
        whole = whole_of(recording, parts, manifest)
        return judge(members.bundle, whole.probabilities, 0.0, "", whole.distances)

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
        return whole_of(recording, evidence, members.bundle.manifest).probabilities
    part = next(part for part in _of_window(recording, span, settings) if part.is_main)
    voice = _voice_of(part, recording, members, settings)
    ask(part, recording, members, settings, voice)
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
            ask(evidence, recording, members, settings, recording.voice_of(window))
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


def _begin(evidence: WindowEvidence) -> float:
    return evidence.span.start_s
