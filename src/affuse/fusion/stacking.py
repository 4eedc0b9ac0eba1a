"""Models that decide from the members' outputs, one for every set of members present."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.fusion.rule import Stack
from affuse.models.calibrated import TemperatureScaled
from affuse.models.graphs.builder import PROBABILITIES, GraphBuilder, Shape
from affuse.models.graphs.classical import linear_nodes, model_nodes

COSTS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Inverse penalties of the logistic regression, one of which is chosen in inner folds."""

PENALTIES = (0.1, 1.0, 10.0, 100.0)
"""Penalties of the ridge regression, one of which is chosen by leaving out each clip."""

FLOOR = 1e-6
"""Smallest probability whose logarithm a stacker sees: what is below is equally unlikely."""


@dataclass(frozen=True)
class ClassStacker:
    """Logistic regression on the logarithms of the members' probabilities.

    Attributes
    ----------
    model : TemperatureScaled
        Fitted; over columns of the classes.
    n_classes : int
        Of the members, some of which the model may not have met.
    """

    model: TemperatureScaled
    n_classes: int

    def decide(self, parts: Sequence[Stack]) -> Stack:
        """Probabilities from those of the members.

        Parameters
        ----------
        parts : sequence of (n_clips, n_classes) float64

        Returns
        -------
        (n_clips, n_classes) float64
            Rows sum to 1.
        """
        made = np.zeros((len(parts[0]), self.n_classes))
        made[:, self.model.classes_] = self.model.predict_proba(_logarithms(parts))
        return made

    def to_graph(self, members: Sequence[str]) -> bytes:
        """A graph that decides.

        Parameters
        ----------
        members : sequence of str
            Names of the inputs, (n, n_classes) double each: probabilities of the members.

        Returns
        -------
        bytes
            Of an ONNX file; its output is probabilities (n, n_classes).
        """
        graph = GraphBuilder()
        shape: Shape = ["n", self.n_classes]
        given = [graph.input(name, shape, "DOUBLE") for name in members]
        logs = [_log_nodes(graph, each, self.n_classes) for each in given]
        outputs = model_nodes(graph, graph.side_by_side(logs), self.model)
        spread = graph.times(outputs, np.eye(self.n_classes)[self.model.classes_])
        return graph.finish({PROBABILITIES: (spread, shape)})


@dataclass(frozen=True)
class NumberStacker:
    """Ridge regression on the members' numbers.

    Attributes
    ----------
    model : RidgeCV
        Fitted; takes the numbers of the members side by side.
    """

    model: Any

    def decide(self, parts: Sequence[Stack]) -> Stack:
        """Numbers from those of the members.

        Parameters
        ----------
        parts : sequence of (n_clips, n_targets) float64

        Returns
        -------
        (n_clips, n_targets) float64
        """
        made = self.model.predict(np.concatenate(parts, axis=1))
        return np.asarray(made, np.float64).reshape(parts[0].shape)

    def to_graph(self, members: Sequence[str]) -> bytes:
        """A graph that decides.

        Parameters
        ----------
        members : sequence of str
            Names of the inputs, (n, n_targets) double each: numbers of the members.

        Returns
        -------
        bytes
            Of an ONNX file; its output is numbers (n, n_targets).
        """
        graph = GraphBuilder()
        coef = np.atleast_2d(self.model.coef_)
        shape: Shape = ["n", len(coef)]
        given = [graph.input(name, shape, "DOUBLE") for name in members]
        intercept = np.atleast_1d(self.model.intercept_)
        made = linear_nodes(graph, graph.side_by_side(given), coef, intercept)
        return graph.finish({PROBABILITIES: (made, shape)})


def stackers_of_classes(
    stack: Stack, labels: NDArray[np.int64], speakers: NDArray[Any]
) -> dict[tuple[int, ...], ClassStacker]:
    """Stackers for every set of members about which there are clips of two classes.

    Parameters
    ----------
    stack : (n_members, n_clips, n_classes) float64
        Out-of-fold probabilities; a row of NaN where a member has no output.
    labels : (n_clips,) int64
        Columns of the true classes.
    speakers : (n_clips,) str
        Are kept apart where the penalty and the temperature are chosen.

    Returns
    -------
    dict of tuple of int to ClassStacker
        By positions of members; each is learned from all clips with outputs of these.

    Notes
    -----
    Wolpert 1992, "Stacked generalization".
    """
    from sklearn.linear_model import LogisticRegression

    made = {}
    for chosen, rows in _choices(stack):
        if len(np.unique(labels[rows])) > 1:
            logistic = LogisticRegression(tol=1e-3, max_iter=1000)
            model = TemperatureScaled(logistic, n_folds=5, grid={"C": COSTS})
            given = _logarithms([stack[position, rows] for position in chosen])
            model.fit(given, labels[rows], groups=speakers[rows])
            made[chosen] = ClassStacker(model, stack.shape[2])
    return made


def stackers_of_numbers(stack: Stack, truth: Stack) -> dict[tuple[int, ...], NumberStacker]:
    """Stackers for every set of members about which there are enough clips.

    Parameters
    ----------
    stack : (n_members, n_clips, n_targets) float64
        Out-of-fold numbers; a row of NaN where a member has no output.
    truth : (n_clips, n_targets) float64

    Returns
    -------
    dict of tuple of int to NumberStacker
        By positions of members, where there are more clips than numbers that members give.
    """
    from sklearn.linear_model import RidgeCV

    made = {}
    for chosen, rows in _choices(stack):
        given = np.concatenate([stack[position, rows] for position in chosen], axis=1)
        if len(rows) > given.shape[1]:
            made[chosen] = NumberStacker(RidgeCV(alphas=PENALTIES).fit(given, truth[rows]))
    return made


def _choices(stack: Stack) -> Iterator[tuple[tuple[int, ...], NDArray[np.int64]]]:
    """Every set of two or more members, with the clips that have outputs of all of them."""
    has_output = ~np.isnan(stack[:, :, 0])
    for size in range(2, len(stack) + 1):
        for chosen in combinations(range(len(stack)), size):
            yield chosen, np.flatnonzero(has_output[list(chosen)].all(axis=0))


def _logarithms(parts: Sequence[Stack]) -> Stack:
    """Logarithms less their mean over the classes: (n_clips, n_members * n_classes)."""
    logs = [np.log(np.maximum(part, FLOOR)) for part in parts]
    return np.concatenate([each - each.mean(axis=1, keepdims=True) for each in logs], axis=1)


def _log_nodes(graph: GraphBuilder, probabilities: str, n_classes: int) -> str:
    """As `_logarithms`, of one member."""
    logs = graph.node("Log", graph.maximum(probabilities, FLOOR))
    return graph.subtract(logs, graph.divide(graph.row_sum(logs), float(n_classes)))
