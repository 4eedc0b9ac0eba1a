"""Blocks of features with equal weight, however many columns each has."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from affuse.models.calibrated import TemperatureScaled
from affuse.models.graphs.builder import GraphBuilder
from affuse.models.registry import CHOICE_FOLDS

Floats = NDArray[np.float64]

STEPS = (1.0, 2.0, 0.5)
N_COMPONENTS = (0, 16, 64)


class Balance(TransformerMixin, BaseEstimator):
    """Blocks of columns brought to the same total variance, times a weight each.

    Parameters
    ----------
    widths : sequence of int
        Columns of each block, in their order; further columns stay as they are.
    weights : sequence of float, optional
        One per block; all 1 by default.
    n_components : int
        Principal components that each wider block is reduced to; 0 keeps its columns.

    Attributes
    ----------
    factors_ : (n_blocks,) float64
    means_, axes_ : list of arrays, or None for a block that keeps its columns

    Examples
    --------
    >>> rows = np.random.default_rng(0).standard_normal((50, 11))
    >>> balanced = Balance(widths=(10, 1)).fit_transform(rows)
    >>> bool(np.isclose(balanced[:, :10].var(axis=0).sum(), balanced[:, 10].var()))
    True
    """

    def __init__(
        self,
        widths: Sequence[int],
        weights: Sequence[float] | None = None,
        n_components: int = 0,
    ) -> None:
        self.widths = widths
        self.weights = weights
        self.n_components = n_components

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Learn variances and components.

        Parameters
        ----------
        X : (n_clips, n_columns) array
            The blocks side by side; columns beyond them stay as they are.
        y : ignored

        Returns
        -------
        Balance
            Itself.

        Raises
        ------
        ValueError
            Fewer columns than the blocks have.
        """
        rows = validate_data(self, X, dtype=np.float64)
        if rows.shape[1] < sum(self.widths):
            raise ValueError(
                f"X has {rows.shape[1]} columns; expected {sum(self.widths)} or more for blocks of "
                f"{list(self.widths)}"
            )
        weights = np.ones(len(self.widths)) if self.weights is None else np.asarray(self.weights)
        self.axes_ = [self._axes(block) for block in self._blocks(rows)[:-1]]
        reduced = self._reduced(rows)
        variances = np.array([block.var(axis=0).sum() for block in reduced])
        # A model's own penalty was chosen for columns of variance 1: the mean of them stays 1.
        share = sum(block.shape[1] for block in reduced) / len(reduced)
        self.factors_ = weights * np.sqrt(share / np.where(variances > 0, variances, share))
        return self

    def transform(self, X: ArrayLike) -> Floats:
        """Balanced blocks side by side.

        Parameters
        ----------
        X : (n_clips, n_columns) array

        Returns
        -------
        (n_clips, n_columns or fewer) float64
            What is beyond the blocks stands last, unchanged.
        """
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        parts = zip(self._reduced(rows), self.factors_, strict=True)
        balanced_blocks = [factor * block for block, factor in parts]
        return np.concatenate([*balanced_blocks, self._blocks(rows)[-1]], axis=1)

    def to_graph(self, graph: GraphBuilder, rows: str) -> str:
        """The same in a graph: each block on its components, if any, times its factor.

        Parameters
        ----------
        graph : GraphBuilder
        rows : str
            (n, n_columns) double.

        Returns
        -------
        str
            (n, n_columns or fewer) double.
        """
        ends = np.cumsum(self.widths)
        blocks = []
        for width, end, axes, factor in zip(
            self.widths, ends, self.axes_, self.factors_, strict=True
        ):
            block = graph.columns(rows, int(end - width), int(end))
            block = block if axes is None else graph.times(block, axes)
            blocks.append(graph.multiply(block, factor))
        if self.n_features_in_ > ends[-1]:
            blocks.append(graph.columns(rows, int(ends[-1]), int(self.n_features_in_)))
        return graph.side_by_side(blocks)

    def _blocks(self, rows: Floats) -> list[Floats]:
        """The blocks, and the remaining columns as the last one."""
        return np.split(rows, np.cumsum(self.widths), axis=1)

    def _axes(self, block: Floats) -> Floats | None:
        if not 0 < self.n_components < min(block.shape):
            return None
        _, _, axes = np.linalg.svd(block - block.mean(axis=0), full_matrices=False)
        return np.asarray(axes[: self.n_components].T)

    def _reduced(self, rows: Floats) -> list[Floats]:
        pairs = zip(self._blocks(rows)[:-1], self.axes_, strict=True)
        return [block if axes is None else block @ axes for block, axes in pairs]


def balanced(
    model: TemperatureScaled, widths: Sequence[int], *, reduce: bool = False
) -> TemperatureScaled:
    """A model on balanced blocks of columns, whose weights are chosen with its hyperparameters.

    Parameters
    ----------
    model : TemperatureScaled
        Of a pipeline of scaler and model, unfitted.
    widths : sequence of int
        Columns of each block.
    reduce : bool
        Choose the number of principal components instead, for models to which the scale of a
        column means nothing.

    Returns
    -------
    TemperatureScaled
        Unfitted; its grid has the choices of the balance as well.
    """
    from sklearn.pipeline import Pipeline

    scaler, last = model.estimator.steps
    pipeline = Pipeline([scaler, ("balance", Balance(tuple(widths))), last])
    choice: dict[str, Any] = (
        {"balance__n_components": N_COMPONENTS}
        if reduce
        else {"balance__weights": _weights(len(widths))}
    )
    return TemperatureScaled(pipeline, CHOICE_FOLDS, {**choice, **(model.grid or {})})


def _weights(n_blocks: int) -> list[tuple[float, ...]]:
    """Weights whose ratios are 1/4 to 4, equal ones first; their product is 1."""
    made = []
    for steps in product(STEPS, repeat=n_blocks):
        scaled = np.asarray(steps) / np.prod(steps) ** (1 / n_blocks)
        weights = tuple(float(weight) for weight in scaled.round(6))
        if weights not in made:
            made.append(weights)
    return made
