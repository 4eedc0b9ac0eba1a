"""A folder -> a bundle whose every byte was checked; its graphs run with onnxruntime alone."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import ValidationError

from affuse.bundle.manifest import FORMAT, MANIFEST, Manifest
from affuse.bundle.wire import NotOnnx, reach
from affuse.errors import BundleError, ConfigError
from affuse.models.graphs.builder import PROBABILITIES
from affuse.registries import RULES
from affuse.storage.onnx_sessions import (
    Session,
    open_foreign_session,
    run_within,
    runtime_version,
)
from affuse.storage.plain_json import read_plain
from affuse.storage.plain_text import printable

MOST_MANIFEST_BYTES = 64 * 10**6
MOST_BYTES = 2 * 10**9
"""Of all files of a bundle: more than a graph can have, and less than memory."""

MOST_RUN_S = 300.0
"""Of one run of a graph; those of affuse take milliseconds."""

_MOST_REASONS = 3
_LONGEST_REASON = 400


@dataclass(frozen=True, eq=False)
class Bundle:
    """Manifest and files of a bundle, in memory: what was checked is what runs.

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
        """Name, and the beginning of the hash that tells this bundle from all others."""
        return f"{self.manifest.name} {manifest_hash(manifest_fields(self.manifest))[:12]}"

    @property
    def card(self) -> str:
        """The model card, in Markdown."""
        return self.files[self.manifest.card].decode("utf-8")

    def __reduce__(self) -> tuple[type[Bundle], tuple[Manifest, Mapping[str, bytes]]]:
        # Other processes load the graphs anew.
        return type(self), (self.manifest, self.files)

    def session(self, graph: str) -> Session:
        """A graph, loaded when it is first asked for, run by one thread.

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
            Inputs or output are not the graph's, a shape does not fit, or the graph wants more
            memory or time than there is for any.
        """
        session = self.session(graph)
        wanted = {each.name: _dtype(each.type) for each in session.get_inputs()}
        offered = [each.name for each in session.get_outputs()]
        if set(wanted) != set(inputs) or output not in offered:
            raise BundleError(
                f"{graph} was given {sorted(inputs)} and asked for {output!r}; it takes "
                f"{sorted(wanted)} and gives {offered}"
            )
        fed = {name: np.asarray(inputs[name], kind) for name, kind in wanted.items()}
        try:
            found = run_within(MOST_RUN_S, session, [output], fed)[0]
            return np.asarray(found, np.float64)
        except Exception as error:
            # onnxruntime has a dozen exceptions without a common root.
            shapes = {name: array.shape for name, array in fed.items()}
            expected = {each.name: each.shape for each in session.get_inputs()}
            raise BundleError(
                f"{graph} was given arrays of shapes {shapes}; expected {expected}: "
                f"{_first_line(error)}"
            ) from error


def read_bundle(folder: str | Path) -> Bundle:
    """A bundle, with every hash checked and every graph looked into.

    Parameters
    ----------
    folder : str or Path

    Raises
    ------
    BundleError
        No bundle, one of a newer format, a file that is missing, altered, or outside the folder;
        a graph that reaches for anything beyond ONNX's own operators and its own bytes.

    Examples
    --------
    >>> read_bundle("no/such/folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    affuse.errors.BundleError: no/such/folder holds no bundle.json; expected the folder of a ...
    """
    place = Path(folder)
    manifest = _manifest(place)
    files: dict[str, bytes] = {}
    for name, sha256 in manifest.files.items():
        left = MOST_BYTES - sum(map(len, files.values()))
        files[name] = _content(place, name, sha256, left)
    missing = sorted({*manifest.graphs, manifest.card} - set(files))
    if missing:
        raise BundleError(
            f"{place / MANIFEST} names {', '.join(missing)} without a hash; expected one for every "
            "file: get the bundle anew"
        )
    for graph in manifest.graphs:
        check_graph(f"{place / graph}", files[graph])
    return Bundle(manifest, files)


def check_graph(name: str, content: bytes) -> None:
    """BundleError where a graph reaches beyond ONNX's own operators and its own bytes."""
    try:
        found = reach(content)
    except NotOnnx as error:
        raise BundleError(
            f"{name} is no ONNX graph ({error}); expected one: get the bundle anew"
        ) from error
    if found.external:
        raise BundleError(
            f"{name} keeps weights in another file, which could be any file of this machine; "
            "expected a graph that holds its own weights: export it without external data"
        )
    if found.operators:
        raise BundleError(
            f"{name} uses {_short(', '.join(found.operators))}, which ONNX does not define: such "
            "operators run code from elsewhere, or open files; expected ONNX's own only (domains "
            "'' and 'ai.onnx.ml')"
        )


def manifest_fields(manifest: Manifest) -> dict[str, Any]:
    """A manifest as JSON, without what has its default."""
    fields: dict[str, Any] = manifest.model_dump(mode="json", exclude_defaults=True)
    return {"format": manifest.format, **fields}


def manifest_hash(fields: Mapping[str, Any]) -> str:
    """SHA-256 of the fields of a manifest, its own hash left out."""
    kept = {name: value for name, value in fields.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(
            f"{folder} holds no {MANIFEST}; expected the folder of a bundle, such as bundle/ in a "
            "run folder"
        )
    fields = _fields(path)
    if not isinstance(fields, dict) or type(fields.get("format")) is not int:
        raise BundleError(f"{path} has no number of a format; expected that of a bundle of affuse")
    if fields["format"] > FORMAT:
        raise BundleError(
            f"{path} was made by affuse {_short(fields.get('affuse', '(unknown)'))}, format "
            f"{_short(fields['format'])}; this affuse reads format {FORMAT}: update affuse"
        )
    if fields.pop("sha256", None) != manifest_hash(fields):
        raise BundleError(
            f"{path} was altered after it was written (its hash does not fit); get the bundle anew"
        )
    try:
        manifest = Manifest.model_validate(fields)
        RULES.check(manifest.fusion.rule)
        return manifest
    except ConfigError as error:
        raise BundleError(
            f"{path} combines its members by a rule that is not installed here ({error}): install "
            "the package that has it, or train again"
        ) from error
    except ValidationError as error:
        said = [f"{_place(each)}: {each['msg']}" for each in error.errors()[:_MOST_REASONS]]
        raise BundleError(
            f"{path} does not describe a bundle: {_short('; '.join(said))}"
        ) from error


def _fields(path: Path) -> Any:
    try:
        return read_plain(_bytes(path, MOST_MANIFEST_BYTES))
    except ValueError as error:
        raise BundleError(f"{path} is no JSON ({_short(error)}); get the bundle anew") from error


def _content(folder: Path, name: str, sha256: str, most: int) -> bytes:
    path = folder / name
    content = _bytes(path, most)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise BundleError(
            f"{path} was altered after the bundle was written (SHA-256 {found[:12]}, expected "
            f"{sha256[:12]}); get the bundle anew"
        )
    return content


def _bytes(path: Path, most: int) -> bytes:
    """Content of a plain file, which is looked at before anything of it is read."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    # A link is none of the bundle's files; a pipe would be waited for.
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if path.is_symlink() or not stat.S_ISREG(status.st_mode):
                raise FileNotFoundError(path)
            if status.st_size > most:
                raise BundleError(
                    f"{path} has {status.st_size / 1e6:,.0f} MB; expected {most / 1e6:,.0f} MB at "
                    "most: get the bundle anew"
                )
            return file.read(most)
    except OSError as error:
        raise BundleError(
            f"{path} is missing, or a link; {MANIFEST} names it as a file of "
            "the bundle: get the bundle anew"
        ) from error


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
    return _short(next(iter(str(error).strip().splitlines()), type(error).__name__))


def _place(item: Any) -> str:
    return ".".join(str(part) for part in item["loc"]) or "bundle.json"


def _short(said: object) -> str:
    text = printable(str(said))
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}..."
