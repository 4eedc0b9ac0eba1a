"""Batches of clips over processes: the same files whatever their number and order."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import TypeVar

import cv2

from affuse.errors import ConfigError, OutputError
from affuse.records import ProgressCallback
from affuse.workers.local import local_workers
from affuse.workers.protocol import Lost

Batch = TypeVar("Batch")
Outcome = TypeVar("Outcome")


def run_batches(
    work: Callable[[Batch], Outcome],
    batches: Sequence[Batch],
    sizes: Sequence[int],
    *,
    stage: str,
    jobs: int | None,
    progress: ProgressCallback | None,
) -> list[Outcome]:
    """Outcome of `work` on each batch, in the order of the batches.

    Parameters
    ----------
    work : callable
        Importable function of one batch.
    batches, sizes : sequence
        What to do, and how many clips each batch holds.
    stage : str
        What progress reports call it.
    jobs : int or None
        Processes; 1: this one, None: one per core.
    progress : callable or None
        Called with ``(stage, done, total)``, clips being counted.

    Returns
    -------
    list of Outcome
        In the order of the batches.

    Raises
    ------
    ConfigError
        Fewer than one job.
    OutputError
        The process that worked on a batch was killed twice.
    """
    if jobs is not None and jobs < 1:
        raise ConfigError(f"{jobs} jobs were asked for; expected at least 1, or None for all cores")
    workers = local_workers(min(jobs or os.cpu_count() or 1, max(len(batches), 1)))
    report = progress or (lambda stage, done, total: None)
    report(stage, 0, sum(sizes))
    done = 0
    outcomes: dict[int, Outcome] = {}
    with closing(workers.answers(partial(_on_one_thread, work), batches)) as answers:
        for number, outcome in answers:
            if isinstance(outcome, Lost):
                raise OutputError(f"{sizes[number]} clips cannot be made: {outcome.reason}")
            outcomes[number] = outcome
            done += sizes[number]
            report(stage, done, sum(sizes))
    return [outcomes[number] for number in range(len(batches))]


def _on_one_thread(work: Callable[[Batch], Outcome], batch: Batch) -> Outcome:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return work(batch)
    finally:
        cv2.setNumThreads(threads)
