"""FeatureTable: the one input of models, fusion and evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.config import TrainingConfig
from affuse.corpora.emotions import in_class_order
from affuse.errors import FeatureError
from affuse.features.array import FeatureArray, feature_array
from affuse.storage.plain_text import counted

if TYPE_CHECKING:
    from affuse.corpora.index import Index
    from affuse.records import Clip

Given = FeatureArray | NDArray[np.floating[Any]]
"""A plain array is wrapped: `affuse.features.array.feature_array` says which axes it gets."""


@dataclass(frozen=True, init=False, repr=False)
class FeatureTable:
    """Features of many clips: one array per modality, with rows in one common order.

    Attributes
    ----------
    clips, speakers : (n_clips,) str
    labels : (n_clips,) int
        Position of each clip's emotion in `classes`; empty where the truth is numbers.
    classes : tuple of str
    arrays : mapping of modality to FeatureArray
        With named axes, in memory or stored. Rows of a clip that lacks the modality are NaN, so
        that nothing can mistake them for data. Plain arrays that are given are wrapped
        (`affuse.features.array.feature_array`).
    present : mapping of modality to (n_clips,) bool
    corpora : (n_clips,) str
        Corpus of each clip; not given: all blank, as of one corpus.
    targets : tuple of str
        Names of the target numbers; empty where the truth is emotions.
    values : (n_clips, n_targets) float64
        The true numbers.
    training : TrainingConfig
        How models are trained on clips of several corpora together.
    votes : (n_clips, n_classes) float64
        How many people voted for each emotion of each clip; without rows where there are no votes.
    soft_labels : bool
        Whether the shares of the votes are learned in the place of the labels.

    Raises
    ------
    FeatureError
        Columns, arrays and presence are not of the same clips and modalities.

    Examples
    --------
    >>> from affuse.corpora.index import Index
    >>> from affuse.records import Clip
    >>> index = Index((Clip("a", "calm", "Ann"), Clip("b", "angry", "Ben")))
    >>> table = FeatureTable.from_arrays(index, audio=np.zeros((2, 40, 63)))
    >>> table
    <FeatureTable: 2 clips, 2 speakers, calm and angry; audio (40, 63)>
    >>> table.take([1]).clips.tolist(), table.flat().shape
    (['b'], (2, 2520))
    """

    clips: NDArray[np.str_]
    speakers: NDArray[np.str_]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    arrays: Mapping[str, FeatureArray]
    present: Mapping[str, NDArray[np.bool_]]
    corpora: NDArray[np.str_]
    targets: tuple[str, ...]
    values: NDArray[np.float64]
    training: TrainingConfig
    votes: NDArray[np.float64]
    soft_labels: bool

    def __init__(
        self,
        clips: NDArray[np.str_],
        speakers: NDArray[np.str_],
        labels: NDArray[np.int64],
        classes: tuple[str, ...],
        arrays: Mapping[str, Given],
        present: Mapping[str, NDArray[np.bool_]],
        corpora: NDArray[np.str_] | None = None,
        targets: tuple[str, ...] = (),
        values: NDArray[np.float64] | None = None,
        training: TrainingConfig | None = None,
        votes: NDArray[np.float64] | None = None,
        soft_labels: bool = False,
    ) -> None:
        wrapped = {modality: feature_array(array) for modality, array in arrays.items()}
        corpora = np.zeros(0, np.str_) if corpora is None else corpora
        values = np.zeros((0, 0)) if values is None else values
        known = (clips, speakers, labels, classes, wrapped, present, corpora, targets, values)
        votes = np.zeros((0, len(classes))) if votes is None else votes
        fields = (*known, training or TrainingConfig(), votes, soft_labels)
        for name, value in zip(self.__dataclass_fields__, fields, strict=True):
            object.__setattr__(self, name, value)
        self._check()

    def _check(self) -> None:
        n = len(self.clips)
        if not len(self.corpora):
            object.__setattr__(self, "corpora", np.zeros(n, np.str_))
        lengths = {"speakers": len(self.speakers), "corpora": len(self.corpora)}
        lengths |= {"values": len(self.values)} if self.targets else {"labels": len(self.labels)}
        lengths |= {"votes": len(self.votes)} if len(self.votes) else {}
        lengths |= {f"arrays[{m!r}]": len(a) for m, a in self.arrays.items()}
        lengths |= {f"present[{m!r}]": len(p) for m, p in self.present.items()}
        wrong = {name: length for name, length in lengths.items() if length != n}
        if wrong:
            raise FeatureError(f"{n} clips were given, but {wrong} rows; expected {n} rows in each")
        if set(self.arrays) != set(self.present):
            raise FeatureError(
                f"arrays for {sorted(self.arrays)} but presence for {sorted(self.present)}: "
                "expected the same modalities"
            )

    @classmethod
    def from_arrays(cls, index: Index, **arrays: Given) -> FeatureTable:
        """A table of arrays that were computed elsewhere.

        Parameters
        ----------
        index : Index
            Its clips, in its order, are the rows. What is learned of them is their emotion, or
            their targets where none has one.
        **arrays : (n_clips, ...) array, or FeatureArray
            By modality: ``audio=..., video=...``. A row of NaN stands for a clip that lacks it.

        Returns
        -------
        FeatureTable

        Raises
        ------
        FeatureError
            An array has another number of rows, or there is none; some clips have an emotion and
            some none, or their targets differ.
        """
        if not arrays:
            raise FeatureError(
                "no array was given; expected one for each modality, such as "
                "FeatureTable.from_arrays(index, audio=array)"
            )
        wrapped = {modality: feature_array(given) for modality, given in arrays.items()}
        return cls(
            clips=np.array([clip.id for clip in index]),
            speakers=np.array([clip.speaker for clip in index]),
            arrays=wrapped,
            present={m: np.asarray(~np.isnan(a.flat()).all(axis=1)) for m, a in wrapped.items()},
            corpora=np.array([clip.corpus for clip in index]),
            **truth_of(index.clips),
        )

    def __len__(self) -> int:
        return len(self.clips)

    def __repr__(self) -> str:
        n_speakers = len(set(self.speakers))
        parts = [counted(len(self), "clip"), counted(n_speakers, "speaker")]
        aims = " and ".join(filter(None, [", ".join(self._aims[:-1]), *self._aims[-1:]]))
        shapes = [f"{m} {self.arrays[m].shape[1:]}" for m in self.modalities]
        return f"<FeatureTable: {', '.join([*parts, aims])}; {', '.join(shapes)}>"

    @property
    def _aims(self) -> tuple[str, ...]:
        return self.targets or self.classes

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities, sorted, so that their order can never matter."""
        return tuple(sorted(self.arrays))

    @property
    def truth(self) -> NDArray[np.generic]:
        """What is to be learned: `labels` (n_clips,), or `values` (n_clips, n_targets)."""
        return self.values if self.targets else self.labels

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of each emotion among a clip's votes: (n_clips, n_classes), rows sum to 1."""
        return np.asarray(self.votes / self.votes.sum(axis=1, keepdims=True), np.float64)

    def known_labels(self, rows: ArrayLike | None = None) -> NDArray[np.int64]:
        """Labels that can be learned from the clips: their own and, with votes, those voted for.

        Parameters
        ----------
        rows : (n,) int, optional
            Of the clips; all by default.

        Returns
        -------
        (n_labels,) int64
        """
        chosen = np.arange(len(self)) if rows is None else np.asarray(rows)
        own = np.unique(self.labels[chosen])
        if not self.soft_labels:
            return own
        return np.union1d(own, np.flatnonzero(self.votes[chosen].any(axis=0)))

    def with_truth(self, truth: NDArray[Any]) -> FeatureTable:
        """The same clips with another truth, of the shape of `truth`.

        Parameters
        ----------
        truth : array of the shape of `truth`

        Returns
        -------
        FeatureTable
        """
        return replace(self, values=truth) if self.targets else replace(self, labels=truth)

    def take(self, rows: ArrayLike) -> FeatureTable:
        """The same table for a choice of rows (indices or a boolean mask).

        Parameters
        ----------
        rows : (n,) int or (n_clips,) bool

        Returns
        -------
        FeatureTable
        """
        chosen = np.arange(len(self))[np.asarray(rows)]
        return replace(
            self,
            clips=self.clips[chosen],
            speakers=self.speakers[chosen],
            labels=self.labels if self.targets else self.labels[chosen],
            values=self.values[chosen] if self.targets else self.values,
            corpora=self.corpora[chosen],
            votes=self.votes[chosen] if len(self.votes) else self.votes,
            arrays={m: a.take(chosen) for m, a in self.arrays.items()},
            present={m: p[chosen] for m, p in self.present.items()},
        )

    def select(self, modalities: Sequence[str]) -> FeatureTable:
        """The same clips with some of their modalities only.

        Parameters
        ----------
        modalities : sequence of str

        Returns
        -------
        FeatureTable

        Raises
        ------
        FeatureError
            The table lacks one.
        """
        missing = sorted(set(modalities) - set(self.arrays))
        if missing:
            raise FeatureError(
                f"modalities {missing} were asked for; this table has {list(self.modalities)}"
            )
        return replace(
            self,
            arrays={m: self.arrays[m] for m in modalities},
            present={m: self.present[m] for m in modalities},
        )

    def flat(self, *modalities: str) -> NDArray[np.float32]:
        """One row of numbers per clip: features of several modalities side by side.

        Parameters
        ----------
        *modalities : str
            All by default, in the order of their names.

        Returns
        -------
        (n_clips, n_features) float32
            NaN where a clip lacks a modality.

        Raises
        ------
        FeatureError
            The table lacks one.
        """
        chosen = self.select(modalities or self.modalities)
        return np.concatenate([chosen.arrays[m].flat() for m in chosen.arrays], axis=1)

    def with_arrays(self, arrays: Mapping[str, Given]) -> FeatureTable:
        """The same clips with the arrays of some modalities replaced.

        Parameters
        ----------
        arrays : mapping of modality to FeatureArray or array

        Returns
        -------
        FeatureTable
        """
        wrapped = {modality: feature_array(array) for modality, array in arrays.items()}
        return replace(self, arrays={**self.arrays, **wrapped})


def truth_of(clips: Sequence[Clip]) -> dict[str, Any]:
    """Emotions of clips, or their numbers where none has an emotion, as `FeatureTable` takes them.

    Parameters
    ----------
    clips : sequence of Clip

    Returns
    -------
    dict of str
        ``labels``, ``classes``, ``targets`` and ``values``.

    Raises
    ------
    FeatureError
        Some clips have an emotion and some none, or their targets differ.

    Examples
    --------
    >>> from affuse.records import Clip
    >>> truth_of([Clip("a", "", "Ann", targets={"valence": 0.5})])["targets"]
    ('valence',)
    """
    classes = in_class_order(clip.emotion for clip in clips)
    names = tuple(clips[0].targets) if clips and classes == ("",) else ()
    if "" in classes and not (names and all(set(clip.targets) == set(names) for clip in clips)):
        raise FeatureError(
            "clips without an emotion were given; expected one of each clip, or of none and the "
            "same targets of all"
        )
    if names:
        values = np.array([[clip.targets[name] for name in names] for clip in clips], np.float64)
        return {"labels": np.zeros(0, np.int64), "classes": (), "targets": names, "values": values}
    labels = np.array([classes.index(clip.emotion) for clip in clips], np.int64)
    return {"labels": labels, "classes": classes, "targets": (), "values": np.zeros((0, 0))}
