"""What the workers make of folds: as it comes, or all of it in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TypeVar

from affuse.errors import ClusterError
from affuse.features.context import RunContext
from affuse.splits.fold import Fold
from affuse.workers.protocol import Lost, Workers

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def answers_of_folds(
    function: Callable[[Task], Answer],
    tasks: Sequence[Task],
    folds: Sequence[Fold],
    workers: Workers,
) -> Iterator[tuple[int, Answer]]:
    """Place of each task and what became of it, as they are finished.

    Parameters
    ----------
    function : callable
        At the top level of a module.
    tasks : sequence
        One or none of each fold.
    folds : sequence of Fold
        That of each task.
    workers : Workers

    Yields
    ------
    tuple of (int, answer)

    Raises
    ------
    ClusterError
        The workers cannot be reached any more, or die of a fold.
    """
    with closing(workers.answers(function, tasks)) as answers:
        for place, answer in answers:
            if isinstance(answer, Lost):
                raise ClusterError(
                    f"fold {folds[place].number} cannot be computed: {answer.reason}"
                )
            yield place, answer


def computed_folds(
    function: Callable[[Task], Answer],
    tasks: Sequence[Task],
    folds: Sequence[Fold],
    stage: str,
    context: RunContext,
) -> list[Answer]:
    """What became of each task, in their order; progress is reported as they are finished.

    Parameters
    ----------
    function, tasks, folds
        As `answers_of_folds` takes them.
    stage : str
        What progress is called by.
    context : RunContext

    Returns
    -------
    list

    Raises
    ------
    ClusterError
        As in `answers_of_folds`.
    """
    found: dict[int, Answer] = {}
    context.progress(stage, 0, len(tasks))
    for place, answer in answers_of_folds(function, tasks, folds, context.workers):
        found[place] = answer
        context.progress(stage, len(found), len(tasks))
    return [found[place] for place in range(len(tasks))]
