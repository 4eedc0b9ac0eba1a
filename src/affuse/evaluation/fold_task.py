"""One fold from its training clips to its predictions, in whatever process it runs."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import FoldError
from affuse.evaluation.fold_store import key_of
from affuse.evaluation.learned_features import LearnedFeatures
from affuse.evaluation.systems import System, fold_seed
from affuse.features.table import FeatureTable
from affuse.models.estimator_spec import estimator_spec
from affuse.splits.fold import Fold
from affuse.splits.protocols import Protocol
from affuse.storage.kept_json import KeptJson
from affuse.tasks.choice import task_of
from affuse.workers.threads import libraries_on_one_thread

if TYPE_CHECKING:
    from affuse.models.fit_cache import FitCache

TransformerFactories = Mapping[str, Callable[[int], Any]]
"""Modality -> (seed -> unfitted scikit-learn transformer): features that are learned."""

Rows = NDArray[np.int64]
_M_MMAP_THRESHOLD = -3
_LARGE_BLOCK = 4 << 20
Predictions = Mapping[str, NDArray[np.float64]]
"""Position of a system, as text -> its outputs for the test clips that it scores.

Under `losses_key` the mean training loss of each epoch, of systems that are networks and of
modalities whose features are learned by one; under `trials_key` the settings that were tried."""


@dataclass(frozen=True)
class FoldTask:
    """All that the computation of one fold needs.

    Attributes
    ----------
    table : FeatureTable
    systems : tuple of System
    protocol : Protocol
    fold : Fold
        One of the protocol's.
    preparation : mapping of modality to callable
        As in `affuse.evaluation.crossval.out_of_fold`.
    seed : int
    trials : str
        Folder in which a search keeps what it has tried; empty: nowhere.
    """

    table: FeatureTable
    systems: tuple[System, ...]
    protocol: Protocol
    fold: Fold
    preparation: TransformerFactories
    seed: int
    trials: str = ""

    @property
    def train(self) -> Rows:
        """Training rows in the order of clip ids, so that no sum depends on the table's order."""
        return in_clip_order(self.table, self.fold.train)

    @property
    def test(self) -> Rows:
        """Test rows in the order of clip ids."""
        return in_clip_order(self.table, self.fold.test)

    def build(self, system: System) -> Any:
        """The system's unfitted estimator; one seed a fold, so that systems share what they can.

        Parameters
        ----------
        system : System

        Returns
        -------
        estimator
        """
        return system.build(self._seed())

    def build_transformer(self, modality: str) -> Any:
        """The unfitted transformer that learns features of a modality.

        Parameters
        ----------
        modality : str
            One of `preparation`.

        Returns
        -------
        transformer
        """
        return self.preparation[modality](self._seed(modality))

    def key(self, digest: str) -> str:
        """Name of the result: `digest` (of the table), rows, and every parameter and seed.

        Parameters
        ----------
        digest : str
            As `table_digest` gives it.

        Returns
        -------
        str
            64 hexadecimal digits.
        """
        clips = self.table.clips
        return key_of(
            {
                "table": digest,
                "prepares_on_all": self.protocol.prepares_on_all,
                "train": [str(clip) for clip in clips[self.train]],
                "test": [str(clip) for clip in clips[self.test]],
                "systems": [[s.modality, estimator_spec(self.build(s))] for s in self.systems],
                "preparation": {
                    m: estimator_spec(self.build_transformer(m)) for m in self.preparation
                },
            }
        )

    def _seed(self, modality: str = "") -> int:
        return fold_seed(self.fold, self.protocol.seed_name, modality, seed=self.seed)


def predict_fold(task: FoldTask) -> tuple[int, Predictions]:
    """The fold's number, and each system's predictions for its test clips.

    Parameters
    ----------
    task : FoldTask

    Returns
    -------
    tuple of (int, Predictions)
        Outputs are (n_scored, n_classes) or (n_scored, n_targets) float64.
    """
    from affuse.models.search.searched import Searched

    _hand_back_large_blocks()
    with libraries_on_one_thread():
        learned, table, fit_cache = _prepared(task)
        found = {losses_key(m): losses for m, losses in learned.losses.items()}
        for position, system in enumerate(task.systems):
            outputs, estimator = _tested(task, system, table, fit_cache)
            found[str(position)] = outputs
            losses = None if estimator is None else training_losses(estimator)
            if losses is not None:
                found[losses_key(position)] = losses
            if isinstance(estimator, Searched):
                found[trials_key(position)] = estimator.trials_
        return task.fold.number, found


def fitted_alone(task: FoldTask) -> tuple[FeatureTable, Any, Mapping[str, Any]]:
    """The one system of a fold, fitted on its training clips, and what it is tested on.

    Parameters
    ----------
    task : FoldTask
        Of one system.

    Returns
    -------
    test : FeatureTable
        The test clips that it scores, in the order of their ids, with learned features.
    estimator
        The fit that `predict_fold` has.
    layers : mapping of modality to transformer
        The fits that learned features came from.
    """
    (system,) = task.systems
    learned, table, fit_cache = _prepared(task)
    train, test = (scored_rows(table, system, rows) for rows in (task.train, task.test))
    own = table.select(system.modalities)
    estimator = fit_cache.fitted(task.build(system), own.take(train))
    return own.take(test), estimator, learned.layers


def _prepared(task: FoldTask) -> tuple[LearnedFeatures, FeatureTable, FitCache]:
    """Learned features of the fold, the table with them, and where its systems share fits."""
    from affuse.models.fit_cache import FitCache

    needed = {name for system in task.systems for name in system.modalities}
    modalities = needed & set(task.preparation)
    learned = LearnedFeatures(task.table, task.build_transformer, modalities)
    table = _with_learned_features(task, learned, modalities)
    # Features that were learned from the test clips too are that protocol's point.
    nested = bool(modalities) and not task.protocol.prepares_on_all
    kept = KeptJson(Path(task.trials)) if task.trials else None
    return learned, table, FitCache(learned if nested else None, kept)


def are_predictions(task: FoldTask, arrays: Mapping[str, Any]) -> bool:
    """Whether stored arrays can be the result of `predict_fold` for this fold.

    Parameters
    ----------
    task : FoldTask
    arrays : mapping of str to array

    Returns
    -------
    bool
    """
    target_task, table = task_of(task.table), task.table
    n_clips = {
        str(position): len(scored_rows(table, system, task.test))
        for position, system in enumerate(task.systems)
    }
    losses = {losses_key(of) for of in (*range(len(task.systems)), *task.preparation)}
    trials = {trials_key(position) for position in range(len(task.systems))}
    return (
        set(n_clips) <= set(arrays) <= set(n_clips) | losses | trials
        and all(array.dtype.kind == "f" for array in arrays.values())
        and all(arrays[name].ndim == 1 for name in losses & set(arrays))
        and all(arrays[name].ndim == 2 for name in trials & set(arrays))
        and all(target_task.are_outputs(arrays[name], table, n) for name, n in n_clips.items())
    )


def losses_key(of: int | str) -> str:
    """Name under which a fold's arrays hold the losses of a system or of learned features.

    Parameters
    ----------
    of : int or str
        Position of a system, or a modality.

    Returns
    -------
    str
    """
    return f"losses {of}"


def trials_key(position: int) -> str:
    """Name under which a fold's arrays hold the settings that were tried for a system.

    Parameters
    ----------
    position : int
        Of the system.

    Returns
    -------
    str
    """
    return f"trials {position}"


def in_clip_order(table: FeatureTable, rows: Sequence[int] | Rows) -> Rows:
    """Rows sorted by their clip ids.

    Parameters
    ----------
    table : FeatureTable
    rows : (n,) sequence of int
        Of the table.

    Returns
    -------
    (n,) int64
    """
    chosen = np.asarray(rows, np.int64)
    return chosen[np.argsort(table.clips[chosen], kind="stable")]


def scored_rows(table: FeatureTable, system: System, rows: Rows) -> Rows:
    """Rows whose clips have all modalities of a system, or any one if that is enough for it.

    Parameters
    ----------
    table : FeatureTable
    system : System
    rows : (n,) int64
        Of the table.

    Returns
    -------
    (n_scored,) int64
        Some of `rows`, in their order.
    """
    present = np.array([table.present[name][rows] for name in system.modalities])
    return rows[present.all(axis=0) if system.needs_all else present.any(axis=0)]


def check_training_truth(task: FoldTask) -> None:
    """Refuse training clips from which a system can learn nothing, such as all of one emotion.

    Parameters
    ----------
    task : FoldTask
    """
    target_task = task_of(task.table)
    for system in task.systems:
        train = scored_rows(task.table, system, task.train)
        fault = target_task.fault(task.table, train, system.modality, _fewer(task))
        if fault:
            raise FoldError(f"fold {task.fold.number} ({task.protocol.label}) leaves {fault}")


def _fewer(task: FoldTask) -> str:
    """Advice to use fewer folds; empty where there are only two."""
    few = len(task.protocol.folds) <= 2
    return "" if few else "use fewer folds (--set folds.n_folds=2), or "


def _tested(
    task: FoldTask, system: System, table: FeatureTable, fit_cache: FitCache
) -> tuple[NDArray[np.float64], Any]:
    """Outputs for the test clips that the system can score, and its fitted estimator."""
    train = scored_rows(table, system, task.train)
    test = scored_rows(table, system, task.test)
    target_task, own = task_of(table), table.select(system.modalities)
    if len(test):
        estimator = fit_cache.fitted(task.build(system), own.take(train))
        return target_task.outputs(estimator, own.take(test)), estimator
    return target_task.outputs(None, own.take(test)), None


def training_losses(estimator: Any) -> NDArray[np.float64] | None:
    """Mean training loss of each epoch of the deciding network; None if there is none.

    Parameters
    ----------
    estimator : estimator
        Fitted: a network, or what wraps one.

    Returns
    -------
    (n_epochs,) float64 or None
    """
    losses = getattr(estimator, "losses_", None)
    if losses is not None:
        return np.asarray(losses, np.float64)
    if hasattr(estimator, "steps"):
        return training_losses(estimator.steps[-1][1])
    for name in ("model_", "estimator_", "mlp_"):
        if hasattr(estimator, name):
            return training_losses(getattr(estimator, name))
    return None


def _with_learned_features(
    task: FoldTask, learned: LearnedFeatures, modalities: Collection[str]
) -> FeatureTable:
    """The table with learned features of the fold's clips; NaN for all others."""
    table = task.table
    everything = in_clip_order(table, np.arange(len(table)))
    learn = everything if task.protocol.prepares_on_all else task.train
    use = np.r_[task.train, task.test]
    arrays = {}
    for modality in sorted(modalities):
        features = learned.features(modality, learn, use)
        arrays[modality] = np.full((len(table), *features.shape[1:]), np.nan, np.float32)
        arrays[modality][use] = features
    return table.with_arrays(arrays)


def _hand_back_large_blocks() -> None:
    """Have freed arrays returned to the system at once.

    glibc raises its threshold with each large array that is freed, and keeps later ones: peak
    memory would grow with the number of clips, though nothing holds on to them.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)
