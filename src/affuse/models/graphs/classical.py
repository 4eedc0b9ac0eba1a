"""Fitted steps and models of scikit-learn -> nodes of a graph.

Written by hand, with ONNX's own operators: affuse's support vector machine, its temperatures and
its balanced blocks are in no converter's catalogue, and all of them are products of matrices.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from affuse.models.graphs.builder import GraphBuilder, NotExportable, ToGraph


class ClassScores(NamedTuple):
    """Scores of the classes, before they become probabilities.

    Attributes
    ----------
    scores : str
        Value of the graph, (n, n_classes) double.
    votes : str or None
        Where these decide rather than the highest score: the same shape.
    """

    scores: str
    votes: str | None = None


@runtime_checkable
class ScoresToGraph(Protocol):
    """A fitted classifier whose scores can be written as nodes of a graph."""

    def scores_to_graph(self, graph: GraphBuilder, rows: str) -> ClassScores:
        """Score of each class, as `affuse.models.calibrated.class_scores` gives it.

        Parameters
        ----------
        graph : GraphBuilder
        rows : str
            Features, (n, n_features) double.

        Returns
        -------
        ClassScores
        """


def model_nodes(graph: GraphBuilder, rows: str, model: Any) -> str:
    """Probabilities or numbers of a fitted model, as `affuse.models.registry.make_model` gives it.

    Parameters
    ----------
    graph : GraphBuilder
    rows : str
        Features, (n, n_features) of whatever precision.
    model : fitted estimator
        With ``to_graph``, or a pipeline whose last step has it.

    Returns
    -------
    str
        Value of the graph: (n, n_classes) or (n, n_targets) double.

    Raises
    ------
    NotExportable
        It has a part that no graph stands for: says which.
    """
    last = last_step(model)
    if not isinstance(last, ToGraph | Ridge):
        raise NotExportable(f"no graph stands for the model {type(last).__name__}")
    scaled = scaled_rows(graph, graph.cast(rows, "DOUBLE"), model)
    if isinstance(last, Ridge):
        return linear_nodes(graph, scaled, np.atleast_2d(last.coef_), last.intercept_)
    return last.to_graph(graph, scaled)


def class_score_nodes(graph: GraphBuilder, rows: str, pipeline: Any) -> ClassScores:
    """Scores of a fitted classifier, after its scaler.

    Parameters
    ----------
    graph : GraphBuilder
    rows : str
        Features, (n, n_features) double.
    pipeline : Pipeline or classifier

    Returns
    -------
    ClassScores

    Raises
    ------
    NotExportable
        It has a part that no graph stands for: says which.
    """
    return score_nodes(last_step(pipeline), graph, scaled_rows(graph, rows, pipeline))


def last_step(pipeline: Any) -> Any:
    """The model after its scaler.

    Parameters
    ----------
    pipeline : Pipeline or estimator

    Returns
    -------
    estimator
    """
    return pipeline[-1] if isinstance(pipeline, Pipeline) else pipeline


def scaled_rows(graph: GraphBuilder, rows: str, pipeline: Any) -> str:
    """Features after all steps of a pipeline but the last.

    Parameters
    ----------
    graph : GraphBuilder
    rows : str
        Features, (n, n_features) double.
    pipeline : Pipeline or estimator

    Returns
    -------
    str
        Value of the graph; `rows` where there are no steps.

    Raises
    ------
    NotExportable
        No graph stands for a step.
    """
    steps = pipeline.steps[:-1] if isinstance(pipeline, Pipeline) else []
    for _, step in steps:
        if step != "passthrough":
            rows = step_nodes(step, graph, rows)
    return rows


def linear_nodes(graph: GraphBuilder, rows: str, coef: ArrayLike, intercept: ArrayLike) -> str:
    """Weighted sum of the features plus a constant.

    Parameters
    ----------
    graph : GraphBuilder
    rows : str
        (n, n_features) double.
    coef : (n_outputs, n_features) array
    intercept : (n_outputs,) array

    Returns
    -------
    str
        (n, n_outputs) double.
    """
    return graph.add(graph.times(rows, np.asarray(coef).T), intercept)


@singledispatch
def step_nodes(step: Any, graph: GraphBuilder, rows: str) -> str:
    """Rows after a fitted step; register others' classes, give your own a ``to_graph``.

    Parameters
    ----------
    step : fitted transformer
    graph : GraphBuilder
    rows : str
        (n, n_features) double.

    Returns
    -------
    str
        (n, n_features_out) double.

    Raises
    ------
    NotExportable
        No graph stands for it.
    """
    if isinstance(step, ToGraph):
        return step.to_graph(graph, rows)
    raise NotExportable(f"no graph stands for the step {type(step).__name__}")


@step_nodes.register
def _standard(step: StandardScaler, graph: GraphBuilder, rows: str) -> str:
    return graph.divide(graph.subtract(rows, step.mean_), step.scale_)


@step_nodes.register
def _minmax(step: MinMaxScaler, graph: GraphBuilder, rows: str) -> str:
    return graph.add(graph.multiply(rows, step.scale_), step.min_)


@singledispatch
def score_nodes(model: Any, graph: GraphBuilder, rows: str) -> ClassScores:
    """Scores of a fitted classifier; register others' classes, give your own `scores_to_graph`.

    Parameters
    ----------
    model : fitted classifier
    graph : GraphBuilder
    rows : str
        (n, n_features) double.

    Returns
    -------
    ClassScores

    Raises
    ------
    NotExportable
        No graph stands for it.
    """
    if isinstance(model, ScoresToGraph):
        return model.scores_to_graph(graph, rows)
    raise NotExportable(f"no graph stands for the model {type(model).__name__}")


@score_nodes.register(LinearDiscriminantAnalysis)
@score_nodes.register(LogisticRegression)
def _linear(model: Any, graph: GraphBuilder, rows: str) -> ClassScores:
    scores = linear_nodes(graph, rows, model.coef_, model.intercept_)
    if len(model.classes_) == 2:
        scores = graph.side_by_side([graph.multiply(scores, 0.0), scores])
    return ClassScores(scores)


@score_nodes.register
def _naive_bayes(model: GaussianNB, graph: GraphBuilder, rows: str) -> ClassScores:
    """Distances of the log likelihoods to the best, by their logarithm."""
    precision = 1 / model.var_
    # One shift of all classes keeps the squares from cancelling each other.
    shift = model.theta_.mean(axis=0)
    centred, means = graph.subtract(rows, shift), model.theta_ - shift
    constant = (
        np.log(model.class_prior_)
        - 0.5 * np.log(2 * np.pi * model.var_).sum(axis=1)
        - 0.5 * (means**2 * precision).sum(axis=1)
    )
    squares = graph.times(graph.multiply(centred, centred), -0.5 * precision.T)
    products = graph.times(centred, (means * precision).T)
    logs = graph.add(graph.add(squares, products), constant)
    distance = graph.subtract(graph.row_maximum(logs), logs)
    return ClassScores(graph.node("Neg", graph.node("Log", graph.add(distance, 1.0))))
