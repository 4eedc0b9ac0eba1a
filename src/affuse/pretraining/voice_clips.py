"""Clips of many corpora, prepared for the training of the voice model."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.index import Index
from affuse.errors import DatasetError, FeatureError
from affuse.extractors.voice_network import VoiceVariants
from affuse.features.array import FeatureArray
from affuse.features.context import RunContext
from affuse.features.extract import extract_features
from affuse.features.store import FeatureStore
from affuse.features.voices.log_mel import SAMPLE_RATE, speech_samples
from affuse.media.audio import read_audio
from affuse.models.checkpoint import load_checkpoint, save_checkpoint
from affuse.models.utterances import Utterances
from affuse.records import RAVDESS_EMOTIONS, Clip, ProgressCallback
from affuse.workers.local import local_workers
from affuse.workers.protocol import Lost

Rows = NDArray[np.int64]

LIMIT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceClips:
    """Clips that the voice model is trained and measured on.

    Attributes
    ----------
    clips : tuple of Clip
        Those with sound and one of RAVDESS's eight emotions.
    utterances : Utterances
        Waveforms; the label set of a corpus is what occurs in it, spoken and sung apart.
    inputs : FeatureArray
        (n, 1, n_numbers): packed spectrograms and statistics.
    """

    clips: tuple[Clip, ...]
    utterances: Utterances
    inputs: FeatureArray

    def __len__(self) -> int:
        return len(self.clips)

    @property
    def labels(self) -> Rows:
        """Position of each clip's emotion among RAVDESS's, (n,)."""
        return self.utterances.labels

    @property
    def corpora(self) -> NDArray[np.str_]:
        """Corpus of each clip, (n,)."""
        return np.array([clip.corpus for clip in self.clips])

    @property
    def speakers(self) -> NDArray[np.str_]:
        """Corpus and name of each clip's speaker, (n,)."""
        return np.array([corpus_and_speaker(clip) for clip in self.clips])

    @property
    def sung(self) -> NDArray[np.bool_]:
        """Whether each clip is sung, (n,)."""
        return np.array([clip.attributes.get("channel") == "song" for clip in self.clips])


def read_voice_clips(
    index: Index, out: Path, jobs: int, progress: ProgressCallback | None = None
) -> VoiceClips:
    """Decode the clips of an index; what was decoded before is read from disk.

    Parameters
    ----------
    index : Index
        Of any corpora. Clips of other emotions than RAVDESS's are left out.
    out : Path
        Receives ``features`` and ``utterances.npz``.
    jobs : int
        Processes.
    progress : callable, optional

    Returns
    -------
    VoiceClips

    Raises
    ------
    DatasetError
        No clip has sound and one of the emotions.
    """
    kept = [clip for clip in index if clip.emotion in RAVDESS_EMOTIONS and clip.audio is not None]
    if not kept:
        raise DatasetError(
            f"{len(index)} clips were given, none with sound and one of the emotions "
            f"{', '.join(RAVDESS_EMOTIONS)}; expected some"
        )
    context = RunContext.of(jobs, progress=progress, store=FeatureStore(out / "features"))
    table = extract_features(Index(tuple(kept)), {"audio": VoiceVariants(n_variants=0)}, context)
    names = set(table.table.clips.tolist())
    clips = tuple(clip for clip in kept if clip.id in names)
    return VoiceClips(
        clips=clips,
        utterances=_utterances(clips, out / "utterances.npz", jobs, progress),
        inputs=table.table.arrays["audio"],
    )


def _utterances(
    clips: Sequence[Clip], path: Path, jobs: int, progress: ProgressCallback | None
) -> Utterances:
    meaning = {"clips": [f"{clip.corpus}/{clip.id}" for clip in clips], "version": 1}
    arrays = load_checkpoint(path, meaning)
    if arrays is None:
        sounds = spoken_parts(clips, jobs, progress)
        arrays = {
            "samples": np.concatenate(sounds),
            "sizes": np.array([len(sound) for sound in sounds]),
        }
        save_checkpoint(path, meaning, arrays)
    ends = np.cumsum(arrays["sizes"])
    kinds = [f"{clip.corpus} {clip.attributes.get('channel', '')}" for clip in clips]
    names, corpora = np.unique(kinds, return_inverse=True)
    labels = np.array([RAVDESS_EMOTIONS.index(clip.emotion) for clip in clips])
    label_sets = np.zeros((len(names), len(RAVDESS_EMOTIONS)), bool)
    label_sets[corpora, labels] = True
    return Utterances(
        samples=arrays["samples"],
        bounds=np.stack([ends - arrays["sizes"], ends], 1),
        labels=labels,
        corpora=corpora,
        label_sets=label_sets,
    )


def spoken_parts(
    clips: Sequence[Clip], jobs: int, progress: ProgressCallback | None
) -> list[NDArray[np.float16]]:
    """Sound of each clip, from its first to its last loud frame.

    Parameters
    ----------
    clips : sequence of Clip
        With sound.
    jobs : int
        Processes.
    progress : callable, optional

    Returns
    -------
    list of (n_samples,) float16
        Mono, at 16 kHz.

    Raises
    ------
    FeatureError
        A sound cannot be decoded.
    """
    sounds: dict[int, NDArray[np.float16]] = {}
    with closing(local_workers(jobs).answers(_sound, clips)) as answers:
        for number, sound in answers:
            if isinstance(sound, Lost):
                raise FeatureError(f"the sound of {clips[number].id} is lost: {sound.reason}")
            sounds[number] = sound
            if progress is not None:
                progress("sounds", len(sounds), len(clips))
    return [sounds[number] for number in range(len(clips))]


def _sound(clip: Clip) -> Any:
    assert clip.audio is not None
    start = clip.start_s or 0.0
    length = LIMIT_S if clip.end_s is None else min(LIMIT_S, clip.end_s - start)
    sound = read_audio(clip.audio, sample_rate=SAMPLE_RATE, start_s=start, duration_s=length)
    return sound.signal[speech_samples(sound.signal)].astype(np.float16)


def corpus_and_speaker(clip: Clip) -> str:
    """Corpus and name of a clip's speaker, which together say who it is.

    Parameters
    ----------
    clip : Clip

    Returns
    -------
    str
    """
    own = f"{clip.corpus}/"
    return own + clip.speaker.removeprefix(own)
