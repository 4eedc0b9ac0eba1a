"""Looks at faces -> pieces: stretches in which one track surely shows one person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.people.records import FaceLook

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

LEAST_FACES = 3
"""Looks of a piece that says on its own who it is."""

_LONGEST_GAP_S = 1.0
"""A track that nobody saw for longer may have come back as somebody else."""

_WINDOW = 4
_BLOCK = 256
"""Looks whose embeddings are unpacked at once: an hour's would be a hundred megabytes."""

_NEARER_TO_1 = 0.3
"""From look to look a face changes less than from shot to shot: it is another's below a cosine this
share of the way from the threshold to 1. What is divided without need is joined again later."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive looks of one track at what is taken for one person.

    Attributes
    ----------
    faces : (n,) int
        Positions among all looks, by time.
    moments : (n,) int
        Which sampled picture each of them is in.
    mean : (n_dimensions,) float64 or None
        Weighted mean of the embeddings, of length 1; None: there is no embedding.
    """

    faces: Ints
    moments: Ints
    mean: Floats | None

    @property
    def n_faces(self) -> int:
        """How many looks it has."""
        return len(self.faces)


def pieces_of(faces: Sequence[FaceLook], cuts_s: Sequence[float], threshold: float) -> list[Piece]:
    """Tracks, ended at cuts, at absences, and where the face becomes another's.

    Parameters
    ----------
    faces : sequence of FaceLook
        In any order.
    cuts_s : sequence of float
        When shots begin.
    threshold : float
        Cosine from which two pieces are one person.

    Returns
    -------
    list of Piece
        By their first look; every look is in one.
    """
    times_s = np.array([look.time_s for look in faces], np.float64)
    tracks = np.array([look.track for look in faces], np.intp)
    moments = np.unique(times_s, return_inverse=True)[1]
    shots = np.searchsorted(np.sort(np.asarray(cuts_s, np.float64)), times_s, side="right")
    ordered = np.lexsort((times_s, tracks))
    ends = (
        (np.diff(tracks[ordered]) != 0)
        | (np.diff(shots[ordered]) != 0)
        | (np.diff(times_s[ordered]) > _LONGEST_GAP_S)
    )
    found = [
        _piece(faces, part, moments)
        for stretch in np.split(ordered, np.flatnonzero(ends) + 1)
        for part in _parts(faces, stretch, threshold)
    ]
    return sorted(found, key=_first)


def _parts(faces: Sequence[FaceLook], stretch: Ints, threshold: float) -> Iterator[Ints]:
    """A stretch of one track, divided where its face changes."""
    known = [place for place in stretch if _says(faces[place])]
    if len(known) < 2 * LEAST_FACES - 2:
        yield stretch
        return
    likeness = _likeness_around(faces, known)
    found = _changes(likeness, threshold + _NEARER_TO_1 * (1 - threshold))
    edges = np.flatnonzero(np.isin(stretch, [known[at] for at in found]))
    yield from np.split(stretch, edges)


def _changes(likeness: Floats, least: float) -> list[int]:
    """Where a face becomes another's, by the likeness around each look: the clearest changes.

    A change has a mean before it and one after it, of up to `_WINDOW` looks each, that are less
    like each other than `least`, and no clearer change within a window.
    """
    found: list[int] = []
    for at in np.argsort(likeness, kind="stable"):
        if likeness[at] >= least:
            break
        if all(abs(at - other) >= _WINDOW for other in found):
            found.append(int(at))
    return sorted(found)


def _likeness_around(faces: Sequence[FaceLook], known: Sequence[int]) -> Floats:
    """Cosine of the means before and after each look; 1 too near either end to say."""
    n = len(known)
    blocks = []
    for first in range(0, n, _BLOCK):
        begin, end = max(first - _WINDOW, 0), min(first + _BLOCK + _WINDOW, n)
        weighted = np.stack([_weighted(faces[place]) for place in known[begin:end]])
        blocks.append(_cosines_around(weighted)[first - begin :][:_BLOCK])
    found = np.concatenate(blocks)
    found[: LEAST_FACES - 1] = found[n - LEAST_FACES + 2 :] = 1.0
    return found


def _cosines_around(weighted: Floats) -> Floats:
    """Cosine of the sums of up to `_WINDOW` rows before and from each; 1 where there is none."""
    n = len(weighted)
    sums = np.vstack([np.zeros(weighted.shape[1]), np.cumsum(weighted, axis=0)])
    places = np.arange(n)
    before = sums[places] - sums[np.maximum(places - _WINDOW, 0)]
    after = sums[np.minimum(places + _WINDOW, n)] - sums[places]
    lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    cosines = (before * after).sum(axis=1) / np.maximum(lengths, 1e-12)
    return np.where(lengths < 1e-12, 1.0, cosines)


def _piece(faces: Sequence[FaceLook], part: Ints, moments: Ints) -> Piece:
    total: Floats | None = None
    for look in (faces[place] for place in part if _says(faces[place])):
        total = _weighted(look) if total is None else total + _weighted(look)
    return Piece(part, moments[part], None if total is None else unit(total))


def _says(look: FaceLook) -> bool:
    """Whether there is an embedding, of numbers."""
    return look.embedding is not None and bool(np.isfinite(look.embedding).all())


def _weighted(look: FaceLook) -> Floats:
    # A face that counts for nothing still says more of who it is than none.
    assert look.embedding is not None
    return max(look.weight, 0.05) * np.asarray(look.embedding, np.float64)


def unit(vector: Floats) -> Floats | None:
    """The vector with a length of 1; None where it has none.

    Parameters
    ----------
    vector : (n_dimensions,) float64

    Returns
    -------
    (n_dimensions,) float64 or None
    """
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-9 and np.isfinite(length) else None


def _first(piece: Piece) -> tuple[int, int]:
    return int(piece.moments[0]), int(piece.faces[0])
