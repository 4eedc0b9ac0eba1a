"""Each extension point by its template: one new file in affuse, or in another package, and no edit.

The templates are those that CONTRIBUTING.md shows. They are copied into a copy of affuse, and
installed as a second package beside the affuse of the repository; both are run as a person would.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from recordings import Track, fitted, portrait, spoken, write

import affuse
from affuse.registries import REGISTRIES

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TEMPLATES = sorted((HERE / "templates").rglob("*.py"))
AFFUSE = Path(affuse.__file__).parent

SESSION = """
import contextlib, io, json, sys
from affuse.cli import main
from affuse.experiment import flow

flow.write_report = lambda folder, place: None

ended = []
for arguments in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            main(arguments)
        except SystemExit as end:
            if end.code:
                raise
    ended.append(out.getvalue())
json.dump(ended, sys.stdout)
"""
"""Commands after each other, in a process that imports affuse once; what each of them printed.

Reports are written in ``tests/report``.
"""

Session = Callable[..., list[str]]


def session(*places: Path) -> Session:
    """Commands of `affuse`, with what is importable in these places before all else."""
    path = os.pathsep.join(map(str, places))

    def run(*commands: Sequence[object]) -> list[str]:
        ended = subprocess.run(
            [sys.executable, "-c", SESSION],
            input=json.dumps([[str(word) for word in command] for command in commands]),
            env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        found: list[str] = json.loads(ended.stdout)
        return found

    return run


@pytest.fixture(scope="module", params=["copied into affuse", "another package"])
def added(request, tmp_path_factory) -> Session:
    """affuse with all templates, either way."""
    place = tmp_path_factory.mktemp("added")
    if request.param == "copied into affuse":
        shutil.copytree(AFFUSE, place / "affuse")
        for template in TEMPLATES:
            target = place / "affuse" / template.relative_to(HERE / "templates")
            assert not target.exists()
            shutil.copy(template, target)
        return session(place)
    source, site = place / "source", place / "site"
    shutil.copytree(HERE / "plugin", source)
    (source / "affuse_extras").mkdir()
    for template in TEMPLATES:
        shutil.copy(template, source / "affuse_extras")
    (source / "affuse_extras" / "__init__.py").touch()
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", site]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *map(str, options), str(source)],
        check=True, capture_output=True,
    )  # fmt: skip
    return session(AFFUSE.parent, site)


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Path:
    """Two speakers, two emotions, two takes, named as the template of a corpus has it."""
    folder = tmp_path_factory.mktemp("clips")
    for number, speaker in enumerate(("anna", "ben"), start=1):
        for emotion, grey in (("joy", 1.0), ("sorrow", 0.4)):
            image = (portrait(number)[::2, ::2] * grey).astype("uint8")
            for take in (1, 2):
                sound = fitted(grey * spoken(number)[take * 9000 :], 1.2)
                track = Track([image] * 12, sound=sound)
                write(folder / f"{speaker}-{emotion}-{take}.mp4", track)
    return folder


def test_there_is_one_template_for_each_extension_point():
    folders = [template.parent.relative_to(HERE / "templates") for template in TEMPLATES]
    assert sorted(folders) == sorted(
        Path(*registry.folder.split(".")[1:]) for registry in REGISTRIES
    )


@dataclass(frozen=True)
class Used:
    """Where the commands that use what was added wrote, and what they printed."""

    out: Path
    subtitles: Path
    run: str
    labels: str
    fusions: str
    extractors: str


@pytest.fixture(scope="module")
def used(added, clips, tmp_path_factory) -> Used:
    """The corpus is found by its folder; all else is asked for by name."""
    folder = tmp_path_factory.mktemp("used")
    settings = [
        "features.settings.brightness.fps=4", "fusion.decision=rms", "fusion.also=attention",
        'models=[{name="perceptron"}]', "bundle.enabled=false", "evaluation.n_bootstrap=100",
        "media.duration_s=1", "features.video=brightness", "fusion.early=false",
    ]  # fmt: skip
    out, subtitles = folder / "run", folder / "talk.srt"
    run, _, *listed = added(
        ("run", clips, "--jobs", 1, "--out", out, *(f"--set={each}" for each in settings)),
        ("predict", clips / "anna-joy-1.mp4", "--out", subtitles),
        ("corpora", "named_files"),
        ("settings", "fusion"),
        ("settings", "features.video"),
    )
    return Used(out, subtitles, run, *listed)


def test_what_is_added_works_by_name(used):
    with (used.out / "results.csv").open(encoding="utf-8") as file:
        rows = [(row["modality"], row["fusion"], row["model"]) for row in csv.DictReader(file)]
    assert sorted(rows) == [
        ("audio", "", "Perceptron"),
        ("audio+video", "attention", ""),
        ("audio+video", "decision rms", "Perceptron"),
        ("video", "", "Perceptron"),
    ]
    assert "8 clips" in used.run


def test_a_format_that_is_added_is_written(used):
    assert used.subtitles.read_text("utf-8").startswith("1\n00:00:00,000 --> 00:00:01,")


def test_what_is_added_is_listed(used):
    assert "labels       joy = happy" in used.labels
    assert used.fusions.count(", rms") >= 2  # Of fusion.decision and fusion.hybrid.
    assert "attention" in used.fusions
    assert "brightness" in used.extractors


def test_contributing_shows_every_template():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for template in TEMPLATES:
        assert template.relative_to(ROOT).as_posix() in text
    for registry in REGISTRIES:
        assert f"`src/{registry.folder.replace('.', '/')}/`" in text
        assert f"`{registry.group}`" in text
