"""Several runs on one page."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from affuse.cli import main
from affuse.report.compare import comparison_html, differences, run_names, write_comparison
from affuse.report.reading import read_run


@pytest.fixture
def runs(run_folder, tmp_path):
    """The run, and one that tested fewer clips in other folds."""
    other = tmp_path / "other"
    shutil.copytree(run_folder, other)
    for name in ("predictions", "folds"):
        table = pd.read_csv(other / f"{name}.csv", dtype={"clip": str, "speaker": str})
        table[table["speaker"] != "3"].to_csv(other / f"{name}.csv", index=False)
    return [read_run(run_folder), read_run(other)]


def test_all_systems_of_all_runs_stand_side_by_side(runs):
    text = comparison_html(runs)
    for run, name in zip(runs, run_names(runs), strict=True):
        assert text.count(f'<th scope="row">{name}</th>') == 1 + len(run.results)


def test_other_conditions_are_pointed_out(runs):
    told = " ".join(differences(runs, ["one", "two"]))
    assert "The clips are not the same (one 24, two 18; 18 in all of them)." in told
    assert "The folds are not the same" in told
    assert "Not the same conditions" in comparison_html(runs)


def test_the_same_run_twice_is_comparable(runs):
    assert differences([runs[0], runs[0]], ["a", "b"]) == []
    assert len(set(run_names([runs[0], runs[0]]))) == 2


def test_command_writes_no_file_over(runs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folders = [str(run.path) for run in runs]
    with pytest.raises(SystemExit) as ended:
        main(["report", *folders])
    assert not ended.value.code
    with pytest.raises(SystemExit) as ended:
        main(["report", *folders])
    assert ended.value.code == 2
    assert "exists already" in capsys.readouterr().err
    write_comparison(folders, tmp_path / "comparison.html")
