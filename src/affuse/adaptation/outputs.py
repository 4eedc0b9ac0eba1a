"""Labelled clips -> the outputs of a bundle's members for each, as in prediction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.bundle import Bundle
from affuse.bundle.reader import read_bundle
from affuse.errors import AffuseError, OutputError
from affuse.predict.members import Members
from affuse.predict.recording import Recording, read_recording
from affuse.predict.settings import Settings
from affuse.predict.timeline import evidence_of
from affuse.predict.windows import Span
from affuse.records import MODALITIES, Clip, Modality, ProgressCallback, Skipped
from affuse.storage.cache import cache_folder, fetched_weights
from affuse.storage.kept_json import KeptJson, file_state
from affuse.storage.remote import local_copy
from affuse.workers.local import local_workers
from affuse.workers.protocol import Lost

Floats = NDArray[np.float64]
Rows = dict[str, list[float]]
"""Member -> its probabilities of one clip; members with nothing to go by are not there."""

STAGE = "clips"
_OF_FUSION = {"stands_for", "share", "weight", "recalibration"}
"""Fields of a member on which its rows do not depend."""

_NOTHING = "neither enough speech nor a face in it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipOutputs:
    """What members say of clips.

    Attributes
    ----------
    clips : tuple of Clip
        Those of which at least one member says something.
    rows : mapping of str to (n_clips, n_own_classes) float64
        Member -> its probabilities, a row of NaN where it says nothing.
    skipped : tuple of Skipped
        All others, with the reason.
    """

    clips: tuple[Clip, ...]
    rows: Mapping[str, Floats]
    skipped: tuple[Skipped, ...] = ()

    def take(self, chosen: NDArray[Any]) -> ClipOutputs:
        """Some of the clips.

        Parameters
        ----------
        chosen : (n_clips,) bool, or (n_chosen,) int

        Returns
        -------
        ClipOutputs
        """
        places = np.arange(len(self.clips))[chosen]
        return ClipOutputs(
            clips=tuple(self.clips[place] for place in places),
            rows={name: rows[places] for name, rows in self.rows.items()},
        )


@dataclass(frozen=True, slots=True)
class _Task:
    """Clips of the same files, which are read once for all of them."""

    bundle_folder: Path
    clips: tuple[Clip, ...]
    settings: Settings


def outputs_of_clips(
    folder: Path,
    clips: Sequence[Clip],
    *,
    jobs: int | None = None,
    progress: ProgressCallback | None = None,
) -> ClipOutputs:
    """What the members of a bundle say of clips; what was found before is not computed again.

    Parameters
    ----------
    folder : Path
        Of the bundle.
    clips : sequence of Clip
    jobs : int, optional
        Processes; one per core by default.
    progress : callable, optional
        Called with ``("clips", n_done, n_clips)``.

    Returns
    -------
    ClipOutputs

    Raises
    ------
    BundleError
        The bundle cannot be used.
    """
    bundle, settings = _members(folder).bundle, Settings()
    store = KeptJson(cache_folder() / "adaptation")
    store.sweep()
    keys = {clip.id: _key(clip, bundle, settings) for clip in clips}
    found: dict[str, Rows | str] = {}
    for clip in clips:
        kept = store.load(keys[clip.id])
        if kept is not None:
            found[clip.id] = kept
    left = [clip for clip in clips if clip.id not in found]
    tasks = [_Task(folder, group, settings) for group in _by_files(left)]
    report = progress or _silent
    report(STAGE, len(found), len(clips))
    with closing(local_workers(jobs).answers(_rows_of, tasks)) as answers:
        for number, answer in answers:
            of_each = _lost(answer, tasks[number]) if isinstance(answer, Lost) else answer
            found |= of_each
            for name, rows in of_each.items():
                if isinstance(rows, dict):
                    with suppress(OutputError, OSError):
                        store.save(keys[name], rows)
            report(STAGE, len(found), len(clips))
    return _joined(bundle, clips, found)


def _joined(bundle: Bundle, clips: Sequence[Clip], found: Mapping[str, Rows | str]) -> ClipOutputs:
    of_clips = {name: own for name, own in found.items() if own and not isinstance(own, str)}
    kept = tuple(clip for clip in clips if clip.id in of_clips)
    rows = {}
    for member in bundle.manifest.members:
        silent = [float("nan")] * len(member.classes)
        own = [of_clips[clip.id].get(member.name, silent) for clip in kept]
        rows[member.name] = np.array(own, np.float64).reshape(len(kept), len(member.classes))
    left = [clip.id for clip in clips if clip.id not in of_clips]
    skipped = tuple(Skipped(name, str(found[name] or _NOTHING)) for name in left)
    return ClipOutputs(clips=kept, rows=rows, skipped=skipped)


def _by_files(clips: Sequence[Clip]) -> Iterator[tuple[Clip, ...]]:
    groups: dict[tuple[Path, ...], list[Clip]] = {}
    for clip in clips:
        groups.setdefault(clip.files, []).append(clip)
    yield from map(tuple, groups.values())


def _rows_of(task: _Task) -> dict[str, Rows | str]:
    """Clip -> the members' outputs for it, or why its files cannot be read."""
    found: dict[str, Rows | str] = {clip.id: {} for clip in task.clips}
    for path in dict.fromkeys(path for clip in task.clips for path in clip.files):
        try:
            for clip, rows in _of_file(path, task):
                known = found[clip.id]
                if isinstance(known, dict):
                    found[clip.id] = known | rows
        except AffuseError as error:
            found = {name: rows or str(error) for name, rows in found.items()}
    return found


def _of_file(path: Path, task: _Task) -> Iterator[tuple[Clip, Rows]]:
    from affuse.media.tracking import FaceTracker

    members, settings = _members(task.bundle_folder), task.settings
    with local_copy(path) as file:
        recording = read_recording(file, members, FaceTracker(), settings)
        for clip in task.clips:
            own = {m for m in MODALITIES if clip.source(m) == path}
            rows = evidence_of(recording, members, settings, _span(clip, recording))
            yield clip, {n: row.tolist() for n, row in rows.items() if _is_of(members, n, own)}


def _span(clip: Clip, recording: Recording) -> Span | None:
    """The stretch of a recording that a clip covers; None: all of it."""
    if clip.start_s is None and clip.end_s is None:
        return None
    end_s = recording.duration_s if clip.end_s is None else clip.end_s
    return Span(clip.start_s or 0.0, min(end_s, recording.duration_s))


def _is_of(members: Members, name: str, modalities: set[Modality]) -> bool:
    """Whether a member needs nothing but these modalities."""
    return set(members.bundle.manifest.member(name).modalities) <= modalities


def _lost(answer: Lost, task: _Task) -> dict[str, Rows | str]:
    reason = f"the process that read it was killed ({answer.reason}); expected enough memory for it"
    return {clip.id: reason for clip in task.clips}


def _key(clip: Clip, bundle: Bundle, settings: Settings) -> str:
    """Cache key of a clip's outputs: its files and the networks, not how these are fused."""
    manifest = bundle.manifest
    pooling = None if manifest.pooling is None else manifest.pooling.model_dump(mode="json")
    networks = [
        pooling,
        {name: manifest.files[name] for name in manifest.graphs},
        [m.model_dump(mode="json", exclude=_OF_FUSION) for m in manifest.members],
    ]
    states = []
    for path in clip.files:
        # A file that is not there has no rows to be kept.
        with suppress(OSError, ValueError, AffuseError):
            states.append(file_state(str(path)))
    sources = [str(clip.source(modality)) for modality in MODALITIES]
    parts = [
        metadata.version("affuse"), networks, pooling, asdict(settings), sources, states,
        clip.start_s, clip.end_s, fetched_weights(),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=1)
def _members(folder: Path) -> Members:
    """Members of a bundle, loaded once in each process."""
    return Members(read_bundle(folder))


def _silent(stage: str, done: int, total: int) -> None:
    """Ignore progress."""
