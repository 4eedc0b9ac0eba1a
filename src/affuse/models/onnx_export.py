"""A trained network -> ONNX graph, which runs without torch."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from affuse.errors import MissingDependency
from affuse.models.training import import_torch

if TYPE_CHECKING:
    import torch

OPSET = 18
_LARGE = 4096


def export_network(
    network: torch.nn.Module,
    example: torch.Tensor | tuple[torch.Tensor, ...],
    path: Path,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    dynamic: dict[str, dict[int, str]],
    halved: bool = False,
) -> None:
    """Write a network in evaluation mode as one ONNX file.

    Parameters
    ----------
    network : torch.nn.Module
    example : tensor or tuple of tensors
        Input of the shapes that the graph takes.
    path : Path
        Receives the graph, weights included.
    inputs, outputs : sequence of str
        Names in the graph.
    dynamic : mapping of input name to {axis: name}
        Axes whose length is free.
    halved : bool
        Store large arrays in half precision; the graph computes in single precision all the
        same.

    Raises
    ------
    MissingDependency
        torch or onnxscript is not installed.
    """
    torch = import_torch()
    try:
        import onnxscript  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingDependency("onnxscript", "train") from error
    examples = example if isinstance(example, tuple) else (example,)
    shapes = tuple(
        {axis: torch.export.Dim(label) for axis, label in dynamic.get(name, {}).items()}
        for name in inputs
    )
    with warnings.catch_warnings():
        # What torch's exporter says of its own insides.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network.eval(),
            examples,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=shapes,
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    program.save(str(path), external_data=False)
    if halved:
        _halve(path)


def _halve(path: Path) -> None:
    """Large arrays in half precision, cast back when the graph is loaded."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(path)
    casts = []
    for array in model.graph.initializer:
        values = numpy_helper.to_array(array)
        if array.data_type != TensorProto.FLOAT or values.size < _LARGE:
            continue
        name = array.name
        array.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)
