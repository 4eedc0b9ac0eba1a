"""The lowest versions that are tried are those that pyproject.toml promises."""

from __future__ import annotations

import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import installation
import packages

_ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]


def project(*lines: str, **extras: list[str]) -> dict[str, object]:
    return {"dependencies": list(lines), "optional-dependencies": extras}


def test_every_python_of_the_metadata_is_tried():
    named = [
        line.rpartition(" ")[2] for line in PROJECT["classifiers"] if " :: Python :: 3." in line
    ]
    assert tuple(named) == installation.SUPPORTED
    low, high = (
        int(v.split(".")[1]) for v in (installation.SUPPORTED[0], installation.SUPPORTED[-1])
    )
    assert PROJECT["requires-python"] == f">=3.{low},<3.{high + 1}"


def test_the_tests_that_are_run_are_there():
    assert all((_ROOT / path).is_dir() for path in installation.TESTED)


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


def test_bounds_between_two_pythons_hold_between_them():
    line = "numpy>=2.1; python_version >= '3.13' and python_version < '3.14'"
    found = [installation.lowest(project(line), [], f"3.{minor}") for minor in (12, 13, 14)]
    assert found == [[], ["numpy==2.1"], []]
    with pytest.raises(ValueError, match=r"expected python_version < or >= '3\.N'"):
        installation.lowest(project("numpy>=2; sys_platform == 'linux'"), [], "3.13")


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


def wheel_of(folder: Path, text: str = "# affuse\n", **files: str) -> Path:
    wheel = folder / "affuse-1.0-py3-none-any.whl"
    named = {"affuse/__init__.py": "", "affuse-1.0.dist-info/METADATA": text, **files}
    with zipfile.ZipFile(wheel, "w") as packed:
        for name, content in named.items():
            packed.writestr(name, content)
    return wheel


@pytest.mark.parametrize(
    "stray",
    ["tests/test_a.py", "affuse/tests/a.py", "affuse/__pycache__/a.pyc", "other/__init__.py"],
)
def test_a_wheel_with_anything_else_in_it_is_refused(tmp_path, stray):
    packages.refuse_stray(wheel_of(tmp_path))
    with pytest.raises(packages.Unfit, match=f"1 files that are none of it: .*{stray}"):
        packages.refuse_stray(wheel_of(tmp_path, **{stray: ""}))


def test_a_description_with_links_into_the_repository_is_refused(tmp_path):
    packages.refuse_stray(wheel_of(tmp_path, "[a](https://a.org) and [b](#b)"))
    with pytest.raises(packages.Unfit, match=r"links to files .*\(docs/a.md\)"):
        packages.refuse_stray(wheel_of(tmp_path, "[a](docs/a.md)"))


def test_a_wheel_that_has_grown_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "LARGEST_MIB", 0.0001)
    with pytest.raises(packages.Unfit, match=r"the wheel has 0.0 MiB; expected 0.0001 at most"):
        packages.refuse_stray(wheel_of(tmp_path))
