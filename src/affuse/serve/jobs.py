"""Recordings to be predicted: a bounded queue, a process for each, results that expire."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from affuse.errors import AffuseError
from affuse.predict.settings import Settings
from affuse.serve.judging import JudgeTask, RecordingResult, judge
from affuse.serve.pace import BEHIND_S, Pace
from affuse.serve.replies import JobReply
from affuse.serve.settings import Limits
from affuse.serve.worker import Failed, Worker
from affuse.storage.error_log import unforeseen
from affuse.workers.sending import Send
from affuse.workers.threads import begun_thread

State = Literal["receiving", "queued", "running", "done", "failed", "cancelled"]

MOST_KEPT = 100
"""Ended jobs that are kept, however soon they follow each other; the oldest go first."""

_UNFINISHED = ("receiving", "queued", "running")
_JOIN_S = 5.0


class Busy(AffuseError):
    """The queue is full."""


class Gone(AffuseError):
    """There is no such job, or not any more."""


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
    """

    id: str
    folder: Path
    media: Path
    pace: Pace
    name: str = ""
    settings: Settings = field(default_factory=Settings)
    state: State = "receiving"
    progress: float = 0.0
    error: str | None = None
    result: RecordingResult | None = None
    created_s: float = field(default_factory=time.monotonic)
    ended_s: float | None = None
    n_users: int = 0
    find: Callable[[], Path] | None = None
    drawing: threading.Lock = field(default_factory=threading.Lock)
    workers: list[Worker] = field(default_factory=list)


class Jobs:
    """All jobs of one server. Methods may be called from any thread; none waits for long.

    Parameters
    ----------
    folder : Path
        Private; gets a folder for each job.
    limits : Limits
    bundle_dir : Path or None
    """

    def __init__(self, folder: Path, limits: Limits, bundle_dir: Path | None) -> None:
        self._folder = folder
        self._limits = limits
        self._bundle_dir = bundle_dir
        self._jobs: dict[str, Job] = {}
        self._waiting: list[Job] = []
        self._changed = threading.Condition()
        self._closed = False
        self._attendants = [begun_thread(self._attend) for _ in range(limits.max_jobs)]

    def open(self) -> Job:
        """A place for a recording that is about to come in.

        When all are taken, the upload that is farthest behind the least rate gives way.

        Returns
        -------
        Job

        Raises
        ------
        Busy
            As many as may wait do so, and none came too slowly.
        """
        with self._changed:
            unfinished = [job for job in self._jobs.values() if job.state in _UNFINISHED]
            most = self._limits.max_queue + self._limits.max_jobs
            full = len(unfinished) >= most and not self._one_gives_way()
            if self._closed or full:
                raise Busy(
                    f"{len(unfinished)} recordings are waiting or being judged; expected fewer "
                    f"than {most}: try again in a minute"
                )
            number = secrets.token_urlsafe(16)
            folder = self._folder / number
            folder.mkdir(mode=0o700)
            job = self._jobs[number] = Job(number, folder, folder / "recording", Pace(self._limits))
            return job

    def _one_gives_way(self) -> bool:
        """Take the place of an upload that only holds it; under the lock."""
        coming = [job for job in self._jobs.values() if job.state == "receiving"]
        slowest = max(coming, key=lambda job: job.pace.behind_s, default=None)
        if slowest is None or slowest.pace.behind_s < BEHIND_S:
            return False
        slowest.state = "cancelled"
        slowest.pace.give_way()
        return True

    def submit(
        self, job: Job, name: str, settings: Settings, find: Callable[[], Path] | None = None
    ) -> None:
        """Queue a job whose recording is there; `find`, where given, says where else it lies.

        Parameters
        ----------
        job : Job
            As `open` gave it.
        name : str
            What a person calls the recording.
        settings : Settings
        find : callable, optional
            Gives the path of the recording, where it is not the job's own.

        Raises
        ------
        Busy
            Its place was given away.
        """
        with self._changed:
            if job.state != "receiving":
                raise Busy("the upload came too slowly while others waited: try again in a minute")
            job.name, job.settings, job.find, job.state = name, settings, find, "queued"
            self._waiting.append(job)
            self._changed.notify_all()

    def drop(self, job: Job) -> None:
        """Give up a job whose recording did not come in.

        Parameters
        ----------
        job : Job
        """
        with self._changed:
            self._jobs.pop(job.id, None)
        shutil.rmtree(job.folder, ignore_errors=True)

    def status(self, number: str) -> JobReply:
        """How far a job is.

        Parameters
        ----------
        number : str
            Of the job.

        Returns
        -------
        JobReply

        Raises
        ------
        Gone
        """
        with self._changed:
            job, now = self._job(number), time.monotonic()
            left = None if job.ended_s is None else self._limits.keep_s - (now - job.ended_s)
            return JobReply(
                id=job.id,
                state=job.state,
                progress=round(job.progress, 4),
                position=self._waiting.index(job) + 1 if job in self._waiting else None,
                name=job.name,
                error=job.error,
                created_s_ago=round(now - job.created_s, 3),
                expires_in_s=None if left is None else round(max(left, 0.0), 3),
            )

    @contextmanager
    def used(self, number: str) -> Iterator[tuple[Job, RecordingResult | None]]:
        """A job that does not expire meanwhile, and its result; None: there is none.

        Parameters
        ----------
        number : str
            Of the job.

        Yields
        ------
        tuple of Job and (RecordingResult or None)

        Raises
        ------
        Gone
        """
        with self._changed:
            job = self._job(number)
            job.n_users += 1
        try:
            yield job, job.result
        finally:
            with self._changed:
                job.n_users -= 1

    def run(
        self, job: Job, function: Callable[[Any, Send], None], argument: object
    ) -> Iterator[object]:
        """Messages of a worker that ends with the job.

        Parameters
        ----------
        job : Job
        function : callable
            As in `Worker`.
        argument : object
            Picklable.

        Yields
        ------
        object

        Raises
        ------
        Gone
            The job was removed.
        """
        worker = Worker(function, argument)
        with self._changed:
            job.workers.append(worker)
            if job.id not in self._jobs:
                worker.kill()
        try:
            yield from worker.messages()
        finally:
            worker.kill()
            with self._changed:
                job.workers.remove(worker)
        if job.id not in self._jobs:
            raise self._gone(job.id)

    def remove(self, number: str) -> None:
        """End a job at whatever stage, and remove all that it has.

        Parameters
        ----------
        number : str
            Of the job.

        Raises
        ------
        Gone
        """
        with self._changed:
            job = self._job(number)
            self._take_out(job)
        shutil.rmtree(job.folder, ignore_errors=True)

    def _take_out(self, job: Job) -> None:
        """Let a job be known no more, and end its work; under the lock."""
        del self._jobs[job.id]
        job.state = "cancelled"
        with suppress(ValueError):
            self._waiting.remove(job)
        for worker in job.workers:
            worker.kill()

    def remove_expired(self) -> None:
        """Remove what has been kept long enough, or is too much."""
        with self._changed:
            ended = [job for job in self._jobs.values() if job.ended_s is not None]
            ended.sort(key=lambda job: job.ended_s or 0.0)
            oldest_s = time.monotonic() - self._limits.keep_s
            old = [
                job
                for place, job in enumerate(ended)
                if job.n_users == 0
                and ((job.ended_s or 0.0) <= oldest_s or place < len(ended) - MOST_KEPT)
            ]
            # Without letting go of the lock: nobody may begin to use one of them meanwhile.
            for job in old:
                self._take_out(job)
        for job in old:
            shutil.rmtree(job.folder, ignore_errors=True)

    def close(self) -> None:
        """End all that goes on; the folder is left to its owner."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            numbers = list(self._jobs)
        for number in numbers:
            with suppress(Gone):
                self.remove(number)
        for attendant in self._attendants:
            attendant.join(_JOIN_S)

    def _attend(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._work(job)
            except Gone:
                pass
            except AffuseError as error:
                self._end(job, Failed(str(error)))
            except Exception as error:
                # Whatever it was, the recordings that wait need their attendant.
                self._end(job, Failed(unforeseen(job.name, error)))

    def _next(self) -> Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            if self._closed:
                return None
            job = self._waiting.pop(0)
            job.state = "running"
            return job

    def _work(self, job: Job) -> None:
        if job.find is not None:
            job.media = job.find()
        most_s = self._limits.max_duration_s
        task = JudgeTask(job.media, job.name, self._bundle_dir, job.settings, most_s)
        last: object = None
        for message in self.run(job, judge, task):
            last = message
            if isinstance(message, float):
                with self._changed:
                    job.progress = message
        ended = isinstance(last, RecordingResult | Failed)
        self._end(job, last if ended else Failed("the recording was not judged: send it again"))

    def _end(self, job: Job, outcome: object) -> None:
        """Note what came out. A recording that no export can need any more goes at once."""
        with self._changed:
            job.ended_s = time.monotonic()
            if isinstance(outcome, RecordingResult):
                job.result, job.state, job.progress = outcome, "done", 1.0
            elif isinstance(outcome, Failed):
                job.error, job.state = outcome.reason, "failed"
        if not isinstance(outcome, RecordingResult) or not outcome.has_video:
            self.forget_media(job)

    def forget_media(self, job: Job) -> None:
        """Remove a job's recording, where it is its own.

        Parameters
        ----------
        job : Job
        """
        if job.find is None:
            job.media.unlink(missing_ok=True)

    def _job(self, number: str) -> Job:
        job = self._jobs.get(number)
        if job is None or job.state == "receiving":
            raise self._gone(number)
        return job

    def _gone(self, number: str) -> Gone:
        return Gone(
            f"there is no job {number[:40]!r}; expected one that was started within the last "
            f"{self._limits.keep_s:g} s and not removed: send the recording again"
        )
