"""A bundle in memory, checked as it was read; its graphs run with onnxruntime alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.bundle.manifest import Manifest
from affuse.errors import BundleError
from affuse.models.graphs.builder import PROBABILITIES
from affuse.storage.onnx_sessions import (
    Session,
    open_foreign_session,
    run_within,
    runtime_version,
)
from affuse.storage.plain_text import shortened

MOST_RUN_S = 300.0
"""Of one run of a graph; those of affuse take milliseconds."""


@dataclass(frozen=True, eq=False)
class Bundle:
    """Manifest and files of a bundle in memory, so that what was checked is what runs.

    Attributes
    ----------
    manifest : Manifest
    files : mapping of str to bytes
        Name -> content, of all files but the manifest.
    """

    manifest: Manifest
    files: Mapping[str, bytes]
    _sessions: dict[str, Session] = field(default_factory=dict, repr=False)

    @property
    def title(self) -> str:
        """Name and first digits of the hash, which together identify the bundle."""
        return f"{self.manifest.name} {manifest_hash(manifest_fields(self.manifest))[:12]}"

    @property
    def card(self) -> str:
        """The model card, in Markdown."""
        return self.files[self.manifest.card].decode("utf-8")

    def __reduce__(self) -> tuple[type[Bundle], tuple[Manifest, Mapping[str, bytes]]]:
        # Sessions do not pickle: other processes load the graphs anew.
        return type(self), (self.manifest, self.files)

    def session(self, graph: str) -> Session:
        """A graph, loaded when it is first asked for, run by one thread.

        Parameters
        ----------
        graph : str
            File name.

        Returns
        -------
        onnxruntime.InferenceSession

        Raises
        ------
        BundleError
            onnxruntime cannot load it.
        """
        if graph not in self._sessions:
            self._sessions[graph] = _loaded(graph, self.files[graph])
        return self._sessions[graph]

    def run(
        self, graph: str, inputs: Mapping[str, ArrayLike], output: str = PROBABILITIES
    ) -> NDArray[np.float64]:
        """One output of a graph.

        Parameters
        ----------
        graph : str
            File name.
        inputs : mapping of str to array
            Name -> rows, (n, ...); numbers become what the graph wants (float32 as a rule).
        output : str

        Returns
        -------
        (n, ...) float64

        Raises
        ------
        BundleError
            As `outputs`.
        """
        return self.outputs(graph, inputs, (output,))[0]

    def outputs(
        self, graph: str, inputs: Mapping[str, ArrayLike], names: Sequence[str]
    ) -> tuple[NDArray[np.float64], ...]:
        """Several outputs of one run of a graph.

        Parameters
        ----------
        graph : str
            File name.
        inputs : mapping of str to array
            As in `run`.
        names : sequence of str
            Of the outputs.

        Returns
        -------
        tuple of (n, ...) float64

        Raises
        ------
        BundleError
            Inputs or outputs are not the graph's, a shape does not fit, or the graph wants more
            memory or time than there is for any.
        """
        session = self.session(graph)
        wanted = {each.name: _dtype(each.type) for each in session.get_inputs()}
        offered = [each.name for each in session.get_outputs()]
        foreign = [name for name in names if name not in offered]
        if set(wanted) != set(inputs) or foreign:
            raise BundleError(
                f"{graph} was given {sorted(inputs)} and asked for {(foreign or names)[0]!r}; it "
                f"takes {sorted(wanted)} and gives {offered}"
            )
        fed = {name: np.asarray(inputs[name], kind) for name, kind in wanted.items()}
        try:
            found = run_within(MOST_RUN_S, session, list(names), fed)
            return tuple(np.asarray(each, np.float64) for each in found)
        except Exception as error:
            # onnxruntime has a dozen exceptions without a common root.
            shapes = {name: array.shape for name, array in fed.items()}
            expected = {each.name: each.shape for each in session.get_inputs()}
            raise BundleError(
                f"{graph} was given arrays of shapes {shapes}; expected {expected}: "
                f"{_first_line(error)}"
            ) from error


def manifest_fields(manifest: Manifest) -> dict[str, Any]:
    """A manifest as JSON, without the fields that have their defaults.

    Parameters
    ----------
    manifest : Manifest

    Returns
    -------
    dict of str to JSON
    """
    fields: dict[str, Any] = manifest.model_dump(mode="json", exclude_defaults=True)
    return {"format": manifest.format, **fields}


def manifest_hash(fields: Mapping[str, Any]) -> str:
    """SHA-256 of the fields of a manifest, except the hash itself.

    Parameters
    ----------
    fields : mapping
        As ``bundle.json`` has them.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    kept = {name: value for name, value in fields.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _loaded(name: str, content: bytes) -> Session:
    try:
        return open_foreign_session(content)
    except Exception as error:
        # onnxruntime has a dozen exceptions without a common root.
        raise BundleError(
            f"{name} cannot be loaded: {_first_line(error)}; expected an ONNX graph that "
            f"onnxruntime {runtime_version()} runs: update onnxruntime, or get the bundle "
            "anew"
        ) from error


_DTYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int64)": np.int64,
}


def _dtype(kind: str) -> type[np.generic]:
    return _DTYPES.get(kind, np.float32)


def _first_line(error: Exception) -> str:
    return shortened(next(iter(str(error).strip().splitlines()), type(error).__name__))
