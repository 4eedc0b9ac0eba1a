"""Work in this process, or in local processes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from affuse.workers.child import Child
from affuse.workers.protocol import Answer, Ended, Lost, Task, Workers

KILLED = (
    "the process that worked on it was killed twice, probably for lack of memory; expected enough "
    "of it: run the same command again with fewer processes (--jobs 1), it goes on where it ended"
)


@dataclass(frozen=True, slots=True)
class InProcess(Workers):
    """One task after the other, in this process."""

    @override
    def answers(
        self,
        function: Callable[[Task], Answer],
        tasks: Sequence[Task],
        *,
        costs: Sequence[float] | None = None,
        ended: Ended | None = None,
    ) -> Generator[tuple[int, Answer | Lost], None, None]:
        for number, task in enumerate(tasks):
            yield number, function(task)


@dataclass(frozen=True, slots=True)
class Processes(Workers):
    """Local processes, each with one task at a time.

    Attributes
    ----------
    n_processes : int
        At most so many at once.
    """

    n_processes: int

    @override
    def answers(
        self,
        function: Callable[[Task], Answer],
        tasks: Sequence[Task],
        *,
        costs: Sequence[float] | None = None,
        ended: Ended | None = None,
    ) -> Generator[tuple[int, Answer | Lost], None, None]:
        """A task that a process died of is tried once more, alone, at the end."""
        again: list[int] = []
        for number, answer in _crew(function, tasks, range(len(tasks)), self.n_processes, ended):
            if isinstance(answer, Lost):
                again.append(number)
            else:
                yield number, answer
        yield from _crew(function, tasks, again, 1, ended)


def local_workers(jobs: int | None) -> InProcess | Processes:
    """A number of local processes, one per core for None; a single one is this process.

    Parameters
    ----------
    jobs : int or None
        Processes; one per core where it is not given.

    Returns
    -------
    InProcess or Processes
    """
    n_processes = jobs or os.cpu_count() or 1
    return InProcess() if n_processes == 1 else Processes(n_processes)


def _crew(
    function: Callable[[Task], Answer],
    tasks: Sequence[Task],
    numbers: Sequence[int],
    n_processes: int,
    ended: Ended | None,
) -> Generator[tuple[int, Answer | Lost], None, None]:
    """Answers to some of the tasks by processes that end at once when the caller stops."""
    waiting = deque(numbers)
    at_work: dict[Child, int] = {}
    resting: list[Child] = []

    def hand_out(child: Child) -> None:
        at_work[child] = waiting.popleft()
        child.begin(function, tasks[at_work[child]])

    try:
        while waiting or at_work:
            while waiting and len(at_work) < n_processes:
                hand_out(Child())
            for child in Child.ready(at_work):
                answer: Any = child.answer()
                number = at_work.pop(child)
                if child.is_dead:
                    _stopped_children([child], ended)
                    answer = Lost(KILLED)
                elif waiting:
                    hand_out(child)
                else:
                    child.dismiss()
                    resting.append(child)
                yield number, answer
    finally:
        for child in (*at_work, *resting):
            child.end(at_once=child in at_work)
        _stopped_children(list(at_work), ended)


def _stopped_children(children: Sequence[Child], ended: Ended | None) -> None:
    if ended is not None and children:
        ended([child.process_id for child in children])
