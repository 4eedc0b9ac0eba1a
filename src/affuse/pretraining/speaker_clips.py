"""Clips of many speakers, prepared for the training of the network that tells voices apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.index import Index
from affuse.errors import DatasetError
from affuse.models.checkpoint import load_checkpoint, save_checkpoint
from affuse.pretraining.voice_clips import Rows, corpus_and_speaker, spoken_parts
from affuse.records import Clip, ProgressCallback

APART = 4
"""One speaker in so many, among the women and the men of each corpus, is kept apart."""
FIRST_APART = 2
MIN_SPEAKERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerClips:
    """Clips that the speaker network is trained and measured on.

    Attributes
    ----------
    clips : tuple of Clip
        With sound, in the order of their corpora and ids.
    samples : (n_samples,) float16
        Mono, at 16 kHz, from the first to the last loud frame of each clip.
    bounds : (n, 2) int64
        Where each begins and ends in `samples`.
    """

    clips: tuple[Clip, ...]
    samples: NDArray[np.float16]
    bounds: Rows

    def __len__(self) -> int:
        return len(self.clips)

    @property
    def corpora(self) -> NDArray[np.str_]:
        """Corpus of each clip, (n,)."""
        return np.array([clip.corpus for clip in self.clips])

    @property
    def speakers(self) -> NDArray[np.str_]:
        """Corpus and name of each clip's speaker, (n,)."""
        return np.array([corpus_and_speaker(clip) for clip in self.clips])

    @property
    def sexes(self) -> NDArray[np.str_]:
        """Sex of each clip's speaker as the corpus has it; empty where it has none, (n,)."""
        return np.array([clip.attributes.get("sex", "") for clip in self.clips])

    def sound(self, row: int) -> NDArray[np.float32]:
        """The spoken part of a clip.

        Parameters
        ----------
        row : int

        Returns
        -------
        (n_samples,) float32
        """
        begin, end = self.bounds[row]
        return np.asarray(self.samples[begin:end], np.float32)


def read_speaker_clips(
    index: Index, out: Path, jobs: int, progress: ProgressCallback | None = None
) -> SpeakerClips:
    """Decode the clips of an index; what was decoded before is read from disk.

    Parameters
    ----------
    index : Index
        Of any corpora, whatever their emotions.
    out : Path
        Receives ``speakers.npz``.
    jobs : int
        Processes.
    progress : callable, optional

    Returns
    -------
    SpeakerClips

    Raises
    ------
    DatasetError
        Clips with sound are of fewer than four speakers.
    """
    clips = tuple(clip for clip in index if clip.audio is not None)
    n_speakers = len({corpus_and_speaker(clip) for clip in clips})
    if n_speakers < MIN_SPEAKERS:
        raise DatasetError(
            f"{len(clips)} clips with sound of {n_speakers} speakers were given; expected at least "
            f"{MIN_SPEAKERS} speakers, of whom some are kept apart: add a corpus"
        )
    path = out / "speakers.npz"
    meaning = {"clips": [f"{clip.corpus}/{clip.id}" for clip in clips], "version": 1}
    arrays = load_checkpoint(path, meaning)
    if arrays is None:
        sounds = spoken_parts(clips, jobs, progress)
        sizes = np.array([len(sound) for sound in sounds])
        arrays = {"samples": np.concatenate(sounds), "sizes": sizes}
        save_checkpoint(path, meaning, arrays)
    ends = np.cumsum(arrays["sizes"])
    return SpeakerClips(
        clips=clips,
        samples=arrays["samples"],
        bounds=np.stack([ends - arrays["sizes"], ends], 1),
    )


def kept_apart(clips: SpeakerClips) -> tuple[str, ...]:
    """Speakers on whom the network is measured, and whom it does not learn from.

    Parameters
    ----------
    clips : SpeakerClips

    Returns
    -------
    tuple of str
        Corpus and name: of the women, of the men and of those whose sex is not known of each
        corpus every fourth, beginning with the third; the last one where there are only two.
    """
    found: list[str] = []
    speakers, corpora, sexes = clips.speakers, clips.corpora, clips.sexes
    names, first = np.unique(speakers, return_index=True)
    for corpus in np.unique(corpora):
        for sex in np.unique(sexes):
            own = names[(corpora[first] == corpus) & (sexes[first] == sex)]
            ordered = _ordered(own.tolist())
            found += ordered[FIRST_APART::APART] or ordered[1:]
    return tuple(found)


def rows_of_speakers(clips: SpeakerClips, speakers: Sequence[str]) -> Rows:
    """Rows of the clips of these speakers.

    Parameters
    ----------
    clips : SpeakerClips
    speakers : sequence of str
        As `SpeakerClips.speakers` has them.

    Returns
    -------
    (n,) int64
    """
    return np.flatnonzero(np.isin(clips.speakers, list(speakers)))


def _ordered(names: list[str]) -> list[str]:
    """By number where names are numbers: 2 before 10."""
    return sorted(names, key=lambda name: (len(name), name))
