"""The networks that come with affuse, for use by extractors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.errors import WeightsError
from affuse.features.source import Provenance
from affuse.storage.onnx_sessions import open_session


def shipped_folder() -> Path:
    """Folder of the shipped bundle.

    Returns
    -------
    Path
    """
    return Path(str(resources.files("affuse") / "pretrained"))


@lru_cache(maxsize=4)
def shipped_manifest() -> Mapping[str, Any]:
    """The manifest of the shipped bundle.

    Raises
    ------
    WeightsError
        It is not there.
    """
    path = shipped_folder() / "bundle.json"
    if not path.is_file():
        raise WeightsError(
            f"{path} is not there; expected the networks that come with affuse: install it again"
        )
    manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return manifest


def shipped_provenance() -> tuple[Provenance, ...]:
    """Corpora and speakers that the shipped networks were trained on.

    Returns
    -------
    tuple of Provenance
    """
    parts = shipped_manifest()["trained_on"]
    return tuple((part["corpus"], tuple(part.get("speakers", ()))) for part in parts)


def shipped_outputs(
    graph: str, inputs: Mapping[str, ArrayLike], names: Sequence[str]
) -> list[NDArray[np.float32]]:
    """Outputs of a shipped graph, on one thread.

    Parameters
    ----------
    graph : str
        Name of its file.
    inputs : mapping of str to array
    names : sequence of str
        Of the outputs.

    Returns
    -------
    list of float32 arrays
        In the order of `names`.

    Raises
    ------
    WeightsError
        The graph is missing, or not the one that the manifest tells of.
    """
    given = {name: np.asarray(value, np.float32) for name, value in inputs.items()}
    outputs: list[NDArray[np.float32]] = _session(graph).run(list(names), given)
    return outputs


def shipped_hash(graph: str) -> str:
    """SHA-256 of a shipped graph, as the manifest has it: part of an extractor's settings.

    Parameters
    ----------
    graph : str
        Name of its file.

    Returns
    -------
    str
    """
    return str(shipped_manifest()["files"][graph])


@lru_cache(maxsize=4)
def _session(graph: str) -> Any:
    path = shipped_folder() / graph
    data = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != shipped_hash(graph):
        raise WeightsError(
            f"{path} is not the graph that bundle.json tells of; expected it as it was shipped: "
            "install affuse again"
        )
    return open_session(data)
