"""An encoder in ONNX files: opened, tried on silence or a black picture, and run in batches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import ConfigError, WeightsError
from affuse.extractors.encoders.chain import run, taken_shape
from affuse.extractors.encoders.description import Description, read_description
from affuse.extractors.encoders.feeding import batches, blank
from affuse.features.memory import refuse_larger_than_memory
from affuse.storage.onnx_sessions import available_devices, runtime_version

_TRIED = 2


@dataclass(frozen=True, slots=True)
class Graph:
    """An encoder in ONNX.

    Attributes
    ----------
    path : Path
    digest : str
        SHA-256 of all its files and its description: it names the frames in the cache.
    described : Description
    device : {"cpu", "cuda"}
    axes : tuple of str
        Of a clip's frames: "time" first.
    shape : tuple of int
        Of one frame.
    per_window : int
        Frames of one window or picture.
    fixed_batch : int
        Windows that the graph takes at once; 0: any number.
    """

    path: Path
    digest: str
    described: Description
    device: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    per_window: int
    fixed_batch: int = 0

    @property
    def n_layers(self) -> int:
        """1, where the output has no axis of layers."""
        return self.shape[0] if "layer" in self.axes else 1

    def frames(self, decoded: Any, batch_size: int) -> Iterator[NDArray[np.floating[Any]]]:
        """Consecutive frames of a recording.

        Parameters
        ----------
        decoded : Sound, iterable of Sound, or iterable of (height, width, 3) uint8
        batch_size : int

        Yields
        ------
        (n, *shape) array
        """
        for batch in batches(self.described, decoded, self.fixed_batch or batch_size):
            filled, n = self._filled(batch), len(batch)
            outputs = run(self.path, self.described, self.device, filled)[:n]
            named = self.described.output_axes(outputs.ndim)
            yield _by_time(outputs, named)[: n * self.per_window]

    def _filled(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        short = max(self.fixed_batch - len(batch), 0)
        return np.pad(batch, ((0, short), *((0, 0),) * (batch.ndim - 1))) if short else batch


def open_graph(path: Path, device: str = "cpu") -> Graph:
    """Read an ONNX encoder and its description, and try it once.

    Parameters
    ----------
    path : Path
    device : {"cpu", "cuda"}

    Returns
    -------
    Graph

    Raises
    ------
    WeightsError
        A file is missing, no ONNX, cut short, larger than memory, or does not fit its
        description: what it takes and gives is compared.
    ConfigError
        The device is not there.
    """
    if not path.is_file():
        raise WeightsError(f"{path} is not there; expected an ONNX file: mend the path")
    if device not in available_devices():
        raise ConfigError(
            f"features.settings.onnx.device = {device!r} was given, but this onnxruntime "
            f"{runtime_version()} has no CUDA; expected the package onnxruntime-gpu and a GPU: "
            "install it in the place of onnxruntime, or take 'cpu'"
        )
    described = read_description(path)
    files = [path.parent / Path(each.file).name for each in described.before]
    for file in (*files, path):
        if not file.is_file():
            raise WeightsError(f"{file} is not there; expected it beside {path.name}: add the file")
        refuse_larger_than_memory(file.name, file.stat().st_size)
    return _tried(path, described, device)


def _tried(path: Path, described: Description, device: str) -> Graph:
    """The graph with the shape of its frames, found by running it once."""
    first = path.parent / Path(described.before[0].file).name if described.before else path
    batch = taken_shape(first, device)
    fixed = batch[0] if batch and isinstance(batch[0], int) else 0
    n = fixed or _TRIED
    outputs = run(path, described, device, blank(described, n))
    axes = described.output_axes(outputs.ndim)
    if not axes or len(outputs) != n or 0 in outputs.shape:
        raise WeightsError(
            f"{path} gave an output of shape {outputs.shape} for {n} windows; expected an axis for "
            f'each name in axes, the first "window": mend axes in {path.with_suffix(".json").name}'
        )
    frames = _by_time(outputs, axes)
    rest = tuple(name for name in axes if name not in ("window", "time"))
    ordered = (*(name for name in rest if name == "layer"), *(n for n in rest if n != "layer"))
    return Graph(
        path, _digest(path, described), described, device, ("time", *ordered),
        frames.shape[1:], len(frames) // n, fixed,
    )  # fmt: skip


def _by_time(outputs: NDArray[Any], axes: Sequence[str]) -> NDArray[Any]:
    """Windows and the time within them as one axis, layers after it: ``(n_frames, ...)``."""
    first = [axes.index(name) for name in ("window", "time", "layer") if name in axes]
    rest = [place for place in range(outputs.ndim) if place not in first]
    ordered = outputs.transpose([*first, *rest])
    return ordered.reshape(-1, *ordered.shape[2:]) if "time" in axes else ordered


def _digest(path: Path, described: Description) -> str:
    found = hashlib.sha256()
    for name in (*(each.file for each in described.before), path.name):
        with (path.parent / Path(name).name).open("rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    ignored = {"name", "licence", "trained_on", "threshold"}
    if not described.normalise:
        ignored.add("normalise")  # Digests of descriptions that lack it stay as they were.
    found.update(json.dumps(described.model_dump(exclude=ignored), sort_keys=True).encode())
    return found.hexdigest()


def frames_per_s(described: Description, per_window: int) -> float:
    """Frames in a second of recording.

    Parameters
    ----------
    described : Description
    per_window : int

    Returns
    -------
    float
    """
    if described.input == "picture":
        return described.per_s * per_window
    return per_window * described.sample_rate / described.hop


def settings_of(graph: Graph) -> Mapping[str, object]:
    """What the frames depend on beside what is decoded, ready for JSON.

    Parameters
    ----------
    graph : Graph

    Returns
    -------
    mapping of str to object
    """
    return {"graph": graph.digest}
