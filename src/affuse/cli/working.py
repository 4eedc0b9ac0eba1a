"""Workers, as asked for on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from affuse.workers.choice import chosen_workers
from affuse.workers.protocol import Workers


@dataclass(frozen=True, slots=True)
class Work:
    """Values of ``--jobs``, ``--workers`` and ``--cluster``; one of them at most."""

    jobs: int | None = None
    n_workers: int | None = None
    cluster: str | None = None

    @contextmanager
    def begun(self) -> Iterator[Workers | None]:
        """The workers of a cluster; None for processes of this machine.

        Yields
        ------
        Workers or None
        """
        with chosen_workers(self.jobs, self.n_workers, self.cluster) as workers:
            yield None if self.cluster is None and self.n_workers is None else workers
