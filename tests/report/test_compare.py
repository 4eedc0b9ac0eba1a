"""Several runs on one page."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

from affuse.cli import main
from affuse.report.compare import (
    comparison_html,
    differences,
    run_names,
    unknown,
    write_comparison,
)
from affuse.report.document import report_html
from affuse.report.reading import read_run

pytestmark = pytest.mark.usefixtures("undrawn_charts")


@pytest.fixture
def runs(run_folder, small_run, tmp_path):
    """The run, and one that tested fewer clips in other folds."""
    other = tmp_path / "other"
    shutil.copytree(run_folder, other)
    for name in ("predictions", "folds"):
        table = pd.read_csv(other / f"{name}.csv", dtype={"clip": str, "speaker": str})
        table[table["speaker"] != "3"].to_csv(other / f"{name}.csv", index=False)
    return [small_run, read_run(other)]


def test_all_systems_of_all_runs_stand_side_by_side(runs):
    text = comparison_html(runs)
    for run, name in zip(runs, run_names(runs), strict=True):
        assert text.count(f'scope="row">{name}</th>') == 1 + len(run.results)


def test_other_conditions_are_pointed_out(runs):
    told = " ".join(differences(runs, ["one", "two"]))
    assert (
        "The clips are not the same (one 24, two 18; 18 in all of them, by what is in their files)."
    ) in told
    assert "The folds are not the same" in told
    assert "Not the same conditions" in comparison_html(runs)


@pytest.fixture
def renamed(run_folder, tmp_path):
    """A run, its clips called otherwise: by their content the same, or other clips."""

    def rename(name: str, *, clips=lambda clip: clip, contents=lambda content: content):
        folder = tmp_path / name
        shutil.copytree(run_folder, folder)
        for table_name in ("predictions", "folds", "contents"):
            table = pd.read_csv(folder / f"{table_name}.csv", dtype={"clip": str, "speaker": str})
            table["clip"] = table["clip"].map(clips)
            if table_name == "contents":
                table["content"] = table["content"].map(contents)
            table.to_csv(folder / f"{table_name}.csv", index=False)
        return read_run(folder)

    return rename


def test_clips_of_one_name_may_be_others(small_run, renamed):
    """As drawn clips, which bear the names of RAVDESS."""
    others = renamed("others", contents=lambda content: content[::-1])
    told = differences([small_run, others], ["one", "two"])
    assert told == [
        "The clips are not the same (one 24, two 24; 0 in all of them, by what is in their "
        "files). By name it would be 24, but names mislead.",
        "The folds are not the same: part of every difference is the luck of the draw.",
    ]
    assert "Not the same conditions" in comparison_html([small_run, others])


def test_clips_under_other_names_are_the_same(small_run, renamed):
    moved = renamed("moved", clips=lambda clip: f"take {clip[::-1]}")
    runs = [small_run, moved]
    assert differences(runs, ["one", "two"]) == unknown(runs, ["one", "two"]) == []
    assert "the same clips, emotions and folds" in comparison_html(runs)


def test_some_clips_are_in_both(small_run, renamed):
    part = renamed(
        "part", contents=lambda content: content if content < "sha256:8" else content[1:]
    )
    n_same = sum(content.startswith("sha256:") for content in part.contents.values())
    assert 0 < n_same < 24
    told = differences([small_run, part], ["one", "two"])
    assert f"(one 24, two 24; {n_same} in all of them, by what is in their files)" in told[0]


@pytest.mark.parametrize("spoil", ["no file", "one clip unknown"])
def test_what_cannot_be_known_is_said(small_run, renamed, spoil):
    older = renamed("older", contents=lambda content: content if content < "sha256:e" else "")
    if spoil == "no file":
        (older.path / "contents.csv").unlink()
    runs = [small_run, read_run(older.path)]
    assert differences(runs, ["one", "two"]) == []
    (told,) = unknown(runs, ["one", "two"])
    assert told.startswith("Which clips are the same cannot be known: two does not say what is in")
    assert "By name, 24 are in all runs; other clips may bear the same names." in told
    text = comparison_html(runs)
    assert "cannot be known" in text
    assert "the same clips, emotions and folds" not in text


def test_fewer_clips_are_other_clips_even_where_contents_are_not_known(runs):
    (runs[1].path / "contents.csv").unlink()
    both = [runs[0], read_run(runs[1].path)]
    assert differences(both, ["one", "two"])[0] == "The clips are not the same (one 24, two 18)."
    assert "By name, 18 are in all runs" in unknown(both, ["one", "two"])[0]


@pytest.mark.usefixtures("no_charts")
def test_drawn_people_are_said_to_be(run_folder, small_run, tmp_path):
    drawn = tmp_path / "drawn"
    shutil.copytree(run_folder, drawn)
    summary = json.loads((drawn / "summary.json").read_text("utf-8"))
    warning = "These people are drawn."
    (drawn / "summary.json").write_text(json.dumps(summary | {"drawn": warning}), "utf-8")
    runs = [small_run, read_run(drawn)]
    assert f"two: {warning}" in differences(runs, ["one", "two"])
    both = comparison_html([runs[1]] * 2)
    assert f'<p class="warning">{warning}</p>' in both
    assert f'<p class="warning">{warning}</p>' in report_html(runs[1])


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
