"""Work in this process, or in processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass

from affuse.processes import interrupts_ignored, leave_interrupts_to_parent
from affuse.workers.protocol import Answer, Ended, Lost, Task

KILLED = (
    "the process that worked on it was killed twice, probably for lack of memory; expected enough "
    "of it: run the same command again with fewer processes (--jobs 1), it goes on where it ended"
)


@dataclass(frozen=True, slots=True)
class InProcess:
    """One task after the other, here."""

    def answers(
        self,
        function: Callable[[Task], Answer],
        tasks: Sequence[Task],
        *,
        costs: Sequence[float] | None = None,
        ended: Ended | None = None,
    ) -> Generator[tuple[int, Answer | Lost], None, None]:
        """As `Workers.answers`, in order."""
        for number, task in enumerate(tasks):
            yield number, function(task)


@dataclass(frozen=True, slots=True)
class Processes:
    """Processes of this machine, each with one thread.

    Attributes
    ----------
    n_processes : int
        At most so many at once.
    """

    n_processes: int

    def answers(
        self,
        function: Callable[[Task], Answer],
        tasks: Sequence[Task],
        *,
        costs: Sequence[float] | None = None,
        ended: Ended | None = None,
    ) -> Generator[tuple[int, Answer | Lost], None, None]:
        """As `Workers.answers`."""
        waiting = dict(enumerate(tasks))
        while waiting:
            n_processes = min(self.n_processes, len(waiting))
            with _pool(n_processes, ended) as pool:
                for number, future in _done(pool, function, waiting):
                    if isinstance(future.exception(), BrokenExecutor):
                        continue
                    del waiting[number]
                    yield number, future.result()
            if waiting:
                # A process that dies takes its neighbours along. Which task did it is among those
                # that had been handed out: they are tried again one by one.
                for number in list(waiting)[: 2 * n_processes + 1]:
                    yield number, _alone(function, waiting.pop(number), ended)


def local_workers(jobs: int | None) -> InProcess | Processes:
    """So many processes, one per core for None; one is this process itself."""
    n_processes = jobs or os.cpu_count() or 1
    return InProcess() if n_processes == 1 else Processes(n_processes)


def _alone(function: Callable[[Task], Answer], task: Task, ended: Ended | None) -> Answer | Lost:
    with _pool(1, ended) as pool:
        (future,) = (future for _, future in _done(pool, function, {0: task}))
        return Lost(KILLED) if isinstance(future.exception(), BrokenExecutor) else future.result()


def _done(
    pool: ProcessPoolExecutor, function: Callable[[Task], Answer], tasks: dict[int, Task]
) -> Iterator[tuple[int, Future[Answer]]]:
    with interrupts_ignored():
        futures = {pool.submit(function, task): number for number, task in tasks.items()}
    for future in as_completed(futures):
        yield futures[future], future


@contextmanager
def _pool(n_processes: int, ended: Ended | None) -> Iterator[ProcessPoolExecutor]:
    """Processes that end at once when their results are not wanted any more."""
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(n_processes, context, initializer=leave_interrupts_to_parent)
    try:
        yield pool
        pool.shutdown(cancel_futures=True)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        _end(set(multiprocessing.active_children()) - before, ended)
        raise


def _end(processes: set[multiprocessing.process.BaseProcess], ended: Ended | None) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()
    if ended is not None:
        ended([process.pid for process in processes if process.pid is not None])
