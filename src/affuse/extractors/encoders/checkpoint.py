"""A checkpoint in the format of transformers: which files it needs, and whether they are whole."""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from affuse.errors import WeightsError
from affuse.features.memory import refuse_larger_than_memory
from affuse.storage.plain_json import read_plain

WEIGHTS, SHARDS = "model.safetensors", "model.safetensors.index.json"
CONFIG, PREPROCESSOR = "config.json", "preprocessor_config.json"
_PICKLED = ("bin", "pt", "ckpt")
_LENGTH_BYTES = 8
_MOST_HEADER_BYTES = 100 << 20


def checked_weights(folder: Path) -> tuple[Path, ...]:
    """Files of a checkpoint's weights, after they were found to be whole.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    tuple of Path

    Raises
    ------
    WeightsError
        It is no checkpoint, holds pickled weights alone, is cut short, or larger than memory.
    """
    _refuse_pickled_alone(folder)
    for name in (CONFIG, PREPROCESSOR):
        if not (folder / name).is_file():
            raise WeightsError(
                f"{folder} has no {name}; expected a checkpoint of transformers with {CONFIG}, "
                f"{PREPROCESSOR} and {WEIGHTS}: name another folder, or download it again"
            )
    files = _weights(folder)
    for file in files:
        _refuse_cut(file)
    refuse_larger_than_memory(folder.name, sum(file.stat().st_size for file in files))
    return files


def read_json(path: Path) -> dict[str, Any]:
    """One of a checkpoint's JSON files.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict

    Raises
    ------
    WeightsError
        It is no JSON object.
    """
    try:
        found = read_plain(path.read_bytes())
    except ValueError as error:
        raise WeightsError(
            f"{path} is no JSON ({error}); expected it as it was published: download it again"
        ) from error
    if not isinstance(found, dict):
        raise WeightsError(f"{path} holds no JSON object; expected one: download it again")
    return found


def digest_of(folder: Path) -> str:
    """SHA-256 of all that a checkpoint's frames depend on.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    files = (*_weights(folder), folder / CONFIG, folder / PREPROCESSOR)
    states = tuple((file, file.stat().st_size, file.stat().st_mtime_ns) for file in files)
    return _digest(states)


@lru_cache(maxsize=8)
def _digest(states: tuple[tuple[Path, int, int], ...]) -> str:
    found = hashlib.sha256()
    for path, _, _ in states:
        with path.open("rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()


def _weights(folder: Path) -> tuple[Path, ...]:
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    if (folder / SHARDS).is_file():
        named = read_json(folder / SHARDS).get("weight_map")
        names = {str(name) for name in named.values()} if isinstance(named, dict) else set()
        files = tuple(folder / Path(name).name for name in sorted(names))
        missing = [file.name for file in files if not file.is_file()]
        if not files or missing:
            raise WeightsError(
                f"{folder} lacks {', '.join(missing) or 'all weights'}, which {SHARDS} names; "
                "expected all of them: download it again"
            )
        return files
    raise WeightsError(
        f"{folder} has no {WEIGHTS}; expected the weights beside {CONFIG}: download it again"
    )


def _refuse_pickled_alone(folder: Path) -> None:
    is_pickled = any(any(folder.glob(f"*.{suffix}")) for suffix in _PICKLED)
    if is_pickled and not (folder / WEIGHTS).is_file() and not (folder / SHARDS).is_file():
        raise WeightsError(
            f"{folder} has pickled weights alone, which can run any program when they are read; "
            f"expected {WEIGHTS}: take a revision that has it, or convert it where you trust it"
        )


def n_tensors(files: Iterable[Path]) -> int:
    """How many tensors there are in files of safetensors that are whole.

    Parameters
    ----------
    files : iterable of Path

    Returns
    -------
    int
    """
    return sum(_refuse_cut(file) for file in files)


def _refuse_cut(file: Path) -> int:
    """Its tensors. It states how long it is: 8 bytes, a JSON of that length, the numbers."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(_LENGTH_BYTES), "little")
        header = opened.read(length) if length <= min(size, _MOST_HEADER_BYTES) else b""
    try:
        tensors = json.loads(header)
        ends = [t["data_offsets"][1] for name, t in tensors.items() if name != "__metadata__"]
        stated = _LENGTH_BYTES + length + max(map(operator.index, ends), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise WeightsError(
            f"{file} is no file of safetensors; expected weights in that format: download it again"
        ) from error
    if size != stated:
        raise WeightsError(
            f"{file} has {size:,} bytes and states {stated:,}; expected all of it: download it "
            "again"
        )
    return len(ends)
