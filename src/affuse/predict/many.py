"""Many recordings over several processes; one that cannot be read does not stop the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from affuse.errors import AffuseError, BundleError, ConfigError, OutputError
from affuse.media.video import DECODING_THREADS
from affuse.predict.answers import AnswerStore
from affuse.predict.recogniser import Recogniser, load
from affuse.predict.settings import Settings
from affuse.records import Modality, Prediction, ProgressCallback, Skipped
from affuse.storage.error_log import unforeseen
from affuse.storage.kept_json import file_state
from affuse.workers.local import local_workers
from affuse.workers.protocol import Lost, Workers

STAGE = "recordings"

Features = tuple[tuple[Modality, str | None, str], ...]
"""Modalities that a bundle takes from a table, each with the table's path (None: without) and
state."""

OnOutcome = Callable[[int, Prediction | Skipped], None]


@dataclass(frozen=True, slots=True)
class _Task:
    path: str
    bundle_dir: Path | None
    settings: Settings
    features: Features = ()
    n_threads: int = 1


def predict_many(
    paths: Sequence[str | Path],
    settings: Settings | None = None,
    *,
    bundle_dir: Path | None = None,
    features: Mapping[Modality, str | None] | None = None,
    jobs: int | None = None,
    workers: Workers | None = None,
    progress: ProgressCallback | None = None,
    answers: AnswerStore | None = None,
    resume: bool = False,
    on_outcome: OnOutcome | None = None,
) -> tuple[Prediction | Skipped, ...]:
    """A recogniser's prediction of each file, in the order of the files.

    No error in one file, foreseen or not, costs the others.

    Parameters
    ----------
    paths : sequence of str or Path
    settings : Settings, optional
    bundle_dir : Path, optional
    features : mapping of modality to str or None, optional
        As in `load`.
    jobs : int, optional
        Processes, each with one thread; one per core by default. 1: in this process.
    workers : Workers, optional
        What predicts, in the place of `jobs` processes. Workers on other machines must see files
        and bundle under the same paths.
    progress : callable, optional
        Called with ``("recordings", n_done, n_files)``.
    answers : AnswerStore, optional
        Where predictions are kept as they come.
    resume : bool
        Take what is kept there; what is not, or gave nothing, is read.
    on_outcome : callable, optional
        Called with the number of a file and what came of it, as they come.

    Returns
    -------
    tuple of Prediction or Skipped
        `Skipped` says why a file gave nothing.

    Raises
    ------
    BundleError
        The bundle cannot be used; said before any file is read.
    ConfigError
        Fewer than one job, or features that the bundle takes from no table.
    FeatureError
        A table of features cannot be used.
    ClusterError
        The workers cannot be reached any more.
    """
    if jobs is not None and jobs < 1:
        raise ConfigError(f"{jobs} jobs were asked for; expected at least 1, or None for all cores")
    tables = _states(features or {})
    title = _recogniser(bundle_dir, tables).bundle.title
    answering = f"{title} {tables}" if tables else title
    alone = (len(paths) == 1 or jobs == 1) and workers is None
    n_threads = DECODING_THREADS if alone else 1  # One process a core leaves none for a second.
    tasks = [_Task(str(p), bundle_dir, settings or Settings(), tables, n_threads) for p in paths]
    keys = [answers.key(t.path, answering, t.settings) if answers else None for t in tasks]
    kept = _kept(keys, answers if resume else None)
    report = progress or _silent
    report(STAGE, 0, len(tasks))
    done: dict[int, Prediction | Skipped] = {}
    with closing(_outcomes(tasks, kept, workers or local_workers(1 if alone else jobs))) as coming:
        for number, outcome in coming:
            done[number] = outcome
            if answers is not None and number not in kept:
                _keep(answers, keys[number], outcome)
            if on_outcome is not None:
                on_outcome(number, outcome)
            report(STAGE, len(done), len(tasks))
    return tuple(done[number] for number in range(len(tasks)))


def _keep(answers: AnswerStore, key: str | None, outcome: Prediction | Skipped) -> None:
    """Store a prediction; one that cannot be stored is returned all the same."""
    if key is not None and isinstance(outcome, Prediction):
        with suppress(OutputError, OSError):
            answers.save(key, outcome)


def _kept(keys: Sequence[str | None], answers: AnswerStore | None) -> dict[int, Prediction]:
    """Numbers of the files whose prediction is stored."""
    loaded = {n: answers.load(key) for n, key in enumerate(keys) if key} if answers else {}
    return {number: answer for number, answer in loaded.items() if answer is not None}


def _outcomes(
    tasks: Sequence[_Task], kept: Mapping[int, Prediction], workers: Workers
) -> Generator[tuple[int, Prediction | Skipped], None, None]:
    """The outcome for each file, stored ones first."""
    yield from kept.items()
    numbers = [number for number in range(len(tasks)) if number not in kept]
    left = [tasks[number] for number in numbers]
    coming = workers.answers(_predicted, left, costs=[_cost(task) for task in left])
    with closing(coming):
        for place, outcome in coming:
            task = left[place]
            yield numbers[place], _killed(task) if isinstance(outcome, Lost) else outcome


def _predicted(task: _Task) -> Prediction | Skipped:
    try:
        return _recogniser(task.bundle_dir, task.features).judge(
            task.path, task.settings, task.n_threads
        )
    except (BundleError, ConfigError):
        raise  # They are every file's.
    except AffuseError as error:
        return Skipped(task.path, str(error))
    except (OSError, MemoryError) as error:
        reason = f"{task.path} cannot be read ({error or type(error).__name__}); expected a media "
        return Skipped(task.path, f"{reason}file that fits this machine: check it, or cut it")
    except Exception as error:
        return Skipped(task.path, unforeseen(task.path, error))


@lru_cache(maxsize=2)
def _recogniser(bundle_dir: Path | None, features: Features = ()) -> Recogniser:
    """Loaded once in each process."""
    return load(bundle_dir, features={modality: file for modality, file, _ in features})


def _states(features: Mapping[Modality, str | None]) -> Features:
    """Tables as they are now: one that has changed since gives other answers."""
    return tuple((m, file, _state(file) if file else "") for m, file in sorted(features.items()))


def _state(file: str) -> str:
    with suppress(OSError):  # That it is not there, the reading says.
        return json.dumps(file_state(file))
    return ""


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
    """Ignore progress."""
