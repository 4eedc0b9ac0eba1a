"""Many recordings over processes; one that cannot be read does not stop the others."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from affuse.errors import ConfigError, MediaError
from affuse.predict.recogniser import Recogniser, load
from affuse.predict.settings import Settings
from affuse.processes import interrupts_ignored, leave_interrupts_to_parent
from affuse.records import Prediction, ProgressCallback, Skipped

STAGE = "recordings"


@dataclass(frozen=True, slots=True)
class _Task:
    path: str
    bundle_dir: Path | None
    settings: Settings


def predict_many(
    paths: Sequence[str | Path],
    settings: Settings | None = None,
    *,
    bundle_dir: Path | None = None,
    jobs: int | None = None,
    progress: ProgressCallback | None = None,
) -> tuple[Prediction | Skipped, ...]:
    """What a recogniser makes of each file, in their order.

    Parameters
    ----------
    paths : sequence of str or Path
    settings : Settings, optional
    bundle_dir : Path, optional
        As in `load`.
    jobs : int, optional
        Processes, each with one thread; one per core by default. 1: in this process.
    progress : callable, optional
        Called with ``("recordings", n_done, n_files)``.

    Returns
    -------
    tuple of Prediction or Skipped
        `Skipped` says why a file gave nothing.

    Raises
    ------
    BundleError
        The bundle cannot be used; said before any file is read.
    ConfigError
        Fewer than one job.
    """
    if jobs is not None and jobs < 1:
        raise ConfigError(f"{jobs} jobs were asked for; expected at least 1, or None for all cores")
    _recogniser(bundle_dir)
    tasks = [_Task(str(path), bundle_dir, settings or Settings()) for path in paths]
    n_processes = min(jobs or os.cpu_count() or 1, len(tasks))
    done: dict[int, Prediction | Skipped] = {}
    report = progress or _silent
    report(STAGE, 0, len(tasks))
    for number, outcome in _outcomes(tasks, n_processes):
        done[number] = outcome
        report(STAGE, len(done), len(tasks))
    return tuple(done[number] for number in range(len(tasks)))


def _outcomes(
    tasks: Sequence[_Task], n_processes: int
) -> Iterator[tuple[int, Prediction | Skipped]]:
    if n_processes <= 1:
        yield from ((number, _one(task)) for number, task in enumerate(tasks))
        return
    lost = []
    with _processes(n_processes) as pool:
        with interrupts_ignored():
            futures = {pool.submit(_one, task): number for number, task in enumerate(tasks)}
        for future in as_completed(futures):
            if _was_killed(future):
                lost.append(futures[future])
            else:
                yield futures[future], future.result()
    # A process that dies takes the others' work with it: which file did it shows one by one.
    for number in sorted(lost):
        with _processes(1) as pool:
            with interrupts_ignored():
                future = pool.submit(_one, tasks[number])
            killed = _was_killed(future)
            yield number, _killed(tasks[number]) if killed else future.result()


def _one(task: _Task) -> Prediction | Skipped:
    try:
        return _recogniser(task.bundle_dir).judge(task.path, task.settings)
    except MediaError as error:
        return Skipped(task.path, str(error))
    except (OSError, MemoryError) as error:
        reason = f"{task.path} cannot be read ({error or type(error).__name__}); expected a media "
        return Skipped(task.path, f"{reason}file that fits this machine: check it, or cut it")


@lru_cache(maxsize=2)
def _recogniser(bundle_dir: Path | None) -> Recogniser:
    """Loaded once in each process."""
    return load(bundle_dir)


def _killed(task: _Task) -> Skipped:
    return Skipped(
        task.path,
        f"the process that read {task.path} was killed; expected enough memory for it: try it "
        "alone (--jobs 1), or re-encode it",
    )


def _was_killed(future: Future[Prediction | Skipped]) -> bool:
    return isinstance(future.exception(), BrokenExecutor)


@contextmanager
def _processes(n_processes: int) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes end at once when this one is interrupted."""
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_processes, context, _calm_down) as pool:
        try:
            yield pool
        except BaseException:
            # The pool notices that they are gone and gives up what was waiting.
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()
            raise


def _calm_down() -> None:
    """One thread in each process, and Ctrl-C left to the parent."""
    import cv2

    cv2.setNumThreads(1)
    leave_interrupts_to_parent()


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody asked for."""
