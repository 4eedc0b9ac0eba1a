"""A trained network -> ONNX graph, which runs without torch."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import MissingDependency
from affuse.models.training import import_torch
from affuse.storage.scratch import scratch_folder
from affuse.storage.whole import atomic_file

if TYPE_CHECKING:
    import torch

OPSET = 18
_LARGE = 1024
"""Numbers of an array from which it is worth storing in half precision."""


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
    path.write_bytes(without_traces(path.read_bytes()))


def without_traces(graph: bytes) -> bytes:
    """The graph without torch's notes on the code that made it, which hold paths of files.

    Parameters
    ----------
    graph : bytes
        As ONNX stores it.

    Returns
    -------
    bytes
    """
    import onnx

    model = onnx.load_from_string(graph)
    main = model.graph
    parts = [model, main, *main.node, *main.input, *main.output, *main.value_info]
    for function in model.functions:
        parts += [function, *function.node, *function.value_info]
    for part in (*parts, *main.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    return bytes(model.SerializeToString())


def halve_weights(graph: bytes) -> bytes:
    """The graph with its large weights stored in half precision; it computes in single as before.

    Parameters
    ----------
    graph : bytes
        As ONNX stores it.

    Returns
    -------
    bytes
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(graph)
    main = model.graph
    casts = []
    for each in main.initializer:
        if each.data_type != onnx.TensorProto.FLOAT or math.prod(each.dims) < _LARGE:
            continue
        name = each.name
        halved = numpy_helper.to_array(each).astype(np.float16)
        each.CopyFrom(numpy_helper.from_array(halved, f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [each.name], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *main.node]
    del main.node[:]
    main.node.extend(nodes)
    return bytes(model.SerializeToString())


def quantise(path: Path, examples: Iterable[Mapping[str, NDArray[Any]]]) -> None:
    """Let a graph's convolutions and dense layers compute with 8-bit integers.

    Static ranges of everything between them, least to greatest over the examples; weights per
    channel, in 7 bits, so that no processor's 16-bit sums of products overflow and all compute the
    same. Convolutions of a single channel stay in single precision: what they take is the
    picture itself, they cost little, and a third of what 8 bits do to the answer comes from them.

    Parameters
    ----------
    path : Path
        The graph, which is replaced.
    examples : iterable of {input name: array}
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    given = iter(examples)

    class Examples(CalibrationDataReader):
        def get_next(self) -> Mapping[str, NDArray[Any]] | None:
            return next(given, None)

    with scratch_folder("quantise") as folder:
        prepared, made = folder / "prepared.onnx", folder / "made.onnx"
        # Symbolic shapes need sympy, and the exporter has inferred them already.
        quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(made),
            Examples(),
            op_types_to_quantize=["Conv", "Relu", "MaxPool", "AveragePool", "Gemm"],
            per_channel=True,
            reduce_range=True,
            nodes_to_exclude=_convolutions_of_one_channel(prepared),
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        with atomic_file(path) as temporary:
            temporary.write_bytes(made.read_bytes())


def _convolutions_of_one_channel(graph: Path) -> list[str]:
    """Names of the convolutions with one input channel."""
    import onnx

    main = onnx.load(str(graph)).graph
    shapes = {each.name: tuple(each.dims) for each in main.initializer}
    return [
        node.name
        for node in main.node
        if node.op_type == "Conv" and shapes.get(node.input[1], (0, 0))[1] == 1
    ]
