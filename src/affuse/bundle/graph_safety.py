"""What an ONNX file would do when loaded, read from its bytes without loading it.

A graph is data, with two ways out: weights that lie in another file of whatever path, and
operators of a domain beyond ONNX's own, which a runtime may take from a library or which may open
files themselves (``EPContext``). Both are found here before any runtime sees the bytes. The
package ``onnx`` could do it too, but prediction does without it.

Source: the field numbers of ``onnx.proto``; the wire format of protocol buffers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from affuse.errors import BundleError
from affuse.storage.plain_text import shortened

ONNX_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
"""Operators that ONNX itself defines: arithmetic, none of which reaches beyond its tensors."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

_MODEL = {7: "graph", 20: "training", 25: "function"}
_GRAPH = {1: "node", 5: "tensor", 15: "sparse"}
_NODE = {5: "attribute"}
_ATTRIBUTE = {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"}
_FUNCTION = {7: "node", 11: "attribute"}
_SPARSE = {1: "tensor", 2: "tensor"}
_TRAINING = {1: "graph", 2: "graph"}
_INSIDE = {
    "model": _MODEL,
    "graph": _GRAPH,
    "node": _NODE,
    "attribute": _ATTRIBUTE,
    "function": _FUNCTION,
    "sparse": _SPARSE,
    "training": _TRAINING,
    "tensor": {},
}
"""Kind of message -> field number -> kind of the message inside that matters."""

_NODE_OPERATOR, _NODE_DOMAIN = 4, 7
_TENSOR_EXTERNAL, _TENSOR_LOCATION = 13, 14
_DEEPEST = 64
_MOST_FIELDS = 2 * 10**6
"""Of all messages together: what a graph says beside its weights. Reading more takes minutes."""

_LARGEST_KEY = 2**32 - 1
"""Readers in C++ keep 32 bits of a key: a larger one would mean another field to them."""

_OTHER_FORMAT = b"ORTM"
"""Bytes 4 to 8 of onnxruntime's own format, which it would read instead."""


class NotOnnx(ValueError):
    """The bytes are not a message of protocol buffers."""


@dataclass(frozen=True, slots=True)
class GraphContents:
    """What a graph has beyond ONNX's own operators and its own bytes.

    Attributes
    ----------
    custom_operators : tuple of str
        ``domain::name`` of operators that are not ONNX's own, whether or not the file says what
        they are: a runtime may know better.
    external_data : bool
        Whether weights lie in another file.
    """

    custom_operators: tuple[str, ...]
    external_data: bool


def inspect_graph(model: bytes) -> GraphContents:
    """What a graph uses beyond ONNX's own operators and its own bytes.

    Parameters
    ----------
    model : bytes
        Of the file.

    Returns
    -------
    GraphContents

    Raises
    ------
    NotOnnx
        The bytes are cut short, or no ONNX at all.

    Examples
    --------
    >>> inspect_graph(b"")
    GraphContents(custom_operators=(), external_data=False)
    """
    if model[4:8] == _OTHER_FORMAT:
        raise NotOnnx("it is of onnxruntime's own format")
    foreign: set[str] = set()
    external = False
    left = [_MOST_FIELDS]
    for kind, fields in _messages("model", memoryview(model), 0, left):
        if kind == "node":
            domain = _text(fields, _NODE_DOMAIN)
            if domain not in ONNX_DOMAINS:
                foreign.add(f"{domain}::{_text(fields, _NODE_OPERATOR)}")
        elif kind == "tensor":
            located = fields.get(_TENSOR_LOCATION, [0])
            external = external or any(located) or _TENSOR_EXTERNAL in fields
    return GraphContents(tuple(sorted(foreign)), external)


def check_graph(name: str, content: bytes) -> None:
    """Refuse a graph that reaches beyond ONNX's own operators and its own bytes.

    Parameters
    ----------
    name : str
        Of the file, for the message.
    content : bytes

    Raises
    ------
    BundleError
        It has custom operators or external data, or is no ONNX graph.
    """
    try:
        found = inspect_graph(content)
    except NotOnnx as error:
        raise BundleError(
            f"{name} is no ONNX graph ({error}); expected one: get the bundle anew"
        ) from error
    if found.external_data:
        raise BundleError(
            f"{name} keeps weights in another file, which could be any file of this machine; "
            "expected a graph that holds its own weights: export it without external data"
        )
    if found.custom_operators:
        raise BundleError(
            f"{name} uses {shortened(', '.join(found.custom_operators))}, which ONNX does not "
            "define: such operators run code from elsewhere, or open files; expected ONNX's own "
            "only (domains '' and 'ai.onnx.ml')"
        )


Fields = dict[int, list["int | memoryview"]]


def _messages(
    kind: str, data: memoryview, depth: int, left: list[int]
) -> Iterator[tuple[str, Fields]]:
    """A message and all inside it that matter, each with its kind; `left` counts fields down."""
    if depth > _DEEPEST:
        raise NotOnnx("messages are nested too deeply")
    fields = _fields(data, left[0])
    left[0] -= sum(map(len, fields.values()))
    yield kind, fields
    for number, inner in _INSIDE[kind].items():
        for value in fields.get(number, []):
            if isinstance(value, int):
                raise NotOnnx(f"field {number} of a {kind} is a number")
            yield from _messages(inner, value, depth + 1, left)


def _fields(data: memoryview, most: int) -> Fields:
    """Values of each field of one message, by number, in their order."""
    found: Fields = {}
    at = 0
    while at < len(data):
        most -= 1
        if most < 0:
            raise NotOnnx(f"it has more than {_MOST_FIELDS:,} fields")
        key, at = _varint(data, at)
        if key > _LARGEST_KEY:
            raise NotOnnx("a field has no legal number")
        number, wire_type = key >> 3, key & 7
        value: int | memoryview
        if wire_type == _VARINT:
            value, at = _varint(data, at)
        elif wire_type == _BYTES:
            length, at = _varint(data, at)
            value, at = _slice(data, at, length)
        elif wire_type in (_FIXED32, _FIXED64):
            value, at = _slice(data, at, 4 if wire_type == _FIXED32 else 8)
        else:
            raise NotOnnx(f"wire type {wire_type} at byte {at}")
        found.setdefault(number, []).append(value)
    return found


def _slice(data: memoryview, at: int, length: int) -> tuple[memoryview, int]:
    if at + length > len(data):
        raise NotOnnx("the bytes are cut short")
    return data[at : at + length], at + length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise NotOnnx("the bytes are cut short")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise NotOnnx("a number is too long")


def _text(fields: Fields, number: int) -> str:
    """The last value of a text field, which is the one that counts; empty where there is none."""
    values = [value for value in fields.get(number, []) if not isinstance(value, int)]
    return bytes(values[-1]).decode("utf-8", "replace") if values else ""
