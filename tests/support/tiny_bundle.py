"""Bundles of tiny graphs that take and give what the real networks do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from affuse.bundle.bundle import Bundle
from affuse.bundle.manifest import CARD, Manifest
from affuse.bundle.member import Familiarity, FeatureSource, Member
from affuse.bundle.writer import make_bundle
from affuse.predict.members import FACE_CROPS, VOICE
from affuse.records import FER2013_EMOTIONS, RAVDESS_EMOTIONS

TO_RAVDESS = {
    "disgust": ("disgust",),
    "fear": ("fearful",),
    "surprise": ("surprised",),
    "neutral": ("neutral", "calm"),
}


def brightness_graph(n_classes: int) -> bytes:
    """Faces (n, 1, 48, 48) -> probabilities by mean grey level: dark is the first class."""
    slopes = np.linspace(-8, 8, n_classes).astype(np.float32)
    return _graph(
        "faces",
        ["n", 1, 48, 48],
        [
            _node("ReduceMean", ["faces", "axes_image"], ["mean4"], keepdims=0),
            _node("Sub", ["mean4", "middle"], ["centred"]),
            _node("Mul", ["centred", "scale"], ["scaled"]),
            _node("MatMul", ["scaled", "slopes"], ["logits"]),
        ],
        {
            "axes_image": np.array([2, 3], np.int64),
            "middle": np.float32([128]),
            "scale": np.float32([1 / 64]),
            "slopes": slopes[None],
        },
        n_classes,
    )


def pitch_graph(n_classes: int, n_bands: int = 64) -> bytes:
    """Log-mel (1, n_frames, 64) -> probabilities by the loudest band: low is the first class."""
    bands = np.arange(n_bands)[:, None] * n_classes / n_bands
    slopes = np.exp(-((bands - np.arange(n_classes) - 0.5) ** 2)).astype(np.float32)
    return _graph(
        "log_mel",
        [1, "n_frames", n_bands],
        [
            _node("ReduceMean", ["log_mel", "axes_time"], ["mean"], keepdims=0),
            _node("MatMul", ["mean", "slopes"], ["logits"]),
        ],
        {"axes_time": np.array([1], np.int64), "slopes": slopes},
        n_classes,
    )


def linear_graph(inputs: Sequence[str], widths: Sequence[int], n_classes: int) -> bytes:
    """Rows of features by name -> probabilities; seeded weights."""
    rng = np.random.default_rng(0)
    joined = helper.make_node("Concat", list(inputs), ["x"], axis=1)
    weights = rng.standard_normal((sum(widths), n_classes)).astype(np.float32) / 100
    nodes = [joined, _node("MatMul", ["x", "w"], ["logits"])]
    shapes = {name: ["n", width] for name, width in zip(inputs, widths, strict=True)}
    return _model(shapes, nodes, {"w": weights}, n_classes)


def face_and_voice(abstain_below: float = 0.0, fusion: str = "product") -> Bundle:
    """Like the bundle that comes with affuse, in a few hundred bytes."""
    return tiny_bundle([face_member(), voice_member()], abstain_below)


def face_member() -> tuple[Member, bytes]:
    member = Member(
        name="face",
        features={"video": FeatureSource(name=FACE_CROPS)},
        graph="face.onnx",
        classes=FER2013_EMOTIONS,
        stands_for=TO_RAVDESS,
    )
    return member, brightness_graph(len(FER2013_EMOTIONS))


def voice_member() -> tuple[Member, bytes]:
    member = Member(
        name="voice",
        features={"audio": FeatureSource(name=VOICE)},
        graph="voice.onnx",
        classes=RAVDESS_EMOTIONS,
    )
    return member, pitch_graph(len(RAVDESS_EMOTIONS))


def with_familiarity(bundle: Bundle, decline: float = 0.0) -> Bundle:
    """The same bundle, whose members know how far a clip is from their training.

    The embedding of a face is its mean grey level, that of a voice the mean of its log-mel; the
    distance is that to 128, or to 0.
    """
    found = {"face": ("faces", 128.0), "voice": ("log_mel", 0.0)}
    files, members = dict(bundle.files), []
    for member in bundle.manifest.members:
        source, middle = found[member.name]
        files[member.graph] = _embedding_as_well(files[member.graph], source)
        graph = f"{member.name}-distance.onnx"
        files[graph] = distance_graph(middle)
        known = Familiarity(graph=graph, distances=(1.0, 50.0, 99.0), decline=decline)
        members.append(member.model_copy(update={"familiarity": known}))
    changed = {"members": tuple(members), "format": 4, "files": {}}
    return make_bundle(bundle.manifest.model_copy(update=changed), files)


def distance_graph(middle: float) -> bytes:
    """Embeddings (n, 1) -> how far each is from a number."""
    nodes = [
        _node("Sub", ["embedding", "middle"], ["difference"]),
        _node("Abs", ["difference"], ["far"]),
        _node("Squeeze", ["far", "last"], ["distance"]),
    ]
    constants = {"middle": np.float32([[middle]]), "last": np.array([1], np.int64)}
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 1])
    distance = helper.make_tensor_value_info("distance", TensorProto.FLOAT, ["n"])
    made = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "distance", [embedding], [distance], made)
    return bytes(_checked(graph).SerializeToString())


def _embedding_as_well(content: bytes, source: str) -> bytes:
    """A graph that also gives the mean of its input as an embedding of one number."""
    graph = onnx.load_from_string(content).graph
    axes = np.array([1, 2, 3] if source == "faces" else [1, 2], np.int64)
    graph.initializer.append(numpy_helper.from_array(axes, "axes_all"))
    graph.initializer.append(numpy_helper.from_array(np.array([-1, 1], np.int64), "column"))
    graph.node.append(_node("ReduceMean", [source, "axes_all"], ["mean_all"], keepdims=0))
    graph.node.append(_node("Reshape", ["mean_all", "column"], ["embedding"]))
    value = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["m", 1])
    graph.output.append(value)
    return bytes(_checked(graph).SerializeToString())


def _checked(graph: onnx.GraphProto) -> onnx.ModelProto:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def tiny_bundle(
    members: Sequence[tuple[Member, bytes]],
    abstain_below: float = 0.0,
    classes: Sequence[str] = RAVDESS_EMOTIONS,
) -> Bundle:
    """A bundle in memory of these members and their graphs."""
    manifest = Manifest(
        affuse="0",
        name="tiny",
        classes=tuple(classes),
        members=tuple(member for member, _ in members),
        abstain_below=abstain_below,
    )
    files = {member.graph: graph for member, graph in members}
    return make_bundle(manifest, {**files, CARD: b"# Tiny\n"})


def _graph(
    name: str,
    shape: Sequence[int | str],
    nodes: Sequence[onnx.NodeProto],
    constants: dict[str, np.ndarray],
    n_classes: int,
) -> bytes:
    return _model({name: shape}, nodes, constants, n_classes)


def _model(
    inputs: dict[str, Sequence[int | str]],
    nodes: Sequence[onnx.NodeProto],
    constants: dict[str, np.ndarray],
    n_classes: int,
) -> bytes:
    graph = helper.make_graph(
        [*nodes, _node("Softmax", ["logits"], ["probabilities"], axis=-1)],
        "tiny",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", n_classes])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    return bytes(_checked(graph).SerializeToString())


def _node(
    operator: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: int
) -> onnx.NodeProto:
    return helper.make_node(operator, list(inputs), list(outputs), **attributes)


def constant_graph(graph_input: str, probabilities: Sequence[float]) -> bytes:
    """Gives these probabilities whatever it takes: "faces" (n, 1, 48, 48), or "log_mel"."""
    is_face = graph_input == "faces"
    axes, width = ([2, 3], 1) if is_face else ([1], 64)
    shape: list[int | str] = ["n", 1, 48, 48] if is_face else [1, "n_frames", 64]
    return _graph(
        graph_input,
        shape,
        [
            _node("ReduceMean", [graph_input, "axes"], ["mean"], keepdims=0),
            _node("MatMul", ["mean", "nothing"], ["none"]),
            _node("Add", ["none", "constant"], ["logits"]),
        ],
        {
            "axes": np.array(axes, np.int64),
            "nothing": np.zeros((width, len(probabilities)), np.float32),
            "constant": np.log(np.float32([probabilities])),
        },
        len(probabilities),
    )
