"""The first screen of a transfer report and of a comparison: three questions, answered in words."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
from small_transfer import FOUND, cell, matrix

from affuse.config import load_config
from affuse.report.compare import comparison_html
from affuse.report.comparison_summary import comparison_summary
from affuse.report.reading import read_run
from affuse.report.transfer_report import transfer_html
from affuse.report.transfer_summary import transfer_summary

QUESTIONS = ("What was tested", "How good is it", "Can it be trusted")


def test_a_transfer_is_summed_up():
    found = transfer_summary(FOUND)
    assert found.tested == (
        "48 clips of 8 speakers in 2 corpora: anna (24 of 4) and ben (24 of 4).",
        "1 system: audio by MFCC.",
        "Each was trained on one corpus and tested on another, over the emotions that both show.",
    )
    assert (found.value, found.value_text) == (
        "66.0 %",
        "mean UAR of SVM between two corpora (2 pairs); a guess has 50.0 %.",
    )
    assert found.quality[0].startswith("Unseen speakers of the tested corpora themselves: 90.0 %.")
    assert found.quality[0].endswith("another corpus: 24.0 [10.0, 40.0].")
    assert found.quality[1] == "Trained on all others together: 71.0 % (SVM)."
    assert found.trust == (
        "Each clip was tested by a system that was not trained on its corpus.",
        "It depends on the pair: from 62.0 % (ben to anna) to 70.0 % (anna to ben), seen from "
        "chance.",
        "1 of 2 figures lie above chance with their whole 95 % interval.",
        "It was picked as the best of 2 after all were measured, which flatters its figure a "
        "little.",
        "1 figure marked with a star leak and are in no mean.",
    )


def test_a_transfer_of_leaks_alone_has_no_figure():
    found = transfer_summary(matrix(cell("anna", "ben", 0.7, 0.6, leak="a copy"), means=()))
    assert (found.value, found.figures) == ("", ())
    assert found.quality[0].startswith("No figure across corpora counts")


def test_the_page_of_a_transfer_answers_first(run_folder):
    page = transfer_html(FOUND, load_config(run_folder / "config.toml"))
    places = [page.index(f">{question}</h3>") for question in QUESTIONS]
    assert places == sorted(places)
    assert places[-1] < page.index('id="results"') < page.index("are leaky and in no mean")


@pytest.fixture
def runs(run_folder, small_run, tmp_path):
    """The run, and the same without one of its speakers."""
    other = tmp_path / "other"
    shutil.copytree(run_folder, other)
    for name in ("predictions", "folds"):
        table = pd.read_csv(other / f"{name}.csv", dtype={"clip": str, "speaker": str})
        table[table["speaker"] != "3"].to_csv(other / f"{name}.csv", index=False)
    return [small_run, read_run(other)]


def test_a_comparison_is_summed_up(runs):
    found = comparison_summary(runs, ["one", "two"], ["The clips differ.", "The folds too."], [])
    n_systems = len(runs[0].results)
    assert found.tested == (
        f"one: 24 clips of 4 speakers, 3 emotions, {n_systems} systems.",
        f"two: 18 clips of 3 speakers, 3 emotions, {n_systems} systems.",
    )
    best = runs[0].honest.iloc[0]
    assert found.value == f"{100 * best['uar']:.1f} %"
    assert found.value_text.startswith(f"UAR of {best['system']} in one; a guess has 33.3 %")
    assert found.quality == (f"The best of the others: two {found.value}.",)
    assert found.trust[:3] == (
        "Not the same conditions: The clips differ.",
        "The folds too.",
        "Each clip was tested by a system that was not trained on its speaker.",
    )
    assert "The 95 % intervals of the two best overlap: the order of the runs may be chance." in (
        found.trust
    )
    assert "marked leaky must not be compared" in found.trust[-1]
    same = comparison_summary(runs, ["one", "two"], [], [])
    assert same.trust[0] == "All were made with the same clips, emotions and folds."
    assert comparison_summary(runs, ["one", "two"], [], ["Unknown."]).trust[0] == "Unknown."


def test_the_page_of_a_comparison_answers_first(runs):
    page = comparison_html(runs)
    places = [page.index(f">{question}</h3>") for question in QUESTIONS]
    assert places == sorted(places)
    assert places[-1] < page.index('id="runs"')
