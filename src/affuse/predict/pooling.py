"""Moments -> a stretch, each weighted by how telling it is; windows -> smoothed with neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.bundle.manifest import Manifest
from affuse.bundle.member import Member
from affuse.probabilities import FLOOR

Floats = NDArray[np.float64]


class Window(Protocol):
    """Members' outputs for one face, or for none, in one window."""

    @property
    def number(self) -> int:
        """Of the face."""

    @property
    def probabilities(self) -> dict[str, Floats]:
        """By member."""

    @property
    def weights(self) -> dict[str, float]:
        """How much each member had to go by."""


def pooled(manifest: Manifest, member: str, rows: ArrayLike, weights: ArrayLike) -> Floats:
    """A member's output for a stretch, from its outputs for moments.

    Parameters
    ----------
    manifest : Manifest
    member : str
        Its name.
    rows : (n_moments, n_own_classes) array
        Probabilities, or numbers in a bundle of numbers.
    weights : (n_moments,) array
        How much there was to go by.

    Returns
    -------
    (n_own_classes,) float64
        A weighted mean. Where the bundle says what a face or a voice at rest looks like, a moment
        weighs exp(power * divergence from rest) times as much: one second of anger is not lost
        among neutral ones.
    """
    given, shares = np.asarray(rows, np.float64), np.asarray(weights, np.float64)
    if manifest.pooling is None:
        sums, total = np.zeros(given.shape[1]), 0.0
        for row, weight in zip(given, shares.tolist(), strict=True):
            sums, total = sums + weight * row, total + weight
        return np.asarray(sums / total)
    telling = manifest.pooling.power * _divergence(
        given, at_rest(manifest, manifest.member(member))
    )
    shares = shares * np.exp(telling - telling.max())
    return np.asarray(shares @ given / shares.sum())


def pooled_faces(
    manifest: Manifest,
    member: str,
    rows: Sequence[NDArray[np.floating]],
    weights: Sequence[float] | None = None,
) -> Floats | None:
    """A member's output for a face, from its outputs for single pictures of it.

    Parameters
    ----------
    manifest : Manifest
    member : str
        Its name.
    rows : sequence of (n_own_classes,) float
    weights : sequence of float, optional
        How much each counts, such as `FaceObservation.weight`; all alike by default.

    Returns
    -------
    (n_own_classes,) float64, or None
        None: there are no pictures.
    """
    if not rows:
        return None
    counts = [1.0] * len(rows) if weights is None else weights
    if manifest.pooling is None and set(counts) == {1.0}:
        return np.asarray(np.mean(rows, axis=0))
    return pooled(manifest, member, np.stack(rows), counts)


def at_rest(manifest: Manifest, member: Member) -> Floats:
    """A member's output for an expressionless face or voice.

    Parameters
    ----------
    manifest : Manifest
        With a pooling.
    member : Member

    Returns
    -------
    (n_own_classes,) float64
        Sums to 1: `resting_share` for the classes that may mean a resting one, the rest for the
        others, as frequent as in the member's prior, or evenly without one.
    """
    assert manifest.pooling is not None
    resting = set(manifest.pooling.resting)
    is_rest = np.array([bool(resting & set(member.means(own))) for own in member.classes])
    if is_rest.all() or not is_rest.any():
        return np.full(len(is_rest), 1 / len(is_rest))
    prior = np.array([member.prior.get(own, 1.0) for own in member.classes])
    share = manifest.pooling.resting_share
    parts = ((is_rest, share), (~is_rest, 1 - share))
    return np.asarray(sum(part * np.where(own, prior, 0) / prior[own].sum() for own, part in parts))


def supported(
    manifest: Manifest, windows: Sequence[Sequence[Window]], number: int, part: Window
) -> dict[str, Floats]:
    """Members' outputs for a window, pooled with those of the neighbouring ones.

    Parameters
    ----------
    manifest : Manifest
    windows : sequence of sequence of Window
        For each window what there is in it, one for each face.
    number : int
        Position of the window.
    part : Window
        One of those in it.

    Returns
    -------
    mapping of str to (n_own_classes,) float64
        Of the members with outputs for it. Neighbours count `neighbour` times as much, each as far
        as it had something to go by; as it is where the bundle has no pooling.
    """
    if manifest.pooling is None:
        return part.probabilities
    beside = [*windows[max(number - 1, 0) : number], *windows[number + 1 : number + 2]]
    found = {}
    for name, row in part.probabilities.items():
        spoken = manifest.member(name).modalities == ("audio",)
        own = [
            other
            for others in beside
            for other in others
            # A window has one output for the voice, whichever face is the main one.
            if name in other.probabilities and (spoken or other.number == part.number)
        ]
        weights = [part.weights[name]]
        weights += [manifest.pooling.neighbour * other.weights[name] for other in own]
        rows = np.stack([row, *(other.probabilities[name] for other in own)])
        found[name] = np.asarray(np.average(rows, axis=0, weights=weights))
    return found


def _divergence(rows: Floats, other: Floats) -> Floats:
    """Kullback-Leibler divergence of each row from another distribution, in nats."""
    given = np.maximum(rows, FLOOR)
    return np.asarray((given * np.log(given / other)).sum(axis=1))
