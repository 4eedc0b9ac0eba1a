"""Real schedulers and workers, in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import worker_tasks
from thread_cluster import thread_cluster

pytest.importorskip("distributed")

Process = subprocess.Popen[bytes]
TASKS = Path(worker_tasks.__file__).parent


@dataclass
class Running:
    """A scheduler and its workers, and the ways in which they end."""

    folder: Path
    address: str = ""
    scheduler: Process | None = None
    workers: list[Process] = field(default_factory=list)

    def start(self, n_workers: int) -> Running:
        command = ["dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        self.scheduler = self._process(
            [*command, "--no-show", "--dashboard-address", "127.0.0.1:0"], {}
        )
        self.address = self._line(self.scheduler, "dask_scheduler", 0, "Scheduler at:").rsplit(
            " ", 1
        )[-1]
        self.add_workers(n_workers)
        return self

    def add_workers(self, n_workers: int, environment: dict[str, str] | None = None) -> None:
        """So many, all begun before any of them is waited for."""
        known = len(self.workers)
        for _ in range(n_workers):
            self.workers.append(self._worker(environment or {}))
        for number, worker in enumerate(self.workers[known:], known):
            self._line(worker, "dask_worker", number, "Registered to:")

    def fill_up(self, n_workers: int) -> None:
        """So many workers, in the place of those that tests have killed."""
        alive = [worker for worker in self.workers if worker.poll() is None]
        self.add_workers(n_workers - len(alive))

    def two(self) -> tuple[Process, Process]:
        """The workers that live."""
        first, second = [worker for worker in self.workers if worker.poll() is None]
        return first, second

    def _worker(self, environment: dict[str, str]) -> Process:
        command = ["dask_worker", self.address, "--nthreads", "1", "--no-dashboard"]
        options = ["--no-nanny", "--local-directory", str(self.folder), "--host", "127.0.0.1"]
        return self._process([*command, *options], environment)

    def _process(self, command: Sequence[str], environment: dict[str, str]) -> Process:
        module, *arguments = command
        paths = [str(TASKS), os.environ.get("PYTHONPATH", "")]
        with (self.folder / f"{module}-{len(self.workers)}.log").open("w") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
                stderr=log,
                stdout=log,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment},
            )

    def _line(self, process: Process, module: str, number: int, word: str) -> str:
        """The first line of a process that holds a word."""
        log, until = self.folder / f"{module}-{number}.log", time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            for line in log.read_text().splitlines():
                if word in line:
                    return line.strip()
            time.sleep(0.05)
        pytest.fail(f"{module} did not say {word!r}: {log.read_text()}")

    def stop(self) -> None:
        for process in [*self.workers, self.scheduler]:
            if process is not None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def common_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A scheduler for tests that leave it alive, however they treat its workers."""
    running = Running(tmp_path_factory.mktemp("cluster"))
    try:
        yield running.start(0)
    finally:
        running.stop()


@pytest.fixture
def cluster_of_two(common_cluster: Running) -> Running:
    """The common scheduler with two workers."""
    common_cluster.fill_up(2)
    return common_cluster


@pytest.fixture
def start_cluster(tmp_path: Path) -> Iterator[Callable[[int], Running]]:
    """Starts a scheduler with so many workers; all are gone afterwards."""
    with ExitStack() as stack:

        def start(n_workers: int) -> Running:
            running = Running(tmp_path)
            stack.callback(running.stop)
            return running.start(n_workers)

        yield start


@pytest.fixture
def scheduler_here(tmp_path: Path) -> Iterator[Running]:
    """A scheduler in this process, without workers, for a test that leaves it alive."""
    with thread_cluster(0) as started:
        running = Running(tmp_path, started.scheduler_address)
        try:
            yield running
        finally:
            running.stop()
