"""Files that package affuse elsewhere say what pyproject.toml says."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

import affuse

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT, HATCH = SETTINGS["project"], SETTINGS["tool"]["hatch"]
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
    wanted = dict(
        map(bounds, PROJECT["dependencies"])
    )  # The last line of a package is the highest.
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


def test_site_is_published_from_where_it_is_built() -> None:
    text = (ROOT / ".github/workflows/pages.yml").read_text("utf-8")
    build = yaml.safe_load(text)["jobs"]["build"]["steps"]
    (path,) = (step["with"]["path"] for step in build if "path" in step.get("with", {}))
    assert (ROOT / "scripts/docs").read_text("utf-8").rstrip().endswith(f" docs {path}")


def test_image_copies_what_the_build_needs() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY") and "--" not in line]
    names = [name for part in copied for name in part]
    allowed = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert all((ROOT / name).exists() and f"!{name}" in allowed for name in names)
    assert {"pyproject.toml", "src", "README.md", *PROJECT["license-files"]} <= set(names)
    hook = Path(HATCH["metadata"]["hooks"]["custom"]["path"])
    assert (ROOT / hook).is_file()
    assert {hook.parts[0]} <= set(names) & set(HATCH["build"]["targets"]["sdist"]["include"])


def test_there_is_one_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["version"]
    built = yaml.safe_load((ROOT / "packaging/conda/recipe.yaml").read_text("utf-8"))
    shown = re.findall(r'"affuse (\S+)"', (ROOT / "docs/prediction-json.md").read_text("utf-8"))
    versions = {PROJECT["version"], affuse.__version__, cited, built["package"]["version"], *shown}
    assert len(versions) == 1, versions


def test_image_and_workflows_use_a_python_that_is_supported() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    used = {re.search(r"python:([\d.]+)", line)[1] for line in lines if line.startswith("FROM")}
    for path in WORKFLOWS:
        used |= set(re.findall(r'"(3\.\d+)"', path.read_text("utf-8")))
    assert used <= {line.rpartition(" ")[2] for line in PROJECT["classifiers"]}


@pytest.fixture(scope="module")
def registry_readme():
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("hook", ROOT / "packaging/registry_readme.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("see [the guide](docs/guide.md) and", "see the guide and"),
        ("see [`a`](docs/a.md#b), [c](d.md)", "see `a`, c"),
        ("a\n\n![a picture](docs/a.png)\n\nb", "a\n\nb"),
        ("[out](https://a.org/b) [in](#here)", "[out](https://a.org/b) [in](#here)"),
        ("![out](https://a.org/b.png)", "![out](https://a.org/b.png)"),
    ],
)
def test_links_to_files_are_words_where_there_are_no_files(registry_readme, text, left) -> None:
    assert registry_readme.without_files(text) == left


def test_readme_of_a_registry_has_no_link_into_the_repository(registry_readme) -> None:
    metadata: dict[str, object] = {}
    registry_readme.RegistryReadme(str(ROOT), {}).update(metadata)
    text = metadata["readme"]["text"]
    assert text.startswith("# affuse")
    assert not re.search(r"\]\((?!https?://|#)", text)
