"""Arrays of single clips, computed by workers and stored one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import AffuseError, FeatureError, MediaError
from affuse.features.array_parts import fits
from affuse.features.context import RunContext
from affuse.features.decoding import decoded
from affuse.features.in_parts import InParts, checked_parts, unfit
from affuse.features.source import Extractor
from affuse.features.store import FeatureStore
from affuse.records import Modality
from affuse.storage.error_log import unforeseen
from affuse.storage.whole import atomic_file, owned_name
from affuse.workers.protocol import Lost, Workers

_DEARER = 10.0


@dataclass(frozen=True, slots=True)
class ArrayTask:
    """One array to compute and store.

    Attributes
    ----------
    key : str
        Of the array in the store.
    file : Path
    start_s, end_s : float or None
        The stretch of the file that is the clip.
    extractor : Extractor
        What it is ``stored`` by computes the array.
    store : FeatureStore
    mark : str
        Names a file in the store while the work goes on: a worker that does not see it has another
        store, and sends the array back.
    """

    key: str
    file: Path
    start_s: float | None
    end_s: float | None
    extractor: Extractor
    store: FeatureStore
    mark: str = ""


def compute(tasks: Sequence[ArrayTask], context: RunContext) -> dict[str, str]:
    """Compute and store what is not stored yet.

    Parameters
    ----------
    tasks : sequence of ArrayTask
        All of one store; those of one key are one.
    context : RunContext
        Its ``progress`` is called with ``("audio features", n_done, n_all)``.

    Returns
    -------
    dict of str to str
        Key -> reason, where there is no array.
    """
    for store in {task.store for task in tasks}:
        store.sweep()
    distinct = {task.key: task for task in tasks}
    pending = [t for t in distinct.values() if not t.store.has(t.key, t.extractor.stored.shape)]
    total = Counter(task.extractor.modality for task in distinct.values())
    done = total - Counter(task.extractor.modality for task in pending)

    def report(modality: Modality) -> None:
        context.progress(f"{modality} features", done[modality], total[modality])

    for modality in total:
        report(modality)
    reasons = {}
    with closing(_computed(pending, context.workers)) as results:
        for task, reason in results:
            if reason is not None:
                reasons[task.key] = reason
            done[task.extractor.modality] += 1
            report(task.extractor.modality)
    return reasons


def _computed(
    tasks: Sequence[ArrayTask], workers: Workers
) -> Generator[tuple[ArrayTask, str | None], None, None]:
    """Each task once its array is stored, or with the reason why there is none."""
    if not tasks:
        return
    store = tasks[0].store
    with _marked(store) as mark:
        marked = [replace(task, mark=mark) for task in tasks]
        costs = [_cost(task) for task in tasks]
        answers = workers.answers(_compute_one, marked, costs=costs, ended=lambda _: store.sweep())
        with closing(answers):
            for number, answer in answers:
                if isinstance(answer, np.ndarray):
                    store.save(tasks[number].key, answer)
                    yield tasks[number], None
                else:
                    reason = answer.reason if isinstance(answer, Lost) else answer
                    yield tasks[number], reason


def _compute_one(task: ArrayTask) -> str | NDArray[np.floating[Any]] | None:
    """None once the array is stored; the array if it cannot be; or why there is none."""
    extractor, store = task.extractor.stored, task.store
    shares_store = (store.root / task.mark).is_file()
    if shares_store and store.has(task.key, extractor.shape):
        return None  # A worker that died had finished this one.
    try:
        media = decoded(task.file, extractor.decoding, task.start_s, task.end_s)
        if shares_store and isinstance(extractor, InParts):
            store.save_parts(task.key, checked_parts(extractor, media))
            return None
        array = extractor.extract(media)
    except (MediaError, FeatureError) as error:
        return str(error)
    except AffuseError:
        raise  # A package or a setting, which affects every clip.
    except MemoryError:
        return f"{task.file} needs more memory than there is: give it more, or cut the recording"
    except Exception as error:
        return unforeseen(str(task.file), error)
    if not fits(array.shape, extractor.shape) or not np.isfinite(array).all():
        return unfit(extractor, array.shape)
    if not shares_store:
        return array.astype(extractor.dtype)
    store.save(task.key, array.astype(extractor.dtype))
    return None


def _cost(task: ArrayTask) -> float:
    """Rough duration of a task: longer clips are larger files, pictures cost more than sound."""
    try:
        size = float(task.file.stat().st_size)
    except OSError:
        size = 1.0
    return size * (_DEARER if task.extractor.modality == "video" else 1.0)


@contextmanager
def _marked(store: FeatureStore) -> Iterator[str]:
    """A file in the store while the work goes on, by which workers recognise the store."""
    mark = store.root / owned_name("in-use")
    with atomic_file(mark) as temporary:
        temporary.touch()
    try:
        yield mark.name
    finally:
        mark.unlink(missing_ok=True)
