"""An estimator over a FeatureTable whose settings are chosen on its training clips."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from affuse.errors import Diverged
from affuse.features.table import FeatureTable
from affuse.models.fit_cache import FitCache, fit_key
from affuse.models.inner_folds import Split, inner_folds
from affuse.models.search.curves import best_epoch, loss_curve
from affuse.models.search.halving import Halving, Trial, best_of, rungs
from affuse.models.search.space import Settings, Space


class Searched(BaseEstimator):
    """Settings chosen by successive halving in inner folds of the training speakers, then a fit.

    Whatever is tried learns from inner training speakers and is scored on inner held-out ones,
    features that are learned included; the clips of outer test folds are not given to `fit` at all.
    The chosen settings, and the number of epochs after which the inner loss was least, are fitted
    on all training clips.

    Parameters
    ----------
    estimator : estimator over a FeatureTable
        Its own settings are tried first.
    space : mapping of str to Range or Choices
        Parameter -> values.
    epochs_name : str
        Its parameter of the number of epochs, as ``set_params`` takes it.
    budget_s : float
        Seconds that one process may take for choosing; the estimator's own settings are tried
        whatever it is.
    n_folds : int
        Inner folds.
    random_state : int
        Of the settings that are drawn.
    clock : callable
        Seconds of this process.

    Attributes
    ----------
    estimator_ : fitted estimator
    chosen_ : Trial
    trials_ : (n_trials, 5 + n_settings) float64
        See `trial_columns`; NaN where the estimator's own setting was used.
    classes_, numbers_
        Of `estimator_`.
    """

    def __init__(
        self,
        estimator: Any,
        space: Space,
        epochs_name: str = "epochs",
        budget_s: float = 60.0,
        n_folds: int = 3,
        random_state: int = 0,
        clock: Callable[[], float] = time.process_time,
    ) -> None:
        self.estimator = estimator
        self.space = space
        self.epochs_name = epochs_name
        self.budget_s = budget_s
        self.n_folds = n_folds
        self.random_state = random_state
        self.clock = clock

    def fit(self, table: FeatureTable, fit_cache: FitCache | None = None) -> Self:
        """Choose settings and learn with them, both from all clips of a table.

        Parameters
        ----------
        table : FeatureTable
            Of the training clips.
        fit_cache : FitCache, optional
            Learns features anew for inner folds, and keeps trials where it has a store of them.

        Returns
        -------
        Searched
            Itself.
        """
        cache = fit_cache or FitCache()
        folds = self._folds(table)
        chosen: Settings = {}
        trials: list[Trial] = []
        if folds:
            trials = self._trials(table, folds, cache)
            best = best_of(trials)
            chosen = {**best.settings, self.epochs_name: best.epochs}
        self.chosen_ = dict(chosen)
        self.trials_ = self._as_rows(trials)
        self.estimator_ = clone(self.estimator).set_params(**chosen).fit(table, cache)
        self.classes_ = self.estimator_.classes_
        self.numbers_ = self.estimator_.numbers_
        return self

    def predict(self, table: FeatureTable) -> NDArray[Any]:
        """As the chosen estimator.

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        (n_clips,) array, or (n_clips, n_targets)
        """
        return np.asarray(self.estimator_.predict(table))

    def predict_proba(self, table: FeatureTable) -> NDArray[np.float64]:
        """As the chosen estimator.

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        (n_clips, n_classes) float64
        """
        return np.asarray(self.estimator_.predict_proba(table))

    def predict_values(self, table: FeatureTable) -> NDArray[np.float64]:
        """As the chosen estimator.

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        (n_clips, n_targets) float64
        """
        return np.asarray(self.estimator_.predict_values(table))

    def can_decide(self, table: FeatureTable) -> NDArray[np.bool_]:
        """As the chosen estimator.

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        (n_clips,) bool
        """
        return np.asarray(self.estimator_.can_decide(table))

    def to_graphs(self, inputs: Any) -> Any:
        """As the chosen estimator.

        Parameters
        ----------
        inputs : Inputs

        Returns
        -------
        SystemGraphs
        """
        return self.estimator_.to_graphs(inputs)

    def _folds(self, table: FeatureTable) -> list[Split]:
        """Inner folds in whose training clips every label occurs."""
        folds = inner_folds(table.truth, table.speakers, self.n_folds)
        if table.targets:
            return folds
        n_known = len(table.known_labels())
        return [fold for fold in folds if len(table.known_labels(fold[0])) == n_known]

    def _trials(self, table: FeatureTable, folds: list[Split], cache: FitCache) -> list[Trial]:
        most = int(self.estimator.get_params()[self.epochs_name])
        sizes = list(rungs(2 * most, len(folds)))

        def attempt(settings: Settings, rung: int) -> Trial:
            epochs, n_folds = sizes[rung]
            start, curves = self.clock(), []
            for train, test in folds[:n_folds]:
                made = clone(self.estimator).set_params(**{**settings, self.epochs_name: epochs})
                inner = cache.learned(table, train)
                try:
                    curve = loss_curve(made, inner.take(train), inner.take(test), epochs)
                except Diverged:
                    curve = np.full(1, np.nan)
                curves.append(curve)
            best, loss = best_epoch(curves)
            return Trial(rung, dict(settings), best, loss, self.clock() - start)

        kept = cache.trials
        key = fit_key(self, table)[:32]
        known = [Trial(**plain) for plain in (kept.load(key) or [] if kept else [])]

        def keep(trials: list[Trial]) -> None:
            if kept is not None and len(trials) > len(known):
                kept.save(key, [trial.plain() for trial in trials])

        search = Halving(self.space, attempt, self.budget_s, known, keep)
        return search.run(self.random_state)

    def _as_rows(self, trials: list[Trial]) -> NDArray[np.float64]:
        names = sorted(self.space)
        chosen = best_of(trials) if trials else None
        rows = [
            (
                *(trial.rung, trial.epochs, trial.loss, trial.seconds, float(trial is chosen)),
                *(trial.settings.get(name, np.nan) for name in names),
            )
            for trial in trials
        ]
        return np.array(rows, np.float64).reshape(len(rows), len(trial_columns(self.space)))


def trial_columns(space: Space) -> tuple[str, ...]:
    """Names of the columns of `Searched.trials_`.

    Parameters
    ----------
    space : mapping of str to Range or Choices

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> trial_columns({})
    ('rung', 'epochs', 'loss', 'seconds', 'chosen')
    """
    return ("rung", "epochs", "loss", "seconds", "chosen", *sorted(space))
