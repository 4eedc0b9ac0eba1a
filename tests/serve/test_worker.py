"""Work in other processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import broken_worker
import importing_worker
import numpy as np
import pytest
import silent_worker
import soundfile
from serving import until

from affuse.predict.settings import Settings
from affuse.serve.judging import JudgeTask, RecordingResult, judge
from affuse.serve.worker import Failed, Worker


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_dies_with_the_process_that_started_it():
    command = [sys.executable, silent_worker.__file__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = Path("/proc") / parent.stdout.readline().strip()
        assert worker.exists()
        parent.kill()
    until(lambda: not worker.exists())


ECHOED = """
from affuse.serve.worker import Worker, echo
if __name__ == "__main__":
    print(*Worker(echo, "hello").messages())
"""


def test_a_long_folder_for_temporary_files_is_none_too_long(tmp_path):
    """A socket's path has at most some hundred bytes."""
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    (tmp_path / "script.py").write_text(ECHOED)
    ended = subprocess.run(
        [sys.executable, tmp_path / "script.py"],
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
    )
    assert (ended.stdout, ended.stderr) == ("hello\n", "")


def test_killed_worker_ends_with_a_reason():
    worker = Worker(silent_worker.silent, None)
    messages = worker.messages()
    assert isinstance(next(messages), int)
    worker.kill()
    (last,) = messages
    assert isinstance(last, Failed)
    assert "ended too early (exit code -9): memory ran out, or a decoder broke" in last.reason


@pytest.mark.parametrize("work", [broken_worker.overflow, broken_worker.unsendable])
def test_error_that_nobody_foresaw_is_one_sentence_and_a_traceback(work):
    (last,) = Worker(work, "film").messages()
    assert isinstance(last, Failed)
    assert last.reason.startswith("the recording cannot be read (")
    assert "memory" not in last.reason
    assert "\n" not in last.reason


def test_not_a_number_is_not_blamed_on_memory(tmp_path):
    """Sound of numbers that are none: whatever becomes of it, memory is not the reason."""
    samples = np.zeros(16_000, np.float32)
    samples[100:105] = np.nan
    soundfile.write(tmp_path / "x.wav", samples, 16_000, subtype="FLOAT")
    task = JudgeTask(tmp_path / "x.wav", "film.wav", None, Settings(), 10.0)
    *_, last = Worker(judge, task).messages()
    reason = last.reason if isinstance(last, Failed) else ""
    assert "memory" not in reason
    assert "film.wav" in reason or isinstance(last, RecordingResult)


def test_error_comes_back_as_a_sentence(tmp_path):
    task = JudgeTask(tmp_path / "x", "film.mp4", None, Settings(), 10.0)
    (last,) = Worker(judge, task).messages()
    assert isinstance(last, Failed)
    assert last.reason.startswith("film.mp4 is not a file")


@pytest.mark.parametrize("people", [None, 0], ids=["one face", "people"])
def test_no_recording_waits_for_packages(talking, people):
    """All workers have them from the process that they are forks of."""
    task = JudgeTask(talking, "film.mp4", None, Settings(explain=True, people=people), 10.0)
    (packages,) = Worker(importing_worker.imported, task).messages()
    assert not packages & {"affuse", "cv2", "numpy", "onnxruntime", "scipy", "threadpoolctl"}
