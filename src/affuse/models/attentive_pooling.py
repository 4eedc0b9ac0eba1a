"""Frames of an encoder, pooled by how much each tells: learned on a fold's training clips."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from affuse.errors import FeatureError
from affuse.features.array import TIME, FeatureArray, after_end, feature_array
from affuse.models.graphs.builder import GraphBuilder
from affuse.models.loss_terms import LossTerms
from affuse.models.network_target import NetworkTarget
from affuse.models.optimisers import adam
from affuse.models.training import (
    Batch,
    BatchSource,
    batch_terms,
    import_torch,
    seeded_single_thread,
    shuffled_batches,
    train,
)

if TYPE_CHECKING:
    from affuse.models.attentive_network import AttentiveNetwork

Frames = NDArray[np.floating[Any]] | FeatureArray
"""(n_clips, n_steps, n_numbers): NaN after a clip's end."""

_CLIPS_AT_ONCE = 16
"""That are read together: each is as long as the longest may be."""
_LEAST_DEVIATION = 1e-6


class _Scale(NamedTuple):
    """Mean and deviation of the steps of some clips, and steps of the longest."""

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    longest: int


class AttentivePooling(TransformerMixin, BaseEstimator):
    """Steps of a clip -> mean and deviation, each step weighted by how much it tells.

    A step's score comes from the step alone, through one hidden layer; a softmax over the clip's
    own steps makes weights of the scores. They are trained with a linear layer on top that tells
    the clip's emotion, or its numbers. Whatever learns from labels leaks when it has met the test
    clips: fit it on training clips only.

    Parameters
    ----------
    n_hidden : int
        Neurons between a step and its score.
    epochs, batch_size : int
    learning_rate : float
        Of Adam.
    weight_decay : float
        How hard weights are pulled to 0.
    dropout : float
        Share of a clip's numbers dropped in a training step.
    random_state : int or None

    Attributes
    ----------
    network_ : AttentiveNetwork
    losses_ : (epochs,) float64
        Mean training loss of each epoch; empty where the training clips differ in nothing, and all
        steps count alike.
    n_numbers_ : int
        Of a step.

    Notes
    -----
    Attentive statistics pooling: Okabe, Koshinaka & Shinoda 2018, "Attentive statistics pooling
    for deep speaker embedding". Steps are read batch by batch: with stored arrays the memory does
    not grow with the number of clips.

    Examples
    --------
    >>> frames, y = np.repeat(np.eye(4), 6, axis=0).reshape(4, 6, 4), [0, 0, 1, 1]
    >>> AttentivePooling(epochs=2, random_state=0).fit_transform(frames, y).shape
    (4, 8)
    """

    learns_numbers = True
    """Its `fit` takes numbers in the place of labels."""

    def __init__(
        self,
        n_hidden: int = 16,
        epochs: int = 40,
        batch_size: int = 32,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-3,
        dropout: float = 0.2,
        random_state: int | None = None,
    ) -> None:
        self.n_hidden = n_hidden
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.random_state = random_state

    def fit(self, X: Frames, y: ArrayLike, terms: LossTerms | None = None) -> Self:
        """Learn which steps count.

        Parameters
        ----------
        X : (n_clips, n_steps, n_numbers) array
            In memory or stored; NaN after a clip's end.
        y : (n_clips,) int or (n_clips, n_targets) float
            Labels, or numbers.
        terms : LossTerms, optional
            Of the clips, a column for each label.

        Returns
        -------
        Self

        Raises
        ------
        FeatureError
            No array of steps; numbers that are not finite.
        """
        array, truth = _frames(X), np.asarray(y)
        self.n_numbers_ = array.shape[2]
        scale = _measured(array)
        known = np.unique(truth, axis=0) if terms is None else terms.classes(truth)
        target = NetworkTarget.of(truth, terms) if len(known) > 1 else None
        with seeded_single_thread(self.random_state):
            self.network_ = self._network(scale, 1 if target is None else target.n_outputs)
            self.losses_ = np.zeros(0)
            if target is not None:
                own, aims = target.terms(terms), target.encoded(truth)
                batches = _batches(array, scale.longest, aims, self.batch_size, own)
                weights = {
                    "params": self.network_.parameters(),
                    "weight_decay": self.weight_decay,
                }
                optimiser = adam([weights], self.learning_rate)
                self.losses_ = train(self.network_, batches, self.epochs, optimiser)
        return self

    def transform(self, X: Frames) -> NDArray[np.float32]:
        """Weighted mean and deviation of each clip: (n_clips, 2 * n_numbers).

        Parameters
        ----------
        X : (n_clips, n_steps, n_numbers) array
            However many steps.

        Returns
        -------
        (n_clips, 2 * n_numbers) float32

        Raises
        ------
        FeatureError
            Steps of another number of numbers; numbers that are not finite.
        """
        check_is_fitted(self)
        array = _frames(X)
        if array.shape[2] != self.n_numbers_:
            raise FeatureError(
                f"steps of {array.shape[2]} numbers were given, but which steps count was learned "
                f"from {self.n_numbers_}: extract both with the same settings"
            )
        made = np.empty((len(array), 2 * self.n_numbers_), np.float32)
        with seeded_single_thread(0) as torch, torch.inference_mode():
            self.network_.eval()
            for rows, steps, lengths in _clips(array):
                for row, own, length in zip(rows, steps, lengths, strict=True):
                    # Each clip alone, up to its own end: what is beside it changes no digit.
                    clip = torch.from_numpy(own[None, :length].copy())
                    made[row] = self.network_.pooled(clip)[0].numpy()
        return made

    def features_to_graph(self, graph: GraphBuilder, frames: str, n_frames: int) -> str:
        """As `transform`, in a graph; NaN for a clip without any step.

        Parameters
        ----------
        graph : GraphBuilder
            Grows by the nodes.
        frames : str
            Name of the steps, (n, n_steps, n_numbers).
        n_frames : int
            Steps.

        Returns
        -------
        str
            Name of the value, (n, 2 * n_numbers).
        """
        return self.network_.pooled_nodes(graph, frames, n_frames)

    def _network(self, scale: _Scale, n_outputs: int) -> AttentiveNetwork:
        import_torch()
        from affuse.models.attentive_network import AttentiveNetwork

        return AttentiveNetwork(scale.mean, scale.deviation, self.n_hidden, n_outputs, self.dropout)


def attentive_pooling(seed: int) -> AttentivePooling:
    """The transformer, unfitted.

    Parameters
    ----------
    seed : int

    Returns
    -------
    AttentivePooling
    """
    return AttentivePooling(random_state=seed)


def _frames(X: Frames) -> FeatureArray:
    array = feature_array(X)
    if array.ndim != 3 or array.axes[1] != TIME or 0 in array.shape[1:]:
        raise FeatureError(
            f"an array of shape {tuple(array.shape)} with the axes {', '.join(array.axes)} was "
            "given to attentive pooling; expected clip, time and feature, as an encoder gives them "
            "over time"
        )
    return array


def _clips(
    array: FeatureArray,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]]:
    """Some rows at a time, their steps, and how many of these each clip has."""
    for rows, steps in array.batches(_CLIPS_AT_ONCE):
        ended = after_end(steps)
        broken = ~(np.isfinite(steps).all(axis=2) | ended).all(axis=1)
        if broken.any():
            raise FeatureError(
                f"steps of {broken.sum()} of {len(rows)} clips are not finite before their end: "
                "extract them again or leave these clips out"
            )
        yield rows, steps, (~ended).sum(axis=1)


def _measured(array: FeatureArray) -> _Scale:
    """In double precision, over the steps that there are."""
    n_steps, longest = 0, 1
    total, squares = np.zeros(array.shape[2]), np.zeros(array.shape[2])
    for _, steps, lengths in _clips(array):
        for own, length in zip(steps, lengths, strict=True):
            known = own[:length].astype(np.float64)
            total += known.sum(axis=0)
            squares += (known**2).sum(axis=0)
        n_steps, longest = n_steps + int(lengths.sum()), max(longest, int(lengths.max()))
    mean = total / n_steps
    deviation = np.sqrt(np.maximum(squares / n_steps - mean**2, 0.0))
    kept = np.maximum(deviation, _LEAST_DEVIATION)
    return _Scale(mean.astype(np.float32), kept.astype(np.float32), longest)


def _batches(
    array: FeatureArray,
    longest: int,
    aims: NDArray[Any],
    batch_size: int,
    terms: LossTerms | None,
) -> BatchSource:
    torch = import_torch()

    def batches() -> Iterator[Batch]:
        for chosen in shuffled_batches(len(array), batch_size):
            # Cut where the longest training clip ends: how far clips are filled up has no effect.
            steps = torch.from_numpy(array.rows(chosen)[:, :longest].copy())
            yield steps, torch.from_numpy(aims[chosen]), *batch_terms(terms, chosen)

    return batches
