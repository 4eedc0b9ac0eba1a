"""A real corpus re-enacted: every real voice with a face drawn from what was measured on it.

For corpora whose pictures cannot be had. The voices are the real ones; the faces carry the
action units of the clip and nothing else of it: no label reaches the drawing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from affuse.errors import ConfigError, DatasetError, MediaError
from affuse.media.audio import read_audio
from affuse.records import Clip, ProgressCallback, Skipped
from affuse.storage.plain_text import none_of
from affuse.synthetic.corpus import already_there, make_folder
from affuse.synthetic.faces import Face, make_face
from affuse.synthetic.identity import make_identity
from affuse.synthetic.measured import read_action_units
from affuse.synthetic.performance import FPS, perform_measured
from affuse.synthetic.takes import Take, read_take
from affuse.synthetic.voices import SAMPLE_RATE
from affuse.synthetic.workers import run_batches
from affuse.synthetic.writer import write_clip

VERSION = 1
"""Changes whenever the same clips and units give other pictures."""

_BATCH = 4
_QUIET_DB = 30.0


@dataclass(frozen=True, slots=True)
class Reenactment:
    """Files that were written or were there already, and clips that were left out, and why."""

    paths: tuple[Path, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, eq=False)
class _Scene:
    """One clip to re-enact, with the intensities (17,) to draw."""

    clip: Clip
    take: Take
    means: NDArray[np.float64]
    seed: int

    @property
    def recipe(self) -> str:
        digest = hashlib.sha256(self.means.tobytes()).hexdigest()[:12]
        return f"affuse re-enactment version {VERSION} seed {self.seed} action units {digest}"


@dataclass(frozen=True, eq=False)
class _Batch:
    out: Path
    scenes: tuple[_Scene, ...]


def reenact(
    clips: Iterable[Clip],
    action_units: str | Path,
    out: str | Path,
    *,
    speakers: Collection[str] = (),
    takes: int | None = None,
    seed: int = 0,
    jobs: int | None = 1,
    progress: ProgressCallback | None = None,
) -> Reenactment:
    """Mp4 files of real voices with faces drawn from measured action units.

    Parameters
    ----------
    clips : iterable of Clip
        A RAVDESS index, or clips of one; each needs its sound.
    action_units : str or Path
        CSV with one row per clip; see `measured.read_action_units`.
    out : str or Path
        Folder that receives ``Actor_01/01-<take key>.mp4`` and so on.
    speakers : collection of str
        Only these; empty: all.
    takes : int, optional
        At most so many clips per speaker, channel and emotion.
    seed : int
        Of the faces: who looks how, when each blinks and nods.
    jobs : int or None
        Processes; None: one per core. More than one needs a script to guard its main part.
    progress : callable, optional
        Called with ``("re-enact", done, total)``.

    Returns
    -------
    Reenactment
        Paths by speaker and take, and what was left out: clips without a row, without sound,
        with a file that cannot be decoded, or not named as in RAVDESS.

    Raises
    ------
    FeatureError
        The table does not fit; see `measured.read_action_units`.
    DatasetError
        No clip is left; says why.
    ConfigError
        Fewer than one take.
    OutputError
        The folder cannot be written, or holds other files under these names.
    """
    if takes is not None and takes < 1:
        raise ConfigError(f"{takes} takes per emotion were asked for; expected at least 1")
    units = read_action_units(action_units)
    chosen = [clip for clip in clips if not speakers or clip.speaker in speakers]
    scenes, skipped = _scenes(chosen, units, Path(action_units).name, seed)
    scenes = _first_takes(scenes, takes)
    if not scenes:
        raise DatasetError(_why_nothing(chosen, skipped, speakers))
    folder = Path(out)
    for scene in scenes:
        make_folder((folder / scene.take.path).parent)
    missing = [
        scene for scene in scenes if not already_there(folder / scene.take.path, scene.recipe)
    ]
    batches = _batches(folder, missing)
    sizes = [len(batch.scenes) for batch in batches]
    failures = run_batches(_make, batches, sizes, stage="re-enact", jobs=jobs, progress=progress)
    skipped += [failure for batch in failures for failure in batch]
    names = {item.name for item in skipped}
    paths = (folder / scene.take.path for scene in scenes if scene.clip.id not in names)
    return Reenactment(tuple(paths), tuple(skipped))


def mouth_opening(signal: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """How far a mouth opens in each video frame (n_frames,), 0 to 1, from the sound alone.

    Loudness in dB below the loud parts of the clip, so that a loud voice and a soft one move the
    mouth alike.

    Parameters
    ----------
    signal : (n_samples,) float32
        In [-1, 1].
    sample_rate : int
        Hz.

    Returns
    -------
    (n_frames,) float64

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sound = np.concatenate([np.zeros(16000), 0.1 * rng.standard_normal(16000)])
    >>> opening = mouth_opening(sound.astype(np.float32), 16000)
    >>> len(opening), bool(opening[5] < 0.1 < 0.7 < opening[-5])
    (60, True)
    """
    n_frames = max(2, len(signal) * FPS // sample_rate)
    edges = np.linspace(0, len(signal), n_frames + 1).astype(int)
    energy = np.concatenate([[0.0], np.cumsum(np.square(signal, dtype=np.float64))])
    power = np.diff(energy[edges]) / np.maximum(np.diff(edges), 1)
    level = 10 * np.log10(np.maximum(gaussian_filter1d(power, 0.8), 1e-10))
    loud = np.percentile(level, 95)
    return np.asarray(np.clip(1 + (level - loud) / _QUIET_DB, 0, 1) ** 1.5)


def _scenes(
    clips: Iterable[Clip], units: dict[str, NDArray[np.float64]], table: str, seed: int
) -> tuple[list[_Scene], list[Skipped]]:
    scenes: list[_Scene] = []
    skipped: list[Skipped] = []
    for clip in clips:
        take = read_take(clip.id)
        if take is None:
            reason = "not named as in RAVDESS, so a file could not carry its labels"
        elif clip.audio is None:
            reason = "has no sound"
        elif clip.id not in units:
            reason = f"has no row in {table}"
        else:
            scenes.append(_Scene(clip, take, units[clip.id], seed))
            continue
        skipped.append(Skipped(clip.id, reason))
    return scenes, skipped


def _first_takes(scenes: list[_Scene], takes: int | None) -> list[_Scene]:
    groups: defaultdict[tuple[int, str, str], list[_Scene]] = defaultdict(list)
    for scene in scenes:
        groups[scene.take.speaker, scene.take.channel, scene.take.emotion].append(scene)
    return [
        scene
        for _, group in sorted(groups.items())
        for scene in sorted(group, key=lambda scene: scene.take.variety)[:takes]
    ]


def _batches(out: Path, scenes: list[_Scene]) -> list[_Batch]:
    by_speaker: defaultdict[int, list[_Scene]] = defaultdict(list)
    for scene in scenes:
        by_speaker[scene.take.speaker].append(scene)
    return [
        _Batch(out, tuple(group[start : start + _BATCH]))
        for _, group in sorted(by_speaker.items())
        for start in range(0, len(group), _BATCH)
    ]


def _make(batch: _Batch) -> list[Skipped]:
    """Clips of one speaker; returns those whose sound cannot be decoded."""
    first = batch.scenes[0]
    face = make_face(make_identity(first.take.speaker, first.seed))
    failed = []
    for scene in batch.scenes:
        try:
            _make_clip(batch.out / scene.take.path, scene, face)
        except MediaError as error:
            failed.append(Skipped(scene.clip.id, str(error)))
    return failed


def _make_clip(path: Path, scene: _Scene, face: Face) -> None:
    clip = scene.clip
    assert clip.audio is not None
    start = clip.start_s or 0.0
    duration = None if clip.end_s is None else clip.end_s - start
    sound = read_audio(clip.audio, sample_rate=SAMPLE_RATE, start_s=start, duration_s=duration)
    opening = mouth_opening(sound.signal, SAMPLE_RATE)
    # seeded by what was measured, not by the name: it holds the emotion
    rng = np.random.default_rng([scene.seed, scene.take.speaker, *scene.means.view(np.uint64)])
    shown = perform_measured(scene.means, opening, rng)
    frames = (face.draw(*moment) for moment in zip(shown.units, shown.poses, strict=True))
    write_clip(path, frames, sound.signal, SAMPLE_RATE, scene.recipe)


def _why_nothing(
    clips: Collection[Clip], skipped: Collection[Skipped], speakers: Collection[str]
) -> str:
    if not clips:
        wanted = f" of speakers {', '.join(sorted(speakers))}" if speakers else ""
        return f"no clips{wanted} were given; expected an index of RAVDESS with sound"
    first = next(iter(skipped))
    return (
        f"{none_of(len(clips), 'clip')} can be re-enacted (first: {first.name} {first.reason}); "
        "expected clips named as in RAVDESS, with sound and a row of action units each"
    )
