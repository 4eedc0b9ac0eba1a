"""Docstrings of what affuse exports and of what can be added to it, checked by numpydoc.

usage: python benchmarks/docstrings.py

Checked is whatever is public in the rooms, those of commands, settings and the server left out,
and each name of `affuse.__all__`. Which checks count stands in pyproject.toml, under
``tool.numpydoc_validation``. A method marked ``override`` has the docstring of its interface. Where
it has one of its own, that says what is particular to it and need not repeat parameters and
returns. Exit code 1, and a line for each fault, where one does not hold.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import FunctionType, ModuleType
from typing import Any

from numpydoc.docscrape import get_doc_object
from numpydoc.validate import validate

import affuse

ROOMS = (
    "affuse.storage",
    "affuse.workers",
    "affuse.corpora",
    "affuse.media",
    "affuse.synthetic",
    "affuse.features",
    "affuse.extractors",
    "affuse.splits",
    "affuse.tasks",
    "affuse.models",
    "affuse.evaluation",
    "affuse.fusion",
    "affuse.robustness",
    "affuse.bundle",
    "affuse.adaptation",
    "affuse.explain",
    "affuse.predict",
    "affuse.export",
    "affuse.plot",
    "affuse.report",
    "affuse.experiment",
    "affuse.pretraining",
    "affuse.audit",
)
OF_THE_INTERFACE = ("PR", "RT", "YD")
"""Checks of parameters, returns and yields."""
PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def faults() -> list[str]:
    """What does not hold, a line for each: object, check and message."""
    checks = tomllib.loads(PYPROJECT.read_text("utf-8"))["tool"]["numpydoc_validation"]["checks"]
    return [fault for name in sorted(set(_names())) for fault in _faults(name, set(checks))]


def _names() -> Iterator[str]:
    """Dotted names of public functions, classes and methods."""
    for name in affuse.__all__:
        found = getattr(affuse, name)
        if isinstance(found, FunctionType | type):
            yield from _with_methods(found)
    for module in _modules():
        for name, found in vars(module).items():
            here = getattr(found, "__module__", None) == module.__name__
            if here and not name.startswith("_") and isinstance(found, FunctionType | type):
                yield from _with_methods(found)


def _modules() -> Iterator[ModuleType]:
    for room in ROOMS:
        package = import_module(room)
        yield package
        for found in walk_packages(package.__path__, f"{room}."):
            yield import_module(found.name)


def _with_methods(found: Any) -> Iterator[str]:
    name = f"{found.__module__}.{found.__qualname__}"
    yield name
    if isinstance(found, type):
        for method, value in vars(found).items():
            if not method.startswith("_") and inspect.isfunction(inspect.unwrap(_bare(value))):
                yield f"{name}.{method}"


def _bare(value: Any) -> Any:
    return value.__func__ if isinstance(value, classmethod | staticmethod) else value


def _faults(name: str, checks: set[str]) -> Iterator[str]:
    if "<locals>" in name:  # Made anew by each call.
        return
    told = validate(name)
    if not told["docstring"]:  # Ruff wants one wherever none is inherited.
        return
    fields = _fields(_object(name))
    if getattr(_object(name), "__override__", False):
        checks = {check for check in checks if not check.startswith(OF_THE_INTERFACE)}
    if _yields_as_documented(_object(name)):
        checks = checks - {"RT01", "YD01"}
    for check, message in told["errors"]:
        # What a record is made of are its attributes.
        if check in checks and (fields is None or not check.startswith("PR0")):
            yield f"{name}: {check} {message}"
    missing = (fields or set()) - _documented(_object(name))
    if missing and "PR01" in checks:
        yield f"{name}: PR01 Attributes {missing} not documented"


def _yields_as_documented(found: Any) -> bool:
    """Whether it yields nothing, as a context manager, or a section says what it yields."""
    returns = getattr(inspect.unwrap(_bare(found)), "__annotations__", {}).get("return", "")
    return str(returns) == "Iterator[None]" or bool(get_doc_object(found)["Yields"])


def _object(name: str) -> Any:
    parts = name.split(".")
    n_module = max(n for n in range(1, len(parts) + 1) if ".".join(parts[:n]) in sys.modules)
    found: Any = sys.modules[".".join(parts[:n_module])]
    for part in parts[n_module:]:
        found = getattr(found, part)
    return found


def _fields(found: Any) -> set[str] | None:
    """Public fields that a record or an interface adds to its base; None for anything else."""
    if not isinstance(found, type) or not _is_record(found):
        return None
    if hasattr(found, "model_fields"):  # Each setting has its own description.
        return set()
    every = getattr(found, "__annotations__", {})
    return {name for name, kind in every.items() if not name.startswith("_") and _is_field(kind)}


def _is_record(found: type) -> bool:
    return (
        dataclasses.is_dataclass(found)
        or getattr(found, "_is_protocol", False)
        or any(hasattr(found, name) for name in ("_fields", "model_fields"))
    )


def _is_field(kind: object) -> bool:
    """Whether an annotation is not that of a constant of the class."""
    return not str(kind).startswith(("ClassVar", "Literal['", 'Literal["'))


def _documented(found: Any) -> set[str]:
    text = get_doc_object(found)
    entries = [*text["Attributes"], *text["Parameters"]]
    return {name.strip() for entry in entries for name in entry.name.split(",")}


if __name__ == "__main__":
    found = faults()
    print("\n".join(found) or "every docstring has what it is to have")
    sys.exit(bool(found))
