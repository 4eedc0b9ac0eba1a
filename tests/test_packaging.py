"""Files that package affuse elsewhere say what pyproject.toml says."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

ELSEWHERE = {
    "opencv-python-headless": "py-opencv", "soundfile": "pysoundfile", "soxr": "soxr-python",
}  # fmt: skip
"""Packages that conda-forge names otherwise."""


def bounds(requirement: str) -> tuple[str, set[str]]:
    name, rest = re.fullmatch(r"([\w-]+)\s*(.*)", requirement.partition(";")[0].strip()).groups()
    return name, {bound.strip() for bound in rest.split(",")}


def test_conda_recipe_asks_for_what_the_project_asks_for() -> None:
    recipe = yaml.safe_load((ROOT / "packaging/conda/recipe.yaml").read_text("utf-8"))
    assert recipe["package"]["version"] == PROJECT["version"]
    asked = dict(map(bounds, recipe["requirements"]["run"]))
    assert asked.pop("python") == set(PROJECT["requires-python"].split(","))
    # Conda packages are made once for all Pythons: the highest lower bound counts.
    wanted = dict(map(bounds, PROJECT["dependencies"]))
    wanted = {ELSEWHERE.get(name, name): found for name, found in wanted.items()}
    wanted["py-opencv"] = {bound.replace(".0.86", "") for bound in wanted["py-opencv"]}
    assert asked == wanted
    scripts = [f"{name} = {target}" for name, target in PROJECT["scripts"].items()]
    assert recipe["build"]["python"]["entry_points"] == scripts


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_calls_scripts_that_are_there(path: Path) -> None:
    jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    called = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert called
    for line in called:
        assert (ROOT / shlex.split(line)[0]).stat().st_mode & 0o100, line


def test_image_copies_what_the_build_needs() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY") and "--" not in line]
    names = [name for part in copied for name in part]
    allowed = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert all((ROOT / name).exists() and f"!{name}" in allowed for name in names)
    assert {"pyproject.toml", "src", PROJECT["readme"], *PROJECT["license-files"]} <= set(names)
