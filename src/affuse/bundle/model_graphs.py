"""A fitted model -> nodes of a graph that give its probabilities.

Written by hand, with ONNX's own operators: affuse's support vector machine, its temperatures and
its balanced blocks are in no converter's catalogue, and all of them are products of matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from affuse.bundle.onnx_builder import GraphBuilder, NotExportable


def model_probabilities(graph: GraphBuilder, rows: str, model: Any) -> str:
    """Probabilities (n, n_classes) of a model as `affuse.models.registry.make_model` gives it.

    Parameters
    ----------
    graph : GraphBuilder
    rows : str
        Features, (n, n_features) of whatever precision.
    model : fitted classifier

    Raises
    ------
    NotExportable
        It has a part of an unknown kind.
    """
    if _kind(model) == "TemperatureScaled":
        doubles = graph.cast(rows, "DOUBLE")
        scores, decided = _class_scores(graph, doubles, model.estimator_)
        tempered = graph.divide(scores, model.temperature_)
        made = graph.node("Softmax", tempered, axis=1)
        return made if decided is None else _with_maximum_at(graph, made, decided, model)
    return network_probabilities(graph, rows, model)


def network_probabilities(graph: GraphBuilder, rows: str, pipeline: Any) -> str:
    """Probabilities of a scaler and a network that learned them itself."""
    network = getattr(last_step(pipeline), "network_", None)
    if network is None:
        raise NotExportable(f"no graph stands for the model {_kind(last_step(pipeline))}")
    scaled = graph.cast(scaled_rows(graph, graph.cast(rows, "DOUBLE"), pipeline), "FLOAT")
    logits = layers(graph, scaled, network)
    return graph.node("Softmax", graph.cast(logits, "DOUBLE"), axis=1)


def last_step(pipeline: Any) -> Any:
    """The model behind its scaler."""
    steps = getattr(pipeline, "steps", None)
    return pipeline if steps is None else steps[-1][1]


def scaled_rows(graph: GraphBuilder, rows: str, pipeline: Any) -> str:
    """Features (n, n_features) double, after all steps of a pipeline but the last."""
    for _, step in getattr(pipeline, "steps", [])[:-1]:
        kind = "passthrough" if isinstance(step, str) else _kind(step)
        if kind not in _STEPS:
            raise NotExportable(f"no graph stands for the step {kind}")
        rows = _STEPS[kind](graph, rows, step)
    return rows


def layers(graph: GraphBuilder, value: str, network: Any) -> str:
    """What a sequence of torch layers gives in evaluation mode, in single precision."""
    for layer in network:
        kind = _kind(layer)
        if kind not in _LAYERS:
            raise NotExportable(f"no graph stands for the layer {kind}")
        value = _LAYERS[kind](graph, value, layer)
    return value


def _class_scores(graph: GraphBuilder, rows: str, pipeline: Any) -> tuple[str, str | None]:
    """Score of each class, and votes where these decide rather than the highest score."""
    model = last_step(pipeline)
    if _kind(model) not in _SCORES:
        raise NotExportable(f"no graph stands for the model {_kind(model)}")
    return _SCORES[_kind(model)](graph, scaled_rows(graph, rows, pipeline), model)


def _linear_scores(graph: GraphBuilder, rows: str, model: Any) -> tuple[str, str | None]:
    scores = graph.add(graph.times(rows, model.coef_.T), model.intercept_)
    if len(model.classes_) == 2:
        scores = graph.side_by_side([graph.multiply(scores, 0.0), scores])
    return scores, None


def _naive_bayes_scores(graph: GraphBuilder, rows: str, model: Any) -> tuple[str, str | None]:
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
    return graph.node("Neg", graph.node("Log", graph.add(distance, 1.0))), None


def _kernel_scores(graph: GraphBuilder, rows: str, model: Any) -> tuple[str, str | None]:
    """Votes of the pairs and the margins behind them, as `KernelSVC.decision_function`."""
    pairs = graph.add(_kernel_products(graph, rows, model), model.pair_intercept_)
    n_classes = len(model.classes_)
    if n_classes == 2:
        score = graph.multiply(pairs, -1.0)
        return graph.side_by_side([graph.multiply(score, 0.0), score]), None
    first, second = np.zeros((2, len(model.pair_intercept_), n_classes))
    for k, (i, j) in enumerate(combinations(range(n_classes), 2)):
        first[k, i] = second[k, j] = 1
    wins = graph.cast(graph.node("Greater", pairs, graph.constant(0.0)), "DOUBLE")
    votes = graph.add(graph.times(wins, first - second), second.sum(axis=0))
    margins = graph.times(pairs, first - second)
    bounded = graph.multiply(graph.add(graph.node("Abs", margins), 1.0), 3.0)
    return graph.add(votes, graph.divide(margins, bounded)), votes


def _kernel_products(graph: GraphBuilder, rows: str, model: Any) -> str:
    """Kernel with every support vector, weighted for every pair of classes: (n, n_pairs)."""
    if model.kernel == "linear":
        return graph.times(rows, model.support_vectors_.T @ model.pair_coef_)
    # Half the size, and a distance off by a ten-millionth.
    vectors = model.support_vectors_.astype(np.float32)
    transposed = graph.cast(graph.constant(vectors.T, np.float32), "DOUBLE")
    products = graph.node("MatMul", rows, transposed)
    squares = graph.row_sum(graph.multiply(rows, rows))
    norms = (vectors.astype(np.float64) ** 2).sum(axis=1)
    apart = graph.subtract(graph.add(squares, norms), graph.multiply(products, 2.0))
    distance = graph.maximum(apart, 0.0)
    kernel = graph.node("Exp", graph.multiply(distance, -model.gamma_))
    return graph.times(kernel, model.pair_coef_)


def _with_maximum_at(graph: GraphBuilder, made: str, votes: str, model: Any) -> str:
    """The highest probability at the class that the votes decide on, by exchange."""
    n_classes = len(model.classes_)
    top = graph.cast(graph.best_column(made, n_classes), "DOUBLE")
    decided = graph.cast(graph.best_column(votes, n_classes), "DOUBLE")
    gap = graph.subtract(graph.row_maximum(made), graph.row_sum(graph.multiply(made, decided)))
    return graph.add(made, graph.multiply(graph.subtract(decided, top), gap))


def _standard(graph: GraphBuilder, rows: str, step: Any) -> str:
    return graph.divide(graph.subtract(rows, step.mean_), step.scale_)


def _minmax(graph: GraphBuilder, rows: str, step: Any) -> str:
    return graph.add(graph.multiply(rows, step.scale_), step.min_)


def _balance(graph: GraphBuilder, rows: str, step: Any) -> str:
    """Each block on its components, if it has any, times its weight; the rest as it is."""
    ends = np.cumsum(step.widths)
    blocks = []
    for width, end, axes, factor in zip(step.widths, ends, step.axes_, step.factors_, strict=True):
        block = graph.columns(rows, int(end - width), int(end))
        blocks.append(graph.multiply(block if axes is None else graph.times(block, axes), factor))
    if step.n_features_in_ > ends[-1]:
        blocks.append(graph.columns(rows, int(ends[-1]), int(step.n_features_in_)))
    return graph.side_by_side(blocks)


def _unchanged(graph: GraphBuilder, value: str, step: Any) -> str:
    return value


def _convolution(graph: GraphBuilder, value: str, layer: Any) -> str:
    before = (layer.kernel_size[0] - 1) // 2
    after = layer.kernel_size[0] - 1 - before
    kernel, bias = _single(graph, layer.weight), _single(graph, layer.bias)
    return graph.node("Conv", value, kernel, bias, pads=[before, after])


def _pooling(graph: GraphBuilder, value: str, layer: Any) -> str:
    return graph.node("MaxPool", value, kernel_shape=[layer.kernel_size], strides=[layer.stride])


def _normalisation(graph: GraphBuilder, value: str, layer: Any) -> str:
    learned = (layer.weight, layer.bias, layer.running_mean, layer.running_var)
    parts = [_single(graph, each) for each in learned]
    return graph.node("BatchNormalization", value, *parts, epsilon=layer.eps)


def _dense(graph: GraphBuilder, value: str, layer: Any) -> str:
    weight, bias = _single(graph, layer.weight), _single(graph, layer.bias)
    return graph.node("Gemm", value, weight, bias, transB=1)


def _unflatten(graph: GraphBuilder, value: str, layer: Any) -> str:
    shape = graph.constant([-1, *layer.unflattened_size], np.int64)
    return graph.node("Reshape", value, shape)


def _combination(graph: GraphBuilder, value: str, layer: Any) -> str:
    """Embeddings (n, n_modalities, n_embedding), NaN where one is absent -> one row a clip."""
    if layer.absent is not None:
        value = graph.node("Where", graph.node("IsNaN", value), _single(graph, layer.absent), value)
    axis = graph.constant([1], np.int64)
    if layer.combination == "add":
        return graph.node("ReduceSum", value, axis, keepdims=0)
    if layer.combination == "multiply":
        return graph.node("ReduceProd", value, axis, keepdims=0)
    if layer.combination == "weighted":
        weighted = graph.node("Mul", value, _single(graph, layer.weight[:, None]))
        return graph.node("ReduceSum", weighted, axis, keepdims=0)
    return graph.node("Flatten", value, axis=1)


def _single(graph: GraphBuilder, tensor: Any) -> str:
    return graph.constant(tensor.detach().numpy(), np.float32)


def _kind(thing: Any) -> str:
    return type(thing).__name__


Scores = Callable[[GraphBuilder, str, Any], tuple[str, str | None]]
Step = Callable[[GraphBuilder, str, Any], str]

_SCORES: Mapping[str, Scores] = {
    "GaussianNB": _naive_bayes_scores,
    "LinearDiscriminantAnalysis": _linear_scores,
    "LogisticRegression": _linear_scores,
    "KernelSVC": _kernel_scores,
}

_STEPS: Mapping[str, Step] = {
    "StandardScaler": _standard,
    "MinMaxScaler": _minmax,
    "Balance": _balance,
    "passthrough": _unchanged,
}

_LAYERS: Mapping[str, Step] = {
    "Unflatten": _unflatten,
    "Conv1d": _convolution,
    "ReLU": lambda graph, value, _: graph.node("Relu", value),
    "MaxPool1d": _pooling,
    "Flatten": lambda graph, value, _: graph.node("Flatten", value, axis=1),
    "BatchNorm1d": _normalisation,
    "Linear": _dense,
    "Dropout": _unchanged,
    "CombineEmbeddings": _combination,
}
