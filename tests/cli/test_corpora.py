"""Commands take any corpus, and several: one people and one clip each, figures for each corpus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from affuse.cli import main
from affuse.registries import READERS

SOUND_ALONE = ["--set", "features.video=none", "--jobs", "1"]
ONE_MODEL = ["--set", 'models=[{name="lda"}]', "--set", "bundle.enabled=false"]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]):
    """Run a command; its exit code and what it printed, complaints included."""

    def call(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    return call


@pytest.fixture
def ravdess(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Speakers 3 and 8, neutral and happy."""
    names = (
        f"03-01-{code}-01-01-{take}-{speaker}.wav"
        for speaker in ("03", "08")
        for code in ("01", "03")
        for take in ("01", "02")
    )
    return sounds(tmp_path / "ravdess", names, rng)


@pytest.fixture
def emodb(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Speakers 03 and 08, neutral and happy."""
    names = (
        f"{speaker}{text}{letter}a.wav"
        for speaker in ("03", "08")
        for letter in "NF"
        for text in ("a01", "b01")
    )
    return sounds(tmp_path / "emodb", names, rng)


def sounds(folder: Path, names, rng: np.random.Generator) -> Path:
    folder.mkdir()
    for name in names:
        is_happy = name[6] == "3" if "-" in name else name[5] == "F"
        tone = np.sin(2 * np.pi * (600 if is_happy else 200) * np.arange(6000) / 8000)
        soundfile.write(folder / name, 0.5 * tone + 0.01 * rng.normal(size=6000), 8000)
    return folder


def test_two_corpora_in_one_run(command, ravdess, emodb, tmp_path):
    out = tmp_path / "run"
    code, text = command("run", ravdess, emodb, *SOUND_ALONE, *ONE_MODEL, "--out", out)
    assert code == 0, text
    assert "quick recipe on ravdess + emodb" in text
    assert "16 clips   4 speakers   2 emotions   4 folds, speakers kept apart" in text
    assert "each corpus by itself, among the emotions that it can have (corpora.csv)" in text
    results, corpora = (pd.read_csv(out / f"{name}.csv") for name in ("results", "corpora"))
    assert list(results["n_speakers"]) == [4]
    assert list(corpora["corpus"]) == ["EMO-DB", "RAVDESS"]
    assert list(corpora["n_clips"]) == [8, 8]
    assert list(corpora.columns[2:]) == list(results.columns[7:-1])
    folds = pd.read_csv(out / "folds.csv")
    assert set(folds["speaker"]) == {"RAVDESS/3", "RAVDESS/8", "EMO-DB/03", "EMO-DB/08"}
    assert set(folds.groupby("speaker")["fold"].nunique()) == {1}
    again = command("index", out / "index.csv")[1]
    assert "corpora      EMO-DB 8   RAVDESS 8" in again
    page = (out / "report.html").read_text("utf-8")
    assert "<h3>Each corpus by itself</h3>" in page
    assert "ravdess + emodb" in page
    assert page.count("<td>EMO-DB</td>") == page.count("<td>RAVDESS</td>") == 1
    assert f"affuse run {ravdess} {emodb} --recipe config.toml" in page


def test_one_corpus_has_no_table_of_corpora(command, emodb, tmp_path):
    out = tmp_path / "run"
    code, text = command("run", emodb, *SOUND_ALONE, *ONE_MODEL, "--out", out)
    assert code == 0, text
    assert "each corpus" not in text
    assert not (out / "corpora.csv").exists()
    assert set(pd.read_csv(out / "folds.csv")["speaker"].astype(str)) == {"3", "8"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--corpus", "emodv"], "did you mean 'emodb'?"),
        (["--corpus", "EMODB"], "did you mean 'emodb'?"),
        (["--set", "data.where.gendr=male"], "no clip says its gendr: did you mean 'gender'?"),
        (["--corpus", "auto", "--set", "data.corpus=emodb"], "expected one of them"),
        (["--set", "data.channels=speech"], "it is data.where.channel now"),
        (["--set", "data.where.channel=speech"], ""),
    ],
)
def test_options_about_corpora(command, emodb, arguments, message):
    code, text = command("features", emodb, *SOUND_ALONE, *arguments)
    assert code == (2 if message else 0), text
    assert message in text


def test_the_same_folder_twice(command, emodb, tmp_path):
    code, text = command("run", emodb, emodb, *SOUND_ALONE, "--out", tmp_path / "run")
    assert code == 2
    assert "was given twice; expected each folder and table once" in text


def test_one_corpus_in_two_folders(command, emodb, tmp_path):
    inner = emodb / "more"
    inner.mkdir()
    (emodb / "03a01Na.wav").rename(inner / "03a01Na.wav")
    code, text = command("index", emodb, inner)
    assert code == 2
    assert "clips of EMO-DB stand in several of the data given (1, such as '03a01Na')" in text


def test_a_folder_that_two_readers_recognise(command, emodb, ravdess):
    code, text = command("index", emodb.parent)
    assert code == 2
    assert "looks like EMO-DB and RAVDESS; expected one corpus: choose with --corpus emodb" in text
    assert command("index", emodb.parent, "--corpus", "emodb")[0] == 0


def test_every_corpus_is_listed_and_told_of(command):
    code, text = command("corpora")
    assert code == 0
    for name in READERS.names():
        reader = READERS.get(name)
        assert f"{name} " in text
        assert reader.title in text
        told = " ".join(command("corpora", name)[1].split())
        for known in (reader.citation, reader.licence, reader.source, reader.example):
            assert known in told
    code, text = command("corpora", "ravdes")
    assert code == 2
    assert "did you mean 'ravdess'?" in text


def test_split_takes_any_corpus(command, emodb, tmp_path):
    code, text = command("split", emodb, "--out", tmp_path / "halves")
    assert code == 0, text
    assert len(list((tmp_path / "halves" / "audio_only").iterdir())) == 8
    assert command("index", tmp_path / "halves")[0] == 0
