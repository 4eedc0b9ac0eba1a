"""Decision fusion: one model per modality, whose outputs are combined by a rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from affuse.errors import FeatureError
from affuse.features.table import FeatureTable
from affuse.fusion.graphs import Inputs, SystemGraphs, system_graphs
from affuse.fusion.inputs import (
    TableOutputs,
    differs,
    fused_modalities,
    in_clip_order,
    presence,
)
from affuse.fusion.learning import FittedRule
from affuse.fusion.unimodal import Unimodal
from affuse.models.fit_cache import FitCache

Floats = NDArray[np.float64]


class DecisionFusion(TableOutputs, ClassifierMixin, BaseEstimator):
    """Probabilities, or numbers, of one model per modality, combined by a rule.

    A clip that lacks a modality is decided by the others. With `joint` the probabilities of a
    system of all modalities join the combination: hybrid fusion.

    Parameters
    ----------
    model : classifier
        Over (n_clips, n_features), with ``predict_proba``; a clone of it for each modality.
    rule : str
        Of `affuse.fusion.rules`. What a rule such as "weighted" or "stacking" learns is learned
        from probabilities of inner folds: of training clips whose speakers had no part in them.
    joint : EarlyFusion or LateFusion, optional
        Unfitted.

    Attributes
    ----------
    numbers_ : bool
        Whether it was fitted on a table of numbers.
    classes_ : (n_classes,) int
        Labels that occur in the training clips; of numbers, positions of the targets.
    modalities_ : tuple of str
        What was fused, sorted: the order in a table changes nothing.
    members_ : dict of str to fitted estimator
        By modality, and "joint". A modality is left out where the training clips that have it are
        of fewer than two emotions.
    rule_ : FittedRule

    Notes
    -----
    A class that a member has not seen has probability 0 from it.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from affuse.features.table import FeatureTable
    >>> table = FeatureTable(
    ...     clips=np.array(["a", "b", "c", "d"]),
    ...     speakers=np.array(["1", "1", "2", "2"]),
    ...     labels=np.array([0, 1, 0, 1]),
    ...     classes=("calm", "angry"),
    ...     arrays={
    ...         "audio": np.array([[0.0], [4], [1], [3]], np.float32),
    ...         "video": np.array([[5.0], [9], [6], [0]], np.float32),
    ...     },
    ...     present={"audio": np.ones(4, bool), "video": np.array([True, True, True, False])},
    ... )
    >>> DecisionFusion(GaussianNB()).fit(table).predict_proba(table).argmax(axis=1)
    array([0, 1, 0, 1])
    """

    def __init__(self, model: Any, rule: str = "product", joint: Any = None) -> None:
        self.model = model
        self.rule = rule
        self.joint = joint

    def fit(self, table: FeatureTable, fit_cache: FitCache | None = None) -> Self:
        """Learn from all clips of a table.

        Parameters
        ----------
        table : FeatureTable
            Of the training clips; their order has no effect.
        fit_cache : FitCache, optional
            Where fits that others need as well are found again.

        Returns
        -------
        DecisionFusion
            Itself.

        Raises
        ------
        FeatureError
            The table has one modality; a clip lacks every modality; no modality has clips that
            differ in what is to be learned.
        ConfigError
            There is no rule of that name, or it does not serve numbers.
        """
        fit_cache = fit_cache or FitCache()
        self.modalities_ = fused_modalities(table)
        training = in_clip_order(table)
        presence(training, self.modalities_)
        self.numbers_ = bool(table.targets)
        found = np.arange(len(table.targets)) if self.numbers_ else training.known_labels()
        self.classes_ = found
        tables = self._member_tables(training)
        self.members_ = {
            name: fit_cache.fitted(self._unfitted(name), own.take(rows))
            for name, (own, rows) in tables.items()
        }
        self.rule_ = FittedRule(self.rule, numbers=self.numbers_)
        if self.rule_.learns:
            parts = self._out_of_fold(training, fit_cache)
            truth = training.truth
            if not self.numbers_:
                truth = np.searchsorted(self.classes_, truth)
            self.rule_.fit(parts, truth, training.speakers)
        return self

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
        check_is_fitted(self)
        return np.asarray(np.any([m.can_decide(table) for m in self.members_.values()], axis=0))

    def _outputs(self, table: FeatureTable) -> Floats:
        lost = ~self.can_decide(table)
        if lost.any():
            raise FeatureError(
                f"none of {', '.join(self.members_)} in {lost.sum()} of {len(table)} clips "
                f"(first: {table.clips[lost][0]}); expected one at least: leave these clips out"
            )
        parts = [self._part(member, table) for member in self.members_.values()]
        return np.asarray(self.rule_.combined(parts))

    def to_graphs(self, inputs: Inputs) -> SystemGraphs:
        """A graph for each member, and for each stacker.

        Parameters
        ----------
        inputs : Inputs

        Returns
        -------
        SystemGraphs

        Raises
        ------
        NotExportable
            No graph stands for a member or a stacker.
        """
        names = tuple(self.members_)
        found = self.rule_.weights_
        weights = [1.0] * len(names) if found is None else found.tolist()
        members = []
        for name, weight in zip(names, weights, strict=True):
            (own,) = system_graphs(self.members_[name], inputs).members
            members.append(replace(own, name=name, weight=weight))
        stackers = {
            tuple(names[position] for position in positions): stacker.to_graph(
                [names[position] for position in positions]
            )
            for positions, stacker in self.rule_.stackers_.items()
        }
        return SystemGraphs(tuple(members), self.rule, stackers)

    def _unfitted(self, name: str) -> Any:
        return clone(self.joint) if name == "joint" else Unimodal(clone(self.model), name)

    def _member_tables(
        self, training: FeatureTable
    ) -> dict[str, tuple[FeatureTable, NDArray[np.int64]]]:
        """The training table of each member: its modalities, and the clips that have them."""
        tables = {}
        for name in self.modalities_:
            rows = np.flatnonzero(training.present[name])
            if differs(training, rows):
                tables[name] = (training.select([name]), rows)
        if not tables:
            of = "that differ" if training.targets else "of two emotions"
            raise FeatureError(
                f"no modality of {', '.join(self.modalities_)} has training clips {of}; "
                "expected one at least: add clips"
            )
        if self.joint is not None:
            tables["joint"] = (training, np.arange(len(training)))
        return tables

    def _part(self, member: Any, table: FeatureTable) -> Floats:
        """One member's outputs (n_clips, n_classes); NaN for clips without its modality."""
        part = np.full((len(table), len(self.classes_)), np.nan)
        rows = np.flatnonzero(member.can_decide(table))
        if len(rows):
            own = table.take(rows)
            made = member.predict_values(own) if self.numbers_ else member.predict_proba(own)
            part[rows] = self._spread(made, member.classes_)
        return part

    def _out_of_fold(self, training: FeatureTable, fit_cache: FitCache) -> list[Floats]:
        """Each member's outputs for training clips, from fits that held their speakers out."""
        parts = []
        for name, (own, rows) in self._member_tables(training).items():
            part = np.full((len(training), len(self.classes_)), np.nan)
            found = fit_cache.out_of_fold(self._unfitted(name), own.take(rows))
            part[rows] = self._spread(found, self.members_[name].classes_)
            parts.append(part)
        return parts

    def _spread(self, probabilities: Floats, classes: NDArray[np.int64]) -> Floats:
        """Columns of a member's classes, placed among all classes; 0 for the others."""
        spread = np.zeros((len(probabilities), len(self.classes_)))
        spread[:, np.searchsorted(self.classes_, classes)] = probabilities
        spread[np.isnan(probabilities).any(axis=1)] = np.nan
        return spread
