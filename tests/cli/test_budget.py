"""`affuse run --budget`: networks whose settings are chosen, and every trial in the run folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from affuse.cli import main
from affuse.config.durations import seconds_of

pytestmark = pytest.mark.usefixtures("undrawn_charts")

FAST = (
    "--jobs", "1", "--set", "bundle.enabled=false", "--set", "evaluation.n_bootstrap=100",
    "--set", "models=[{name='lda'}]", "--set", "fusion.early=false", "--set", "folds.n_folds=2",
    "--set", "fusion.settings={gated={width=4, epochs=2}}",
)  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, rng: np.random.Generator, capsys: pytest.CaptureFixture[str]):
    """A run on tables of both modalities of 24 clips; exit code, and what was printed."""
    clips, features = ["path,emotion,speaker"], ["clip,a,b,c"]
    for speaker in ("ann", "ben", "cem", "dee"):
        for emotion, at in (("happy", 2), ("sad", -2)):
            for take in range(3):
                name = f"{speaker}-{emotion}-{take}.wav"
                soundfile.write(tmp_path / name, 0.1 * rng.normal(size=400), 8000)
                clips.append(f"{name},{emotion},{speaker}")
                features.append(f"{name},{at + rng.normal()},{rng.normal()},{at}{take}")
    (tmp_path / "clips.csv").write_text("\n".join(clips), "utf-8")
    (tmp_path / "features.csv").write_text("\n".join(features), "utf-8")
    tables = [f"--features={m}={tmp_path / 'features.csv'}" for m in ("audio", "video")]

    def call(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["run", str(tmp_path / "clips.csv"), *tables, *FAST, *arguments])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), " ".join((printed.out + printed.err).split())

    return call


def test_every_trial_is_in_the_run_folder(run, tmp_path, monkeypatch):
    """A quarter of the budget is used up, in several trials of each fold."""
    monkeypatch.setattr("affuse.experiment.rows.seconds_of", lambda text: seconds_of(text) / 4)
    out = f"--out={tmp_path / 'run'}"
    code, printed = run("--set", "fusion.also=gated", "--budget", "1s", out)
    assert code == 0
    assert "gated audio+video" in printed
    assert "Settings of gated were chosen on inner folds of the training speakers" in printed
    trials = pd.read_csv(tmp_path / "run" / "trials.csv")
    assert trials.groupby("fold")["chosen"].sum().tolist() == [1, 1]
    firsts = trials[trials["trial"] == 1]
    assert firsts[["settings", "rung"]].values.tolist() == [["as given", 3]] * 2
    assert (trials["epochs"] <= 4).all()
    assert (tmp_path / "run" / "report.html").exists()


def test_a_budget_without_a_network_is_a_mistake(run):
    code, printed = run("--budget", "1s", "--set", "fusion.decision=product")
    assert code == 2
    assert "search.budget = '1s' was given, and none of the systems is a network" in printed


def test_a_budget_is_given_once(run):
    code, printed = run("--budget", "1s", "--set", "search.budget=2s")
    assert code == 2
    assert "--set search.budget was given beside --budget 1s; expected one of them" in printed
