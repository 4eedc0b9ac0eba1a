"""Pieces of speech joined to voices: by pairs first, then by what the groups have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from affuse.people.embeddings import unit_rows

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

BLOCK = 1200
"""Pieces whose pairs are compared at once: 6 MB of distances."""
GROUPS = 150
"""Groups of pieces that a block is brought down to by its pairs alone."""
LEAST_S, LEAST_SHARE, SOME_S = 2.0, 0.25, 8.0
"""A group with less speech than this share of all there is says too little of a voice, and goes to
the nearest; so does one below 2 s, and none from 8 s."""
MUCH_S = 24.0
"""Two groups are compared by the threshold itself where each has a quarter of all there is, or this
much where that is less, or 8 s where it is more; with less in one of them they must differ more."""


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
        Mean cosine of the embeddings of two groups from which they are one voice; less is enough
        where one of them has little speech: less than a quarter of all, within 8 to 24 s.
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
        groups = _grouped(unit_rows(centres))[groups]
    centres, seconds = _sums(embeddings, lengths_s, groups)
    return _joined(centres, seconds, threshold, n_voices)[groups]


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
    share = LEAST_SHARE if n_voices is None else 0.5 / n_voices
    least_s = min(max(share * seconds.sum(), LEAST_S), SOME_S)
    much_s = min(max(LEAST_SHARE * seconds.sum(), SOME_S), MUCH_S)
    voices = np.arange(len(sums))
    # The mean cosine of all pairs of two groups does not grow with them, as that of means does.
    means = sums / np.maximum(seconds, 1e-9)[:, None]
    likeness = means @ means.T
    np.fill_diagonal(likeness, -np.inf)
    for n_left in range(len(sums), n_voices or 1, -1):
        pair = _next_pair(likeness, seconds, least_s, much_s, threshold)
        if pair is None and n_voices is not None and n_left > n_voices:
            pair = _best(likeness)
        if pair is None:
            break
        kept, gone = pair
        sums[kept] += sums[gone]
        seconds[kept], seconds[gone] = seconds[kept] + seconds[gone], np.inf
        voices[voices == gone] = kept
        means[kept] = sums[kept] / seconds[kept]
        row = np.where(np.isfinite(seconds), means @ means[kept], -np.inf)
        likeness[kept] = likeness[:, kept] = row
        likeness[gone] = likeness[:, gone] = likeness[kept, kept] = -np.inf
    return np.asarray(np.unique(voices, return_inverse=True)[1], np.intp)


def _next_pair(
    likeness: Floats, seconds: Floats, least_s: float, much_s: float, threshold: float
) -> tuple[int, int] | None:
    """The two to be joined next; small groups find their place before large ones are compared."""
    small = np.flatnonzero(seconds < least_s)
    if not len(small):
        one, two = _best(likeness)
        needed = threshold * min(seconds[one] / much_s, seconds[two] / much_s, 1.0)
        return (one, two) if likeness[one, two] >= needed else None
    row, other = _best(likeness[small])
    if likeness[small[row], other] >= threshold:
        return other, int(small[row])
    smallest = int(seconds.argmin())
    return int(likeness[smallest].argmax()), smallest


def _best(likeness: Floats) -> tuple[int, int]:
    row, column = np.unravel_index(int(likeness.argmax()), likeness.shape)
    return int(row), int(column)
