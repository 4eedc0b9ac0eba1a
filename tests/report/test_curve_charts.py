"""Curves and differences of the report: every one there, with the figures of the tables."""

from __future__ import annotations

import pandas as pd
import pytest

from affuse.report.curve_charts import robustness_charts, training_chart
from affuse.report.results_charts import paired_charts


@pytest.fixture
def run(small_run):
    return small_run


def test_every_network_has_its_curve(run):
    chart = training_chart(run)
    table = run.table("training")
    assert list(chart.table["network"]) == list(dict.fromkeys(table["system"]))
    for row in chart.table.itertuples():
        assert f">{row.network}</text>" in chart.svg
        own = table[table["system"] == row.network]
        last = own[own["epoch"] == own["epoch"].max()]["loss"].mean()
        assert row.last == pytest.approx(last, abs=1e-3)


def test_worse_recordings_stand_to_the_right(run):
    noise = next(c for c in robustness_charts(run) if c.title == "Robustness: white noise")
    places = [noise.svg.index(f">{level}</text>") for level in ("clean", "20", "-5")]
    assert places == sorted(places)
    assert "dB SNR" in noise.svg
    table = run.table("robustness").set_index(["system", "condition", "level"])["uar"]
    audio = run.best["audio"]
    clean = run.results.set_index("system")["uar"][audio]
    there = table[audio, "white noise", -5]
    assert f"audio from {100 * clean:.0f} to {100 * there:.0f} %" in noise.text


def test_gains_of_fusion_are_differences_of_the_results(run, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "affuse.report.results_charts._pairs", lambda rows, *rest: drawn.append((rows, *rest))
    )
    paired_charts(run)
    uar = run.results.set_index("system")["uar"]
    (gains, _, _, single), (behind, _, _, best) = drawn
    assert single == run.honest[run.honest["modality"] != "audio+video"]["system"].iloc[0]
    assert set(gains["system"]) == set(run.honest.query("modality == 'audio+video'")["system"])
    for row in gains.itertuples():
        assert row.difference == pytest.approx(uar[row.system] - uar[single], abs=1e-5)
        assert row.low <= row.difference <= row.high
    assert best == run.honest["system"].iloc[0]
    assert len(behind) == len(run.honest) - 1
    for row in behind.itertuples():
        assert row.difference == pytest.approx(uar[best] - uar[row.system], abs=1e-5)


def test_one_modality_alone_has_no_gain_of_fusion(run):
    tables = dict(run.tables)
    alone = tables["results"]["modality"] == "audio"
    tables["results"] = tables["results"][alone]
    names = set(tables["results"]["system"])
    pairs = tables["comparisons"]
    tables["comparisons"] = pairs[pairs["better"].isin(names) & pairs["other"].isin(names)]
    single = type(run)(run.path, run.config, run.environment, run.notes, tables)
    assert [chart.title for chart in paired_charts(single)] == ["How far the best system is ahead"]


def test_a_run_without_curves_has_no_chart(run):
    tables = run.tables | {"training": pd.DataFrame(), "robustness": pd.DataFrame()}
    bare = type(run)(run.path, run.config, run.environment, run.notes, tables)
    assert training_chart(bare) is None
    assert robustness_charts(bare) == ()
