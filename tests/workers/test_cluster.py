"""A running cluster: reached, refused, lost, killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
import worker_tasks as tasks
from short_clips import short_clips
from thread_cluster import thread_cluster

from affuse.errors import ClusterError
from affuse.workers import cluster
from affuse.workers.cluster import connected

Process = subprocess.Popen[bytes]


class Ended(Protocol):
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def stored(cache: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (cache / "features").rglob("*.npy")}


FEATURES_OF_SOUND = ("--features", "video=none")


@pytest.fixture
def features(affuse: Callable[..., Ended]) -> Callable[..., Ended]:
    """``affuse features`` of the sound of some clips."""

    def called(data: Path, cache: Path, *options: str) -> Ended:
        return affuse(cache, "features", data, *FEATURES_OF_SOUND, *options)

    return called


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not answer within a second is not waited for any longer."""
    monkeypatch.setattr(cluster, "ANSWERS_WITHIN_S", 1.0)


def one_line(found: Ended) -> str:
    """What is said of bad input: one line, exit code 2."""
    lines = [line for line in found.stderr.splitlines() if line.startswith("affuse:")]
    assert found.returncode == 2, found.stderr
    assert len(lines) == 1, found.stderr
    assert "Traceback" not in found.stderr
    return lines[0]


@pytest.mark.slow
def test_features_are_those_of_one_process(cluster_of_two, features, tmp_path: Path) -> None:
    data = short_clips(tmp_path / "clips", 6)
    alone = features(data, tmp_path / "alone", "--jobs", "1")
    shared = features(data, tmp_path / "shared", "--cluster", cluster_of_two.address)
    local = features(data, tmp_path / "local", "--workers", "2")
    assert (alone.returncode, shared.returncode, local.returncode) == (0, 0, 0), shared.stderr
    assert shared.stdout == alone.stdout == local.stdout
    assert len(stored(tmp_path / "alone")) == 6
    assert stored(tmp_path / "shared") == stored(tmp_path / "alone") == stored(tmp_path / "local")
    again = features(data, tmp_path / "shared", "--cluster", cluster_of_two.address)
    assert again.stdout == alone.stdout
    assert not list((tmp_path / "shared" / "features").glob(".in-use-*"))


def test_worker_that_does_not_see_the_store_sends_arrays_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine is this one, where the mark of the store is hidden."""
    from affuse.corpora.table import read_table
    from affuse.extractors.mfcc import Mfcc
    from affuse.features import extract
    from affuse.features.context import RunContext
    from affuse.features.store import FeatureStore
    from affuse.workers.local import InProcess

    index = read_table(short_clips(tmp_path / "clips", 2))
    seen: list[object] = []

    class Elsewhere:
        def answers(self, function, work, *, costs=None, ended=None):
            for number, task in enumerate(work):
                for mark in task.store.root.glob(".in-use-*"):
                    mark.rename(mark.with_name("hidden"))
                answer = function(task)
                assert isinstance(answer, np.ndarray)
                seen.append(answer)
                yield number, answer

    mfcc = Mfcc(n_mfcc=5, duration_s=0.3)
    there = RunContext(workers=Elsewhere(), store=FeatureStore(tmp_path / "far"))
    far = extract.extract_features(index, {"audio": mfcc}, there)
    there = RunContext(workers=InProcess(), store=FeatureStore(tmp_path / "near"))
    near = extract.extract_features(index, {"audio": mfcc}, there)
    assert len(seen) == 2
    np.testing.assert_array_equal(far.table.arrays["audio"], near.table.arrays["audio"])


@pytest.mark.slow
def test_killed_worker_loses_nothing_and_doubles_nothing(cluster_of_two, tmp_path: Path) -> None:
    victim, _ = cluster_of_two.two()
    log = tmp_path / "log"
    work = [(number, log) for number in range(60)]
    with connected(cluster_of_two.address) as cluster:
        answers = {}
        with closing(cluster.answers(tasks.begun, work)) as coming:
            for number, answer in coming:
                answers[number] = answer
                if len(answers) == 10:
                    victim.kill()
                    victim.wait()
    assert answers == {n: n for n in range(60)}
    begun = [int(line) for line in log.read_text().splitlines()]
    # What the worker had begun and not handed in is begun again, a batch or two, and no more.
    assert set(begun) == set(range(60))
    assert len(begun) <= 60 + 12


@pytest.mark.slow
def test_kill_in_the_middle_of_features_loses_nothing(
    cluster_of_two, features, tmp_path: Path
) -> None:
    data = short_clips(tmp_path / "clips", 24)
    _, victim = cluster_of_two.two()
    cache = tmp_path / "cache"
    killer = threading.Thread(target=killed_once_some_are_stored, args=(victim, cache, 3))
    killer.start()
    found = features(data, cache, "--cluster", cluster_of_two.address)
    killer.join()
    assert found.returncode == 0, found.stderr
    assert victim.returncode == -signal.SIGKILL
    alone = features(data, tmp_path / "alone", "--jobs", "1")
    assert alone.returncode == 0
    # What it was writing when it was killed is cleared away by the next command.
    again = features(data, tmp_path / "cache", "--jobs", "1")
    assert again.stdout == alone.stdout
    assert len(stored(tmp_path / "cache")) == 24
    assert stored(tmp_path / "cache") == stored(tmp_path / "alone")


def killed_once_some_are_stored(victim: Process, cache: Path, n_arrays: int) -> None:
    until = time.monotonic() + 60
    while len(list(cache.rglob("[!.]*.npy"))) < n_arrays and time.monotonic() < until:
        time.sleep(0.01)
    victim.kill()
    victim.wait()


@pytest.mark.slow
def test_worker_that_hangs_holds_little(cluster_of_two) -> None:
    hanging, _ = cluster_of_two.two()
    with connected(cluster_of_two.address) as cluster:
        answers = cluster.answers(tasks.squared, range(64))
        with closing(answers):
            hanging.send_signal(signal.SIGSTOP)
            found = [next(answers) for _ in range(40)]
    hanging.kill()
    hanging.wait()
    assert len(found) == 40


def test_answers_that_are_slow_to_come_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are done, and the client runs: nothing is lost."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "ANSWERS_WITHIN_S", 0.2)
    with (
        thread_cluster(1) as started,
        distributed.Client(started, set_as_default=False) as client,
    ):
        found = cluster.Cluster(client, "of this test")
        ((number, answer),) = found.answers(tasks.slow_to_come, [tmp_path / "mark"])
    assert (number, answer) == (0, "here")


@pytest.mark.slow
def test_lost_scheduler_is_said_and_work_goes_on_later(start_cluster, tmp_path: Path) -> None:
    running = start_cluster(1)
    with connected(running.address) as cluster:
        log = tmp_path / "log"
        answers = cluster.answers(tasks.begun, [(number, log) for number in range(400)])
        with closing(answers):
            next(answers)
            running.scheduler.kill()
            with pytest.raises(ClusterError, match=r"connection .* was lost.*what is done is kept"):
                list(answers)


@pytest.mark.slow
def test_cluster_without_workers_or_with_those_of_another_version_is_refused(
    scheduler_here, impatient, tmp_path: Path
) -> None:
    running = scheduler_here
    message = r"has no worker; .*dask worker tcp://"
    with pytest.raises(ClusterError, match=message), connected(running.address):
        pass
    (tmp_path / "sitecustomize.py").write_text(
        "from importlib import metadata\n"
        "known = metadata.version\n"
        "metadata.version = lambda name: '0.0.9' if name == 'affuse' else known(name)\n"
    )
    paths = [str(tmp_path), str(Path(tasks.__file__).parent)]
    running.add_workers(1, {"PYTHONPATH": os.pathsep.join(paths)})
    message = r"has affuse 0\.0\.9; expected affuse .*install the same versions"
    with pytest.raises(ClusterError, match=message), connected(running.address):
        pass


def test_address_that_does_not_answer_is_one_line(features, impatient, tmp_path: Path) -> None:
    data = short_clips(tmp_path / "clips", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Bound, but nobody listens.
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        found = features(data, tmp_path / "cache", "--cluster", address)
    assert f"no Dask scheduler answered at {address} within 1 s" in one_line(found)


def test_server_that_is_no_scheduler_is_one_line(features, impatient, tmp_path: Path) -> None:
    data = short_clips(tmp_path / "clips", 1)
    # The system takes the call; nobody says a word.
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        found = features(data, tmp_path / "cache", "--cluster", address)
    assert "no Dask scheduler answered" in one_line(found)


@pytest.mark.parametrize("address", ["here", "http://localhost:8786", "tcp://localhost", ""])
def test_no_address_is_one_line(address: str, features, tmp_path: Path) -> None:
    data = short_clips(tmp_path / "clips", 1)
    found = features(data, tmp_path / "cache", "--cluster", address)
    assert f"cluster {address!r} was given; expected the address" in one_line(found)
