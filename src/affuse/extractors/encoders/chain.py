"""Graphs that run one after the other: what each takes and gives, and what is passed on."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import FeatureError, WeightsError
from affuse.extractors.encoders.description import Before, Description
from affuse.storage.onnx_sessions import Session, open_foreign_session, open_session, run_within

_MOST_SECONDS = 600.0
"""For one batch."""
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}


def run(
    path: Path, described: Description, device: str, batch: NDArray[np.float32]
) -> NDArray[np.floating[Any]]:
    """Output of the chain of graphs for a batch.

    Parameters
    ----------
    path : Path
    described : Description
    device : {"cpu", "cuda"}
    batch : array
        As the first graph takes it.

    Returns
    -------
    array

    Raises
    ------
    FeatureError
        A graph does not run on it.
    """
    values: NDArray[Any] = batch
    for before in described.before:
        file = path.parent / Path(before.file).name
        values = _passed_on(_output(file, device, before.output, values), before)
    return _output(path, device, described.output, values)


def taken_shape(path: Path, device: str) -> tuple[int | str | None, ...]:
    """Shape of the one input of a graph; a length that may be any is a name or None.

    Parameters
    ----------
    path : Path
    device : {"cpu", "cuda"}

    Returns
    -------
    tuple

    Raises
    ------
    WeightsError
        It is no ONNX file, or takes something else than one array.
    """
    return tuple(_only_input(path, _opened(path, device)).shape)


def _passed_on(values: NDArray[Any], before: Before) -> NDArray[Any]:
    mean, deviation = (np.asarray(x, np.float32) for x in (before.mean, before.deviation))
    try:
        scaled: NDArray[Any] = (values - mean) / deviation
    except ValueError as error:
        raise WeightsError(
            f"{mean.size} means and {deviation.size} deviations were given for {before.file}, "
            f"whose output has the shape {values.shape}; expected one, or one for each place of "
            "its last axis: mend before"
        ) from error
    if not before.transpose:
        return scaled
    if sorted(before.transpose) != list(range(values.ndim)):
        raise WeightsError(
            f"before.transpose {list(before.transpose)} was given for {before.file}, whose output "
            f"has {values.ndim} axes; expected each of 0 to {values.ndim - 1} once"
        )
    return np.ascontiguousarray(scaled.transpose(before.transpose))


def _output(path: Path, device: str, name: str, values: NDArray[Any]) -> NDArray[Any]:
    session = _opened(path, device)
    taken = _only_input(path, session)
    _refuse_other_shape(path, taken, values)
    chosen = _chosen_output(path, session, name)
    fed = {taken.name: values.astype(_TYPES[taken.type], copy=False)}
    try:
        (output,) = run_within(_MOST_SECONDS, session, [chosen], fed)
    except Exception as error:  # onnxruntime's exceptions have no common root.
        raise FeatureError(
            f"{path} does not run on an input of shape {values.shape} ({_short(error)}); expected "
            f"what its description says: mend {path.with_suffix('.json').name}"
        ) from error
    return np.asarray(output)


def _chosen_output(path: Path, session: Session, name: str) -> str:
    types = {each.name: each.type for each in session.get_outputs()}
    if name and name not in types:
        raise WeightsError(
            f"output {name!r} of {path.name} was asked for; expected one of {', '.join(types)}"
        )
    chosen = name or next(iter(types), "")
    if types.get(chosen) not in _TYPES:
        raise WeightsError(
            f"{path} gives {types.get(chosen, 'no output')} as {chosen!r}; expected floating point "
            f"numbers: name another output in {path.with_suffix('.json').name}, or export it again"
        )
    return chosen


def _only_input(path: Path, session: Session) -> Any:
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type not in _TYPES:
        found = ", ".join(f"{each.name} ({each.type})" for each in inputs) or "none"
        raise WeightsError(
            f"{path} takes the inputs {found}; expected one of floating point numbers: export the "
            "encoder alone"
        )
    return inputs[0]


def _refuse_other_shape(path: Path, taken: Any, values: NDArray[Any]) -> None:
    wanted = [length if isinstance(length, int) else "?" for length in taken.shape]
    fits = len(wanted) == values.ndim and all(
        asked in ("?", length) for asked, length in zip(wanted[1:], values.shape[1:], strict=True)
    )
    if not fits:
        shown = ", ".join(map(str, wanted))
        raise WeightsError(
            f"{path} takes an input of shape ({shown}), and its description gives one of shape "
            f"({', '.join(['?', *map(str, values.shape[1:])])}); expected the same: mend input, "
            f"size, window_s or layout in {path.with_suffix('.json').name}"
        )


def _opened(path: Path, device: str) -> Session:
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise WeightsError(
            f"{path} was there and is not any more; expected it while its frames are computed: "
            "put it back"
        ) from error
    return _session(path, changed, device)


@lru_cache(maxsize=4)
def _session(path: Path, changed: int, device: str) -> Session:
    """A graph, opened once per process and state of the file."""
    try:
        if device == "cpu":
            return open_foreign_session(path.read_bytes())
        return open_session(path, device=device)
    except Exception as error:  # onnxruntime's exceptions have no common root.
        raise WeightsError(
            f"{path} cannot be read as ONNX ({_short(error)}); expected a whole ONNX file with its "
            "weights inside: export or download it again"
        ) from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
