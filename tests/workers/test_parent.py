"""Processes end with the one that started them, however that ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import worker_tasks

PARENT = """
import sys
from affuse.workers.local import Processes
from worker_tasks import {task}
if __name__ == "__main__":
    for _ in Processes(2).answers({task}, [(n, sys.argv[1]) for n in range(4)]):
        pass
"""
BY_ANOTHER_THREAD = """
import sys, threading
from affuse.workers.child import Child
from worker_tasks import says_its_name
if __name__ == "__main__":
    children = []
    thread = threading.Thread(target=lambda: children.append(Child()))
    thread.start()
    thread.join()
    children[0].begin(says_its_name, (0, sys.argv[1]))
    print(children[0].answer(), flush=True)
"""


def started(code: str, tmp_path: Path) -> subprocess.Popen[bytes]:
    script = tmp_path / "parent.py"
    script.write_text(code)
    paths = [str(Path(worker_tasks.__file__).parent), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "log")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def at_work(log: Path, n_processes: int) -> list[int]:
    """Ids of the processes that have begun a task, once there are so many."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = {int(line) for line in log.read_text().split()} if log.exists() else set()
        if len(found) == n_processes:
            return sorted(found)
        time.sleep(0.02)
    pytest.fail("the processes did not begin")


def left(processes: list[int]) -> list[int]:
    """Those that are still there after a moment of patience."""
    until = time.monotonic() + 60
    while (there := [p for p in processes if lives(p)]) and time.monotonic() < until:
        time.sleep(0.02)
    return there


def lives(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda n: n.name)
@pytest.mark.parametrize("task", ["says_its_name_and_sleeps", "says_its_name_and_counts"])
def test_nothing_is_left_of_a_parent_that_was_ended(tmp_path: Path, number, task) -> None:
    with started(PARENT.format(task=task), tmp_path) as parent:
        processes = at_work(tmp_path / "log", 2)
        parent.send_signal(number)
        parent.wait()
        assert left(processes) == []


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own signal is Linux's")
def test_process_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    """The kernel takes that thread's end for the parent's."""
    with started(BY_ANOTHER_THREAD, tmp_path) as parent:
        out, errors = parent.communicate(timeout=60)
    assert out.decode().strip() == (tmp_path / "log").read_text().strip(), errors.decode()


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no folder of shared memory")
def test_nothing_lies_in_shared_memory(tmp_path: Path) -> None:
    with started(PARENT.format(task="says_its_name_and_sleeps"), tmp_path) as parent:
        processes = at_work(tmp_path / "log", 2)
        maps = [Path(f"/proc/{one}/maps").read_text() for one in (parent.pid, *processes)]
        parent.kill()
    assert [line for text in maps for line in text.splitlines() if "/dev/shm" in line] == []


UNPORTABLE = """
from affuse.workers.local import Processes
from worker_tasks import raises_what_cannot_travel
if __name__ == "__main__":
    try:
        list(Processes(2).answers(raises_what_cannot_travel, [1, 2]))
    except RuntimeError as error:
        print(error, error.__notes__[0].splitlines()[-1])
"""


def test_error_that_cannot_travel_comes_in_words(tmp_path: Path) -> None:
    with started(UNPORTABLE, tmp_path) as parent:
        out, errors = parent.communicate(timeout=60)
    told = "Unportable: of lead"
    assert out.decode().strip() == f"{told} worker_tasks.{told}", errors.decode()


DEAF = """
import signal
from pathlib import Path
from affuse.workers.child import Child
if __name__ == "__main__":
    child = Child()
    told = dict(
        line.split(":", 1) for line in Path(f"/proc/{child.process_id}/status").open()
    )
    deaf = int(told["SigBlk"], 16) | int(told["SigIgn"], 16)
    print(bool(deaf & 1 << signal.SIGINT - 1))
    child.end()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
def test_the_first_process_is_deaf_to_ctrl_c_from_its_first_moment(tmp_path):
    """What multiprocessing starts beside it lets interrupts through again."""
    process = started(DEAF, tmp_path)
    message, errors = process.communicate(timeout=60)
    assert (message, errors) == (b"True\n", b"")


def test_a_script_that_guards_nothing_is_told_in_a_line(tmp_path):
    unguarded = PARENT.format(task="squared").replace('if __name__ == "__main__":', "if True:")
    parent = started(unguarded.replace("(n, sys.argv[1])", "n"), tmp_path)
    _, errors = parent.communicate(timeout=60)
    text = errors.decode()
    assert parent.returncode == 1
    assert text.count("Traceback") == 1, "of the script itself, not of its processes"
    assert text.splitlines()[-1].startswith("affuse.errors.ConfigError: a script began this work,")
    assert 'under `if __name__ == "__main__":`; or let one process do it (jobs = 1)' in text
