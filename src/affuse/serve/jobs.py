"""Recordings to be predicted: a bounded queue, a process for each, results that expire."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from affuse.errors import AffuseError
from affuse.messages import message, reason_of
from affuse.predict.settings import Settings
from affuse.serve.job import UNFINISHED, Job
from affuse.serve.judging import JudgeTask, RecordingResult, judge
from affuse.serve.keeping import Kept, to_remove
from affuse.serve.pace import BEHIND_S, Pace
from affuse.serve.replies import JobReply
from affuse.serve.settings import Limits
from affuse.serve.worker import Failed, Worker
from affuse.storage.error_log import unforeseen
from affuse.workers.sending import Send
from affuse.workers.threads import begun_thread

_JOIN_S = 5.0


class Busy(AffuseError):
    """The queue is full."""


class Gone(AffuseError):
    """There is no such job, or not any more."""


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

    def open(self, owner: str | None = None) -> Job:
        """Reserve a place for a recording that is about to be uploaded.

        When all are taken, the upload that is farthest behind the least rate gives way.

        Parameters
        ----------
        owner : str, optional
            The browser that gives it, and alone may ask for it then.

        Returns
        -------
        Job

        Raises
        ------
        Busy
            As many as may wait do so, and none came too slowly.
        """
        with self._changed:
            unfinished = [job for job in self._jobs.values() if job.state in UNFINISHED]
            most = self._limits.max_queue + self._limits.max_jobs
            full = len(unfinished) >= most and not self._one_gives_way()
            if self._closed or full:
                raise Busy(
                    f"{len(unfinished)} recordings are waiting or being analysed; expected fewer "
                    f"than {most}: try again in a minute"
                )
            number = secrets.token_urlsafe(16)
            folder = self._folder / number
            folder.mkdir(mode=0o700)
            media, pace = folder / "recording", Pace(self._limits)
            job = self._jobs[number] = Job(number, folder, media, pace, owner)
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
        """Queue a job whose recording was uploaded; `find`, where given, tells where else it lies.

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
                raise Busy(
                    message(
                        "upload.behind",
                        "the upload came too slowly while others waited: try again in a minute",
                    )
                )
            job.name, job.settings, job.find, job.state = name, settings, find, "queued"
            self._waiting.append(job)
            self._changed.notify_all()

    def drop(self, job: Job) -> None:
        """Give up a job whose recording was not uploaded.

        Parameters
        ----------
        job : Job
        """
        with self._changed:
            self._jobs.pop(job.id, None)
        shutil.rmtree(job.folder, ignore_errors=True)

    def status(self, number: str, owner: str | None = None) -> JobReply:
        """How far a job is.

        Parameters
        ----------
        number : str
            Of the job.
        owner : str, optional
            The browser that asks.

        Returns
        -------
        JobReply

        Raises
        ------
        Gone
        """
        with self._changed:
            return self._reply(self._job(number, owner))

    def of(self, owner: str | None) -> list[JobReply]:
        """All that one browser has given and that is still there, newest first.

        Parameters
        ----------
        owner : str or None
            None: a program, to which nothing is listed.

        Returns
        -------
        list of JobReply
        """
        with self._changed:
            own = [
                self._reply(job)
                for job in self._jobs.values()
                if owner is not None and job.owner == owner and job.state != "receiving"
            ]
        return own[::-1]

    def _reply(self, job: Job) -> JobReply:
        place = self._waiting.index(job) + 1 if job in self._waiting else None
        return job.reply(place, self._limits.keep_s)

    @contextmanager
    def used(
        self, number: str, owner: str | None = None
    ) -> Iterator[tuple[Job, RecordingResult | None]]:
        """A job that does not expire during the block, and its result; None if there is none.

        Parameters
        ----------
        number : str
            Of the job.
        owner : str, optional
            The browser that asks.

        Yields
        ------
        tuple of Job and (RecordingResult or None)

        Raises
        ------
        Gone
        """
        with self._changed:
            job = self._job(number, owner)
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

    def remove(self, number: str, owner: str | None = None) -> None:
        """End a job at whatever stage, and remove all its files.

        Parameters
        ----------
        number : str
            Of the job.
        owner : str, optional
            The browser that asks.

        Raises
        ------
        Gone
        """
        with self._changed:
            job = self._job(number, owner)
            self._take_out(job)
        shutil.rmtree(job.folder, ignore_errors=True)

    def _take_out(self, job: Job) -> None:
        """Remove a job from the list and end its work; under the lock."""
        del self._jobs[job.id]
        job.state = "cancelled"
        with suppress(ValueError):
            self._waiting.remove(job)
        for worker in job.workers:
            worker.kill()

    def remove_expired(self) -> None:
        """Remove what has been kept long enough, or exceeds the limits."""
        sizes = {job.id: job.n_bytes() for job in list(self._jobs.values())}
        with self._changed:
            now_s = time.monotonic()
            idle = [(job.idle_s(now_s), job) for job in self._jobs.values() if not job.n_users]
            kept = [
                Kept(job.id, job.owner, idle_s, sizes.get(job.id, 0))
                for idle_s, job in idle
                if idle_s is not None
            ]
            limits = self._limits
            old = [self._jobs[n] for n in to_remove(kept, limits.keep_s, limits.max_kept_bytes)]
            # Without letting go of the lock: nobody may begin to use one of them meanwhile.
            for job in old:
                self._take_out(job)
        for job in old:
            shutil.rmtree(job.folder, ignore_errors=True)

    def close(self) -> None:
        """End all running work; the folder is left to its owner."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            known = list(self._jobs.values())
        for job in known:
            with suppress(Gone):
                self.remove(job.id, job.owner)
        for attendant in self._attendants:
            attendant.join(_JOIN_S)

    def _attend(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._work(job)
            except Gone:
                pass
            except AffuseError as error:
                self._end(job, Failed(reason_of(error)))
            except Exception as error:
                # Whatever went wrong, the recordings that wait must still be predicted.
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
        for sent in self.run(job, judge, task):
            last = sent
            if isinstance(sent, float):
                with self._changed:
                    job.progress = sent
        ended = isinstance(last, RecordingResult | Failed)
        self._end(job, last if ended else Failed("the recording was not analysed: send it again"))

    def _end(self, job: Job, outcome: object) -> None:
        """Note what came out. A recording that nothing can need any more goes at once."""
        with self._changed:
            job.ended_s = time.monotonic()
            if isinstance(outcome, RecordingResult):
                job.result, job.state, job.progress = outcome, "done", 1.0
            elif isinstance(outcome, Failed):
                job.error, job.state = outcome.reason, "failed"
        needed = isinstance(outcome, RecordingResult) and (outcome.has_video or job.owner)
        if not needed:
            self.forget_media(job)

    def forget_media(self, job: Job) -> None:
        """Remove a job's recording, where it is its own.

        Parameters
        ----------
        job : Job
        """
        if job.find is None:
            job.media.unlink(missing_ok=True)

    def _job(self, number: str, owner: str | None) -> Job:
        """One that is there, and not another browser's; under the lock."""
        job = self._jobs.get(number)
        if job is None or job.state == "receiving" or job.owner not in (None, owner):
            raise self._gone(number)
        job.asked_s = time.monotonic()
        return job

    def _gone(self, number: str) -> Gone:
        return Gone(
            message(
                "job.gone",
                "there is no job {number}; expected one that was started within the last "
                "{keep_s:g} s and not removed: send the recording again",
                number=repr(number[:40]),
                keep_s=self._limits.keep_s,
            )
        )
