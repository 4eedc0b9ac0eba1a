"""Batches of clips over processes: the same files whatever their number and order."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

import cv2

from affuse.errors import ConfigError
from affuse.records import ProgressCallback

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

    Raises
    ------
    ConfigError
        Fewer than one job.
    """
    n_processes = _n_processes(jobs, len(batches))
    report = progress or (lambda stage, done, total: None)
    total = sum(sizes)
    report(stage, 0, total)
    done = 0
    outcomes: dict[int, Outcome] = {}
    if n_processes == 1:
        for number, batch in enumerate(batches):
            outcomes[number] = work(batch)
            done += sizes[number]
            report(stage, done, total)
        return list(outcomes.values())
    with ProcessPoolExecutor(n_processes, get_context("spawn"), _calm_down) as pool:
        futures = {pool.submit(work, batch): number for number, batch in enumerate(batches)}
        try:
            for future in as_completed(futures):
                number = futures[future]
                outcomes[number] = future.result()
                done += sizes[number]
                report(stage, done, total)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [outcomes[number] for number in range(len(batches))]


def _n_processes(jobs: int | None, n_batches: int) -> int:
    if jobs is not None and jobs < 1:
        raise ConfigError(f"{jobs} jobs were asked for; expected at least 1, or None for all cores")
    return max(1, min(jobs or os.cpu_count() or 1, n_batches))


def _calm_down() -> None:
    """One thread in each process, and Ctrl-C left to the parent."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
