"""Faces and voices of the same emotion, paired at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.bundle.decision import meanings
from affuse.bundle.manifest import Manifest
from affuse.bundle.member import Member
from affuse.errors import DatasetError
from affuse.probabilities import FLOOR

Floats = NDArray[np.float64]

N_PAIRS = 12_000


class GroupLogs(NamedTuple):
    """A member's outputs for held-out clips.

    Attributes
    ----------
    logs : (n, n_groups) float64
        Logarithms of probabilities of the groups of classes that compete as one.
    labels : (n,) int64
        The true group of each.
    """

    logs: Floats
    labels: NDArray[np.int64]


class Pairs(NamedTuple):
    """Rows of faces and of voices of the same emotion.

    Attributes
    ----------
    faces, voices : (n_pairs,) int64
    groups : (n_pairs,) int64
        The true group of classes of each.
    """

    faces: NDArray[np.int64]
    voices: NDArray[np.int64]
    groups: NDArray[np.int64]


def drawn_pairs(
    faces: NDArray[np.int64], voices: NDArray[np.int64], prior: Floats, rng: np.random.Generator
) -> Pairs:
    """Pairs with emotions halfway between equally frequent and as frequent as in `prior`.

    What people record is neither.

    Parameters
    ----------
    faces, voices : (n,) int64
        Group of each.
    prior : (n_groups,) float64
        How frequent the groups were in the faces' training.
    rng : numpy.random.Generator

    Returns
    -------
    Pairs

    Raises
    ------
    DatasetError
        Faces or voices lack a group.
    """
    shares = (prior / prior.sum() + 1 / len(prior)) / 2
    groups = rng.choice(len(prior), size=N_PAIRS, p=shares)
    return Pairs(_drawn(faces, groups, rng), _drawn(voices, groups, rng), groups)


def pairs_note(faces: str, voices: str) -> str:
    """The manifest's note on the pairs that a fusion was fitted on.

    Parameters
    ----------
    faces, voices : str
        How many, of what.

    Returns
    -------
    str
    """
    return (
        f"{N_PAIRS:,} pairs of the same emotion, made at random of {faces} and {voices} that the "
        "voice network has not met, emotions halfway between equally frequent and as frequent as "
        "in FER2013"
    )


def group_logs(
    manifest: Manifest, member: str, probabilities: ArrayLike, emotions: Sequence[str]
) -> GroupLogs:
    """A member's outputs for clips of these emotions, by groups of classes.

    Parameters
    ----------
    manifest : Manifest
    member : str
        Its name.
    probabilities : (n_clips, n_classes) array
        Over the member's own classes.
    emotions : (n_clips,) sequence of str
        What is true.

    Returns
    -------
    GroupLogs
    """
    rows = np.asarray(probabilities, np.float64) @ meanings(manifest, manifest.member(member))
    return GroupLogs(np.log(np.maximum(rows, FLOOR)), _groups_of_emotions(manifest, emotions))


def groups_of(manifest: Manifest, member: Member, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The group of classes that each of a member's own classes means.

    Parameters
    ----------
    manifest : Manifest
    member : Member
    labels : (n,) int64
        Of its own classes.

    Returns
    -------
    (n,) int64
    """
    emotions = [member.means(member.classes[label])[0] for label in labels]
    return _groups_of_emotions(manifest, emotions)


def _groups_of_emotions(manifest: Manifest, emotions: Sequence[str]) -> NDArray[np.int64]:
    group_of = {name: n for n, group in enumerate(manifest.groups) for name in group}
    return np.array([group_of[name] for name in emotions], np.int64)


def prior_of(manifest: Manifest) -> Floats:
    """Frequency of each group of classes in the faces' training: (n_groups,).

    Parameters
    ----------
    manifest : Manifest
        With a prior of the member ``face``.

    Returns
    -------
    (n_groups,) float64
    """
    face = manifest.member("face")
    prior = np.array([face.prior[own] for own in face.classes])
    return np.asarray(prior @ meanings(manifest, face))


def _drawn(
    labels: NDArray[np.int64], wanted: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """A random row of the wanted label for each."""
    rows = np.zeros(len(wanted), np.int64)
    for label in np.unique(wanted):
        own = np.flatnonzero(labels == label)
        if not len(own):
            raise DatasetError(
                f"no face or no voice of group {label} of the emotions was given; expected some of "
                "each: add a corpus that has it"
            )
        places = np.flatnonzero(wanted == label)
        rows[places] = rng.choice(own, size=len(places))
    return rows
