"""Utterances of many corpora in one array, and the batches of waveforms cut from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affuse.features.voices.log_mel import (
    HOP,
    RANGE_DB,
    WINDOW,
    mel_filters,
)
from affuse.models.training import import_torch

if TYPE_CHECKING:
    from torch import Tensor

Rows = NDArray[np.int64]

_FLOOR = 1e-12
_STEP = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterances:
    """Sounds of several corpora, one after another, with what is known of each.

    Attributes
    ----------
    samples : (n_samples,) float16
        Mono, at 16 kHz, from the first to the last loud frame of each utterance.
    bounds : (n, 2) int64
        Where each begins and ends in `samples`.
    labels : (n,) int64
        Positions in the list of classes.
    corpora : (n,) int64
        Rows of `label_sets`.
    label_sets : (n_corpora, n_classes) bool
        Which emotions a corpus can have at all.
    """

    samples: NDArray[np.float16]
    bounds: Rows
    labels: Rows
    corpora: Rows
    label_sets: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which emotions each utterance's corpus can have, (n, n_classes)."""
        return np.asarray(self.label_sets[self.corpora])

    def rarity(self, rows: Rows) -> NDArray[np.float64]:
        """Sampling probability of each row: the rarer its emotion in its corpus, the higher.

        Parameters
        ----------
        rows : (n,) int64

        Returns
        -------
        (n,) float64
            They sum to 1.
        """
        kinds = self.corpora[rows] * self.label_sets.shape[1] + self.labels[rows]
        weights = 1 / np.sqrt(np.bincount(kinds)[kinds])
        return np.asarray(weights / weights.sum())


def stretches(samples: Tensor, begins: Tensor, sizes: Tensor, offsets: Tensor, n: int) -> Tensor:
    """A stretch of each of these utterances, at a random offset; shorter ones are repeated.

    So no batch holds silence that is no sound, which statistics of batches would take for one.

    Parameters
    ----------
    samples : (n_samples,) float16 tensor
        Of all utterances, on any device.
    begins, sizes : (n_utterances,) int64 tensor
        Where each lies in `samples`.
    offsets : (n_utterances,) int64 tensor
        Where the stretch begins in each.
    n : int
        Samples of each stretch.

    Returns
    -------
    (n_utterances, n) float32 tensor
    """
    torch = import_torch()
    at = torch.arange(n, device=samples.device)
    within = (offsets[:, None] + at) % sizes[:, None]
    return samples[begins[:, None] + within].float()


def random_offsets(sizes: Rows, n: int, rng: np.random.Generator) -> Rows:
    """Offsets of stretches: within longer utterances so that they end inside, else anywhere.

    Parameters
    ----------
    sizes : (n_utterances,) int64
        Samples of each.
    n : int
        Samples of a stretch.
    rng : numpy.random.Generator

    Returns
    -------
    (n_utterances,) int64
    """
    return rng.integers(np.where(sizes > n, sizes - n + 1, sizes))


def fast_size(n_samples: int) -> int:
    """The next size for which Fourier transforms are fast; there are few of them.

    Parameters
    ----------
    n_samples : int

    Returns
    -------
    int
        A multiple of 4,096.

    Examples
    --------
    >>> fast_size(16_000)
    16384
    """
    return -(-n_samples // _STEP) * _STEP


class Spectrograms:
    """Waveforms -> log-mel spectrograms as `features.voices.log_mel` makes them, on one device.

    Of the whole of each sound: nothing is left out at its ends.

    Parameters
    ----------
    device : str
    """

    def __init__(self, device: str) -> None:
        self._torch = torch = import_torch()
        self._filters = torch.from_numpy(mel_filters().astype(np.float32)).to(device)
        self._window = torch.hann_window(WINDOW, device=device)

    def __call__(self, waveforms: Tensor) -> Tensor:
        """Spectrograms of sounds of full length.

        Parameters
        ----------
        waveforms : (n, n_samples) float32 tensor

        Returns
        -------
        (n, n_frames, 64) float32 tensor
        """
        torch = self._torch
        spectrum = torch.stft(
            waveforms, WINDOW, HOP, window=self._window, center=False, return_complex=True
        )
        power = spectrum.real.square() + spectrum.imag.square()
        mel = 10 * torch.log10(self._filters @ power + _FLOOR).transpose(1, 2)
        reference = torch.quantile(mel.amax(2), 0.95, dim=1)[:, None, None]
        scaled: Tensor = 1 + 2 * (mel - reference).clamp_min(-RANGE_DB) / RANGE_DB
        return scaled
