"""A trained network -> ONNX graph, which runs without torch."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from affuse.errors import MissingDependency
from affuse.models.training import import_torch

if TYPE_CHECKING:
    import torch

OPSET = 18


def export_network(
    network: torch.nn.Module,
    example: torch.Tensor | tuple[torch.Tensor, ...],
    path: Path,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    dynamic: dict[str, dict[int, str]],
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
