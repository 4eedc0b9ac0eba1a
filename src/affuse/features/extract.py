"""Features of many clips: from the store, or computed by local processes and stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.index import Index
from affuse.errors import AffuseError, FeatureError, MediaError
from affuse.features.by_speaker import BySpeaker
from affuse.features.context import RunContext
from affuse.features.decoding import decoded
from affuse.features.precomputed import Precomputed
from affuse.features.source import Extractor
from affuse.features.store import FeatureStore, content_hash
from affuse.features.table import FeatureTable, StoredArrays
from affuse.records import Clip, Modality, Skipped
from affuse.storage.error_log import unforeseen
from affuse.storage.remote import url_of
from affuse.storage.whole import atomic_file, owned_name
from affuse.workers.protocol import Lost, Workers
from affuse.workers.threads import answers_in_threads

_DEARER = 10.0
_N_ASKED = 16
"""Files elsewhere that are asked for at a time: that is waiting, not work."""


@dataclass(frozen=True)
class Extraction:
    """Features of an index, and what was learned on the way.

    Attributes
    ----------
    table : FeatureTable
    skipped : tuple of Skipped
        Clips (or modalities of clips) that gave none, with reasons.
    contents : mapping of Path to str
        Content hash of each file that was looked into.
    """

    table: FeatureTable
    skipped: tuple[Skipped, ...]
    contents: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Task:
    """One array to compute and store.

    `mark` names a file in the store while the work goes on: whoever does not see it has another
    store, and sends the array back.
    """

    key: str
    source: Path
    start_s: float | None
    end_s: float | None
    extractor: Extractor
    store: FeatureStore
    mark: str = ""


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Of one modality: array, which clips have it, and for some of the others why not."""

    array: NDArray[np.float32] | StoredArrays
    present: NDArray[np.bool_]
    reasons: Mapping[int, str]


def extract_features(
    index: Index,
    extractors: Mapping[Modality, Extractor | BySpeaker | Precomputed],
    context: RunContext,
) -> Extraction:
    """Features of every clip of an index, each modality by its extractor.

    What the store has is not computed again; what is computed is stored clip by clip, so that an
    interrupted call goes on where it ended. Results do not depend on who works, to the last bit.

    Parameters
    ----------
    index : Index
    extractors : mapping of modality to Extractor, BySpeaker or Precomputed
    context : RunContext
        Who computes: workers on other machines must see the clips under the same paths, the store
        they need not see. Its ``progress`` is called with ``("audio features", n_done, n_clips)``.

    Returns
    -------
    Extraction
        Clips that gave features in no modality are left out; a clip that lacks one modality stays,
        marked in ``table.present``. A modality that no clip has is left out, and so is an emotion.

    Raises
    ------
    FeatureError
        Precomputed features lack clips of the index (said before anything is computed), or no
        clip gave any features.
    OutputError
        The store cannot be written.
    ClusterError
        The workers cannot be reached any more; what is done is kept.
    """
    clips = index.clips
    tables = {m: s for m, s in extractors.items() if isinstance(s, Precomputed)}
    gathered = {modality: _from_table(table, clips) for modality, table in tables.items()}
    computed = {m: e for m, e in extractors.items() if not isinstance(e, Precomputed)}
    contents, unread = _contents(clips, list(computed), context.jobs)
    tasks = {m: _tasks(clips, contents, m, e, context.store) for m, e in computed.items()}
    wanted = [task for of_one in tasks.values() for task in of_one if task]
    reasons = _compute(wanted, context)
    for modality, extractor in computed.items():
        common = extractor.any if isinstance(extractor, BySpeaker) else extractor
        gathered[modality] = _gathered(clips, common, tasks[modality], reasons, unread)
    found = _joined(index, {modality: gathered[modality] for modality in extractors})
    return replace(found, contents=contents)


def _from_table(table: Precomputed, clips: Sequence[Clip]) -> _Gathered:
    values = table.of_clips(clips)
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(values).any(axis=1))
    reason = f"{table.path.name} has no frame of it with a tracked face"
    return _Gathered(values, seen, {int(row): reason for row in np.flatnonzero(~seen)})


def _tasks(
    clips: Sequence[Clip],
    contents: Mapping[Path, str],
    modality: Modality,
    extractor: Extractor | BySpeaker,
    store: FeatureStore,
) -> list[_Task | None]:
    """What is to be done for each clip; None where there is nothing to read."""
    tasks: list[_Task | None] = []
    for clip in clips:
        source = clip.source(modality)
        if source is None or source not in contents:
            tasks.append(None)
            continue
        own = extractor.extractors[clip.speaker] if isinstance(extractor, BySpeaker) else extractor
        key = store.key(contents[source], own, clip.start_s, clip.end_s)
        tasks.append(_Task(key, source, clip.start_s, clip.end_s, own, store))
    return tasks


def _compute(tasks: Sequence[_Task], context: RunContext) -> dict[str, str]:
    """Store what is not stored yet; key -> reason where that failed."""
    distinct = {task.key: task for task in tasks}
    pending = [t for t in distinct.values() if not t.store.has(t.key, t.extractor.shape)]
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


def _gathered(
    clips: Sequence[Clip],
    extractor: Extractor,
    tasks: Sequence[_Task | None],
    failed: Mapping[str, str],
    unread: Mapping[Path, str],
) -> _Gathered:
    """Arrays of all clips from the store, and why some have none."""
    reasons = {}
    for row, (clip, task) in enumerate(zip(clips, tasks, strict=True)):
        source = clip.source(extractor.modality)
        if task is not None and task.key in failed:
            reasons[row] = failed[task.key]
        elif task is None and source is not None:
            reasons[row] = unread[source]
    good = [task if task is not None and task.key not in failed else None for task in tasks]
    present = np.array([task is not None for task in good])
    return _Gathered(_array(extractor, good), present, reasons)


def _array(
    extractor: Extractor, tasks: Sequence[_Task | None]
) -> NDArray[np.float32] | StoredArrays:
    if extractor.frame_level:
        paths = tuple(None if task is None else task.store.path(task.key) for task in tasks)
        return StoredArrays(paths, extractor.shape)
    array = np.full((len(tasks), int(np.prod(extractor.shape))), np.nan, np.float32)
    for row, task in enumerate(tasks):
        if task is not None:
            array[row] = task.store.load(task.key).ravel()
    return array


def _contents(
    clips: Sequence[Clip], modalities: Sequence[Modality], jobs: int
) -> tuple[dict[Path, str], dict[Path, str]]:
    """Content hash of every file that is read, and why there is none for some."""
    sources = {clip.source(modality) for clip in clips for modality in modalities}
    paths = sorted(path for path in sources if path is not None)
    elsewhere = any(url_of(path) is not None for path in paths)
    found = answers_in_threads(_content, paths, _N_ASKED if elsewhere else jobs)
    answers = list(zip(paths, found, strict=True))
    contents = {path: content for path, content in answers if isinstance(content, str)}
    return contents, {path: str(why) for path, why in answers if isinstance(why, MediaError)}


def _content(path: Path) -> str | MediaError:
    try:
        return content_hash(path)
    except MediaError as error:
        return error
    except OSError:
        return MediaError(f"{path} cannot be read; expected a readable file: check the path")


def _computed(
    tasks: Sequence[_Task], workers: Workers
) -> Generator[tuple[_Task, str | None], None, None]:
    """Each task once its array is stored, or with the reason why there is none."""
    if not tasks:
        return
    store = tasks[0].store
    store.sweep()
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


def _compute_one(task: _Task) -> str | NDArray[np.floating[Any]] | None:
    """None once the array is stored; the array where it cannot be; or why there is none."""
    extractor, store = task.extractor, task.store
    shares_store = (store.root / task.mark).is_file()
    if shares_store and store.has(task.key, extractor.shape):
        return None  # A worker that is gone got so far.
    try:
        media = decoded(task.source, extractor.decoding, task.start_s, task.end_s)
        array = extractor.extract(media)
    except (MediaError, FeatureError) as error:
        return str(error)
    except AffuseError:
        raise  # It is every clip's: a package or a setting.
    except MemoryError:
        return f"{task.source} needs more memory than there is: give it more, or cut the recording"
    except Exception as error:
        return unforeseen(str(task.source), error)
    if array.shape != extractor.shape or not np.isfinite(array).all():
        return (
            f"{extractor.name} gave an array of shape {array.shape}, or numbers that are not "
            f"finite; expected finite numbers of shape {extractor.shape}"
        )
    if not shares_store:
        return array.astype(extractor.dtype)
    store.save(task.key, array.astype(extractor.dtype))
    return None


def _cost(task: _Task) -> float:
    """About how long a task takes: longer clips are larger files, pictures dearer than sound."""
    try:
        size = float(task.source.stat().st_size)
    except OSError:
        size = 1.0
    return size * (_DEARER if task.extractor.modality == "video" else 1.0)


@contextmanager
def _marked(store: FeatureStore) -> Iterator[str]:
    """A file in the store for as long as the work goes on, by which workers know it."""
    mark = store.root / owned_name("in-use")
    with atomic_file(mark) as temporary:
        temporary.touch()
    try:
        yield mark.name
    finally:
        mark.unlink(missing_ok=True)


def _joined(index: Index, gathered: Mapping[Modality, _Gathered]) -> Extraction:
    clips = index.clips
    skipped = []
    for row, clip in enumerate(clips):
        why = [f"{m}: {g.reasons[row]}" for m, g in gathered.items() if row in g.reasons]
        has = [m for m, g in gathered.items() if g.present[row]]
        if why and has:
            why.append(f"kept with {' and '.join(has)} alone")
        if why or not has:
            skipped.append(Skipped(clip.id, "; ".join(why) or _nothing(clip, gathered)))
    kept = np.flatnonzero(np.any([g.present for g in gathered.values()], axis=0))
    if not len(kept):
        first = skipped[0] if skipped else Skipped("", "the index is empty")
        raise FeatureError(
            f"none of {len(clips)} clips gave any features; expected one at least. "
            f"The first, {first.name}: {first.reason}"
        )
    used = {m: g for m, g in gathered.items() if g.present.any()}
    left = Index(tuple(clips[row] for row in kept))
    table = FeatureTable(
        clips=np.array([clip.id for clip in left]),
        speakers=np.array([clip.speaker for clip in left]),
        labels=np.array([left.classes.index(clip.emotion) for clip in left], np.int64),
        classes=left.classes,
        arrays={m: _rows(g.array, kept) for m, g in used.items()},
        present={m: g.present[kept] for m, g in used.items()},
        corpora=np.array([clip.corpus for clip in left]),
    )
    return Extraction(table, tuple(skipped))


def _rows(
    array: NDArray[np.float32] | StoredArrays, rows: NDArray[np.intp]
) -> NDArray[np.float32] | StoredArrays:
    return array.take(rows) if isinstance(array, StoredArrays) else array[rows]


def _nothing(clip: Clip, gathered: Mapping[Modality, _Gathered]) -> str:
    wanted = " or ".join(gathered)
    return f"it has no {wanted} file; expected one: name another extractor, or add the file"
