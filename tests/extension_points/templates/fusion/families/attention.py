"""A fusion. Copy to src/affuse/fusion/families/NAME.py; a run evaluates it by its file's name:

    affuse run DATA --set fusion.also=NAME

It is an estimator over a FeatureTable of several modalities. This one follows time: each step of a
modality looks for what it needs among the steps of the others (cross-attention, Vaswani et al.
2017; between modalities as in Tsai et al. 2019, "Multimodal Transformer for Unaligned Multimodal
Language Sequences"). Axes that are no time stand side by side in a step; what has no time is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from affuse.config import FusionConfig, ModelConfig
from affuse.features.array import ArrayInMemory
from affuse.features.table import FeatureTable
from affuse.fusion.family import Family, own_model
from affuse.fusion.inputs import (
    JointOutputs,
    presence,
    present_rows,
    require_all,
    with_dropout,
)
from affuse.models.fit_cache import FitCache
from affuse.models.optimisers import adam
from affuse.models.training import (
    import_torch,
    probabilities,
    seeded_single_thread,
    shuffled_batches,
)

Steps = Mapping[str, NDArray[np.float32]]
"""Modality -> (n_clips, n_steps, n_numbers)."""

_N_WAVES = 4


class CrossAttention(JointOutputs, ClassifierMixin, BaseEstimator):
    """Classifier over the time axes of several modalities, each of which attends to the others.

    Parameters
    ----------
    width : int
        Numbers by which a step is described.
    epochs, batch_size : int
        Times that all clips are gone through, and clips of a step of the training.
    learning_rate : float
        Of Adam.
    modality_dropout : bool
        Learn from each clip with each modality alone as well; always so where clips lack one.
    random_state : int or None

    Attributes
    ----------
    classes_ : (n_classes,) int
    modalities_ : tuple of str
    dropout_ : bool
        Whether clips that lack a modality can be decided about.
    network_ : torch.nn.ModuleDict
    """

    def __init__(
        self,
        width: int = 16,
        epochs: int = 40,
        batch_size: int = 64,
        learning_rate: float = 1e-2,
        modality_dropout: bool = False,
        random_state: int | None = None,
    ) -> None:
        self.width = width
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.modality_dropout = modality_dropout
        self.random_state = random_state

    def fit(self, table: FeatureTable, fit_cache: FitCache | None = None) -> Self:
        """Learn from all clips of `table`; FeatureError if one lacks every modality."""
        training = self._begin(table)  # In one order: nothing learned depends on the clips'.
        if self.dropout_:
            training = with_dropout(training, self.modalities_)
        self.classes_, labels = np.unique(training.labels, return_inverse=True)
        self.scales_ = {m: _scale(_steps(training, m)) for m in self.modalities_}
        with seeded_single_thread(self.random_state) as torch:
            self.network_ = self._network(training)
            optimiser = adam(self.network_.parameters(), self.learning_rate)
            (steps, has), targets = self._inputs(training), torch.from_numpy(labels)
            for rows in (
                batch
                for _ in range(self.epochs)
                for batch in shuffled_batches(len(training), self.batch_size)
            ):
                optimiser.zero_grad()
                logits = self._logits({m: s[rows] for m, s in steps.items()}, has[rows])
                torch.nn.functional.cross_entropy(logits, targets[rows]).backward()
                optimiser.step()
        return self

    def _outputs(self, table: FeatureTable) -> NDArray[np.float64]:
        check_is_fitted(self)
        if not self.dropout_:
            require_all(table, self.modalities_)
        with seeded_single_thread(self.random_state) as torch, torch.no_grad():
            return probabilities(self._logits(*self._inputs(table)).numpy())

    def _inputs(self, table: FeatureTable) -> tuple[dict[str, Any], Any]:
        """Steps of each modality, zeros where it is absent, and which clip has which."""
        torch = import_torch()
        has = presence(table, self.modalities_)
        steps = {}
        for modality in self.modalities_:
            mean, deviation = self.scales_[modality]
            scaled = np.nan_to_num((_steps(table, modality) - mean) / deviation)
            steps[modality] = torch.from_numpy(scaled.astype(np.float32))
        return steps, torch.from_numpy(has)

    def _network(self, table: FeatureTable) -> Any:
        nn, width = import_torch().nn, self.width
        parts: dict[str, Any] = {
            "class": nn.Linear(len(self.modalities_) * width, len(self.classes_))
        }
        for modality in self.modalities_:
            n_numbers = len(self.scales_[modality][0])
            parts |= {
                f"step {modality}": nn.Sequential(
                    nn.Linear(n_numbers + 2 * _N_WAVES, width), nn.ReLU(), nn.Linear(width, width)
                ),
                f"absent {modality}": nn.Embedding(1, width),
                f"attend {modality}": nn.MultiheadAttention(width, 2, batch_first=True),
                f"both {modality}": nn.Sequential(
                    nn.Linear(2 * width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width + 1)
                ),
            }
        return nn.ModuleDict(parts)

    def _logits(self, steps: Mapping[str, Any], has: Any) -> Any:
        torch = import_torch()
        described = {
            modality: self._described(modality, steps[modality], has[:, position])
            for position, modality in enumerate(self.modalities_)
        }
        pooled = []
        for modality, own in described.items():
            others = torch.cat([d for m, d in described.items() if m != modality], dim=1)
            found, _ = self.network_[f"attend {modality}"](own, others, others)
            both = self.network_[f"both {modality}"](torch.cat([own, found], dim=2))
            share = both[..., -1:].softmax(dim=1)  # How much each step matters.
            pooled.append((share * both[..., :-1]).sum(dim=1))
        return self.network_["class"](torch.cat(pooled, dim=1))

    def _described(self, modality: str, steps: Any, has: Any) -> Any:
        """Each step with its time: (n_clips, n_steps, width); one that is learned where absent."""
        torch = import_torch()
        waves = torch.from_numpy(_waves(steps.shape[1])).expand(len(steps), -1, -1)
        own = self.network_[f"step {modality}"](torch.cat([steps, waves], dim=2))
        return torch.where(has[:, None, None], own, self.network_[f"absent {modality}"].weight)


def _steps(table: FeatureTable, modality: str) -> NDArray[np.float32]:
    """Steps of every clip, NaN where it lacks the modality; refuses what is not finite."""
    rows, array = present_rows(table, modality), table.arrays[modality]
    return ArrayInMemory(rows.reshape(array.shape), array.axes).over_time()


def _scale(steps: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and deviation of each number over the steps of all clips that have it."""
    rows = steps.reshape(-1, steps.shape[2]).astype(np.float64)
    rows = rows[np.isfinite(rows).all(axis=1)]
    if not len(rows):
        return np.zeros(steps.shape[2]), np.ones(steps.shape[2])
    return rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-6)


def _waves(n_steps: int) -> NDArray[np.float32]:
    """When each step is, as a share of the clip, in sines: (n_steps, 2 * _N_WAVES)."""
    share = np.linspace(0, 1, n_steps)[:, None] * np.pi * 2.0 ** np.arange(_N_WAVES) / 2
    return np.concatenate([np.sin(share), np.cos(share)], axis=1).astype(np.float32)


def _make(
    detail: str, model: ModelConfig | None, settings: FusionConfig, seed: int
) -> CrossAttention:
    return CrossAttention(modality_dropout=settings.modality_dropout, random_state=seed)


FUSION = Family(_make, models=own_model)
