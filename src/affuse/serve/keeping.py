"""Which results go when there are too many, or too large ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_KEPT = 100
"""Ended jobs that are kept, however soon they follow each other."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An ended job that nobody uses at the moment.

    Attributes
    ----------
    id : str
    owner : str or None
        The browser that gave it; None: a program.
    idle_s : float
        Since it was last asked for.
    n_bytes : int
        On disk.
    """

    id: str
    owner: str | None
    idle_s: float
    n_bytes: int


def to_remove(kept: Sequence[Kept], keep_s: float, max_bytes: float) -> Iterable[str]:
    """Ids of those that have been kept long enough, or exceed the limits.

    Whoever has most of what counts loses first, so that nobody pushes the others out: of theirs
    goes what was not asked for for longest.

    Parameters
    ----------
    kept : sequence of Kept
    keep_s : float
        How long one may be idle.
    max_bytes : float
        Of all together.

    Yields
    ------
    str

    Examples
    --------
    >>> mine, other = Kept("a", "me", 1.0, 5), Kept("b", "you", 9.0, 5)
    >>> list(to_remove([mine, other], 5.0, 100)), list(to_remove([mine, other], 10.0, 9))
    (['b'], ['b'])
    """
    yield from (job.id for job in kept if job.idle_s >= keep_s)
    left = sorted((job for job in kept if job.idle_s < keep_s), key=lambda job: -job.idle_s)
    while len(left) > MOST_KEPT:
        count = Counter(job.owner for job in left)
        yield _first_of(left, max(left, key=lambda job: count[job.owner]).owner)
    while sum(job.n_bytes for job in left) > max_bytes:
        size = Counter[str | None]()
        for job in left:
            size[job.owner] += job.n_bytes
        yield _first_of(left, max(left, key=lambda job: size[job.owner]).owner)


def _first_of(left: list[Kept], owner: str | None) -> str:
    """Take an owner's longest unasked out of the list."""
    first = next(job for job in left if job.owner == owner)
    left.remove(first)
    return first.id
