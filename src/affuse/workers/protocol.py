"""The protocol of all workers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")

Ended = Callable[[Sequence[int]], None]
"""Told the ids of local processes that were ended in the middle of their work."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands for an answer when the process working on a task died, twice."""

    reason: str


class Workers(Protocol):
    """Answers to many tasks, in any order, each of them once."""

    def answers(
        self,
        function: Callable[[Task], Answer],
        tasks: Sequence[Task],
        *,
        costs: Sequence[float] | None = None,
        ended: Ended | None = None,
    ) -> Generator[tuple[int, Answer | Lost], None, None]:
        """Number of each task and the function's result, as they are finished.

        Closing the generator early, or an exception, ends whatever is still at work.

        Parameters
        ----------
        function : callable
            Importable, and without memory: a task may be restarted elsewhere.
        tasks : sequence
        costs : sequence of float, optional
            About how long each takes, in any unit; alike where they are not given.
        ended : callable, optional

        Yields
        ------
        tuple of (int, object)
            Number of a task and its answer, or `Lost`.

        Raises
        ------
        Exception
            What the function raised, the first time that it did.
        ClusterError
            The cluster cannot be reached any more.
        """
