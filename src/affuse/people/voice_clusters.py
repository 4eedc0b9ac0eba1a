"""Pieces of speech joined to voices: by pairs first, then by what the groups have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

BLOCK = 1200
"""Pieces whose pairs are compared at once: 6 MB of distances."""
GROUPS = 150
"""Groups of pieces that a block is brought down to by its pairs alone."""
MIN_VOICE_S = 4.0
"""Groups with less speech than this, or than half of what there is, say too little of a voice: they
go to the nearest one."""


def clustered(
    embeddings: Floats, lengths_s: Floats, threshold: float, n_voices: int | None = None
) -> Ints:
    """Voice of each piece.

    Parameters
    ----------
    embeddings : (n, n_dimensions) float64
        Rows of length 1.
    lengths_s : (n,) float64
        Seconds of speech in each.
    threshold : float
        Cosine of two mean embeddings from which they are one voice.
    n_voices : int or None
        How many; None: as many as differ.

    Returns
    -------
    (n,) int
        From 0 without gaps.
    """
    groups = _grouped(embeddings)
    while groups.max() + 1 > BLOCK:
        centres, _ = _sums(embeddings, lengths_s, groups)
        groups = _grouped(unit(centres))[groups]
    centres, seconds = _sums(embeddings, lengths_s, groups)
    return _joined(centres, seconds, threshold, n_voices)[groups]


def unit(rows: Floats) -> Floats:
    """Rows with a length of 1; a row of zeros stays one.

    Parameters
    ----------
    rows : (n, n_dimensions) float64

    Returns
    -------
    (n, n_dimensions) float64
    """
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


def _sums(embeddings: Floats, lengths_s: Floats, groups: Ints) -> tuple[Floats, Floats]:
    """Sum of the embeddings of each group, weighted by seconds, and the seconds."""
    found = np.zeros((groups.max() + 1, embeddings.shape[1]))
    np.add.at(found, groups, embeddings * lengths_s[:, None])
    return found, np.asarray(np.bincount(groups, lengths_s), np.float64)


def _grouped(embeddings: Floats) -> Ints:
    """Groups of what is most alike, block by block: average linkage of cosines."""
    found, n_groups = np.zeros(len(embeddings), np.intp), 0
    for first in range(0, len(embeddings), BLOCK):
        block = embeddings[first : first + BLOCK]
        own = np.arange(len(block), dtype=np.intp)
        if len(block) > GROUPS:
            pairs = linkage(pdist(block, "cosine"), "average")
            own = np.asarray(fcluster(pairs, GROUPS, "maxclust") - 1, np.intp)
        found[first : first + BLOCK] = n_groups + own
        n_groups += int(own.max()) + 1
    return found


def _joined(sums: Floats, seconds: Floats, threshold: float, n_voices: int | None) -> Ints:
    """Voice of each group: two are joined again and again, until none are alike enough."""
    sums, seconds = sums.copy(), seconds.copy()
    least_s = min(MIN_VOICE_S, seconds.sum() / (2 * (n_voices or 1)))
    voices = np.arange(len(sums))
    likeness = unit(sums) @ unit(sums).T
    np.fill_diagonal(likeness, -np.inf)
    for n_left in range(len(sums), n_voices or 1, -1):
        small = seconds < least_s
        pair = _next_pair(likeness, seconds, small, threshold)
        if pair is None and n_voices is not None and n_left > n_voices:
            pair = _best(likeness)
        if pair is None:
            break
        kept, gone = pair
        sums[kept] += sums[gone]
        seconds[kept], seconds[gone] = seconds[kept] + seconds[gone], np.inf
        voices[voices == gone] = kept
        row = unit(sums) @ unit(sums[kept][None])[0]
        gone_before = ~np.isfinite(seconds)
        likeness[kept] = likeness[:, kept] = np.where(gone_before, -np.inf, row)
        likeness[gone] = likeness[:, gone] = likeness[kept, kept] = -np.inf
    return np.asarray(np.unique(voices, return_inverse=True)[1], np.intp)


def _next_pair(
    likeness: Floats, seconds: Floats, small: NDArray[np.bool_], threshold: float
) -> tuple[int, int] | None:
    """The two to be joined next; small groups find their place before large ones are compared."""
    if not small.any():
        pair = _best(likeness)
        return pair if likeness[pair] >= threshold else None
    own = np.flatnonzero(small)
    row, other = _best(likeness[own])
    if likeness[own[row], other] >= threshold:
        return other, int(own[row])
    smallest = int(seconds.argmin())
    return int(likeness[smallest].argmax()), smallest


def _best(likeness: Floats) -> tuple[int, int]:
    row, column = np.unravel_index(int(likeness.argmax()), likeness.shape)
    return int(row), int(column)
