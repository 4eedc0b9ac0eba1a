"""RunContext: who computes for a run, where its arrays are stored, and who is told of progress."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace

from affuse.features.store import FeatureStore, default_store
from affuse.records import ProgressCallback
from affuse.storage.folds import FoldStore
from affuse.workers.local import InProcess, local_workers
from affuse.workers.protocol import Workers


def silent(stage: str, done: int, total: int) -> None:
    """Ignore progress.

    Parameters
    ----------
    stage : str
    done, total : int
    """


@dataclass(frozen=True)
class RunContext:
    """What all stages of a run share; only `seed` affects the results.

    Attributes
    ----------
    workers : Workers
        Who computes features and folds; this process by default.
    store : FeatureStore
        Where features are kept; the one in the cache folder by default.
    folds : FoldStore or None
        Where finished folds are kept: a run that was cut short goes on from there.
    progress : callable
        Called with ``(stage, done, total)``.
    seed : int
        Seeds of all random parts are derived from it.
    jobs : int
        Threads that read files in this process, whoever computes.

    Examples
    --------
    >>> context = RunContext.of(jobs=1, seed=3)
    >>> context.workers, context.seed, context.folds is None
    (InProcess(), 3, True)
    """

    workers: Workers = field(default_factory=InProcess)
    store: FeatureStore = field(default_factory=default_store)
    folds: FoldStore | None = None
    progress: ProgressCallback = silent
    seed: int = 0
    jobs: int = 1

    @classmethod
    def of(
        cls,
        jobs: int | None = None,
        workers: Workers | None = None,
        progress: ProgressCallback | None = None,
        *,
        store: FeatureStore | None = None,
        folds: FoldStore | None = None,
        seed: int = 0,
    ) -> RunContext:
        """A context with defaults for whatever is not given.

        Parameters
        ----------
        jobs : int, optional
            Processes of this machine; one per core by default.
        workers : Workers, optional
            In their place.
        progress : callable, optional
        store : FeatureStore, optional
        folds : FoldStore, optional
        seed : int

        Returns
        -------
        RunContext
        """
        n_jobs = jobs or os.cpu_count() or 1
        return cls(
            workers=workers or local_workers(n_jobs),
            store=store or default_store(),
            folds=folds,
            progress=progress or silent,
            seed=seed,
            jobs=n_jobs,
        )

    def telling(self, progress: ProgressCallback) -> RunContext:
        """The same context with another progress callback.

        Parameters
        ----------
        progress : callable

        Returns
        -------
        RunContext
        """
        return replace(self, progress=progress)
