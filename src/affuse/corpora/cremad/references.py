"""CREMA-D: people's recognition of its clips by voice, by face and by both.

Counts over all 7,442 clips of the majority vote of about ten people on each, counted from its
published votes (`benchmarks/human_votes.py` counts them again).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.cremad.votes import votes_of
from affuse.corpora.index import Index
from affuse.corpora.reference import Reference
from affuse.corpora.voted_clips import votes_of_clips
from affuse.corpora.votes import Counts, majority

EMOTIONS = ("angry", "disgust", "fearful", "happy", "neutral", "sad")

MAJORITIES: Mapping[str, tuple[tuple[int, ...], ...]] = {
    "audio": (
        (770, 137, 31, 7, 214, 0, 112),
        (100, 343, 62, 8, 572, 51, 135),
        (51, 16, 407, 8, 569, 97, 123),
        (54, 26, 67, 330, 655, 9, 130),
        (8, 7, 7, 0, 1040, 4, 21),
        (3, 18, 71, 0, 847, 209, 123),
    ),
    "video": (
        (831, 132, 22, 21, 153, 9, 103),
        (44, 806, 60, 6, 41, 220, 94),
        (75, 57, 656, 6, 251, 111, 115),
        (2, 1, 3, 1216, 33, 1, 15),
        (4, 15, 3, 14, 998, 18, 35),
        (12, 46, 78, 3, 600, 424, 108),
    ),
    "audio+video": (
        (950, 136, 17, 3, 89, 2, 74),
        (35, 945, 82, 3, 58, 72, 76),
        (29, 15, 824, 2, 189, 100, 112),
        (1, 2, 6, 1205, 44, 0, 13),
        (3, 4, 5, 6, 1040, 5, 24),
        (1, 37, 150, 0, 552, 410, 121),
    ),
}
"""Modality -> clips by acted emotion (row) and the emotion with most votes (column), both in
the order of `EMOTIONS`; the last column counts ties."""

_SOURCE = "Cao et al. 2014, IEEE Transactions on Affective Computing 5(4): 377-390"
_OF_SIX = "some ten people on each clip, the one of six emotions that most told, ties wrong"
_OF_THESE = "some ten people on each clip, votes for other emotions left out, ties wrong"

Confusion = NDArray[np.int64]


def people_references(index: Index) -> tuple[Reference, ...]:
    """UAR of people on the emotions of some clips, by voice, by face and by both.

    They chose among six emotions, over all clips of the corpus that show one of these. Where the
    votes lie beside the clips and a run has fewer emotions, their score on just these clips,
    without votes for other emotions, stands beside it.

    Parameters
    ----------
    index : Index
        Clips of CREMA-D.

    Returns
    -------
    tuple of Reference
        Accuracy and UAR of each modality; none for emotions that are none of CREMA-D.
    """
    if not index.classes or not set(index.classes) <= set(EMOTIONS):
        return ()
    shown = [EMOTIONS.index(name) for name in index.classes]
    lines = []
    for modality, counts in MAJORITIES.items():
        lines += _lines("people", modality, np.array(counts)[shown], shown, _OF_SIX)
        votes = votes_of(index, modality) if len(shown) < len(EMOTIONS) else None
        if votes is not None:
            emotions = {clip.id: clip.emotion for clip in index}
            own = confusion(votes_of_clips(votes, index.clips), emotions, index.classes)
            places = range(len(index.classes))
            if own.any():
                lines += _lines("people, of these emotions", modality, own, places, _OF_THESE)
    return tuple(lines)


def confusion(
    votes: Mapping[str, Counts], emotions: Mapping[str, str], classes: Sequence[str]
) -> Confusion:
    """Clips by acted emotion and by majority vote; the last column counts ties.

    Parameters
    ----------
    votes : mapping of str to (mapping of str to int)
        By clip; those for emotions that are none of `classes` are left out.
    emotions : mapping of str to str
        Acted emotion of each clip; clips without votes are passed over.
    classes : sequence of str

    Returns
    -------
    (n_classes, n_classes + 1) int64

    Examples
    --------
    >>> votes = {"a": {"sad": 6, "happy": 1}, "b": {"sad": 3, "happy": 3}}
    >>> confusion(votes, {"a": "sad", "b": "happy"}, ("happy", "sad"))
    array([[0, 0, 1],
           [0, 1, 0]])
    """
    counts = np.zeros((len(classes), len(classes) + 1), np.int64)
    columns = {name: column for column, name in enumerate(classes)}
    for clip in emotions.keys() & votes.keys():
        voted = majority({name: votes[clip].get(name, 0) for name in classes})
        counts[columns[emotions[clip]], len(classes) if voted is None else columns[voted]] += 1
    return counts


def recalls(counts: Confusion, columns: Sequence[int]) -> NDArray[np.float64]:
    """Share of each row's clips in its own column: (n_rows,), NaN for a row without clips.

    Parameters
    ----------
    counts : (n_rows, n_columns) int64
    columns : sequence of int
        Of each row, where what is right stands.

    Returns
    -------
    (n_rows,) float64
    """
    right, total = counts[range(len(counts)), list(columns)], counts.sum(axis=1)
    return np.where(total > 0, right / np.maximum(total, 1), np.nan)


def _lines(
    name: str, modality: str, counts: Confusion, columns: Sequence[int], protocol: str
) -> list[Reference]:
    right = counts[range(len(counts)), list(columns)].sum()
    accuracy, uar = float(right / counts.sum()), float(np.nanmean(recalls(counts, columns)))
    return [
        Reference("people", name, modality, "accuracy", accuracy, protocol, _SOURCE),
        Reference("people", name, modality, "UAR", uar, protocol, _SOURCE),
    ]
