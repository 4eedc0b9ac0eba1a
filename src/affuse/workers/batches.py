"""Tasks of known cost in batches of about equal cost."""

from __future__ import annotations

from collections.abc import Sequence


def even_batches(costs: Sequence[float], n_batches: int) -> list[list[int]]:
    """Numbers of tasks in batches, expensive tasks first, the largest batch as small as possible.

    A batch is full when it has reached its share of the whole cost; the last batches are the
    cheap ones, so that all workers end at about the same time.

    Parameters
    ----------
    costs : sequence of float
        Of each task, in any unit.
    n_batches : int
        At most.

    Returns
    -------
    list of list of int
        Numbers of tasks, dear batches first.

    Examples
    --------
    >>> even_batches([1, 1, 8, 1, 1], 3)
    [[2], [0, 1, 3, 4]]
    """
    share = sum(costs) / max(n_batches, 1)
    batches: list[list[int]] = []
    filled = 0.0
    for number in sorted(range(len(costs)), key=lambda n: (-costs[n], n)):
        if not batches or (filled >= share and len(batches) < n_batches):
            batches.append([])
            filled = 0.0
        batches[-1].append(number)
        filled += costs[number]
    return batches
