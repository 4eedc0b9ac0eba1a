"""What a report says of fusion: the amount first, and no more and no less than is known."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from affuse.report.document import report_html
from affuse.report.reading import read_run
from affuse.report.words import contributions, gain_of_fusion

pytestmark = pytest.mark.usefixtures("undrawn_charts")

NEW = ("p_swap", "p_swap_least", "n_comparisons")


@pytest.fixture
def told_of(run_folder, small_run, tmp_path):
    """What the report says if best fusion and best single modality compared like this."""
    run = small_run
    by_uar = run.honest.set_index("system")["uar"]
    single = max((run.best["audio"], run.best["video"]), key=lambda name: by_uar[name])
    both = {single, run.best["audio+video"]}

    def told(fused_better: bool = True, **values: float) -> str:
        folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(run_folder, folder)
        pairs = pd.read_csv(folder / "comparisons.csv")
        row = [{a, b} == both for a, b in zip(pairs["better"], pairs["other"], strict=True)]
        assert sum(row) == 1
        names = [run.best["audio+video"], single]
        pairs.loc[row, ["better", "other"]] = names if fused_better else names[::-1]
        for name, value in values.items():
            pairs.loc[row, name] = value
        pairs.to_csv(folder / "comparisons.csv", index=False)
        return gain_of_fusion(read_run(folder))

    return told


def test_a_difference_that_holds(told_of):
    message = told_of(difference=0.294, low=0.216, high=0.372, p=0.0002, p_holm=0.018)
    assert (
        "; fusing gains 29.4 points [21.6, 37.2], more than chance explains (p = 0.018" in message
    )
    message = told_of(False, difference=0.1, low=0.05, high=0.15, p=0.0001, p_holm=0.0004)
    assert "; fusing loses 10.0 points [5.0, 15.0], more than chance explains (p < 0.001" in message


def test_a_difference_that_holds_alone_but_not_among_many(told_of):
    message = told_of(difference=0.294, low=0.234, high=0.341, p=1 / 32, p_holm=0.375)
    assert "cannot tell" not in message
    assert (
        "fusing gains 29.4 points [23.4, 34.1], more than chance explains were it the one "
        "comparison (p = 0.031), but not surely so (p = 0.375 as one of "
    ) in message


def test_a_difference_that_is_none(told_of):
    message = told_of(difference=0.02, low=-0.05, high=0.09, p=0.5, p_holm=1.0)
    assert (
        "fusing gains 2.0 points [-5.0, 9.0], which these speakers cannot tell from none" in message
    )
    message = told_of(difference=-1e-17, low=-0.05, high=0.05, p=1.0, p_holm=1.0)
    assert "fusing is level with it: 0.0 points [-5.0, 5.0]." in message
    assert "-0.0" not in message


@pytest.mark.usefixtures("no_charts")
def test_what_swaps_could_not_show_is_said(small_run):
    """Four speakers: 1/8 at least."""
    text = report_html(small_run)
    assert "with 4 speakers its p cannot go below 0.125" in text


@pytest.mark.usefixtures("no_charts")
def test_a_run_of_an_older_version_is_told_as_well(run_folder, tmp_path):
    older = tmp_path / "older"
    shutil.copytree(run_folder, older)
    pairs = pd.read_csv(older / "comparisons.csv")
    pairs.drop(columns=list(NEW)).to_csv(older / "comparisons.csv", index=False)
    text = report_html(read_run(older))
    assert "comparisons, best systems first" in text
    assert "cannot go below" not in text


def test_minus_nothing_stands_nowhere(run_folder, tmp_path):
    same = tmp_path / "same"
    shutil.copytree(run_folder, same)
    pairs = pd.read_csv(same / "comparisons.csv")
    pairs[["difference", "low", "high"]] = -1e-17, -1e-17, 0.0
    pairs.to_csv(same / "comparisons.csv", index=False)
    text = report_html(read_run(same))
    assert ">0.0</td>" in text
    assert "-0.0<" not in text
    assert "[-0.0" not in text


@pytest.mark.usefixtures("no_charts")
def test_what_modalities_contribute_adds_up_to_what_is_above_chance(run_folder, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    results = pd.read_csv(folder / "results.csv")
    figures = {"audio": 0.5, "video": 0.4, "audio+video": 0.8}
    results["uar"] = results["modality"].map(figures)
    results["chance"] = 0.25
    results.to_csv(folder / "results.csv", index=False)
    run = read_run(folder)
    said = contributions(run)
    assert said.startswith(f"Of the 55.0 points that {run.best['audio+video']} is above chance, ")
    assert "audio contributes 32.5 and video contributes 22.5 (Shapley values" in said
    row = pd.DataFrame([["best", "audio", 0.3, 0.2, 0.4]])
    row.columns = ["system", "group", "drop", "drop_low", "drop_high"]
    row.to_csv(folder / "importance.csv", index=False)
    assert said in report_html(read_run(folder))
    results[results["modality"] != "video"].to_csv(folder / "results.csv", index=False)
    assert contributions(read_run(folder)) == ""
