"""The lowest versions that are tried are those that pyproject.toml promises."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_SPEC = importlib.util.spec_from_file_location(
    "installation", _ROOT / "benchmarks" / "installation.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
installation = importlib.util.module_from_spec(_SPEC)
sys.modules["installation"] = installation
_SPEC.loader.exec_module(installation)

PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]


def project(*lines: str, **extras: list[str]) -> dict[str, object]:
    return {"dependencies": list(lines), "optional-dependencies": extras}


@pytest.mark.parametrize("python", installation.SUPPORTED)
def test_every_requirement_has_a_lowest_version(python: str) -> None:
    pins = installation.lowest(PROJECT, list(PROJECT["optional-dependencies"]), python)
    names = [pin.split("==")[0] for pin in pins]
    assert len(set(names)) == len(names)
    assert {"av", "numpy", "torch", "jinja2", "fastapi"} <= set(names)


def test_a_bound_of_one_python_holds_for_that_python_alone() -> None:
    lines = "numpy>=2.0; python_version < '3.13'", "numpy>=2.1,<3; python_version >= '3.13'"
    assert installation.lowest(project(*lines), [], "3.12") == ["numpy==2.0"]
    assert installation.lowest(project(*lines), [], "3.13") == ["numpy==2.1"]


def test_extras_count_when_asked_for_and_bring_those_that_they_name() -> None:
    held = project("av>=17,<20", train=["affuse[report]", "torch>=2.6"], report=["jinja2>=3.1"])
    assert installation.lowest(held, [], "3.11") == ["av==17"]
    expected = ["av==17", "jinja2==3.1", "torch==2.6"]
    assert installation.lowest(held, ["train"], "3.11") == expected


def test_a_requirement_without_lower_bound_is_named() -> None:
    with pytest.raises(ValueError, match=r"'rich<99' was given; expected a name and a lower bound"):
        installation.lowest(project("rich<99"), [], "3.11")


def test_what_would_break_is_bounded_above() -> None:
    bounds = {line.split(">=")[0]: line for line in PROJECT["dependencies"]}
    assert bounds["av"].endswith("<20")
    assert bounds["opencv-python-headless"].endswith("<5")
