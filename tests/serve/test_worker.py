"""Work in other processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import silent_worker
from serving import until

from affuse.predict.settings import Settings
from affuse.serve.judging import JudgeTask, judge
from affuse.serve.worker import Failed, Worker


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_dies_with_the_process_that_started_it():
    command = [sys.executable, silent_worker.__file__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = Path("/proc") / parent.stdout.readline().strip()
        assert worker.exists()
        parent.kill()
    until(lambda: not worker.exists(), wait_s=10)


def test_killed_worker_ends_with_a_reason():
    worker = Worker(silent_worker.silent, None)
    messages = worker.messages()
    assert isinstance(next(messages), int)
    worker.kill()
    (last,) = messages
    assert isinstance(last, Failed)
    assert "ended too early; expected enough memory" in last.reason


def test_error_comes_back_as_a_sentence(tmp_path):
    task = JudgeTask(tmp_path / "x", "film.mp4", None, Settings(), 10.0)
    (last,) = Worker(judge, task).messages()
    assert isinstance(last, Failed)
    assert last.reason.startswith("film.mp4 is not a file")
