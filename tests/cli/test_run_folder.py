"""A run folder is whole or not there; what was cut short goes on; two never share one."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from full_disk import files_of_at_most

from affuse.cli import main
from affuse.storage.locks import claimed
from affuse.storage.run_files import REPORT, TABLES, WRITTEN

pytestmark = pytest.mark.usefixtures("undrawn_charts")

AUDIO_ALONE = [
    "--set", "features.video=none", "--set", "models=[{name='lda'}, {name='gaussian_nb'}]",
    "--set", "evaluation.n_bootstrap=100", "--jobs", "1",
]  # fmt: skip
SAME = ("results.csv", "predictions.csv", "folds.csv", "speakers.csv", "config.toml")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CSV of eight short wav files: two speakers, two emotions."""
    folder, rng = tmp_path_factory.mktemp("clips"), np.random.default_rng(7)
    lines = ["path,emotion,speaker"]
    for speaker in ("ann", "ben"):
        for emotion, hz in (("calm", 200), ("angry", 600)):
            for take in (1, 2):
                name = f"{speaker}-{emotion}-{take}.wav"
                tone = np.sin(2 * np.pi * hz * np.arange(8000) / 8000)
                soundfile.write(folder / name, 0.5 * tone + 0.01 * rng.normal(size=8000), 8000)
                lines.append(f"{name},{emotion},{speaker}")
    path = folder / "clips.csv"
    path.write_text("\n".join(lines), "utf-8")
    return path


def copied(whole: Path, folder: Path) -> Path:
    """The run folder as if it had been written there."""
    out = Path(shutil.copytree(whole, folder / "run"))
    config = out / "config.toml"
    config.write_text(config.read_text("utf-8").replace(str(whole), str(out)), "utf-8")
    return out


def run(table: Path, out: Path, *options: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["run", str(table), *AUDIO_ALONE, "--out", str(out), *options])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def whole(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of these clips, to be copied."""
    out = tmp_path_factory.mktemp("whole") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFFUSE_CACHE", str(tmp_path_factory.mktemp("cache")))
        assert run(table, out) == 0
    return out


def contents(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in SAME}


def test_run_without_its_report_goes_on(table, whole, tmp_path, capsys):
    """What an older version left that was killed between results and report."""
    out = copied(whole, tmp_path)
    before = contents(out)
    assert run(table, out) == 2
    assert "exists and is not empty" in capsys.readouterr().err
    (out / "report.html").unlink()
    (out / ".partial-0123abcd-17-0123abcd.html").write_text("half")
    assert run(table, out) == 0, capsys.readouterr().err
    assert (out / "report.html").is_file()
    assert contents(out) == before
    assert not list(out.glob(".*"))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("change", ["another setting", "a file of mine", "no settings", "a folder"])
def test_folder_that_is_not_this_run_is_refused(table, whole, tmp_path, capsys, change):
    out = copied(whole, tmp_path)
    (out / "report.html").unlink()
    options = ["--set", "seed=1"] if change == "another setting" else []
    if change == "a file of mine":
        (out / "notes.txt").write_text("mine")
    elif change == "no settings":
        (out / "config.toml").unlink()
    elif change == "a folder":
        (out / "clips").mkdir()
    before = sorted(path.name for path in out.iterdir())
    assert run(table, out, *options) == 2
    assert "exists and is not empty" in capsys.readouterr().err
    assert sorted(path.name for path in out.iterdir()) == before


def test_every_file_is_known_by_name_and_columns(whole):
    assert {path.name for path in whole.iterdir()} <= WRITTEN | {REPORT}
    columns = {each.file: set(each.columns) for each in TABLES}
    for path in whole.glob("*.csv"):
        with path.open(encoding="utf-8") as file:
            header = set(file.readline().strip().split(","))
        assert columns.get(path.name, set()) <= header, path.name
    assert {each.file for each in TABLES if each.needed} <= {path.name for path in whole.iterdir()}


KILLED = """
import os, signal, sys
from affuse import cli
from affuse.experiment import flow
flow.write_report = lambda folder, place: os.kill(os.getpid(), signal.SIGKILL)
cli.main(sys.argv[1:])
"""


@pytest.mark.usefixtures("no_report")
def test_kill_before_the_report_leaves_no_folder(table, tmp_path, capsys):
    out = tmp_path / "run"
    arguments = ["run", str(table), *AUDIO_ALONE, "--out", str(out)]
    ended = subprocess.run([sys.executable, "-c", KILLED, *arguments], capture_output=True)
    assert ended.returncode == -signal.SIGKILL
    assert not out.exists()
    assert list(tmp_path.iterdir()) != []
    assert run(table, out) == 0, capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def as_long_as_ever(figure: object, title: str, text: str) -> str:
    """A chart that nobody draws."""
    return f"<svg><title>{title}</title>{50_000 * ' '}</svg>"


def test_second_run_is_told_before_its_work(table, tmp_path, capsys, private_cache):
    with claimed(tmp_path / "run"):
        assert run(table, tmp_path / "run") == 2
    told = capsys.readouterr().err
    assert f"run is being written by process {os.getpid()} on " in told
    assert not list(private_cache.iterdir())


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (2_000, "features/.* cannot be written .the disk took a part of it only."),
        (100_000, "run/.*report.html cannot be written .File too large."),
    ],
)
def test_full_disk_is_one_line_and_the_same_command_goes_on(
    table, tmp_path, limit, message, capsys, monkeypatch
):
    """A limit on the size of files stands for it: results fit in the larger one, the report not."""
    out = tmp_path / "run"
    with monkeypatch.context() as patch, files_of_at_most(limit):
        patch.setattr("affuse.report.chart._svg", as_long_as_ever)
        code = run(table, out, "--set", "bundle.enabled=false")
    told = capsys.readouterr().err
    lines = [line for line in told.splitlines() if line.startswith("affuse:")]
    assert code == 2, told
    assert len(lines) == 1, told
    assert re.search(message, lines[0]), lines[0]
    assert "Traceback" not in told
    assert not list(tmp_path.iterdir())
    assert run(table, out) == 0, capsys.readouterr().err
