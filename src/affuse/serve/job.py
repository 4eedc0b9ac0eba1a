"""One recording to be predicted: its place, progress and result."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from affuse.messages import coded
from affuse.predict.settings import Settings
from affuse.serve.corrections import Corrections
from affuse.serve.judging import RecordingResult
from affuse.serve.pace import Pace
from affuse.serve.replies import JobReply
from affuse.serve.worker import Worker

State = Literal["receiving", "queued", "running", "done", "failed", "cancelled"]

UNFINISHED = ("receiving", "queued", "running")


@dataclass(eq=False)
class Job:
    """One recording. Fields change under the lock of `Jobs` alone.

    Attributes
    ----------
    id : str
    folder : Path
        Of its own; removed with the job.
    media : Path
        Where its recording lies.
    name : str
        What a person calls the recording.
    settings : Settings
    state : str
    progress : float
        In [0, 1].
    error : str or None
        Why it failed, in one sentence.
    result : RecordingResult or None
        Once it is done.
    n_users : int
        Exports being made of it: it does not expire meanwhile.
    pace : Pace
        Of its upload.
    owner : str or None
        The browser that gave it, and alone may ask for it; None: a program, which has its `id`.
    asked_s : float
        When its owner asked for it last.
    corrections : Corrections or None
        The timeline as a person has corrected it.
    meant : str or None
        What the speaker of a built-in example was asked to express.
    drawn : float or None
        How much of the annotated video there is, in [0, 1]; None: nobody has asked for it.
    """

    id: str
    folder: Path
    media: Path
    pace: Pace
    owner: str | None = None
    name: str = ""
    settings: Settings = field(default_factory=Settings)
    state: State = "receiving"
    progress: float = 0.0
    error: str | None = None
    result: RecordingResult | None = None
    created_s: float = field(default_factory=time.monotonic)
    asked_s: float = field(default_factory=time.monotonic)
    ended_s: float | None = None
    n_users: int = 0
    find: Callable[[], Path] | None = None
    corrections: Corrections | None = None
    meant: str | None = None
    drawn: float | None = None
    drawing: threading.Lock = field(default_factory=threading.Lock)
    workers: list[Worker] = field(default_factory=list)

    def idle_s(self, now_s: float) -> float | None:
        """Seconds since it ended, or since its browser last asked; None: it has not ended."""
        if self.ended_s is None:
            return None
        return now_s - (self.ended_s if self.owner is None else max(self.ended_s, self.asked_s))

    def n_bytes(self) -> int:
        """What it has on disk: its recording, and what was made of that."""
        size = 0
        with suppress(OSError):
            for path in self.folder.rglob("*"):
                size += path.stat().st_size
        return size

    def reply(self, position: int | None, keep_s: float) -> JobReply:
        """Its progress, as an answer of the API."""
        now_s = time.monotonic()
        idle_s = self.idle_s(now_s)
        found = None if self.result is None else self.result.prediction
        return JobReply.model_validate(
            {
                "id": self.id,
                "state": self.state,
                "progress": round(self.progress, 4),
                "position": position,
                "name": self.name,
                "error": self.error,
                "error_message": None if self.error is None else coded(self.error),
                "created_s_ago": round(now_s - self.created_s, 3),
                "expires_in_s": None if idle_s is None else round(max(keep_s - idle_s, 0.0), 3),
                "emotion": None if found is None else found.emotion,
                "confidence": None if found is None else found.confidence,
                "meant": self.meant,
                "video": self.drawn,
            }
        )
