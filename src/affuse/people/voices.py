"""The voices of a recording that arrives piece by piece: embeddings and levels are kept of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affuse.people.quiet_edges import FrameLevels
from affuse.people.records import Turn
from affuse.people.voice_embedding import Floats, VoiceEmbedder
from affuse.people.voice_turns import Windows, turns_of

SAMPLE_RATE = 16_000
HOP_S = 0.25
"""From the beginning of a window to that of the next."""

_BATCH = 16
_HOP = round(HOP_S * SAMPLE_RATE)
_INAUDIBLE = 1e-5
"""Sound that peaks below it is not embedded: nobody speaks there."""


class VoiceStream:
    """Divides the speech of a recording among voices; the sound comes piece by piece.

    Four embeddings a second are kept, of 128 numbers, and a hundred levels: 9 MB of an hour.

    Parameters
    ----------
    embedder : VoiceEmbedder

    Examples
    --------
    >>> from affuse.people.voice_embedding import open_voice_embedder
    >>> stream = VoiceStream(open_voice_embedder())
    >>> noise = np.random.default_rng(0).standard_normal(48_000).astype(np.float32)
    >>> stream.take(noise[:30_000])
    >>> stream.take(noise[30_000:])
    >>> [(turn.start_s, turn.end_s, turn.voice) for turn in stream.turns(np.ones(300, bool))]
    [(0.0, 3.0, 1)]
    """

    def __init__(self, embedder: VoiceEmbedder) -> None:
        self._embedder = embedder
        self._size = round(embedder.window_s * SAMPLE_RATE)
        self._levels = FrameLevels()
        self._kept = np.zeros(0, np.float32)
        self._first = 0
        self._waiting: list[Floats] = []
        self._starts: list[int] = []
        self._found: list[Floats] = []

    def take(self, piece: NDArray[np.float32]) -> None:
        """Take the next piece of the sound.

        Parameters
        ----------
        piece : (n_samples,) float32
            Mono, at 16 kHz, in [-1, 1].

        Raises
        ------
        FeatureError
            The embedder does not run on it.
        """
        self._levels.take(piece)
        self._kept = np.concatenate([self._kept, piece])
        at = 0
        while len(self._kept) - at >= self._size:
            self._add(self._kept[at : at + self._size], self._first + at)
            at += _HOP
        at = min(at, len(self._kept))
        self._first += at
        self._kept = self._kept[at:].copy()

    def turns(self, speech: NDArray[np.bool_], n_voices: int | None = None) -> list[Turn]:
        """Who speaks when in what has been taken.

        Parameters
        ----------
        speech : (n_frames,) bool
            Where there is speech, for every 10 ms.
        n_voices : int, optional
            How many voices there are; as many as differ by default. There are fewer where the
            speech is shorter than so many turns.

        Returns
        -------
        list of Turn
            By time; none overlap, and all lie where there is speech. Where several voices speak,
            pauses of up to 0.5 s within one of them are part of its turn, and so are 0.1 s before
            and after what it says, or up to 0.3 s as far as it is heard.

        Raises
        ------
        ConfigError
            `n_voices` is below 1.
        FeatureError
            The embedder does not run on the sound.
        """
        embeddings = self._all()
        starts_s = np.array(self._starts, np.float64) / SAMPLE_RATE
        windows = Windows(starts_s, self._embedder.window_s, embeddings)
        audible = self._levels.audible()[: len(speech)]
        audible = np.pad(audible, (0, len(speech) - len(audible)))
        return turns_of(windows, speech, self._embedder.threshold, n_voices, audible)

    def _add(self, window: Floats, start: int) -> None:
        if np.abs(window).max(initial=0.0) < _INAUDIBLE:
            return
        self._waiting.append(window)
        self._starts.append(start)
        if len(self._waiting) == _BATCH:
            self._embed()

    def _embed(self) -> None:
        self._found.append(self._embedder.embed(np.stack(self._waiting)))
        self._waiting = []

    def _all(self) -> Floats:
        """Embeddings of all windows; a sound shorter than one is repeated, as in training."""
        if not self._starts and len(self._kept):
            self._add(np.resize(self._kept, self._size), self._first)
        if self._waiting:
            self._embed()
        if not self._found:
            return np.zeros((0, 1), np.float32)
        self._found = [np.concatenate(self._found)]
        return self._found[0]
