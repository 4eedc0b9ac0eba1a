"""Nodes and constants of an ONNX graph under construction; needs the package ``onnx``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from affuse.errors import MissingDependency

OPSET, IR_VERSION = 18, 9

PROBABILITIES, EMBEDDING = "probabilities", "embedding"
"""Outputs of the graphs in a bundle."""

Shape = Sequence[int | str]


class NotExportable(Exception):
    """A fitted system has a part that cannot be written as a graph; the message names it."""


@runtime_checkable
class ToGraph(Protocol):
    """A fitted model or step that can be written as nodes of a graph."""

    def to_graph(self, graph: GraphBuilder, rows: str) -> str:
        """The output for rows of features (n, n_features), as a value of the graph.

        Parameters
        ----------
        graph : GraphBuilder
        rows : str
            A value of the graph.

        Returns
        -------
        str
            A model's probabilities (n, n_classes) or numbers (n, n_targets) in double precision; a
            step's rows.

        Raises
        ------
        NotExportable
            It has a part that no graph stands for: says which.
        """


class GraphBuilder:
    """Builds one graph, node after node; the same calls give the same bytes.

    Values are named by text. Classical models compute in double precision, as scikit-learn does:
    a support vector machine votes by signs, and a sign that flips changes a probability by much.

    Attributes
    ----------
    holds_clips : bool
        Whether a constant holds features of single training clips, as support vectors are.

    Raises
    ------
    MissingDependency
        The package onnx is not installed.

    Examples
    --------
    >>> graph = GraphBuilder()
    >>> rows = graph.input("rows", ["n", 2])
    >>> content = graph.finish({"doubled": (graph.add(rows, rows), ["n", 2])})
    """

    def __init__(self) -> None:
        try:
            from onnx import helper
        except ImportError as error:
            raise MissingDependency("onnx", "train") from error
        self._helper: Any = helper
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self.holds_clips = False
        self._inputs: list[Any] = []

    def input(self, name: str, shape: Shape, kind: str = "FLOAT") -> str:
        """An input of the graph.

        Parameters
        ----------
        name : str
        shape : sequence of int or str
            Names for axes whose length is free, such as "n".
        kind : str
            Type of its numbers.

        Returns
        -------
        str
            `name`.
        """
        made = self._helper.make_tensor_value_info(name, self._kind(kind), list(shape))
        self._inputs.append(made)
        return name

    def node(self, kind: str, *inputs: str, **attributes: object) -> str:
        """Add one operator; returns its output.

        Parameters
        ----------
        kind : str
            Of ONNX's own operators.
        *inputs : str
            Values.
        **attributes : object
            Of the operator.

        Returns
        -------
        str
            Value.
        """
        output = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(self._helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, values: ArrayLike, dtype: type[np.generic] = np.float64) -> str:
        """An array of numbers.

        Parameters
        ----------
        values : array
        dtype : type
            Of numpy.

        Returns
        -------
        str
            Value.
        """
        from onnx import numpy_helper

        name = f"constant_{len(self._constants)}"
        array = np.array(values, dtype, order="C")
        self._constants.append(numpy_helper.from_array(array, name))
        return name

    def clips(self, features: ArrayLike) -> str:
        """Features of single training clips as a constant, in single precision.

        Parameters
        ----------
        features : (n_features, n_clips) array

        Returns
        -------
        str
            Value, float; `holds_clips` is True from now on.
        """
        self.holds_clips = True
        return self.constant(features, np.float32)

    def add(self, value: str, other: str | ArrayLike) -> str:
        """Sum with a value or an array.

        Parameters
        ----------
        value : str
        other : str or array
            A value, or numbers.

        Returns
        -------
        str
            Value.
        """
        return self._pair("Add", value, other)

    def subtract(self, value: str, other: str | ArrayLike) -> str:
        """Difference to a value or an array.

        Parameters
        ----------
        value : str
        other : str or array
            A value, or numbers.

        Returns
        -------
        str
            Value.
        """
        return self._pair("Sub", value, other)

    def multiply(self, value: str, other: str | ArrayLike) -> str:
        """Product with a value or an array.

        Parameters
        ----------
        value : str
        other : str or array
            A value, or numbers.

        Returns
        -------
        str
            Value.
        """
        return self._pair("Mul", value, other)

    def divide(self, value: str, other: str | ArrayLike) -> str:
        """Quotient by a value or an array.

        Parameters
        ----------
        value : str
        other : str or array
            A value, or numbers.

        Returns
        -------
        str
            Value.
        """
        return self._pair("Div", value, other)

    def times(self, value: str, matrix: ArrayLike) -> str:
        """Product of matrices.

        Parameters
        ----------
        value : str
            (n, n_rows).
        matrix : (n_rows, n_columns) array

        Returns
        -------
        str
            (n, n_columns).
        """
        return self.node("MatMul", value, self.constant(matrix))

    def maximum(self, value: str, floor: float) -> str:
        """The larger of a value and a number.

        Parameters
        ----------
        value : str
        floor : float

        Returns
        -------
        str
        """
        return self.node("Max", value, self.constant(floor))

    def cast(self, value: str, kind: str) -> str:
        """The same numbers of another type.

        Parameters
        ----------
        value : str
        kind : str
            Such as ``DOUBLE``.

        Returns
        -------
        str
        """
        return self.node("Cast", value, to=self._kind(kind))

    def side_by_side(self, values: Sequence[str]) -> str:
        """Columns of several values in one.

        Parameters
        ----------
        values : sequence of str
            (n, ...) each.

        Returns
        -------
        str
        """
        return values[0] if len(values) == 1 else self.node("Concat", *values, axis=1)

    def columns(self, value: str, start: int, end: int) -> str:
        """Columns from `start` to before `end`.

        Parameters
        ----------
        value : str
        start, end : int

        Returns
        -------
        str
            (n, end - start).
        """
        where = [self.constant([number], np.int64) for number in (start, end, 1)]
        return self.node("Slice", value, *where)

    def row_sum(self, value: str) -> str:
        """Sum over the columns.

        Parameters
        ----------
        value : str
            (n, n_columns).

        Returns
        -------
        str
            (n, 1).
        """
        return self.node("ReduceSum", value, self.constant([1], np.int64))

    def row_maximum(self, value: str) -> str:
        """Largest of the columns.

        Parameters
        ----------
        value : str
            (n, n_columns).

        Returns
        -------
        str
            (n, 1).
        """
        return self.node("ReduceMax", value, self.constant([1], np.int64))

    def best_column(self, value: str, n_columns: int) -> str:
        """True at the first of the largest columns of each row.

        Parameters
        ----------
        value : str
        n_columns : int
            That it has.

        Returns
        -------
        str
            (n, n_columns) bool.
        """
        best = self.node("ArgMax", value, axis=1, keepdims=1)
        return self.node("Equal", best, self.constant(np.arange(n_columns), np.int64))

    def finish(self, outputs: Mapping[str, tuple[str, Shape]], kind: str = "DOUBLE") -> bytes:
        """The graph as the bytes of an ONNX file.

        Parameters
        ----------
        outputs : mapping of name to (value, shape)
        kind : str
            Type of the numbers of all outputs.

        Returns
        -------
        bytes
            The same calls give the same bytes.
        """
        from onnx import checker

        for name, (value, _) in outputs.items():
            self._nodes.append(self._helper.make_node("Cast", [value], [name], to=self._kind(kind)))
        given = [
            self._helper.make_tensor_value_info(name, self._kind(kind), list(shape))
            for name, (_, shape) in outputs.items()
        ]
        graph = self._helper.make_graph(self._nodes, "affuse", self._inputs, given, self._constants)
        opsets = [self._helper.make_opsetid("", OPSET)]
        model = self._helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        checker.check_model(model)
        content: bytes = model.SerializeToString(deterministic=True)
        return content

    def _pair(self, kind: str, value: str, other: str | ArrayLike) -> str:
        return self.node(kind, value, other if isinstance(other, str) else self.constant(other))

    def _kind(self, name: str) -> int:
        from onnx import TensorProto

        return int(TensorProto.DataType.Value(name))
