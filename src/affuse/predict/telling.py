"""The second of speech and the frame of the face that tell most for or against an emotion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from affuse.bundle.member import Member
from affuse.errors import MediaError
from affuse.explain.moments import moments_within, most_telling
from affuse.media.audio import read_audio
from affuse.media.speech import SAMPLE_RATE
from affuse.predict.evidence import RecordingEvidence, WindowEvidence
from affuse.predict.judging import Floats
from affuse.predict.observer import Signal
from affuse.predict.own_voice import covered_s, own_voice
from affuse.predict.picture import FaceObservation
from affuse.predict.pooling import pooled
from affuse.predict.windows import Span
from affuse.records import Modality, TellingMoment

_SHOWN = 0.0005
"""A smaller contribution is shown as 0.0 points, and does not count as against the emotion."""

_LEAST_SPEECH = 0.5
"""Share of the speech in the fullest second that one must have to be a second of speech."""


def telling_moments(
    evidence: RecordingEvidence, emotion: str, contributions: Mapping[str, float]
) -> dict[str, TellingMoment]:
    """The most telling moment of each modality: against the emotion where it lowered the answer.

    Parameters
    ----------
    evidence : RecordingEvidence
    emotion : str
    contributions : mapping of str to float
        By modality; for the emotion where one is not there.

    Returns
    -------
    dict of str to TellingMoment
        By modality; one is absent where no moment stands out.
    """
    found: dict[str, TellingMoment] = {}
    for modality in evidence.modalities:
        against = contributions.get(modality, 0.0) < -_SHOWN
        moment = _moment(evidence, modality, emotion, against)
        if moment is not None:
            found[modality] = replace(moment, against=against)
    return found


def _moment(
    evidence: RecordingEvidence, modality: Modality, emotion: str, against: bool
) -> TellingMoment | None:
    own = [m for m in evidence.members.bundle.manifest.members if m.modalities == (modality,)]
    if evidence.members.voice in own:
        return _second_of_speech(evidence, evidence.members.voice, emotion, against)
    if evidence.members.face in own:
        return _frame(evidence, evidence.members.face, emotion, against)
    return _window(evidence, own[0], emotion, against) if own else None


def _second_of_speech(
    evidence: RecordingEvidence, member: Member | None, emotion: str, against: bool
) -> TellingMoment | None:
    """The second whose silencing changes most in the most telling window."""
    spoken = _with(evidence, member)
    if member is None or not spoken:
        return None
    rows = [window.probabilities[member.name] for window in spoken]
    shares = evidence.probability(member.name, rows, emotion)
    window = spoken[_strongest(spoken, member, shares, against)]
    span, signal = window.span, _signal(evidence, window.span)
    seconds = _seconds_of_speech(evidence, window, signal)
    if not seconds:
        return None
    sounds = [signal, *(_silenced(signal, first, end, span.start_s) for first, end in seconds)]
    own = sounds if window.voice is None else [own_voice(s, span, window.voice) for s in sounds]
    scored = [evidence.members.voice_row(member, sound) for sound in own]
    whole, *without = evidence.probability(member.name, scored, emotion).tolist()
    first = most_telling(whole, without, against=against)
    return None if first is None else TellingMoment(*seconds[first], whole, without[first])


def _seconds_of_speech(
    evidence: RecordingEvidence, window: WindowEvidence, signal: Signal
) -> list[tuple[float, float]]:
    """Seconds with at least half as much speech of the person as the one with most."""
    sound, start_s = evidence.recording.sound, window.span.start_s
    seconds = moments_within(start_s, start_s + len(signal) / SAMPLE_RATE)
    if sound is None or not seconds:
        return []
    speech_s = [sound.speech_s(Span(*second)) for second in seconds]
    if window.voice is not None:
        own_s = [covered_s(window.voice, Span(*second)) for second in seconds]
        speech_s = [min(both) for both in zip(speech_s, own_s, strict=True)]
    least_s = _LEAST_SPEECH * max(speech_s)
    return [
        second for second, there_s in zip(seconds, speech_s, strict=True) if there_s >= least_s > 0
    ]


def _signal(evidence: RecordingEvidence, span: Span) -> Signal:
    """The sound of a window, read once more; empty where it cannot be read alone."""
    there = evidence.recording.readable(span)
    try:
        return read_audio(
            evidence.recording.path,
            sample_rate=SAMPLE_RATE,
            start_s=there.start_s,
            duration_s=there.duration_s,
            audio_track=evidence.settings.audio_track,
        ).signal
    except MediaError:
        return np.zeros(0, np.float32)


def _silenced(signal: Signal, first_s: float, end_s: float, start_s: float) -> Signal:
    silenced = signal.copy()
    first, end = (round((time_s - start_s) * SAMPLE_RATE) for time_s in (first_s, end_s))
    silenced[first:end] = 0
    return silenced


def _frame(
    evidence: RecordingEvidence, member: Member | None, emotion: str, against: bool
) -> TellingMoment | None:
    """The frame whose face supports the emotion most."""
    by_time: dict[float, tuple[FaceObservation, Floats]] = {}
    for window in _with(evidence, member):
        for seen in window.observations:
            if seen.probabilities is not None:
                by_time[seen.time_s] = (seen, np.asarray(seen.probabilities, np.float64))
    if member is None or not by_time:
        return None
    frames, rows = zip(*(by_time[time_s] for time_s in sorted(by_time)), strict=True)
    shares = evidence.probability(member.name, rows, emotion)
    first = int(shares.argmin() if against else shares.argmax())
    without = _without(evidence, member, rows, np.ones(len(rows)), first, emotion)
    frame: FaceObservation = frames[first]
    picture = evidence.recording.picture
    stands_s = 0.0 if picture is None else 1 / picture.sampled_fps
    return TellingMoment(
        frame.time_s, frame.time_s + stands_s, float(shares[first]), without, frame.box
    )


def _window(
    evidence: RecordingEvidence, member: Member, emotion: str, against: bool
) -> TellingMoment | None:
    """The most telling window, if there are several."""
    windows = _with(evidence, member)
    if len(windows) < 2:
        return None
    rows = [window.probabilities[member.name] for window in windows]
    shares = evidence.probability(member.name, rows, emotion)
    weights = np.array([window.weights[member.name] for window in windows])
    first = _strongest(windows, member, shares, against)
    without = _without(evidence, member, rows, weights, first, emotion)
    span = windows[first].span
    return TellingMoment(span.start_s, span.end_s, float(shares[first]), without)


def _strongest(
    windows: Sequence[WindowEvidence], member: Member, shares: Floats, against: bool
) -> int:
    """The window with the most evidence for an emotion, or against it."""
    weights = np.array([window.weights[member.name] for window in windows])
    return int(np.argmax(weights * (1 - shares if against else shares)))


def _without(
    evidence: RecordingEvidence,
    member: Member,
    rows: Sequence[Floats],
    weights: Floats,
    first: int,
    emotion: str,
) -> float | None:
    """A member's probability of an emotion from all other moments; None if there are no others."""
    others = [row for number, row in enumerate(rows) if number != first]
    left = np.delete(weights, first)
    if not left.any():
        return None
    rest = pooled(evidence.members.bundle.manifest, member.name, others, left)
    return float(evidence.probability(member.name, rest[None], emotion)[0])


def _with(evidence: RecordingEvidence, member: Member | None) -> list[WindowEvidence]:
    """Stretches for which a member has an output."""
    name = "" if member is None else member.name
    return [window for window in evidence.windows if name in window.probabilities]
