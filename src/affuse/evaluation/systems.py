"""System: one row of the results; OutOfFold: its predictions for held-out clips."""

from __future__ import annotations

import hashlib
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self
from typing import Protocol as Interface

import numpy as np
from numpy.typing import NDArray

from affuse.errors import ConfigError, FeatureError
from affuse.features.table import FeatureTable
from affuse.models.search.space import Space
from affuse.splits.fold import Fold
from affuse.splits.protocols import Leak
from affuse.tasks.classification import Classification
from affuse.tasks.task import Task

if TYPE_CHECKING:
    from affuse.models.fit_cache import FitCache


Losses = Mapping[int, NDArray[np.float64]]
"""Number of a fold -> mean training loss of each epoch."""


class TableEstimator(Interface):
    """Estimator over a FeatureTable: single modalities and all fusions.

    One that learns emotions has ``classes_`` and `predict_proba`, one that learns numbers has
    `predict_values`; many are either, by the table they are fitted on.
    """

    @property
    def classes_(self) -> NDArray[np.int64]:
        """Labels that occur in the training clips: (n_classes,)."""

    def fit(self, table: FeatureTable, fit_cache: FitCache | None = None) -> Self:
        """Learn from all clips of a table; what was fitted before is found in the fit_cache.

        Parameters
        ----------
        table : FeatureTable
            Of the training clips.
        fit_cache : FitCache, optional
            Shared by the systems of one fold.

        Returns
        -------
        Self
        """

    def can_decide(self, table: FeatureTable) -> NDArray[np.bool_]:
        """For which clips there is a prediction: (n_clips,).

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        (n_clips,) bool
        """

    def predict_proba(self, table: FeatureTable) -> NDArray[np.float64]:
        """Probabilities (n_clips, n_classes) over ``classes_``.

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        (n_clips, n_classes) float64
            Rows sum to 1.
        """

    def predict_values(self, table: FeatureTable) -> NDArray[np.float64]:
        """Numbers (n_clips, n_targets) of the table's targets.

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        (n_clips, n_targets) float64
        """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name.

        Parameters
        ----------
        deep : bool
            Whether those of what it holds are among them, as ``part__name``.

        Returns
        -------
        dict of str to object
        """


@dataclass(frozen=True)
class System:
    """One row of the results: features, fusion, model.

    Attributes
    ----------
    name : str
        Unique within a run together with `modality`, such as "SVM RBF" or "early, SVM RBF".
    modality : str
        "audio", "video" or "audio+video".
    fusion, features, model : str
        As results show them; `fusion` is empty for one modality.
    build : callable
        Seed -> unfitted estimator.
    needs_all : bool
        Whether only clips that have all of its modalities are scored, and learned from. False for
        fusions that do with what is there.
    space : mapping of str to Range or Choices
        Parameters of the estimator that a search may choose; empty: none.
    epochs_name : str
        Its parameter of the number of epochs.
    """

    name: str
    modality: str
    fusion: str
    features: str
    model: str
    build: Callable[[int], TableEstimator]
    needs_all: bool = True
    space: Space = field(default_factory=dict)
    epochs_name: str = "epochs"

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities, sorted."""
        return tuple(sorted(self.modality.split("+")))


@dataclass(frozen=True)
class OutOfFold:
    """Predictions of one system, each clip's from a fold that did not train on it.

    Attributes
    ----------
    system : System
    protocol : str
        As results show it.
    rows : (n_scored,) int
        Rows of the table, in the order of clip ids: test clips that have the system's modalities.
    folds : (n_scored,) int
        Number of the fold that tested each.
    outputs : (n_scored, n_outputs) float64
        Probabilities over the table's classes, 0 for a class that was absent from the fold's
        training clips; of a dimensional task, numbers of the table's targets.
    losses : mapping of int to (n_epochs,) float64
        Number of a fold -> mean training loss of each epoch; empty where no network decides.
    feature_losses : mapping of str to the same
        By modality, of networks that learned its features; systems of one protocol share them.
    task : Task
        What is predicted of the clips.
    leaks : tuple of Leak
        What was known of the test clips in training; none where speakers were kept apart.
    published : str
        Name of the set that published the folds; empty where they are affuse's own.
    answers : (n_scored, n_classes) bool or None
        Emotions that could be an answer at all, the others having the probability 0; None: all.
    trials : mapping of int to (n_trials, n_columns) float64
        Number of a fold -> settings that were tried in it, as
        `affuse.models.search.searched.trial_columns` names them; empty where nothing was searched.
    """

    system: System
    protocol: str
    rows: NDArray[np.int64]
    folds: NDArray[np.int64]
    outputs: NDArray[np.float64]
    losses: Losses = field(default_factory=dict)
    feature_losses: Mapping[str, Losses] = field(default_factory=dict)
    task: Task = field(default_factory=Classification)
    leaks: tuple[Leak, ...] = ()
    published: str = ""
    answers: NDArray[np.bool_] | None = None
    trials: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)

    def take(self, chosen: NDArray[np.bool_]) -> OutOfFold:
        """The predictions for some of the scored clips.

        Parameters
        ----------
        chosen : (n_scored,) bool

        Returns
        -------
        OutOfFold
        """
        return replace(
            self,
            rows=self.rows[chosen],
            folds=self.folds[chosen],
            outputs=self.outputs[chosen],
            answers=None if self.answers is None else self.answers[chosen],
        )

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Outputs of a classification; FeatureError where they are numbers."""
        if self.task.name != Classification.name:
            raise FeatureError(
                f"probabilities of {self.system.name!r} were asked for, which predicts numbers; "
                "expected a classification"
            )
        return self.outputs

    @property
    def predicted(self) -> NDArray[Any]:
        """Most probable label, (n_scored,); or numbers (n_scored, n_targets)."""
        return self.task.predicted(self.outputs)


def derived_seed(seed: int, *names: object) -> int:
    """A seed for one part of a run, the same wherever and whenever it runs.

    Parameters
    ----------
    seed : int
        That of the run.
    *names : object
        What the part is called, from the whole to the detail; their text counts.

    Returns
    -------
    int
        0 to 2**31 - 1.

    Examples
    --------
    >>> derived_seed(0, "fold", 1) == derived_seed(0, "fold", 1) != derived_seed(0, "fold", 2)
    True
    """
    digest = hashlib.sha256(repr((seed, *names)).encode()).digest()
    return int.from_bytes(digest[:4], "little") >> 1


def fold_seed(fold: Fold, protocol: str, modality: str = "", *, seed: int = 0) -> int:
    """The seed of whatever is random in one fold of a run; all of its systems share it.

    With it, steps that are taken one by one find what `affuse.run` finds.

    Parameters
    ----------
    fold : Fold
        Its number counts.
    protocol : str
        As ``results.csv`` names it, such as ``speaker-independent``, ``random`` or ``lecture``.
    modality : str
        Of features that are learned, such as ``video``; empty: of the systems themselves.
    seed : int
        That of the run.

    Returns
    -------
    int
        0 to 2**31 - 1.

    Raises
    ------
    ConfigError
        The seed is no whole number: the text of another would give another seed.

    Examples
    --------
    >>> import affuse
    >>> fold = affuse.Fold(1, train=(0, 1), test=(2,))
    >>> own = affuse.fold_seed(fold, "random")
    >>> layer = affuse.FeatureLayer(random_state=affuse.fold_seed(fold, "random", "video"))
    >>> own == layer.random_state
    False
    """
    if not isinstance(seed, numbers.Integral) or isinstance(seed, bool):
        raise ConfigError(f"seed {seed!r} was given; expected a whole number, that of a run")
    return derived_seed(int(seed), protocol, fold.number, *([modality] if modality else []))
