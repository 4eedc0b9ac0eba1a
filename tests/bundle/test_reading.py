"""What is read was checked: altered, missing, foreign and newer bundles are refused in words."""

from __future__ import annotations

import hashlib
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from pydantic import ValidationError

from affuse.bundle.bundle import manifest_hash
from affuse.bundle.graph_safety import NotOnnx, check_graph, inspect_graph
from affuse.bundle.manifest import MANIFEST, Manifest
from affuse.bundle.reader import read_bundle
from affuse.bundle.writer import make_bundle, write_bundle
from affuse.errors import BundleError, OutputError


@pytest.fixture
def folder(tiny_bundle, tmp_path) -> Path:
    return write_bundle(tiny_bundle, tmp_path / "bundle")


def rewrite(folder: Path, **fields: object) -> None:
    """The manifest with other fields and the hash that fits them, as an attacker would write it."""
    content = {**json.loads((folder / MANIFEST).read_text("utf-8")), **fields}
    content["sha256"] = manifest_hash(content)
    (folder / MANIFEST).write_text(json.dumps(content), "utf-8")


def test_round_trip(tiny_bundle, folder, tmp_path):
    read = read_bundle(folder)
    assert read.manifest == tiny_bundle.manifest
    assert read.files == tiny_bundle.files
    assert read.card == "# t"
    assert read.title == tiny_bundle.title
    assert read.title.startswith("tiny ")
    again = write_bundle(read, tmp_path / "again")
    for path in folder.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()
    assert sorted(p.name for p in folder.iterdir()) == ["MODEL_CARD.md", "audio.onnx", MANIFEST]


@pytest.mark.parametrize("name", ["audio.onnx", "MODEL_CARD.md"])
def test_every_byte_counts(name, folder):
    content = bytearray((folder / name).read_bytes())
    for at in (0, len(content) // 2, len(content) - 1):
        altered = bytearray(content)
        altered[at] ^= 1
        (folder / name).write_bytes(altered)
        with pytest.raises(BundleError, match=f"{name} was altered after the bundle was written"):
            read_bundle(folder)


def test_altered_manifest(folder):
    path = folder / MANIFEST
    path.write_text(path.read_text("utf-8").replace('"tiny"', '"mine"'), "utf-8")
    with pytest.raises(BundleError, match=r"bundle.json was altered after it was written"):
        read_bundle(folder)


@pytest.mark.parametrize("name", ["audio.onnx", "MODEL_CARD.md"])
def test_missing_file(name, folder):
    (folder / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing, or a link; bundle.json names it"):
        read_bundle(folder)


def test_a_link_is_no_file_of_the_bundle(folder, tmp_path):
    elsewhere = tmp_path / "audio.onnx"
    (folder / "audio.onnx").rename(elsewhere)
    (folder / "audio.onnx").symlink_to(elsewhere)
    with pytest.raises(BundleError, match="is missing, or a link"):
        read_bundle(folder)


def test_newer_format(folder):
    rewrite(folder, format=6, affuse="3.1.0", graphs_of_tomorrow=[])
    with pytest.raises(
        BundleError,
        match=r"made by affuse 3\.1\.0, format 6; this affuse reads format 5: update affuse",
    ):
        read_bundle(folder)


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("{", "is no JSON"),
        ("[]", "has no number of a format"),
        ('{"format": "one"}', "has no number of a format"),
    ],
)
def test_no_manifest_at_all(text, output, folder):
    (folder / MANIFEST).write_text(text, "utf-8")
    with pytest.raises(BundleError, match=output):
        read_bundle(folder)


def test_a_folder_of_something_else(tmp_path):
    with pytest.raises(BundleError, match=r"holds no bundle\.json; expected the folder of a"):
        read_bundle(tmp_path)


@pytest.mark.parametrize(
    "name", ["../outside.onnx", "/etc/passwd", "a/b.onnx", "..", ".hidden", "a\\b.onnx", "x\n"]
)
def test_no_file_outside_the_folder(name, folder, tmp_path):
    (tmp_path / "outside.onnx").write_bytes((folder / "audio.onnx").read_bytes())
    fields = json.loads((folder / MANIFEST).read_text("utf-8"))
    files = {**fields["files"], name: fields["files"]["audio.onnx"]}
    rewrite(folder, files=files, members=[{**fields["members"][0], "graph": name}])
    with pytest.raises(BundleError, match=r"does not describe a bundle: .*should match pattern"):
        read_bundle(folder)


def test_a_file_without_a_hash(folder):
    fields = json.loads((folder / MANIFEST).read_text("utf-8"))
    rewrite(folder, files={"MODEL_CARD.md": fields["files"]["MODEL_CARD.md"]})
    with pytest.raises(BundleError, match=r"files \['audio.onnx'\] have no hash"):
        read_bundle(folder)
    rewrite(folder, files={})
    with pytest.raises(BundleError, match=r"names MODEL_CARD.md, audio.onnx without a hash"):
        read_bundle(folder)


def test_unknown_field(folder):
    rewrite(folder, pickle="model.pkl")
    with pytest.raises(BundleError, match="does not describe a bundle: pickle: Extra inputs"):
        read_bundle(folder)


def one_node(kind: str, domain: str = "", **attributes: object) -> onnx.ModelProto:
    node = helper.make_node(kind, ["audio"], ["probabilities"], domain=domain, **attributes)
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4])
        for name in ("audio", "probabilities")
    ]
    graph = helper.make_graph([node], "g", ends[:1], ends[1:])
    opsets = [helper.make_opsetid("", 18), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def with_external_weights() -> onnx.ModelProto:
    model = one_node("Identity")
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    model.graph.initializer.append(tensor)
    return model


def inside_a_branch() -> onnx.ModelProto:
    model = one_node("Identity")
    hidden = one_node("EPContext", "com.microsoft").graph
    model.graph.node.append(
        helper.make_node("If", ["audio"], ["b"], then_branch=hidden, else_branch=hidden)
    )
    return model


def inside_a_function() -> onnx.ModelProto:
    """A function of the file's own, whose name is that of an operator of the runtime."""
    model = one_node("EPContext", "com.microsoft")
    body = [helper.make_node("Identity", ["x"], ["y"])]
    opsets = [helper.make_opsetid("", 18)]
    function = helper.make_function("com.microsoft", "EPContext", ["x"], ["y"], body, opsets)
    model.functions.append(function)
    return model


@pytest.mark.parametrize(
    ("model", "output"),
    [
        (one_node("PyOp", "ai.onnx.contrib"), r"uses ai.onnx.contrib::PyOp, which ONNX does not"),
        (one_node("EPContext", "com.microsoft"), r"uses com.microsoft::EPContext"),
        (inside_a_branch(), r"uses com.microsoft::EPContext"),
        (inside_a_function(), r"uses com.microsoft::EPContext"),
        (with_external_weights(), "keeps weights in another file, which could be any file"),
    ],
    ids=["custom", "runtime", "branch", "function", "external"],
)
def test_graphs_that_reach_out_are_refused(model, output, tiny_manifest, tiny_bundle, tmp_path):
    content = model.SerializeToString()
    with pytest.raises(BundleError, match=output):
        make_bundle(tiny_manifest, {"audio.onnx": content, "MODEL_CARD.md": b""})
    # Nor is it read where someone else has written it.
    folder = write_bundle(tiny_bundle, tmp_path / "bundle")
    (folder / "audio.onnx").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    rewrite(folder, files={**tiny_bundle.manifest.files, "audio.onnx": sha256})
    with pytest.raises(BundleError, match=output):
        read_bundle(folder)


@pytest.mark.parametrize("content", [b"not a graph", b"\x3a\xff", b"\x08", b"\x3b", b"\x38\x01"])
def test_no_graph_at_all(content):
    with pytest.raises(BundleError, match=r"audio.onnx is no ONNX graph \(.*\); expected one"):
        check_graph("audio.onnx", content)


def test_scalar_fields_of_every_width_are_passed_over():
    model = one_node("LeakyRelu", alpha=0.5)
    model.graph.initializer.append(helper.make_tensor("w", TensorProto.DOUBLE, [1], [0.5]))
    assert inspect_graph(model.SerializeToString()).custom_operators == ()


def test_a_graph_in_a_graph_in_a_graph_ends_somewhere():
    content = b""
    for _ in range(80):
        attribute = message(6, content)
        content = message(1, message(5, attribute))
    with pytest.raises(NotOnnx, match="too deeply"):
        inspect_graph(message(7, content))


def message(number: int, content: bytes) -> bytes:
    """A field that holds a message."""
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


def test_a_graph_that_onnxruntime_cannot_load(tiny_manifest):
    content = one_node("NoSuchOperator").SerializeToString()
    bundle = make_bundle(tiny_manifest, {"audio.onnx": content, "MODEL_CARD.md": b""})
    with pytest.raises(BundleError, match=r"audio.onnx cannot be loaded: .*update onnxruntime"):
        bundle.session("audio.onnx")


def test_inputs_that_do_not_fit(tiny_bundle):
    with pytest.raises(BundleError, match=r"given \['video'\] .* takes \['audio'\] and gives"):
        tiny_bundle.run("audio.onnx", {"video": np.zeros((1, 4))})
    with pytest.raises(BundleError, match="asked for 'embedding'"):
        tiny_bundle.run("audio.onnx", {"audio": np.zeros((1, 4))}, "embedding")
    with pytest.raises(BundleError, match=r"arrays of shapes \{'audio': \(1, 5\)\}; expected"):
        tiny_bundle.run("audio.onnx", {"audio": np.zeros((1, 5))})


def test_sessions_are_made_once_and_not_carried_to_other_processes(tiny_bundle):
    session = tiny_bundle.session("audio.onnx")
    assert tiny_bundle.session("audio.onnx") is session
    options = session.get_session_options()
    assert options.intra_op_num_threads == options.inter_op_num_threads == 1
    copy = pickle.loads(pickle.dumps(tiny_bundle))
    rows = np.ones((2, 4))
    np.testing.assert_array_equal(
        copy.run("audio.onnx", {"audio": rows}), tiny_bundle.run("audio.onnx", {"audio": rows})
    )


def test_writing_leaves_nothing_in_use_alone(tiny_bundle, folder, tmp_path):
    with pytest.raises(OutputError, match="exists and is not empty; expected a new folder"):
        write_bundle(tiny_bundle, folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot be written \(.*\); expected a writable folder"):
        write_bundle(tiny_bundle, tmp_path / "file" / "bundle")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bundle", "file"]


def test_files_that_the_manifest_does_not_name(tiny_manifest, tiny_bundle):
    with pytest.raises(BundleError, match=r"files \['audio.onnx'\] were given; the manifest names"):
        make_bundle(tiny_manifest, {"audio.onnx": tiny_bundle.files["audio.onnx"]})


@pytest.mark.parametrize(
    ("change", "output"),
    [
        ({"classes": ("calm", "calm")}, "each must be there once"),
        ({"classes": ("neutral", "sad")}, r"tells \['calm', 'happy'\], no classes of the bundle"),
        ({"fusion": {"stackers": [{"members": ["a", "b"], "graph": "s.onnx"}]}}, "a stacker wants"),
    ],
)
def test_parts_that_do_not_fit_together(change, output, tiny_manifest):
    with pytest.raises(ValidationError, match=output):
        Manifest.model_validate({**tiny_manifest.model_dump(), **change})


@pytest.mark.parametrize(
    ("change", "output"),
    [
        ({"stands_for": {"sad": ["calm"]}}, r"stands_for of member 'audio' has \['sad'\]"),
        ({"prior": {"calm": 0.5}}, "must have all its classes, or none"),
        ({"share": {"calm": {"calm": 0.5}}}, "must sum to 1 over"),
        ({"share": {"calm": {"happy": 1.0}}}, "must sum to 1 over"),
        ({"temperature": 0.0}, "greater than or equal to"),
    ],
)
def test_members_that_do_not_fit(change, output, tiny_manifest):
    fields = tiny_manifest.model_dump()
    fields["members"] = [{**fields["members"][0], **change}]
    with pytest.raises(ValidationError, match=output):
        Manifest.model_validate(fields)


def test_reading_and_deciding_need_no_training_packages(folder):
    code = (
        "import sys; from affuse.bundle.reader import read_bundle\n"
        "from affuse.bundle.decision import outputs_of_members, decide\n"
        f"bundle = read_bundle({str(folder)!r})\n"
        "decide(bundle, outputs_of_members(bundle, {'audio': [[1, 2, 3, 4]]}))\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(output.stdout.split())
    assert not loaded & {"torch", "sklearn", "onnx", "pandas", "scipy", "cv2", "av", "h5py"}
    assert "onnxruntime" in loaded
