"""A cache of fits, by which the systems of a fold share their parts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from affuse.features.table import FeatureTable
from affuse.models.estimator_spec import estimator_spec
from affuse.models.inner_folds import inner_folds
from affuse.models.loss_terms import terms_key
from affuse.storage.kept_json import KeptJson

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Learn = Callable[[FeatureTable, Rows], FeatureTable]
"""A table and some of its rows -> the table with features learned from those rows alone."""

MEMBER_FOLDS = 3
"""Inner folds of members that do not make out-of-fold probabilities themselves: each is a fit."""


class FitCache:
    """Fitted estimators and their out-of-fold outputs, by what they were fitted on.

    A fit is reused only for the same unfitted estimator and the same numbers, so that
    a system's result is the same with and without the others.

    Parameters
    ----------
    learn : callable, optional
        How features that are learned with labels are learned anew from fewer clips. Without it
        the features of all tables are taken as fixed.
    trials : KeptJson, optional
        Where settings that were tried are kept, so that a search that was cut short goes on.
    """

    def __init__(self, learn: Learn | None = None, trials: KeptJson | None = None) -> None:
        self._learn = learn
        self.trials = trials
        self._fitted: dict[str, Any] = {}
        self._out_of_fold: dict[str, Floats] = {}

    @property
    def learns(self) -> bool:
        """Whether the features depend on the clips that they were learned from."""
        return self._learn is not None

    def learned(self, table: FeatureTable, rows: Rows) -> FeatureTable:
        """The clips with their learned features fitted on some rows of the table alone.

        Parameters
        ----------
        table : FeatureTable
            Of training clips.
        rows : (n,) int64
            Those to learn from.

        Returns
        -------
        FeatureTable
        """
        return table if self._learn is None else self._learn(table, rows)

    def fitted(self, estimator: Any, table: FeatureTable) -> Any:
        """A fitted clone of an estimator; shared, so not to be changed.

        Parameters
        ----------
        estimator : estimator
            Unfitted; it stays so.
        table : FeatureTable
            Of training clips.

        Returns
        -------
        estimator
        """
        key = fit_key(estimator, table)
        if key not in self._fitted:
            self._fitted[key] = clone(estimator).fit(table, self)
        return self._fitted[key]

    def out_of_fold(self, estimator: Any, table: FeatureTable) -> Floats:
        """Probabilities (or numbers) of each clip from fits that held its speaker out.

        Over the fitted estimator's ``classes_``, (n_clips, n_classes), or of its targets; NaN for
        clips that no inner fold could tell about.

        Parameters
        ----------
        estimator : estimator
            Unfitted; it stays so.
        table : FeatureTable
            Of training clips.

        Returns
        -------
        (n_clips, n_outputs) float64
        """
        known = getattr(self.fitted(estimator, table), "out_of_fold_", None)
        if known is not None:
            return np.asarray(known)
        key = fit_key(estimator, table)
        if key not in self._out_of_fold:
            self._out_of_fold[key] = self._predicted_in_inner_folds(estimator, table)
        return self._out_of_fold[key]

    def _predicted_in_inner_folds(self, estimator: Any, table: FeatureTable) -> Floats:
        numbers, columns = bool(table.targets), self.fitted(estimator, table).classes_
        made = np.full((len(table), len(columns)), np.nan)
        for train, test in inner_folds(table.truth, table.speakers, MEMBER_FOLDS):
            if not numbers and len(table.known_labels(train)) < len(columns):
                continue
            inner = self.learned(table, train)
            fitted = clone(estimator).fit(inner.take(train), self)
            test = test[fitted.can_decide(inner.take(test))]
            own = inner.take(test)
            made[test] = fitted.predict_values(own) if numbers else fitted.predict_proba(own)
        return made


def fit_key(estimator: Any, table: FeatureTable) -> str:
    """Name of a fit: hash of the unfitted estimator and of all that it learns from.

    Parameters
    ----------
    estimator : estimator
    table : FeatureTable
        Of training clips.

    Returns
    -------
    str
        Hexadecimal digits.
    """
    digest = hashlib.blake2b(json.dumps(estimator_spec(estimator), sort_keys=True).encode())
    for column in (table.clips, table.speakers, table.truth.ravel()):
        digest.update("\0".join(map(str, column)).encode())
    digest.update(terms_key(table, np.arange(len(table))).encode())
    for modality in table.modalities:
        array = table.arrays[modality]
        digest.update(f"{modality} {array.digest(np.arange(len(table)))}".encode())
        digest.update(np.packbits(table.present[modality]).tobytes())
    return digest.hexdigest()
