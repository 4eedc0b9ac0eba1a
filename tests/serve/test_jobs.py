"""The queue of recordings, without a server around it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import broken_worker
import pytest
from serving import until

from affuse.errors import MediaError
from affuse.predict.settings import Settings
from affuse.serve.job import Job
from affuse.serve.jobs import Gone, Jobs
from affuse.serve.judging import JudgeTask, judge
from affuse.serve.replies import JobReply
from affuse.serve.settings import Limits


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    """Keeps what has ended for no time at all."""
    made = Jobs(tmp_path, Limits(max_jobs=1, keep_s=1e-9), bundle_dir=None)
    yield made
    made.close()


def test_what_somebody_has_begun_to_use_does_not_expire(jobs):
    job = jobs.open()
    job.media.write_bytes(b"no recording")
    jobs.submit(job, "film.mp4", Settings())
    until(lambda: jobs.status(job.id).state == "failed")
    with ExitStack() as using:

        def use() -> None:
            with suppress(Gone):
                using.enter_context(jobs.used(job.id))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(jobs, "_changed", _Overtaken(use))
            jobs.remove_expired()
        assert job.folder.exists() == bool(job.n_users)
    assert not job.folder.exists()


def test_error_that_nobody_foresaw_ends_one_recording_alone(tmp_path, monkeypatch):
    """It is that recording's line, with its traceback in a file; the next one is judged."""
    monkeypatch.setenv("AFFUSE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "jobs").mkdir()
    jobs = Jobs(tmp_path / "jobs", Limits(max_jobs=1), bundle_dir=None)
    try:
        with monkeypatch.context() as broken:
            broken.setattr(jobs, "run", broken_worker.no_process)
            first = _queued(jobs, "film.mp4")
            until(lambda: jobs.status(first.id).state == "failed")
        second = _queued(jobs, "other.mp4")
        until(lambda: jobs.status(second.id).state == "failed")
    finally:
        jobs.close()
    assert "film.mp4 cannot be read (OverflowError: no process" in (first.error or "")
    assert (second.error or "").startswith("other.mp4 ")
    (log,) = (tmp_path / "cache" / "errors").iterdir()
    assert "Traceback (most recent call last)" in log.read_text("utf-8")


def test_error_that_nobody_foresaw_while_judging(tmp_path, monkeypatch):
    monkeypatch.setenv("AFFUSE_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "recording"
    monkeypatch.setattr("affuse.serve.judging.probe", broken_worker.no_decoder)
    path.write_bytes(b"RIFF")
    with pytest.raises(MediaError) as caught:
        judge(JudgeTask(path, "film.mp4", None, Settings(), 10.0), lambda message: None)
    assert str(caught.value).startswith(
        "film.mp4 cannot be read (OverflowError: film.mp4 is too large to convert to C int)"
    )
    assert "memory" not in str(caught.value)


def _queued(jobs: Jobs, name: str) -> Job:
    job = jobs.open()
    job.media.write_bytes(b"no recording")
    jobs.submit(job, name, Settings())
    return job


class _Overtaken(threading.Condition):
    """A lock after whose first release somebody else is quicker."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self._acts = [act]

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if self._acts:
            self._acts.pop()()


def test_a_job_is_told_as_it_is_answered(jobs):
    job = jobs.open()
    with pytest.raises(Gone, match="there is no job"):
        jobs.status(job.id)  # still coming in
    job.media.write_bytes(b"no recording")
    jobs.submit(job, "film.mp4", Settings())
    until(lambda: jobs.status(job.id).state == "failed")
    told = jobs.status(job.id)
    assert isinstance(told, JobReply)
    assert (told.id, told.name, told.position) == (job.id, "film.mp4", None)
    assert told.error is not None
    assert told.expires_in_s == 0
