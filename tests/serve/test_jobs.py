"""The queue of recordings, without a server around it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from serving import until

from affuse.predict.settings import Settings
from affuse.serve.jobs import Gone, Jobs
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

        jobs._changed = _Overtaken(use)
        jobs.remove_expired()
        assert job.folder.exists() == bool(job.n_users)
    assert not job.folder.exists()


class _Overtaken(threading.Condition):
    """A lock after whose first release somebody else is quicker."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self._acts = [act]

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if self._acts:
            self._acts.pop()()
