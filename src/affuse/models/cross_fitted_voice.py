"""The voice network as a learned feature, each clip described by networks that held it out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from affuse.config import VoiceNetworkConfig
from affuse.errors import FeatureError
from affuse.features.array import FeatureArray, feature_array
from affuse.features.voices.voice_input import unpacked
from affuse.models.inner_folds import inner_folds
from affuse.models.voice_training import (
    Read,
    Rows,
    VoiceTraining,
    train_voice,
    voice_log_probabilities,
)

Floats = NDArray[np.float64]
Packed = NDArray[np.floating[Any]] | FeatureArray
"""(n_clips, n_variants, n_numbers), as `VoiceVariants` gives them."""

PENALTY = 0.003
"""Inverse strength of the linear model's, over standardised statistics."""


class CrossFittedVoice(TransformerMixin, BaseEstimator):
    """Utterances -> log probabilities of networks and linear models, cross-fitted by speaker.

    The training clips are divided into folds of speakers; in each, a convolutional network
    learns from spectrograms and a linear model from statistics of the utterance. A training clip is
    described by the pair that held its speaker out, any other clip by the mean of all pairs. So
    whatever is fitted to these features sees them as they will be for new speakers,
    and nothing about a training clip's label is in its own features.

    Parameters
    ----------
    n_folds : int
    epochs : int
        Of each network.
    random_state : int or None

    Attributes
    ----------
    classes_ : (n_classes,) array
    pairs_ : list of (network, linear model)
    out_of_fold_ : (n_clips, 2 * n_classes)
        Features of the training clips.
    losses_ : (epochs,) float64
        Mean training loss of each epoch, over all networks.

    Notes
    -----
    Cross-fitting: Wolpert 1992, "Stacked generalization".
    """

    cross_fitted = True

    def __init__(self, n_folds: int = 3, epochs: int = 40, random_state: int | None = None) -> None:
        self.n_folds = n_folds
        self.epochs = epochs
        self.random_state = random_state

    def fit(self, X: Packed, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Learn from X (n_clips, n_variants, n_numbers), y (n_clips,) and speakers `groups`.

        Parameters
        ----------
        X : (n_clips, n_variants, n_numbers) array
            Packed clips and variants of them.
        y : (n_clips,) int
            Labels.
        groups : (n_clips,) array, optional
            Speakers, who are kept apart in the inner folds.

        Returns
        -------
        Self

        Raises
        ------
        FeatureError
            Too few clips of an emotion to divide them.
        MissingDependency
            torch is not installed.
        """
        self.classes_, labels = np.unique(np.asarray(y), return_inverse=True)
        folds = inner_folds(labels, groups, self.n_folds)
        if not folds:
            raise FeatureError(
                f"{len(labels)} clips were given to the voice network; expected at least two of "
                "each emotion, to divide them: use more clips, or features.audio = "
                "'voice_statistics'"
            )
        self.pairs_ = []
        self.out_of_fold_ = np.zeros((len(labels), 2 * len(self.classes_)))
        self.losses_ = np.zeros(self.epochs)
        for number, (train, test) in enumerate(folds):
            losses: list[float] = []
            pair = self._pair(X, train, labels, number, losses.append)
            self.pairs_.append(pair)
            self.out_of_fold_[test] = self._described(pair, X, test)
            self.losses_ += [part.mean() for part in np.array_split(losses, self.epochs)]
        self.losses_ /= len(folds)
        return self

    def transform(self, X: Packed) -> NDArray[np.float32]:
        """Features of clips that were not fitted on: (n_clips, 2 * n_classes).

        Parameters
        ----------
        X : (n_clips, n_variants, n_numbers) array
            Of other clips.

        Returns
        -------
        (n_clips, 2 * n_classes) float32
        """
        check_is_fitted(self)
        rows = np.arange(len(X))
        described = [self._described(pair, X, rows) for pair in self.pairs_]
        return np.asarray(np.mean(described, axis=0).astype(np.float32))

    def _pair(
        self, X: Packed, rows: Rows, labels: Rows, number: int, watch: Callable[[float], None]
    ) -> tuple[Any, Any]:
        settings = VoiceTraining(epochs=self.epochs)
        seed = (self.random_state or 0) * 101 + number
        n_variants, n_classes = X.shape[1], len(self.classes_)
        network = train_voice(
            reader(X, rows), n_variants, labels[rows], n_classes, settings, seed, watch
        )
        return network, linear_model().fit(statistics(X, rows), labels[rows])

    def _described(self, pair: tuple[Any, Any], X: Packed, rows: Rows) -> Floats:
        network, linear = pair
        linear_log = np.full((len(rows), len(self.classes_)), np.log(1e-6))
        linear_log[:, linear.classes_] = linear.predict_log_proba(statistics(X, rows))
        network_log = voice_log_probabilities(network, reader(X, rows), len(rows))
        return np.concatenate([network_log, linear_log], axis=1)


def cross_fitted_voice(settings: VoiceNetworkConfig, seed: int) -> CrossFittedVoice:
    """The transformer as configured, unfitted.

    Parameters
    ----------
    settings : VoiceNetworkConfig
    seed : int

    Returns
    -------
    CrossFittedVoice
    """
    return CrossFittedVoice(settings.n_folds, settings.epochs, random_state=seed)


def linear_model() -> Any:
    """Logistic regression over standardised statistics, with balanced class weights.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Unfitted.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(
        StandardScaler(),
        LogisticRegression(C=PENALTY, max_iter=1000, class_weight="balanced"),
    )


def reader(X: Packed, rows: Rows) -> Read:
    """What `train_voice` reads: packed rows of a choice of clips.

    Parameters
    ----------
    X : (n_clips, n_variants, n_numbers) array
        Packed clips and variants of them.
    rows : (n,) int64
        Of X.

    Returns
    -------
    callable
        ``(rows among the chosen, variant)`` -> packed rows.
    """
    array = feature_array(X)

    def read(clips: Rows, variants: Rows) -> NDArray[np.float32]:
        return array.positions(rows[clips], variants)

    return read


def statistics(X: Packed, rows: Rows) -> NDArray[np.float32]:
    """Statistics of the unvaried clips: (n, 519).

    Parameters
    ----------
    X : (n_clips, n_variants, n_numbers) array
        Packed clips and variants of them.
    rows : (n,) int64
        Of X.

    Returns
    -------
    (n, 519) float32
    """
    return unpacked(reader(X, rows)(np.arange(len(rows)), np.zeros(len(rows), np.int64)))[2]
