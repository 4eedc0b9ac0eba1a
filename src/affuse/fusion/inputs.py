"""What all estimators over a FeatureTable share: rows of numbers, and absent modalities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from affuse.errors import FeatureError
from affuse.features.table import FeatureTable
from affuse.models.fit_cache import FitCache
from affuse.models.loss_terms import learn, loss_terms

Rows = NDArray[np.int64]
RowsOf = Callable[[FeatureTable, Rows], NDArray[np.float32]]
"""A table, and which of its rows may be learned from -> a model's input for all its rows."""


def in_clip_order(table: FeatureTable) -> FeatureTable:
    """The clips sorted by id, so that nothing learned depends on the table's order.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    FeatureTable
    """
    order = np.argsort(table.clips, kind="stable")
    return table if np.array_equal(order, np.arange(len(table))) else table.take(order)


def feature_rows(table: FeatureTable, modality: str) -> NDArray[np.float32]:
    """Features of one modality, one flat row a clip.

    Parameters
    ----------
    table : FeatureTable
    modality : str

    Returns
    -------
    (n_clips, n_features) float32

    Raises
    ------
    FeatureError
        The table lacks the modality; a clip lacks it; numbers are not finite, or too many for
        the memory.
    """
    rows = present_rows(table, modality)
    absent = ~table.present[modality]
    if absent.any():
        raise FeatureError(
            f"no {modality} in {absent.sum()} of {len(table)} clips (first: "
            f"{table.clips[absent][0]}), which this system needs: leave these clips out"
        )
    return rows


def present_rows(table: FeatureTable, modality: str) -> NDArray[np.float32]:
    """As `feature_rows`, with a row of NaN for each clip that lacks the modality.

    Parameters
    ----------
    table : FeatureTable
    modality : str

    Returns
    -------
    (n_clips, n_features) float32

    Raises
    ------
    FeatureError
        The table lacks the modality; numbers are not finite, or too many for the memory.
    """
    array = table.select([modality]).arrays[modality]
    rows = array.flat()
    present = table.present[modality]
    broken = ~np.isfinite(rows).all(axis=1) & present
    if broken.any():
        raise FeatureError(
            f"{modality} features of {broken.sum()} of {len(table)} clips are not finite "
            f"(first: {table.clips[broken][0]}): extract them again or leave these clips out"
        )
    return rows if present.all() else np.where(present[:, None], rows, np.float32(np.nan))


def joined_rows(table: FeatureTable, modalities: Sequence[str]) -> NDArray[np.float32]:
    """Features of several modalities side by side, in the order of their names.

    Parameters
    ----------
    table : FeatureTable
    modalities : sequence of str

    Returns
    -------
    (n_clips, n_features) float32
        Of all of them together.

    Raises
    ------
    FeatureError
        As `feature_rows`, for each.
    """
    return np.concatenate([feature_rows(table, name) for name in sorted(modalities)], axis=1)


def fit_model(model: Any, table: FeatureTable, rows_of: RowsOf, fit_cache: FitCache) -> Any:
    """Fit a model on a table; one with inner folds is given speakers and learned features.

    Parameters
    ----------
    model : classifier or regressor
        Unfitted; is fitted and returned.
    table : FeatureTable
        In the order of clips; a clip may occur again with fewer modalities.
    rows_of : callable
        The model's input for all rows of a table, from what some of them tell.
    fit_cache : FitCache

    Returns
    -------
    estimator
        `model`.
    """
    rows = rows_of(table, np.arange(len(table)))
    terms = loss_terms(table)
    if not has_fit_parameter(model, "groups"):
        return learn(model, rows, table.truth, terms)

    def relearn(train: Rows) -> NDArray[np.float32]:
        return rows_of(fit_cache.learned(table, train), train)

    n_clips = len(np.unique(table.clips))
    fixed = not fit_cache.learns and n_clips == len(table)
    # Copies of one clip must not stand on both sides of an inner fold.
    together = len(np.unique(table.speakers)) < 2 and n_clips < len(table)
    return model.fit(
        rows,
        table.truth,
        groups=table.clips if together else table.speakers,
        relearn=None if fixed else relearn,
        **({"terms": terms} if terms and has_fit_parameter(model, "terms") else {}),
    )


def differs(table: FeatureTable, rows: Rows) -> bool:
    """Whether the truth differs among some clips, so that something can be learned.

    Parameters
    ----------
    table : FeatureTable
    rows : (n,) int
        Of the table.

    Returns
    -------
    bool
    """
    return len(np.unique(table.truth[rows], axis=0)) > 1


def output_columns(model: Any, table: FeatureTable) -> NDArray[np.int64]:
    """Labels or targets of the columns of a fitted model's outputs.

    Parameters
    ----------
    model : fitted estimator
    table : FeatureTable
        That it was fitted on.

    Returns
    -------
    (n_outputs,) int
        Its labels; of numbers, positions of the table's targets.
    """
    return np.arange(len(table.targets)) if table.targets else np.asarray(model.classes_)


def model_outputs(model: Any, rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Outputs of a fitted model for rows of features.

    Parameters
    ----------
    model : fitted classifier or regressor
    rows : (n_clips, n_features) float32

    Returns
    -------
    (n_clips, n_outputs) float64
        Probabilities over the classes, or numbers of the targets.
    """
    made = model.predict_proba(rows) if hasattr(model, "classes_") else model.predict(rows)
    return np.asarray(made, np.float64)


class TableOutputs(ABC):
    """Prediction methods of a fitted system: labels, probabilities, numbers.

    Whether for probabilities or for numbers, the table that it was fitted on decides. Whoever
    learns numbers sets ``numbers_`` in its fit.
    """

    numbers_ = False
    classes_: NDArray[np.int64]

    def predict(self, table: FeatureTable) -> NDArray[np.generic]:
        """Label of the most probable emotion of each clip, or its numbers.

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        (n_clips,) int64 or (n_clips, n_targets) float64

        Raises
        ------
        FeatureError
            As `predict_proba`.
        """
        check_is_fitted(self)
        if self.numbers_:
            return self.predict_values(table)
        return np.asarray(self.classes_[self.predict_proba(table).argmax(axis=1)])

    def predict_proba(self, table: FeatureTable) -> NDArray[np.float64]:
        """Probabilities of each clip.

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        (n_clips, n_classes) float64
            Over ``classes_``; rows sum to 1.

        Raises
        ------
        FeatureError
            It was fitted on numbers; a clip lacks what the system needs (see `can_decide`);
            features are not finite.
        """
        return self._asked(table, numbers=False)

    def predict_values(self, table: FeatureTable) -> NDArray[np.float64]:
        """Numbers of each clip.

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        (n_clips, n_targets) float64

        Raises
        ------
        FeatureError
            It was fitted on emotions; otherwise as `predict_proba`.
        """
        return self._asked(table, numbers=True)

    def _asked(self, table: FeatureTable, *, numbers: bool) -> NDArray[np.float64]:
        check_is_fitted(self)
        if self.numbers_ is not numbers:
            fitted, method = (
                ("numbers", "predict_values") if self.numbers_ else ("emotions", "predict_proba")
            )
            raise FeatureError(f"this system was fitted on {fitted}; expected {method} to be asked")
        return self._outputs(table)

    @abstractmethod
    def _outputs(self, table: FeatureTable) -> NDArray[np.float64]:
        """What the fitted system gives for each clip: (n_clips, n_outputs)."""


class JointOutputs(TableOutputs):
    """Prediction methods of a system that joins several modalities before it decides.

    It can do without one where clips that it has learned from lacked one, or on request.
    """

    modality_dropout: bool
    modalities_: tuple[str, ...]
    dropout_: bool

    def can_decide(self, table: FeatureTable) -> NDArray[np.bool_]:
        """For which clips there is a prediction.

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        (n_clips,) bool

        Raises
        ------
        FeatureError
            The table lacks a modality that the system was fitted on.
        """
        present = [table.select([name]).present[name] for name in self.modalities_]
        return np.asarray(np.any(present, axis=0) if self.dropout_ else np.all(present, axis=0))

    def _begin(self, table: FeatureTable) -> FeatureTable:
        """Note what is joined, and whether without one too; the training clips in order."""
        self.modalities_ = fused_modalities(table)
        training = in_clip_order(table)
        complete = bool(presence(training, self.modalities_).all())
        self.dropout_ = self.modality_dropout or not complete
        return training


def fused_modalities(table: FeatureTable) -> tuple[str, ...]:
    """Modalities of a table, which must be several.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    tuple of str
        Sorted.

    Raises
    ------
    FeatureError
        It has one modality: there is nothing to fuse.
    """
    if len(table.modalities) < 2:
        raise FeatureError(
            f"a fusion was given features of {list(table.modalities)}; expected two modalities: "
            "extract the other one, or choose a system of one modality"
        )
    return table.modalities


def presence(table: FeatureTable, modalities: Sequence[str]) -> NDArray[np.bool_]:
    """Which clip has which modality.

    Parameters
    ----------
    table : FeatureTable
    modalities : sequence of str

    Returns
    -------
    (n_clips, n_modalities) bool

    Raises
    ------
    FeatureError
        A clip has none of them.
    """
    present = np.stack([table.select([name]).present[name] for name in modalities], axis=1)
    nothing = ~present.any(axis=1)
    if nothing.any():
        raise FeatureError(
            f"none of {', '.join(modalities)} in {nothing.sum()} of {len(table)} clips (first: "
            f"{table.clips[nothing][0]}); expected one at least: leave these clips out"
        )
    return present


def with_dropout(table: FeatureTable, modalities: Sequence[str]) -> FeatureTable:
    """Every clip, and each clip that has several modalities again with each one alone.

    Parameters
    ----------
    table : FeatureTable
    modalities : sequence of str

    Returns
    -------
    FeatureTable
        More clips than `table`; what learns from it learns what to make of a clip that lacks a
        modality.

    Raises
    ------
    FeatureError
        A clip has none of the modalities.
    """
    present = presence(table, modalities)
    several = np.flatnonzero(present.sum(axis=1) > 1)
    rows, alone = [np.arange(len(table))], [present]
    for position in range(len(modalities)):
        has = several[present[several, position]]
        rows.append(has)
        alone.append(np.eye(len(modalities), dtype=bool)[np.full(len(has), position)])
    mask = np.concatenate(alone)
    made = table.take(np.concatenate(rows))
    chosen = {name: mask[:, position] for position, name in enumerate(modalities)}
    return replace(made, present={**made.present, **chosen})


def require_all(table: FeatureTable, modalities: Sequence[str]) -> None:
    """Refuse clips that lack a modality, for fusions that were not trained to do without.

    Parameters
    ----------
    table : FeatureTable
    modalities : sequence of str

    Raises
    ------
    FeatureError
        A clip lacks one: says which clip and what to do.
    """
    for name in modalities:
        absent = ~table.select([name]).present[name]
        if absent.any():
            raise FeatureError(
                f"no {name} in {absent.sum()} of {len(table)} clips (first: "
                f"{table.clips[absent][0]}), and this system has learned from complete clips only: "
                "leave these clips out, or train it with fusion.modality_dropout = true"
            )
