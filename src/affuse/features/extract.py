"""Features of many clips: read from the store, or computed by workers and stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.index import Index
from affuse.errors import FeatureError
from affuse.features.array import CLIP, ArrayInMemory, FeatureArray, is_stepwise
from affuse.features.array_parts import stored_parts
from affuse.features.computing import ArrayTask, compute
from affuse.features.contents import contents_of
from affuse.features.context import RunContext
from affuse.features.pooled_arrays import PooledArrays
from affuse.features.source import Source
from affuse.features.store import FeatureStore
from affuse.features.stored_arrays import StoredArrays
from affuse.features.table import FeatureTable
from affuse.records import Clip, Modality, Skipped
from affuse.storage.plain_text import none_of

_STORED_FROM = 1024
"""Numbers of a clip from which on sequences stay on disk; shorter ones are read once."""


@dataclass(frozen=True)
class Extraction:
    """Features of an index, and what was found while extracting them.

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
class _Gathered:
    """Features of one modality: the array, which clips have it, and why others have not."""

    array: FeatureArray
    present: NDArray[np.bool_]
    reasons: Mapping[int, str]


def extract_features(
    index: Index,
    sources: Mapping[Modality, Source],
    context: RunContext,
) -> Extraction:
    """Features of every clip of an index, each modality from its source.

    What the store has is not computed again; what is computed is stored clip by clip, so that an
    interrupted call goes on where it ended. Results are the same to the last bit whatever the
    workers.

    Parameters
    ----------
    index : Index
    sources : mapping of modality to Source
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
    given = {m: source.given(clips) for m, source in sources.items()}
    computed = {m: source for m, source in sources.items() if given[m] is None}
    contents, unread = contents_of(clips, list(computed), context.jobs)
    tasks = {m: _tasks(clips, contents, source, context.store) for m, source in computed.items()}
    wanted = [task for of_one in tasks.values() for task in of_one if task]
    failed = compute(wanted, context)
    gathered = {
        m: _computed(clips, source, tasks[m], failed, unread)
        if values is None
        else _given(source, values)
        for (m, source), values in zip(sources.items(), given.values(), strict=True)
    }
    return replace(_joined(index, gathered), contents=contents)


def _given(source: Source, values: NDArray[np.float32]) -> _Gathered:
    """Arrays from a table of features."""
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(values.reshape(len(values), -1)).any(axis=1))
    named = source.path.name if source.path is not None else source.label
    reason = f"{named} has no frame of it with a tracked face"
    array = ArrayInMemory(values, (CLIP, *source.axes))
    return _Gathered(array, seen, {int(row): reason for row in np.flatnonzero(~seen)})


def _tasks(
    clips: Sequence[Clip],
    contents: Mapping[Path, str],
    source: Source,
    store: FeatureStore,
) -> list[ArrayTask | None]:
    """The task for each clip; None where there is nothing to read."""
    tasks: list[ArrayTask | None] = []
    for clip in clips:
        file = clip.source(source.modality)
        if file is None or file not in contents:
            tasks.append(None)
            continue
        own = source.extractor_for(clip.speaker)
        key = store.key(contents[file], own.stored, clip.start_s, clip.end_s)
        tasks.append(ArrayTask(key, file, clip.start_s, clip.end_s, own, store))
    return tasks


def _computed(
    clips: Sequence[Clip],
    source: Source,
    tasks: Sequence[ArrayTask | None],
    failed: Mapping[str, str],
    unread: Mapping[Path, str],
) -> _Gathered:
    """Arrays of all clips from the store, and why some have none."""
    reasons = {}
    for row, (clip, task) in enumerate(zip(clips, tasks, strict=True)):
        file = clip.source(source.modality)
        if task is not None and task.key in failed:
            reasons[row] = failed[task.key]
        elif task is None and file is not None:
            reasons[row] = unread[file]
    good = [task if task is not None and task.key not in failed else None for task in tasks]
    present = np.array([task is not None for task in good])
    return _Gathered(_array(source, good), present, reasons)


def _array(source: Source, tasks: Sequence[ArrayTask | None]) -> FeatureArray:
    axes = (CLIP, *source.axes)
    extractor = next((task.extractor for task in tasks if task is not None), None)
    if is_stepwise(source.axes) and np.prod(source.shape) >= _STORED_FROM:
        paths = tuple(None if task is None else task.store.path(task.key) for task in tasks)
        if extractor is not None and extractor.stored is not extractor:
            return PooledArrays(paths, source.shape, axes, extractor=extractor)
        return StoredArrays(paths, source.shape, axes)
    values = np.full((len(tasks), *source.shape), np.nan, np.float32)
    for value, task in zip(values, tasks, strict=True):
        if task is None:
            continue
        if task.extractor.stored is task.extractor:
            value[...] = task.store.load(task.key)
        else:
            value[...] = task.extractor.pooled(stored_parts(task.store.path(task.key)))
    return ArrayInMemory(values, axes)


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
            f"{none_of(len(clips), 'clip')} gave any features; expected one at least. "
            f"The first, {first.name}: {first.reason}"
        )
    used = {m: g for m, g in gathered.items() if g.present.any()}
    left = Index(tuple(clips[row] for row in kept))
    table = FeatureTable(
        clips=np.array([clip.id for clip in left]),
        speakers=np.array([clip.speaker for clip in left]),
        labels=np.array([left.classes.index(clip.emotion) for clip in left], np.int64),
        classes=left.classes,
        arrays={m: g.array.take(kept) for m, g in used.items()},
        present={m: g.present[kept] for m, g in used.items()},
        corpora=np.array([clip.corpus for clip in left]),
    )
    return Extraction(table, tuple(skipped))


def _nothing(clip: Clip, gathered: Mapping[Modality, _Gathered]) -> str:
    wanted = " or ".join(gathered)
    return f"it has no {wanted} file; expected one: name another extractor, or add the file"
