"""Bundles made to hurt: each is refused in one line, soon, in little memory, and nothing runs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from affuse.bundle import bundle as bundle_module
from affuse.bundle import reader
from affuse.bundle.bundle import Bundle, manifest_hash
from affuse.bundle.decision import decide, member_probabilities
from affuse.bundle.graph_safety import NotOnnx, inspect_graph
from affuse.bundle.manifest import MANIFEST
from affuse.bundle.reader import read_bundle
from affuse.bundle.writer import write_bundle
from affuse.errors import BundleError

Change = Callable[[dict[str, Any]], None]
FLOAT = TensorProto.FLOAT


@pytest.fixture
def folder(tiny_bundle, tmp_path) -> Path:
    return write_bundle(tiny_bundle, tmp_path / "bundle")


def refused(folder: Path) -> str:
    """What is said of a bundle: one short line."""
    with pytest.raises(BundleError) as caught:
        read_bundle(folder)
    printed = str(caught.value)
    assert printed.isprintable()
    assert len(printed) < 1000
    return printed


def sealed(folder: Path, change: Change) -> None:
    """The manifest changed, with the hash that fits, as an attacker would write it."""
    fields = json.loads((folder / MANIFEST).read_text("utf-8"))
    del fields["sha256"]
    change(fields)
    (folder / MANIFEST).write_text(json.dumps({**fields, "sha256": manifest_hash(fields)}))


def with_graph(folder: Path, content: bytes) -> Path:
    """Another graph, with its hash."""
    (folder / "audio.onnx").write_bytes(content)
    sealed(folder, lambda f: f["files"].update({"audio.onnx": hashlib.sha256(content).hexdigest()}))
    return folder


MANIFESTS = {
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 200_000,
    "deep and whole": b'{"format": 1, "a": ' + b"[" * 500 + b"]" * 500 + b"}",
    "not a number": b'{"format": 1, "abstain_below": NaN}',
    "infinity": b'{"format": 1, "abstain_below": -Infinity}',
    "beyond float64": b'{"format": 1, "abstain_below": 1e999}',
    "a number of many digits": b'{"format": ' + b"9" * 100_000 + b"}",
    "a long format": b'{"format": ' + b"9" * 4000 + b', "affuse": "' + b"x" * 10_000 + b'"}',
    "true as a number": b'{"format": true}',
    "a key twice": b'{"format": 1, "name": "a", "name": "b"}',
    "a key twice, deep inside": b'{"format": 1, "fusion": {"rule": "mean", "rule": "max"}}',
    "a sequence for terminals": b'{"format": 1, "name": "a\\u001b]0;b\\u0007"}',
    "a key for terminals": b'{"format": 1, "a\\u009b31m": 1}',
    "half a letter": b'{"format": 1, "name": "\\ud800"}',
    "no text": b"\xff\xfe\x00\xd8",
    "bytes": bytes(range(256)),
    "empty": b"",
    "a string": b'"format"',
    "cut off": b'{"format": 1, "name": "a',
    "a comment": b'{"format": 1} // end',
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests(name, folder):
    (folder / MANIFEST).write_bytes(MANIFESTS[name])
    printed = refused(folder)
    assert "bundle.json" in printed
    assert "altered" not in printed, "it is looked into before its hash is"


def changed(**fields: Any) -> Change:
    return lambda manifest: manifest.update(fields)


def member(**fields: Any) -> Change:
    return lambda manifest: manifest["members"][0].update(fields)


def source(**fields: Any) -> Change:
    return lambda manifest: manifest["members"][0]["features"]["audio"].update(fields)


def stacked(manifest: dict[str, Any]) -> None:
    manifest["fusion"] = {
        "rule": "stacking",
        "stackers": [{"members": ["audio", "audio"], "graph": "audio.onnx"}],
    }


FIELDS: dict[str, tuple[Change, str]] = {
    "huge shape": (source(shape=[10**6, 10**6]), "more than 100,000,000 numbers"),
    "negative shape": (source(shape=[-1, 4]), "greater than or equal to 0"),
    "shape of many dimensions": (source(shape=[1] * 40), "at most 8 items"),
    "shape beyond int64": (source(shape=[10**400]), "less than or equal to 100000000"),
    "weight that makes nothing of all": (member(weight=1e308), "less than or equal to 1000"),
    "temperature near nothing": (member(temperature=1e-300), "greater than or equal to"),
    "temperature beyond all": (member(temperature=1e300), "less than or equal to"),
    "prior near nothing": (
        member(prior={"neutral": 1e-320, "calm": 0.5, "happy": 0.5}),
        "greater than or equal to",
    ),
    "class that means nothing": (member(stands_for={"calm": []}), "at least 1 item"),
    "same class twice": (member(classes=["calm", "calm", "happy"]), "each must be there once"),
    "one class": (changed(classes=["calm"]), "expected at least 2"),
    "ten thousand wrong fields": (
        changed(**{f"field {number}": number for number in range(10_000)}),
        "Extra inputs are not permitted",
    ),
    "graph above the folder": (member(graph="../audio.onnx"), "should match pattern"),
    "graph of any path": (member(graph="/etc/passwd"), "should match pattern"),
    "graph of another drive": (member(graph="C:audio.onnx"), "should match pattern"),
    "graph with a long name": (member(graph="a" * 10_000), "at most 200 characters"),
    "card above the folder": (changed(card="../../etc/passwd"), "should match pattern"),
    "hash that is none": (changed(files={"audio.onnx": "0" * 63}), "should match pattern"),
    "the manifest as its own file": (
        lambda m: m["files"].update({MANIFEST: "0" * 64}),
        "altered after the bundle was written",
    ),
    "stacker of one member twice": (stacked, "each must be there once"),
    "rule that is code": (
        changed(fusion={"rule": "__import__('os')"}),
        "fusion.rule: String should match pattern",
    ),
    "rule that is not installed": (
        changed(fusion={"rule": "attention"}),
        "combines its members by a rule that is not installed here (rule 'attention' was given; "
        "expected one of majority, max, mean",
    ),
}


@pytest.mark.parametrize("name", FIELDS)
def test_fields(name, folder):
    change, expected = FIELDS[name]
    sealed(folder, change)
    assert expected in refused(folder)


def a_link_to_a_file(folder: Path) -> None:
    (folder / "audio.onnx").rename(folder.parent / "audio.onnx")
    (folder / "audio.onnx").symlink_to(folder.parent / "audio.onnx")


def a_pipe(folder: Path) -> None:
    (folder / "audio.onnx").unlink()
    os.mkfifo(folder / "audio.onnx")


def a_folder(folder: Path) -> None:
    (folder / "audio.onnx").unlink()
    (folder / "audio.onnx").mkdir()


def a_device(folder: Path) -> None:
    (folder / "audio.onnx").unlink()
    (folder / "audio.onnx").symlink_to("/dev/zero")


def terabytes_of_nothing(folder: Path) -> None:
    os.truncate(folder / "audio.onnx", 2**42)


def a_manifest_of_gigabytes(folder: Path) -> None:
    os.truncate(folder / MANIFEST, 2**33)


def a_manifest_that_is_a_link(folder: Path) -> None:
    (folder / MANIFEST).rename(folder.parent / "x.json")
    (folder / MANIFEST).symlink_to(folder.parent / "x.json")


def a_manifest_that_is_a_pipe(folder: Path) -> None:
    (folder / MANIFEST).unlink()
    os.mkfifo(folder / MANIFEST)


FILES = (
    a_link_to_a_file,
    a_pipe,
    a_folder,
    a_device,
    terabytes_of_nothing,
    a_manifest_of_gigabytes,
    a_manifest_that_is_a_link,
    a_manifest_that_is_a_pipe,
)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs links and pipes")
@pytest.mark.parametrize("made", FILES)
def test_files(made, folder):
    made(folder)
    refused(folder)


def graph_of(*nodes: onnx.NodeProto, tensors: tuple[onnx.TensorProto, ...] = ()) -> bytes:
    """A model that takes (n, 4) and gives ``probabilities``."""
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info("audio", FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("probabilities", FLOAT, None)],
        list(tensors),
    )
    opset = helper.make_opsetid("", 18)
    made: bytes = helper.make_model(graph, opset_imports=[opset], ir_version=9).SerializeToString()
    return made


def node(kind: str, *inputs: str, domain: str = "", **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs, ["probabilities"], domain=domain, **attributes)


def whole(name: str, *numbers: int) -> onnx.TensorProto:
    return helper.make_tensor(name, TensorProto.INT64, [len(numbers)], numbers)


def external(location: str) -> bytes:
    tensor = onnx.TensorProto(name="w", data_type=FLOAT, dims=[4])
    tensor.external_data.add(key="location", value=location)
    return graph_of(node("Add", "audio", "w"), tensors=(tensor,))


def external_in_an_attribute() -> bytes:
    tensor = onnx.TensorProto(name="w", data_type=FLOAT, dims=[1])
    tensor.external_data.add(key="location", value="../x")
    return graph_of(node("ConstantOfShape", "audio", value=tensor))


def nested(depth: int) -> bytes:
    """If in If in If ..."""
    inner = b""
    for _ in range(depth):
        inner = _message(1, _message(5, _message(6, inner)))
    return _message(7, inner)


def hidden_field(domain: bytes) -> bytes:
    """A graph under a number of which readers in C++ keep 32 bits: 7, as theirs."""
    told = _message(1, _message(4, b"Run") + _message(7, domain))
    return _varint((1 << 32) | (7 << 3) | 2) + _varint(len(told)) + told


def own_format_of_the_runtime() -> bytes:
    """Reads as a message of protocol buffers, and as what onnxruntime calls ORTM."""
    return b"\x0a\x06\x00\x00ORTM" + graph_of(node("Identity", "audio"))


GRAPHS: dict[str, tuple[Callable[[], bytes], str]] = {
    "weights above": (lambda: external("../../etc/passwd"), "keeps weights in another file"),
    "weights anywhere": (lambda: external("/etc/passwd"), "keeps weights in another file"),
    "weights beside": (lambda: external("MODEL_CARD.md"), "keeps weights in another file"),
    "weights of an attribute": (external_in_an_attribute, "keeps weights in another file"),
    "operator from elsewhere": (
        lambda: graph_of(node("Run", "audio", domain="evil\x1b[2J")),
        r"uses evil\x1b[2J::Run, which ONNX does not define",
    ),
    "graphs in graphs": (lambda: nested(40), "nested too deeply"),
    "a hidden field": (lambda: hidden_field(b"evil"), "a field has no legal number"),
    "format of the runtime": (own_format_of_the_runtime, "onnxruntime's own format"),
    "cut off": (lambda: graph_of(node("Identity", "audio"))[:-7], "cut short"),
    "length beyond all": (lambda: b"\x3a" + b"\xff" * 9 + b"\x01", "cut short"),
    "text": (lambda: b"import os; os.system('id')", "is no ONNX graph"),
    "pickle": (lambda: b"\x80\x04cos\nsystem\n(S'id'\ntR.", "is no ONNX graph"),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs(name, folder):
    made, expected = GRAPHS[name]
    assert expected in refused(with_graph(folder, made()))


def loop(n_rounds: int) -> bytes:
    """Identity, over and over."""
    values = [("i", TensorProto.INT64, []), ("on", TensorProto.BOOL, []), ("x", FLOAT, None)]
    given = [helper.make_tensor_value_info(*value) for value in values]
    back = [
        helper.make_tensor_value_info("on2", TensorProto.BOOL, []),
        helper.make_tensor_value_info("x2", FLOAT, None),
    ]
    same = [
        helper.make_node("Identity", ["on"], ["on2"]),
        helper.make_node("Identity", ["x"], ["x2"]),
    ]
    return graph_of(
        node("Loop", "most", "first", "audio", body=helper.make_graph(same, "body", given, back)),
        tensors=(
            helper.make_tensor("most", TensorProto.INT64, [], [n_rounds]),
            helper.make_tensor("first", TensorProto.BOOL, [], [True]),
        ),
    )


def constant(*values: float) -> bytes:
    """The same answer to everything."""
    row = helper.make_tensor("row", FLOAT, [1, len(values)], values)
    return graph_of(node("Identity", "row"), tensors=(row,))


def of_shape(*shape: int) -> bytes:
    """Ones without an end."""
    return graph_of(node("ConstantOfShape", "shape"), tensors=(whole("shape", *shape),))


def text_out() -> bytes:
    words = helper.make_tensor("words", TensorProto.STRING, [1, 3], [b"a", b"b", b"\x1b[2J"])
    graph = onnx.load_from_string(graph_of(node("Identity", "words"), tensors=(words,)))
    graph.graph.output[0].type.tensor_type.elem_type = TensorProto.STRING
    made: bytes = graph.SerializeToString()
    return made


RUNS: dict[str, tuple[Callable[[], bytes], str]] = {
    "memory of 40 GB": (lambda: of_shape(10**5, 10**5), "audio.onnx"),
    "memory of 12 GB, in a few small steps": (lambda: of_shape(3000, 10**6), "audio.onnx"),
    "memory beyond int64": (lambda: of_shape(2**40, 2**40), "audio.onnx"),
    "negative size": (lambda: of_shape(-5, 3), "audio.onnx"),
    "a loop without an end": (lambda: loop(2**62), "audio.onnx"),
    "not a number": (lambda: constant(float("nan"), 0.5, 0.5), "no probabilities"),
    "infinity": (lambda: constant(float("inf"), 0.5, 0.5), "no probabilities"),
    "negative": (lambda: constant(-1.0, 1.0, 1.0), "no probabilities"),
    "nothing at all": (lambda: constant(0.0, 0.0, 0.0), "no probabilities"),
    "too many classes": (lambda: constant(*[0.1] * 10), "has 3 classes"),
    "words": (text_out, "audio.onnx"),
}


@pytest.mark.parametrize("name", RUNS)
def test_runs(name, folder, monkeypatch, capfd):
    made, expected = RUNS[name]
    monkeypatch.setattr(bundle_module, "MOST_RUN_S", 0.2 if name.startswith("a loop") else 1.0)
    bundle = read_bundle(with_graph(folder, made()))
    with pytest.raises(BundleError) as caught:
        decide(bundle, {"audio": member_probabilities(bundle, "audio", {"audio": np.ones((1, 4))})})
    assert expected in str(caught.value)
    assert str(caught.value).isprintable()
    assert capfd.readouterr() == ("", ""), "nothing of it reaches the terminal"


def test_a_stacker_of_another_shape(tiny_bundle, folder):
    """Two members, and one that decides in more classes than there are."""
    other = {**tiny_bundle.manifest.members[0].model_dump(mode="json"), "name": "other"}
    content = stacker_of(5)
    (folder / "stack.onnx").write_bytes(content)

    def change(fields: dict[str, Any]) -> None:
        fields["members"].append(other)
        stacker = {"members": ["audio", "other"], "graph": "stack.onnx"}
        fields["fusion"] = {"rule": "stacking", "stackers": [stacker]}
        fields["files"]["stack.onnx"] = hashlib.sha256(content).hexdigest()

    sealed(folder, change)
    rows = np.full((2, 3), 1 / 3)
    with pytest.raises(BundleError, match=r"stack.onnx gave .* \(1, 5\).* \(2, 3\)"):
        decide(read_bundle(folder), {"audio": rows, "other": rows})


def stacker_of(n_classes: int) -> bytes:
    graph = onnx.load_from_string(constant(*[1 / n_classes] * n_classes))
    del graph.graph.input[:]
    for name in ("audio", "other"):
        graph.graph.input.append(helper.make_tensor_value_info(name, FLOAT, ["n", 3]))
    made: bytes = graph.SerializeToString()
    return made


def test_the_command_line_says_one_line(folder, tmp_path, affuse):
    (folder / MANIFEST).write_bytes(MANIFESTS["deep lists"])
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    ended = affuse(tmp_path, "predict", tmp_path / "a.wav", "--bundle", folder)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    (line,) = ended.stderr.splitlines()
    assert "nested too deeply" in line


def test_memory_stays_small(folder, tmp_path):
    """The whole reading of a bundle of five million fields, in a process of its own."""
    pytest.importorskip("resource")
    with_graph(folder, b"\x08\x01" * 5_000_000)
    code = (
        "import resource, sys; from affuse.bundle.reader import read_bundle\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: read_bundle(sys.argv[1])\n"
        "except Exception as error: print(type(error).__name__, error, sep='\\n')\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    kind, reason, grown_mb = ended.stdout.splitlines()
    assert kind == "BundleError"
    assert "more than 2,000,000 fields" in reason
    assert reason.isprintable()
    assert len(reason) < 1000
    assert int(grown_mb) < 400


def test_shipped_bundles_keep_within_every_bound():
    from affuse.predict.recogniser import SHIPPED

    bundle: Bundle = read_bundle(SHIPPED)
    assert sum(map(len, bundle.files.values())) < reader.MOST_BYTES / 20
    for name in bundle.manifest.graphs:
        bundle.session(name)


def test_hidden_fields_are_refused_by_name():
    with pytest.raises(NotOnnx, match="a field has no legal number"):
        inspect_graph(hidden_field(b"evil"))


def _message(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])
