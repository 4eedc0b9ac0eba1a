"""report.html: what stands in it, and that it agrees with the tables it was made of."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from affuse.bundle.permitted_use import REGULATION
from affuse.cli import main
from affuse.errors import OutputError
from affuse.report.decision_charts import confusions, map_charts
from affuse.report.document import report_html, write_report
from affuse.report.examples import chosen_clips
from affuse.report.grid import SHOWN, Grid, axis_of
from affuse.report.page import write_page
from affuse.report.reading import read_run
from affuse.report.results_charts import speaker_chart
from affuse.report.summary import Summary, summary_of


class Page(HTMLParser):
    """Ids, headings and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.headings: list[str] = []
        self.addresses: list[str] = []
        self._level = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.ids += [told["id"]] if told.get("id") else []
        self.addresses += [told[k] for k in ("src", "href", "xlink:href") if told.get(k)]
        self._level = tag if tag in ("h1", "h2", "h3") else ""

    def handle_data(self, data):
        if self._level and data.strip():
            self.headings.append(f"{self._level} {data.strip()}")
            self._level = ""


@pytest.fixture(scope="module")
def text(run_folder: Path) -> str:
    return (run_folder / "report.html").read_text("utf-8")


def summary(run) -> Summary:
    return summary_of(run, axis_of(run.task.headline, run.results, run.table("references")))


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_a_run_writes_it_and_it_is_small(run_folder):
    assert (run_folder / "report.html").stat().st_size < 5_000_000


def test_it_asks_nothing_of_any_network(text, page):
    (law,) = (address for address in page.addresses if not address.startswith(("#", "data:")))
    assert law == REGULATION, "a link that people may follow, and nothing else"
    assert "default-src &#39;none&#39;" in text
    outside = set(re.findall(r"https?://[^\s\"'<)]+", text))
    assert outside == {REGULATION, "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_it_ends_with_consent_and_law(text):
    end = " ".join(text.partition("</main>")[2].split())
    assert "At work and in education the European Union forbids recognising emotions" in end
    assert f'<a href="{REGULATION}">Regulation (EU) 2024/1689</a>, articles 5(1)(f)' in end
    assert "docs/consent-and-law.md" in end


def test_parts_come_in_their_order(page):
    order = [heading[3:] for heading in page.headings if heading.startswith("h2")]
    assert order == [
        "Summary", "Results", "Predict with it", "Paired comparisons", "Confusion matrices",
        "Per speaker and emotion", "Calibration", "Robustness", "Training curves", "Feature maps",
        "Examples", "Data and protocol", "Settings, and running it again",
    ]  # fmt: skip


def test_its_title_is_that_of_the_data(text, page):
    assert "h1 clips: 3 emotions from voice and face" in page.headings
    assert "<title>clips: 3 emotions from voice and face: affuse report</title>" in text


def test_three_questions_are_answered(small_run):
    found, n_apart = summary(small_run), len(small_run.honest)
    assert found.tested[0].startswith("24 clips of 4 speakers (6 each): 3 emotions")
    assert found.tested[1].startswith(f"{n_apart} systems: audio by MFCC, video by ")
    assert found.tested[2] == "Protocol: speaker-independent, 4 folds; speakers kept apart."
    assert [figure.kind for figure in found.figures] == ["audio", "video", "fused"]
    assert found.trust[0] == "Each clip was tested by a system that was not trained on its speaker."
    assert any(f"picked as the best of {n_apart} after" in sentence for sentence in found.trust)
    only = small_run.results[small_run.results["leaky"]]
    leaky = replace(small_run, tables={**small_run.tables, "results": only})
    assert (summary(leaky).value, summary(leaky).figures) == ("", ())
    assert summary(leaky).quality[0].startswith("No system was evaluated with speakers kept apart")
    assert summary(leaky).tested[-1].endswith("it leaks.")


@pytest.mark.usefixtures("words_alone")
def test_a_figure_that_is_not_surely_above_chance_says_so(small_run):
    table = small_run.table("results")
    poor = replace(small_run, tables={**small_run.tables, "results": table.assign(uar_low=0.2)})
    assert "It is not surely above chance (33.3 %)." in summary(poor).trust
    assert "It is not surely above chance (33.3 %)." not in summary(small_run).trust


def test_the_reason_of_a_leak_stands_once_and_its_rows_are_folded(text, small_run):
    n_leaky = len(small_run.leaky)
    reason = "clips of the same speakers are in training and test"
    box = text[text.index('<div class="apart">') : text.index('id="next"')]
    assert box.count(reason) == 1
    assert f"<summary>{n_leaky} leaky systems</summary>" in box
    assert box.index("<details") < box.index("<table")


def test_five_rows_come_first():
    rows = tuple((f"system {number}",) for number in range(8))
    made = [Grid("", (), rows[:n], SHOWN) for n in range(9)]
    assert [len(grid.first) for grid in made] == [0, 1, 2, 3, 4, 5, 6, 5, 5]
    assert all((*grid.first, *grid.rest) == grid.rows for grid in made)


def test_it_leads_to_the_bundle(run_folder, tmp_path, text):
    bundle = json.loads((run_folder / "bundle" / "bundle.json").read_text("utf-8"))
    assert f"holds {bundle['name']}, trained on all of these clips" in text
    assert f"affuse predict my.mp4 --bundle {run_folder / 'bundle'}</code>" in text


@pytest.mark.usefixtures("no_charts")
def test_report_of_a_moved_run_names_the_bundle_where_it_is_now(run_folder, tmp_path):
    moved = tmp_path / "another place"
    shutil.copytree(run_folder, moved)
    text = write_report(moved).read_text("utf-8")
    assert f"affuse predict my.mp4 --bundle {shlex.quote(str(moved / 'bundle'))}" in unescape(text)
    assert f"--bundle {run_folder}" not in text


def test_no_id_is_there_twice(page):
    assert len(set(page.ids)) == len(page.ids)


def test_every_drawing_is_whole_and_told_in_words(text):
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    charts = [drawing for drawing in drawings if 'role="img"' in drawing[:400]]
    assert len(charts) > 12
    for drawing in charts:
        root = ElementTree.fromstring(drawing)
        title, told = root[0].text, root[1].text
        assert title
        assert told
        assert "#0" not in re.sub(r'(id|href)="[^"]*"|url\([^)]*\)', "", drawing), title


def test_words_and_figures_are_those_of_the_tables(run_folder, small_run, text):
    results = pd.read_csv(run_folder / "results.csv")
    honest = results[~results["leaky"]]
    best = honest.loc[honest["uar"].idxmax()]
    found = summary(small_run)
    assert found.value == f"{100 * best['uar']:.1f} %"
    assert f"[{100 * best['uar_low']:.1f}, {100 * best['uar_high']:.1f}]" in found.value_text
    assert best["system"] in found.quality[0]
    assert "marked leaky" in found.trust[-1]
    for _, row in results.iterrows():
        assert row["system"] in text
        assert f">{100 * row['uar']:.1f}<" in text


def test_confusions_are_those_of_the_predictions(run_folder, small_run):
    rows = pd.read_csv(run_folder / "predictions.csv", dtype={"clip": str})
    for modality, shares in confusions(small_run).items():
        own = rows[rows["system"] == small_run.best[modality]]
        for emotion in small_run.classes:
            true = own[own["emotion"] == emotion]
            right = (true["predicted"] == emotion).mean()
            assert shares.loc[emotion, emotion] == pytest.approx(right)
        assert np.allclose(shares.sum(axis=1), 1)


def test_examples_show_right_wrong_and_disagreement(small_run, text):
    chosen = chosen_clips(small_run)
    assert {kind for kind, _ in chosen} >= {"right"}
    assert len({clip for _, clip in chosen}) == len(chosen)
    deciding = small_run.predictions_of(small_run.best["audio+video"])
    for kind, clip in chosen:
        row = deciding.loc[clip]
        if kind in ("right", "wrong"):
            assert (row["predicted"] == row["emotion"]) == (kind == "right")
        assert f"Sound of {clip}" in text


def test_training_curves_have_every_epoch_of_every_fold(run_folder):
    training = pd.read_csv(run_folder / "training.csv")
    assert {f"{part}, 1D CNN epochs=3" for part in ("audio", "video", "early")} <= set(
        training["system"]
    )
    assert set(training["epoch"]) == {1, 2, 3}
    folds = pd.read_csv(run_folder / "folds.csv")
    apart = folds[folds["protocol"] == "speaker-independent"]["fold"].nunique()
    of_audio = training[training["system"] == "audio, 1D CNN epochs=3"]
    assert of_audio["fold"].nunique() == apart
    assert (training["loss"] > 0).all()


def test_the_map_uses_features_alone(run_folder):
    places = pd.read_csv(run_folder / "map.csv")
    assert set(places["modality"]) == {"audio", "video"}
    assert len(places[places["method"] == "PCA"]) == 2 * 24
    units = places[(places["modality"] == "video") & (places["method"] == "PCA")]
    assert np.allclose(units[["x", "y"]].mean(), 0, atol=1e-3)


@pytest.mark.usefixtures("words_alone")
def test_what_is_missing_is_said(run_folder, tmp_path):
    less = tmp_path / "less"
    shutil.copytree(run_folder, less, ignore=shutil.ignore_patterns("robustness.csv", "map.csv"))
    text = report_html(read_run(less))
    assert "<li>Robustness: it was not asked for. Run with --set robustness" in text
    assert "run again with this version" in text


@pytest.mark.usefixtures("words_alone")
def test_files_that_are_gone_do_not_stop_it(run_folder, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(run_folder, moved)
    index = pd.read_csv(moved / "index.csv", dtype=str)
    index["audio"] = "nowhere/" + index["clip"] + ".wav"
    index.to_csv(moved / "index.csv", index=False)
    assert "Its files were not found" in report_html(read_run(moved))


def test_names_cannot_break_out(run_folder, tmp_path):
    evil = tmp_path / "evil"
    unchanged = shutil.ignore_patterns("robustness.csv", "training.csv", "map.csv")
    shutil.copytree(run_folder, evil, ignore=unchanged)
    attack = "<script>alert(1)</script>"
    for name in ("results", "predictions", "speakers", "recalls", "reliability", "comparisons"):
        file = evil / f"{name}.csv"
        file.write_text(file.read_text("utf-8").replace("1D CNN", attack), "utf-8")
    summary = json.loads((evil / "summary.json").read_text("utf-8"))
    (evil / "summary.json").write_text(json.dumps({**summary, "notes": [attack]}), "utf-8")
    text = report_html(read_run(evil))
    assert attack not in text
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: (folder / "results.csv").unlink(), "it has no results.csv"),
        (lambda folder: (folder / "results.csv").write_text("a,b\n1,2\n"), "has no column system"),
        (lambda folder: (folder / "config.toml").write_text("= ="), "config.toml cannot be read"),
        (lambda folder: (folder / "environment.json").write_text("{"), "environment.json cannot"),
        (lambda folder: (folder / "predictions.csv").write_text(""), "predictions.csv cannot"),
    ],
)
def test_a_folder_that_is_no_run_is_refused(run_folder, tmp_path, spoil, told):
    folder = tmp_path / "spoilt"
    shutil.copytree(run_folder, folder)
    spoil(folder)
    with pytest.raises(OutputError, match=told) as refused:
        read_run(folder)
    assert "expected a folder that affuse run wrote" in str(refused.value)


def test_command_makes_it_anew(run_folder, tmp_path, capsys):
    out = tmp_path / "deep" / "again.html"
    with pytest.raises(SystemExit) as ended:
        main(["report", str(run_folder), "--out", str(out)])
    assert not ended.value.code
    assert capsys.readouterr().out.startswith(f"Written to {out}.")
    assert out.read_text("utf-8") == (run_folder / "report.html").read_text("utf-8")


def test_command_refuses_what_is_no_run(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["report", str(tmp_path / "nowhere")])
    assert ended.value.code == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "no such folder" in message


def test_a_place_that_cannot_be_written_is_refused(run_folder, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(run_folder, tmp_path / "file" / "report.html")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a file that is no plain one")
def test_a_pipe_or_device_is_not_replaced(run_folder, tmp_path):
    os.mkfifo(tmp_path / "pipe.html")
    with pytest.raises(OutputError, match=r"pipe\.html is no file that a page could replace"):
        write_report(run_folder, tmp_path / "pipe.html")
    assert (tmp_path / "pipe.html").is_fifo()


@pytest.mark.usefixtures("no_charts")
def test_a_link_goes_on_leading_to_its_page(run_folder, tmp_path):
    page, link = tmp_path / "page.html", tmp_path / "link.html"
    page.write_text("older", "utf-8")
    link.symlink_to(page)
    assert write_report(run_folder, link) == link
    assert link.is_symlink()
    assert "<!DOCTYPE html>" in page.read_text("utf-8")


def test_a_page_holds_no_command_to_a_terminal(tmp_path):
    page = write_page("<p>\x1b]0;x\x07Zoë\t\n</p>\n", tmp_path / "a.html")
    assert page.read_text("utf-8") == "<p>\\x1b]0;x\\x07Zoë\t\n</p>\n"


@pytest.mark.filterwarnings("error")
def test_any_name_can_be_drawn(run_folder, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    for file in ("speakers", "predictions"):
        table = pd.read_csv(folder / f"{file}.csv", dtype={"speaker": str})
        table["speaker"] = [f"\x1b[2J{name}{'x' * 300}" for name in table["speaker"]]
        table.to_csv(folder / f"{file}.csv", index=False)
    run = read_run(folder)
    chart = speaker_chart(run)
    assert chart is not None
    assert "\x1b" not in chart.svg.replace(chart.text, "")
    assert "\x1b" not in "".join(drawn.svg.replace(drawn.text, "") for drawn in map_charts(run))


def test_more_speakers_than_have_room_are_counted_not_named(small_run):
    speakers = small_run.table("speakers")
    many = pd.concat(
        [speakers.assign(speaker=f"nEMO/{n}-" + speakers["speaker"].astype(str)) for n in range(20)]
    )
    chart = speaker_chart(replace(small_run, tables={**small_run.tables, "speakers": many}))
    assert chart is not None
    assert "80 speakers, sorted" in chart.svg
    assert "nEMO/7-" not in chart.svg.replace(chart.text, "")
    assert chart.table is not None
    assert len(chart.table) == 80


@pytest.mark.usefixtures("no_charts")
def test_reasons_of_a_leak_are_those_of_the_run(run_folder, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    table = pd.read_csv(folder / "results.csv")
    last = table.iloc[[-1]].assign(
        protocol="emobox folds", leaky=True, leak="10 of 10 speakers on both sides"
    )
    pd.concat([table, last]).to_csv(folder / "results.csv", index=False)
    text = report_html(read_run(folder))
    assert text.count("<strong>Emobox folds:</strong> 10 of 10 speakers on both sides.</li>") == 1
    # Run folders of before have no such column.
    table.drop(columns="leak").to_csv(folder / "results.csv", index=False)
    assert "<!DOCTYPE html>" in report_html(read_run(folder))


def test_names_that_have_no_room_beside_a_map_are_counted(small_run, monkeypatch):
    monkeypatch.setattr("affuse.report.decision_charts.MOST_NAMED", 3)
    emotions, speakers = map_charts(small_run)[:2]
    assert "too many" not in emotions.text
    assert 'id="' in emotions.svg
    assert "legend" in emotions.svg
    assert speakers.text.endswith("These are 4: too many to be named beside it.")
    assert "legend" not in speakers.svg
