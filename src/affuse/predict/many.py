"""Many recordings over processes; one that cannot be read does not stop the others."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from affuse.errors import ConfigError, MediaError
from affuse.predict.recogniser import Recogniser, load
from affuse.predict.settings import Settings
from affuse.records import Prediction, ProgressCallback, Skipped
from affuse.workers.local import local_workers
from affuse.workers.protocol import Lost, Workers

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
    workers: Workers | None = None,
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
    workers : Workers, optional
        Who judges, in the place of `jobs` processes. Workers on other machines must see files
        and bundle under the same paths.
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
    ClusterError
        The workers cannot be reached any more.
    """
    if jobs is not None and jobs < 1:
        raise ConfigError(f"{jobs} jobs were asked for; expected at least 1, or None for all cores")
    _recogniser(bundle_dir)
    tasks = [_Task(str(path), bundle_dir, settings or Settings()) for path in paths]
    done: dict[int, Prediction | Skipped] = {}
    report = progress or _silent
    report(STAGE, 0, len(tasks))
    alone = len(tasks) == 1 and workers is None
    answers = (workers or local_workers(1 if alone else jobs)).answers(
        _one, tasks, costs=[_cost(task) for task in tasks]
    )
    with closing(answers):
        for number, outcome in answers:
            if isinstance(outcome, Lost):
                outcome = _killed(tasks[number])
            done[number] = outcome
            report(STAGE, len(done), len(tasks))
    return tuple(done[number] for number in range(len(tasks)))


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


def _cost(task: _Task) -> float:
    """Longer recordings are larger files, by and large."""
    try:
        return float(Path(task.path).stat().st_size)
    except OSError:
        return 1.0


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody asked for."""
