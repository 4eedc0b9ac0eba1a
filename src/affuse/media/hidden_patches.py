"""Sounds and pictures with one patch hidden: a stretch of time in a band, a part of a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affuse.media.audio import Sound

if TYPE_CHECKING:
    from scipy.signal import ShortTimeFFT

Image = NDArray[np.uint8]

_WINDOW_S = 0.032


def band_edges(sample_rate: int, n_bands: int) -> NDArray[np.float64]:
    """Edges of bands that are equally wide on O'Shaughnessy's mel scale, in Hz.

    Parameters
    ----------
    sample_rate : int
        Hz.
    n_bands : int

    Returns
    -------
    (n_bands + 1,) float64
        From 0 to half the sample rate.

    Examples
    --------
    >>> band_edges(16_000, 4).round().tolist()
    [0.0, 614.0, 1768.0, 3934.0, 8000.0]
    """
    highest = 2595 * np.log10(1 + sample_rate / 2 / 700)
    return np.asarray(700 * (10 ** (np.linspace(0, highest, n_bands + 1) / 2595) - 1))


def sounds_with_a_patch_hidden(sound: Sound, n_bands: int, n_times: int) -> Iterator[Sound]:
    """The sound once for each patch of band and time, with that patch hidden.

    In a patch every frequency is brought to its mean magnitude over the sound; phases stay, and so
    does silence. All else of the sound is as it was, but for the width of a window (32 ms) around
    the patch.

    Parameters
    ----------
    sound : Sound
    n_bands : int
        Equally wide on the mel scale.
    n_times : int
        Stretches of equal length.

    Yields
    ------
    Sound
        ``n_bands * n_times`` of them: the lowest band from its begin to its end, then the next.

    Examples
    --------
    >>> noise = Sound(np.random.default_rng(0).standard_normal(8000).astype(np.float32), 8000)
    >>> first, *_ = sounds_with_a_patch_hidden(noise, 2, 4)
    >>> bool(np.allclose(first.signal[:1500], noise.signal[:1500], atol=0.1))
    False
    >>> bool(np.allclose(first.signal[2300:], noise.signal[2300:], atol=1e-5))
    True
    """
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    n_samples, rate = len(sound.signal), sound.sample_rate
    size = max(2 ** round(np.log2(_WINDOW_S * rate)), 16)
    signal = np.pad(sound.signal, (0, max(size - n_samples, 0))).astype(np.float64)
    transform = ShortTimeFFT(hann(size, sym=False), size // 4, rate, scale_to=None)
    spectrum = transform.stft(signal)
    magnitude = np.abs(spectrum)
    mean = magnitude.mean(axis=1, keepdims=True)
    change = spectrum * (mean / np.where(magnitude > 0, magnitude, 1.0)) - spectrum
    bands = _places(transform.f, band_edges(rate, n_bands))
    ends = np.linspace(0, n_samples / rate, n_times + 1)
    times = _places(transform.t(len(signal)), ends)
    changed = [_samples_of(transform, times == time, len(signal)) for time in range(n_times)]
    for band in range(n_bands):
        for time, (first, end) in enumerate(changed):
            within = (bands == band)[:, None] & (times == time)
            hidden = signal.copy()
            hidden[first:end] += transform.istft(change * within, k0=first, k1=end).real
            yield replace(sound, signal=hidden[:n_samples].astype(np.float32))


def pictures_with_a_part_hidden(
    pictures: Sequence[Image], n_rows: int, n_columns: int
) -> Iterator[list[Image]]:
    """The pictures of a clip once for each part of them, with that part of all of them hidden.

    Hidden is what has the mean grey (or colour) of its picture. A picture that holds stays one and
    the same array.

    Parameters
    ----------
    pictures : sequence of (height, width) or (height, width, 3) uint8
        At least one, all of one size.
    n_rows, n_columns : int
        Parts of a picture.

    Yields
    ------
    list of array
        ``n_rows * n_columns`` of them: the uppermost row from the left, then the next.

    Examples
    --------
    >>> picture = np.array([[0, 0], [0, 200]], np.uint8)
    >>> [hidden.tolist() for (hidden,) in pictures_with_a_part_hidden([picture], 2, 1)]
    [[[50, 50], [0, 200]], [[0, 0], [50, 50]]]
    """
    height, width = pictures[0].shape[:2]
    below = np.linspace(0, height, n_rows + 1).round().astype(int)
    beside = np.linspace(0, width, n_columns + 1).round().astype(int)
    distinct = {id(picture): picture for picture in pictures}
    means = {key: _mean(picture) for key, picture in distinct.items()}
    for top, bottom in pairwise(below.tolist()):
        for left, right in pairwise(beside.tolist()):
            hidden = {key: picture.copy() for key, picture in distinct.items()}
            for key, picture in hidden.items():
                picture[top:bottom, left:right] = means[key]
            yield [hidden[id(picture)] for picture in pictures]


def _mean(picture: Image) -> Image:
    """Mean of all pixels, of each colour by itself."""
    return np.asarray(np.rint(picture.mean(axis=(0, 1))), np.uint8)


def _samples_of(
    transform: ShortTimeFFT, chosen: NDArray[np.bool_], n_samples: int
) -> tuple[int, int]:
    """Begin and end of the samples under these windows, of one window's length at least."""
    size = transform.m_num
    places = (np.flatnonzero(chosen) + transform.p_min) * transform.hop - transform.m_num_mid
    first, last = (int(places[0]), int(places[-1])) if len(places) else (0, 0)
    first = min(max(first, 0), n_samples - size)
    return first, min(max(last, first) + size, n_samples)


def _places(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of the stretch between two edges in which each value lies; the outer ones are open."""
    return np.asarray(np.searchsorted(edges[1:-1], values, side="right"), np.int64)
