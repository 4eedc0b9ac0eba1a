"""The only place that opens ONNX graphs: device, threads and memory limits are set here."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Session = Any
"""onnxruntime.InferenceSession; the package comes late and has no types."""

MOST_GRAPH_MEMORY = 4 * 2**30
"""Bytes that all graphs of strangers in this process may take together."""

_ENGINES = {"cpu": "CPU", "cuda": "CUDA"}
_PROVIDER = "ExecutionProvider"
_ERRORS_ALONE, _NOTHING = 3, 4
"""What onnxruntime may write to the terminal."""


def open_session(model: bytes | Path, *, device: str = "cpu", n_threads: int = 1) -> Session:
    """Open a graph of our own.

    Parameters
    ----------
    model : bytes or Path
        The graph, or the file that holds it.
    device : str
        ``cpu`` or ``cuda``.
    n_threads : int
        One by default: processes are what runs at once. 0: one per core.

    Returns
    -------
    onnxruntime.InferenceSession

    Raises
    ------
    Exception
        onnxruntime cannot load it; it has a dozen exceptions without a common root.
    """
    given = str(model) if isinstance(model, Path) else model
    return _session(given, _options(n_threads, _ERRORS_ALONE), device)


def open_foreign_session(model: bytes) -> Session:
    """Open a graph that somebody else may have made: one CPU thread, bounded memory.

    Parameters
    ----------
    model : bytes

    Returns
    -------
    onnxruntime.InferenceSession

    Raises
    ------
    Exception
        As `open_session`.
    """
    # Errors are raised as errors; text by a graph's author does not belong in the terminal.
    options = _options(1, _NOTHING)
    # What was checked as ONNX is read as ONNX.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    _bound_memory()
    options.add_session_config_entry("session.use_env_allocators", "1")
    return _session(model, options, "cpu")


def run_within(
    seconds: float,
    session: Session,
    outputs: Sequence[str],
    fed: Mapping[str, NDArray[np.generic]],
) -> list[Any]:
    """Outputs of a graph, which is stopped after a time limit.

    Parameters
    ----------
    seconds : float
    session : onnxruntime.InferenceSession
    outputs : sequence of str
    fed : mapping of str to ndarray
        Inputs by name.

    Returns
    -------
    list of ndarray
        In the order of `outputs`.

    Raises
    ------
    Exception
        The graph does not run with these inputs, or took longer.
    """
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.log_severity_level = _NOTHING
    ended = threading.Timer(seconds, setattr, (options, "terminate", True))
    ended.daemon = True
    ended.start()
    try:
        found: list[Any] = session.run(list(outputs), dict(fed), options)
        return found
    finally:
        ended.cancel()


def available_devices() -> tuple[str, ...]:
    """Devices that this onnxruntime can run graphs on: ``cpu``, and ``cuda`` where it has it.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> "cpu" in available_devices()
    True
    """
    found = engines()
    return tuple(device for device, engine in _ENGINES.items() if engine in found)


def engines() -> tuple[str, ...]:
    """Execution providers of this onnxruntime, best first, in its own words.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> "CPU" in engines()
    True
    """
    import onnxruntime

    providers = onnxruntime.get_available_providers()
    return tuple(name.removesuffix(_PROVIDER) for name in providers)


def runtime_version() -> str:
    """Version of the installed onnxruntime.

    Returns
    -------
    str
    """
    import onnxruntime

    return str(onnxruntime.__version__)


def _session(model: bytes | str, options: Any, device: str) -> Session:
    import onnxruntime

    return onnxruntime.InferenceSession(model, options, providers=[_ENGINES[device] + _PROVIDER])


def _options(n_threads: int, log_severity: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = n_threads
    options.log_severity_level = log_severity
    return options


@lru_cache(maxsize=1)
def _bound_memory() -> None:
    """Give all foreign graphs of this process one shared, bounded memory arena, once."""
    import onnxruntime

    place = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    # No telemetry.
    onnxruntime.disable_telemetry_events()
    bound = onnxruntime.OrtArenaCfg({"max_mem": MOST_GRAPH_MEMORY})
    onnxruntime.create_and_register_allocator(place, bound)
