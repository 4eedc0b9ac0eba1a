"""A dimensional run from a CSV with numbers to what `affuse predict` says, by the command line."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from affuse.bundle.reader import read_bundle
from affuse.cli import main
from affuse.config import load_config
from affuse.predict.recogniser import load
from affuse.tasks.agreement import ccc, pearson, rmse

pytestmark = pytest.mark.usefixtures("undrawn_charts")

RATE = 16_000
FAST = (
    "--set", "task=dimensional", "--set", "folds.n_folds=3", "--set", "models=[{name='ridge'}]",
    "--set", "evaluation.n_bootstrap=200", "--jobs", "1",
)  # fmt: skip


def code(arguments: list[str]) -> int:
    """Exit status of the command line."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def utterance(rng: np.random.Generator, brightness: float) -> np.ndarray:
    """Syllables of noise, of which so much is in the high frequencies."""
    noise = rng.standard_normal(RATE)
    dull = np.convolve(noise, np.ones(12) / 12, "same")
    syllables = np.sin(np.arange(RATE) / 800) ** 2
    return 0.2 * syllables * (brightness * noise / 3 + (1 - brightness) * dull)


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Path:
    """CSV of 24 voices whose brightness is told as one number, and something else as another."""
    folder, rng = tmp_path_factory.mktemp("voices"), np.random.default_rng(0)
    rows = []
    for speaker in range(6):
        for take in range(4):
            brightness = float(rng.uniform())
            soundfile.write(folder / f"{speaker}{take}.wav", utterance(rng, brightness), RATE)
            other = round(40 + 10 * brightness + rng.normal(), 3)
            rows.append((f"{speaker}{take}.wav", f"s{speaker}", round(brightness, 4), other))
    rows[3] = (*rows[3][:2], "", rows[3][3])
    table = folder / "mine.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([("path", "speaker", "valence", "arousal"), *rows])
    return table


@pytest.fixture(scope="module")
def run(clips, tmp_path_factory, module_cache):
    out = tmp_path_factory.mktemp("runs") / "run"
    assert code(["run", str(clips), *FAST, "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def module_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFFUSE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def test_results_have_the_columns_of_numbers(run):
    results = pd.read_csv(run / "results.csv")
    assert tuple(results.columns) == (
        *("system", "modality", "fusion", "features", "model", "protocol", "leaky"),
        *("ccc", "ccc_low", "ccc_high", "pearson", "rmse", "n_clips", "n_speakers", "n_folds"),
        "chance",
        *(f"{c}_valence" for c in ("ccc", "ccc_low", "ccc_high", "pearson", "rmse")),
        *(f"{c}_arousal" for c in ("ccc", "ccc_low", "ccc_high", "pearson", "rmse")),
        "leak",
    )
    row = results.iloc[0]
    assert (row["n_clips"], row["n_speakers"], row["chance"]) == (23, 6, 0)
    assert row["ccc_low"] < row["ccc"] < row["ccc_high"]
    assert row["ccc_low"] > 0.3  # what is learned is there to be learned


def test_figures_follow_from_the_predictions(run):
    found = pd.read_csv(run / "predictions.csv", dtype={"clip": str})
    names = ("clip", "speaker", "valence", "arousal", "fold", "system")
    assert tuple(found.columns) == (*names, "predicted_valence", "predicted_arousal")
    assert found["clip"].is_unique
    row = pd.read_csv(run / "results.csv").iloc[0]
    for target in ("valence", "arousal"):
        columns = found[target], found[f"predicted_{target}"]
        for name, figure in (("ccc", ccc), ("pearson", pearson), ("rmse", rmse)):
            assert row[f"{name}_{target}"] == pytest.approx(figure(*columns)[0], rel=1e-4)


def test_clips_without_a_number_are_told(run):
    skipped = pd.read_csv(run / "skipped.csv", dtype=str)
    assert skipped.to_numpy().tolist() == [["03", "valence is blank; every clip needs a number"]]


def test_run_folder_has_what_numbers_have(run):
    names = {path.name for path in run.iterdir()}
    assert not names & {"recalls.csv", "reliability.csv", "calibration.csv", "references.csv"}
    speakers = pd.read_csv(run / "speakers.csv")
    assert tuple(speakers.columns) == ("speaker", "ccc", "pearson", "rmse", "n_clips", "system")
    assert "dimensional" in (run / "config.toml").read_text("utf-8")
    report = (run / "report.html").read_text("utf-8")
    for words in ("concordance correlation (CCC)", "valence, audio", "CCC of each speaker", "RMSE"):
        assert words in report
    shown = report.split("<script")[0]
    assert "UAR" not in shown
    assert 'id="confusion"' not in report


def test_runs_of_numbers_are_not_compared_by_uar(run, capsys, tmp_path):
    assert code(["report", str(run), str(run), "--out", str(tmp_path / "page.html")]) == 2
    assert "is a run of numbers (valence, arousal)" in capsys.readouterr().err


def test_page_shows_no_numbers(run, capsys):
    assert code(["serve", "--bundle", str(run / "bundle"), "--port", "0", "--no-open"]) == 2
    assert (
        "gives numbers (valence, arousal), and the page shows emotions" in capsys.readouterr().err
    )


def test_a_stored_run_of_numbers_says_for_whom_it_works(run, capsys, tmp_path):
    page = tmp_path / "groups.html"
    assert code(["report", str(run), "--by", "corpus", "--out", str(page)]) == 0
    text = capsys.readouterr().out
    row = pd.read_csv(run / "results.csv").iloc[0]
    (line,) = (line for line in text.splitlines() if line.startswith("corpus"))
    assert line.split()[1:3] == ["mine", f"{row['ccc']:.3f}"]
    assert "By corpus: nothing is compared" in text
    assert '<h2 id="groups">Per group</h2>' in page.read_text("utf-8")


@pytest.mark.usefixtures("no_report")
def test_every_fusion_of_numbers_in_one_run(clips, tmp_path, capsys, module_cache):
    rows, rng = pd.read_csv(clips), np.random.default_rng(0)
    given = []
    for modality, target in (("audio", "valence"), ("video", "arousal")):
        columns = rng.normal(size=(24, 6)) + rows[[target]].rank().to_numpy() / 12
        table = pd.DataFrame(columns, columns=[f"f{n}" for n in range(6)])
        table.insert(0, "path", rows["path"])
        table.to_csv(tmp_path / f"{modality}.csv", index=False)
        given += ["--features", f"{modality}={tmp_path / modality}.csv"]
    cnn = "models=[{name='ridge'}, {name='cnn1d', params={epochs=1}}]"
    asked = (
        cnn, "fusion.late=concatenate", "fusion.late_epochs=1",
        "fusion.decision=mean,weighted,median,stacking", "fusion.hybrid=stacking",
    )  # fmt: skip
    given += [part for setting in asked for part in ("--set", setting)]
    out = tmp_path / "run"
    assert code(["run", str(clips), *FAST, *given, "--out", str(out)]) == 0
    results = pd.read_csv(out / "results.csv")
    fused = results[results["modality"] == "audio+video"]
    kinds = {"mean", "weighted", "median", "stacking"}
    expected = {"early", "late concatenate", "hybrid stacking", *(f"decision {k}" for k in kinds)}
    assert set(fused["fusion"]) == expected
    text = capsys.readouterr().out
    assert re.search(r"Best fused row against best single modality: .* in CCC \[", text)
    pairs = pd.read_csv(out / "comparisons.csv")
    assert len(pairs) == len(results) * (len(results) - 1) / 2
    assert pairs["p_holm"].between(0, 1).all()


def test_features_that_are_a_target_are_refused(clips, tmp_path, capsys, module_cache):
    rows = pd.read_csv(clips)
    features = tmp_path / "features.csv"
    columns = {"path": rows["path"], "loud": rows["arousal"] ** 2, "copy": 3 * rows["arousal"] - 1}
    pd.DataFrame(columns).to_csv(features, index=False)
    given = ["--features", f"audio={features}"]
    assert code(["run", str(clips), *FAST, *given, "--out", str(tmp_path / "run")]) == 2
    assert "columns that are arousal itself, whatever their scale (copy)" in capsys.readouterr().err


@pytest.mark.usefixtures("no_report")
def test_terminal_shows_agreement(clips, tmp_path, capsys, module_cache):
    assert code(["run", str(clips), *FAST, "--out", str(tmp_path / "run")]) == 0
    text = capsys.readouterr().out
    headings = next(line for line in text.splitlines() if line.startswith("system"))
    assert headings.split() == (
        ["system", "modality", "CCC", "95", "%", "over", "speakers", "Pearson", "RMSE", "clips"]
    )
    assert "23 clips   6 speakers   valence, arousal   3 folds, speakers kept apart" in text
    assert "each target by audio, Ridge" in text


def test_bundle_gives_the_numbers(run, clips, capsys):
    bundle = read_bundle(run / "bundle")
    manifest = bundle.manifest
    assert (manifest.format, manifest.targets, manifest.classes) == (3, ("valence", "arousal"), ())
    assert manifest.figures[0].ccc == pytest.approx(
        pd.read_csv(run / "results.csv")["ccc"][0], 1e-4
    )
    assert "Gives numbers of a clip" in bundle.card
    found = load(run / "bundle").predict(clips.parent / "00.wav")
    assert (found.emotion, found.confidence, found.classes) == (None, None, ())
    truth = pd.read_csv(clips).iloc[0]
    assert found.values["arousal"] == pytest.approx(truth["arousal"], abs=6)
    assert found.segments[0].values == found.values


def test_predict_says_numbers_in_every_format_that_holds_them(run, clips, capsys):
    file, bundle = str(clips.parent / "00.wav"), ["--bundle", str(run / "bundle")]
    values = load(run / "bundle").predict(file).values
    assert code(["predict", file, *bundle]) == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split() == ["file", "valence", "arousal", "no", "face"]
    assert line.split()[:3] == ["00.wav", f"{values['valence']:.3g}", f"{values['arousal']:.3g}"]
    assert code(["predict", file, *bundle, "--format", "json"]) == 0
    (prediction,) = json.loads(capsys.readouterr().out)["predictions"]
    assert prediction["values"] == pytest.approx(values, abs=1e-6)
    assert code(["predict", file, *bundle, "--format", "csv"]) == 0
    row = next(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert float(row["arousal"]) == pytest.approx(values["arousal"], abs=1e-6)
    assert code(["predict", file, *bundle, "--format", "vtt"]) == 2
    assert capsys.readouterr().err.strip() == (
        "affuse: format 'vtt' was given for a bundle that gives numbers, and holds emotions alone; "
        "expected one of csv, json, table"
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["models=[{name='lda'}]"], "model 'lda' was given for task = dimensional"),
        (["fusion.decision=product"], "fusion 'decision product' was given for task = dimensional"),
        (["robustness.enabled=true"], "robustness.enabled was given with task = dimensional"),
        (["data.targets=liking"], "target 'liking' was asked for, which no clip has"),
        (
            ["task=classification", "models=[{name='lda'}]"],
            "expected a column emotion, or affuse run",
        ),
        (["task=classification", "data.targets=valence"], "were given to a classification"),
        (["features.audio=voice_network"], "choose another extractor with --features audio=NAME"),
    ],
)
def test_what_does_not_serve_numbers_is_refused(
    settings, message, clips, tmp_path, capsys, module_cache
):
    given = [part for setting in settings for part in ("--set", setting)]
    assert code(["run", str(clips), *FAST, *given, "--out", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not (tmp_path / "run").exists()


def test_defaults_of_a_dimensional_run_are_its_own():
    chosen = load_config("quick", ["task=dimensional"])
    assert [model.name for model in chosen.models] == ["ridge", "svr"]
    assert (chosen.features.audio, chosen.features.video) == ("voice_statistics", "expression")
    own = load_config("quick", ["task=dimensional", "features.audio=mfcc", "models=[{name='mlp'}]"])
    assert (own.features.audio, own.models[0].name) == ("mfcc", "mlp")
    assert load_config("quick").models[0].name == "gaussian_nb"


@pytest.mark.usefixtures("no_report")
def test_shuffled_numbers_cannot_be_learned(clips, tmp_path, module_cache):
    out, shuffled = tmp_path / "run", ["--set", "data.shuffle_labels=true"]
    assert code(["run", str(clips), *FAST, *shuffled, "--out", str(out)]) == 0
    assert pd.read_csv(out / "results.csv")["ccc"][0] < 0.3
    assert not (out / "bundle").exists()


@pytest.mark.usefixtures("no_report")
def test_rated_intensity_of_real_voices(shared_data, tmp_path, module_cache):
    """CREMA-D: rated strength of the emotion that most raters chose, ties left out."""
    corpus = shared_data / "corpora" / "CREMA-D"
    if not corpus.is_dir():
        pytest.skip("CREMA-D is not there")
    sounds = {path.stem: path for path in (corpus / "AudioWAV").iterdir()}
    rows, speakers = [], {}
    for row in csv.DictReader((corpus / "summaryTable.csv").read_text("utf-8").splitlines()):
        sound = sounds.get(row["FileName"])
        speaker, level = row["FileName"][:4], row["MultiModalLevel"]
        if sound and ":" not in level and speakers.setdefault(speaker, len(speakers)) < 8:
            rows.append((sound, speaker, level))
    table = tmp_path / "intensity.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([("path", "speaker", "intensity"), *rows[::2]])
    out = tmp_path / "run"
    assert code(["run", str(table), *FAST, "--out", str(out)]) == 0
    row = pd.read_csv(out / "results.csv").iloc[0]
    assert row["features"] == "voice statistics"
    assert row["ccc_low"] < row["ccc"] < row["ccc_high"]
    assert 0.05 < row["ccc"] < 0.7
    assert 5 < row["rmse"] < 20
    # The voices of eight people say little of it, and a part of that is there.
    (number,) = load(out / "bundle").predict(rows[0][0]).values.values()
    assert 20 < number < 100
