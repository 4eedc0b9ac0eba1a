"""Answers of the API, as its schema describes them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from affuse.errors import AffuseError


class Refused(AffuseError):
    """A request that is answered with an error.

    Parameters
    ----------
    status : int
        HTTP status.
    reason : str
        One sentence: what was given, what was expected, what to do.
    """

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)


class MessageReply(BaseModel):
    """A sentence by its code and the values that are filled in."""

    code: str
    values: dict[str, Any]


class ErrorReply(BaseModel):
    """Every error; the message has what another language needs to say it, where there is one."""

    error: str
    message: MessageReply | None = None


class FormatReply(BaseModel):
    """An export."""

    name: str
    label: str
    suffix: str
    annotators: bool


class LimitsReply(BaseModel):
    """Limits of the server."""

    max_bytes: int
    max_duration_s: float
    max_jobs: int
    max_queue: int
    keep_s: float


class LiveReply(BaseModel):
    """Settings of live mode: the picture rate, and how it predicts."""

    frame_interval_s: float
    sample_rate: int
    window_s: float
    hop_s: float


class FiguresReply(BaseModel):
    """How good the bundle was at what it was measured on, as its manifest says."""

    system: str
    protocol: str
    uar: float | None
    uar_low: float | None
    uar_high: float | None
    accuracy: float | None
    chance: float
    n_clips: int
    n_speakers: int
    leak: str


class InfoReply(BaseModel):
    """What this server is."""

    version: str
    recogniser: str
    classes: list[str]
    formats: list[FormatReply]
    limits: LimitsReply
    window_s: float
    hop_s: float
    threshold: float
    live: LiveReply
    figures: list[FiguresReply]
    examples: list[str]
    languages: dict[str, str]


class JobReply(BaseModel):
    """How far a job is; times in seconds."""

    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    position: int | None
    name: str
    error: str | None
    error_message: MessageReply | None = None
    created_s_ago: float
    expires_in_s: float | None
    emotion: str | None = None
    confidence: float | None = None
    meant: str | None = None
    video: float | None = None


class WaveformReply(BaseModel):
    """Lowest and highest sample of each step."""

    step_s: float
    low: list[float]
    high: list[float]


class FaceReply(BaseModel):
    """The main face at one time, as a data URL."""

    time_s: float
    image: str | None


class OverviewReply(BaseModel):
    """What a player draws under the recording."""

    duration_s: float
    waveform: WaveformReply | None
    strip: list[FaceReply]
    speech: list[tuple[float, float]]
    face: list[tuple[float, float]]
    telling_face: str | None = None


class StretchReply(BaseModel):
    """A stretch of a corrected timeline, and whose it is."""

    start_s: float
    end_s: float
    emotion: str | None
    annotator: Literal["person", "recogniser"]
    face: int
    person: int


class PersonReply(BaseModel):
    """A person of a recording; an empty name: none was given."""

    number: int
    name: str


class BestReply(BaseModel):
    """The system with the highest unweighted average recall on unseen speakers."""

    system: str
    uar: float


class RunReply(BaseModel):
    """A run folder."""

    name: str
    title: str
    created: str
    n_clips: int
    best: BestReply | None
    report: str | None
