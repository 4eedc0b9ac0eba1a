"""From files on disk to the matrix: affuse transfer, and the protocols across corpora in a run."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from affuse.cli import main

pytestmark = pytest.mark.usefixtures("undrawn_charts", "keep_features")

TONES = {"happy": 600, "sad": 200, "angry": 1500}
MODEL = [
    "--set", 'models=[{name="lda"}]', "--set", "evaluation.n_bootstrap=100", "--jobs", "1"
]  # fmt: skip
SOUND = ["--features", "audio=mfcc", "--features", "video=none"]


def corpus(folder: Path, emotions: str, n_speakers: int, rng: np.random.Generator) -> Path:
    """A table of clips whose emotion is the height of a tone, three of each speaker and emotion."""
    folder.mkdir()
    rows = ["path,emotion,speaker"]
    for speaker in range(n_speakers):
        for emotion in emotions.split():
            for take in range(3):
                name = f"{speaker}-{emotion}-{take}.wav"
                pitch = TONES[emotion] * (1 + 0.05 * rng.normal())
                tone = np.sin(2 * np.pi * pitch * np.arange(4000) / 8000)
                sound = 0.4 * tone + 0.02 * rng.normal(size=4000)
                soundfile.write(folder / name, sound, 8000)
                rows.append(f"{name},{emotion},{speaker}")
    table = folder / f"{folder.name}.csv"
    table.write_text("\n".join(rows), "utf-8")
    return table


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    rng = np.random.default_rng(7)
    folder = tmp_path_factory.mktemp("corpora")
    return [
        corpus(folder / "anna", "happy sad angry", 3, rng),
        corpus(folder / "ben", "happy sad", 2, rng),
        corpus(folder / "cleo", "sad angry", 1, rng),
    ]


@pytest.fixture(scope="module")
def matrix(
    corpora: list[Path], common_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The folder of a transfer among all three, and what it printed."""
    out, printed = tmp_path_factory.mktemp("matrix") / "matrix", io.StringIO()
    arguments = [str(each) for each in ("transfer", *corpora, *SOUND, *MODEL, "--out", out)]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.setenv("AFFUSE_CACHE", str(common_cache))
        with pytest.raises(SystemExit) as ended:
            main(arguments)
    assert not ended.value.code
    return out, printed.getvalue()


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]):
    def call(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    return call


def test_transfer_prints_and_writes_the_matrix(matrix):
    out, text = matrix
    assert "3 corpora   45 clips   6 speakers   MFCC" in text
    lines = [line.split() for line in text.splitlines()]
    assert ["trained", "on", "anna", "ben", "cleo"] in lines
    assert any(line[0:1] == ["anna"] and line[1].startswith("[") for line in lines if len(line) > 1)
    # ben and cleo have one emotion in common; cleo has one speaker.
    assert any(line[:1] == ["ben"] and line[-1:] == ["-"] for line in lines)
    assert any(line[:1] == ["cleo"] and line[-2:] == ["-", "-"] for line in lines)
    assert "All clips of cleo are of one speaker (cleo/0): it has no figure of its own" in text
    table = pd.read_csv(out / "transfer.csv")
    pairs = list(zip(table["trained_on"], table["tested_on"], strict=True))
    assert pairs == [
        ("anna", "anna"), ("anna", "ben"), ("anna", "cleo"), ("ben", "ben"), ("ben", "anna"),
        ("cleo", "anna"), ("all others", "anna"), ("all others", "ben"), ("all others", "cleo"),
    ]  # fmt: skip
    to_ben = table[(table["trained_on"] == "anna") & (table["tested_on"] == "ben")].iloc[0]
    assert (to_ben["n_clips"], to_ben["chance"], to_ben["emotions"]) == (12, 0.5, "happy, sad")
    found = json.loads((out / "transfer.json").read_text("utf-8"))
    assert [size["corpus"] for size in found["corpora"]] == ["anna", "ben", "cleo"]
    assert found["cells"][0]["lost"] is None
    page = (out / "report.html").read_text("utf-8")
    assert "From corpus to corpus: audio, LDA" in page
    assert page.count("<svg") == 1
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_a_modality_that_a_corpus_lacks_is_left_out_and_told(command, corpora, tmp_path):
    units = ["path,success,AU01,AU02"]
    for table in corpora[:2]:
        for number, path in enumerate(sorted(table.parent.glob("*.wav"))):
            seen = int(table.stem == "anna")
            units.append(f"{table.stem}/{path.name},{seen},{number},{number * 7 % 11}")
    (tmp_path / "units.csv").write_text("\n".join(units), "utf-8")
    video = ["--features", "audio=mfcc", "--features", f"video={tmp_path / 'units.csv'}"]
    code, text = command("transfer", *corpora[:2], *video, *MODEL, "--out", tmp_path / "one")
    assert code == 0, text
    assert "Video is left out: no clip of ben has it." in text
    assert set(pd.read_csv(tmp_path / "one" / "transfer.csv")["modality"]) == {"audio"}
    video[1] = "audio=none"
    code, text = command("transfer", *corpora[:2], *video, *MODEL)
    assert code == 2
    assert "features of anna alone were found (ben has no part: none of its clips gave" in text


def test_of_two_corpora_the_others_are_told_once(command, corpora, tmp_path):
    code, text = command("transfer", *corpora[:2], *SOUND, *MODEL, "--out", tmp_path / "two")
    assert code == 0, text
    assert "Trained on one corpus and tested on another (2 pairs)" in text
    assert "all other" not in text
    table = pd.read_csv(tmp_path / "two" / "transfer.csv")
    assert set(table["protocol"]) == {"speaker-independent", "cross-corpus"}


def test_a_corpus_that_shows_nothing_of_the_others_is_left_out(command, corpora, tmp_path):
    away = tmp_path / "dora.csv"
    clips = sorted(corpora[2].parent.glob("*.wav"))
    away.write_text("path,emotion,speaker\n" + "\n".join(f"{c},bored,d" for c in clips), "utf-8")
    out = tmp_path / "matrix"
    code, text = command("transfer", *corpora[:2], away, *SOUND, *MODEL, "--out", out)
    assert code == 0, text
    assert "dora has no part: no other corpus shows boredom." in text
    assert set(pd.read_csv(out / "transfer.csv")["tested_on"]) == {"anna", "ben"}


def test_labels_are_enough_to_refuse(command, corpora, monkeypatch):
    def fails(*arguments: object) -> None:
        raise AssertionError("features were computed")

    monkeypatch.setattr("affuse.experiment.across_corpora.features_of", fails)
    code, text = command("transfer", *corpora[1:], *SOUND, *MODEL)
    assert code == 2
    assert "no two of ben, cleo have two emotions in common" in text


def test_the_report_of_a_matrix_is_made_anew(command, matrix, tmp_path):
    out = shutil.copytree(matrix[0], tmp_path / "matrix")
    page = (out / "report.html").read_text("utf-8")
    (out / "report.html").unlink()
    code, text = command("report", out)
    assert code == 0, text
    assert (out / "report.html").read_text("utf-8") == page
    code, text = command("report", out, "--by", "sex")
    assert code == 2
    assert "a folder of affuse transfer, which has figures of corpora alone" in text
    code, text = command("report", out, out, "--out", tmp_path / "both.html")
    assert code == 2
    assert "affuse transfer wrote it, whose figures are of pairs of corpora" in text
    (out / "transfer.json").write_text("{}", "utf-8")
    code, text = command("report", out)
    assert code == 2
    assert "transfer.json cannot be read ('corpora'); expected it as affuse transfer" in text


def test_a_second_call_finds_its_fits(command, corpora, matrix, tmp_path, monkeypatch):
    def fails(task: object) -> None:
        raise AssertionError("a fold was fitted again")

    monkeypatch.setattr("affuse.evaluation.crossval.predict_fold", fails)
    assert command("transfer", *corpora, *SOUND, *MODEL, "--out", tmp_path / "two")[0] == 0
    one, two = (folder / "transfer.csv" for folder in (matrix[0], tmp_path / "two"))
    assert one.read_bytes() == two.read_bytes()


def test_a_copied_clip_is_told_and_a_corpus_inside_another_refused(command, corpora, tmp_path):
    anna, ben = corpora[0].parent, corpora[1].parent
    (tmp_path / "dora").mkdir()
    rows = ["path,emotion,speaker"]
    for source, emotion in ((anna, "happy"), (ben, "happy"), (ben, "sad")):
        for name in sorted(path.name for path in source.glob(f"0-{emotion}-*.wav")):
            shutil.copy(source / name, tmp_path / "dora" / f"{source.name}-{name}")
            rows.append(f"{source.name}-{name},{emotion},x")
    inside = tmp_path / "dora" / "dora.csv"
    inside.write_text("\n".join(rows), "utf-8")
    code, text = command("transfer", corpora[0], inside, *SOUND, *MODEL, "--out", tmp_path / "one")
    assert code == 0, text
    assert "3 clips of anna are identical to clips of dora: not trained on where these" in text
    code, text = command("transfer", *corpora[:2], inside, *SOUND, *MODEL)
    assert code == 2
    assert "every clip of dora is identical to one of anna and ben, so that nothing is left" in text


def test_normalisation_per_corpus_is_told(command, corpora, tmp_path):
    out = tmp_path / "matrix"
    asked = ["--set", "features.normalise=corpus"]
    code, text = command("transfer", *corpora[:2], *SOUND, *MODEL, *asked, "--out", out)
    assert code == 0, text
    told = "each tested corpus by the mean and deviation of its own clips, without labels"
    assert told in text
    assert told in (out / "report.html").read_text("utf-8")
    out = tmp_path / "run"
    code, text = command("run", *corpora[:2], *SOUND, *MODEL, *asked, "--out", out)
    assert code == 0, text
    assert told in text
    assert "No bundle was written: a recording alone cannot be normalised" in text


def test_a_run_across_corpora(command, corpora, tmp_path):
    out = tmp_path / "run"
    protocols = 'evaluation.protocols=["speaker-independent", "leave-one-corpus-out"]'
    arguments = (*SOUND, *MODEL, "--set", protocols, "--set", "bundle.enabled=false")
    code, text = command("run", *corpora[:2], *arguments, "--out", out)
    assert code == 0, text
    assert "leave-one-corpus-out, over the emotions that both sides show" in text
    assert "anna is tested without angry (9 clips), which ben never shows." in text
    results = pd.read_csv(out / "results.csv")
    assert list(results["protocol"]) == ["speaker-independent", "leave-one-corpus-out"]
    assert list(results["system"]) == ["audio, LDA", "audio, LDA (leave-one-corpus-out)"]
    assert list(results["n_clips"]) == [39, 30]
    assert list(results["chance"]) == [pytest.approx(1 / 3, abs=1e-5), 0.5]
    page = (out / "report.html").read_text("utf-8")
    assert "<h3>Leave-one-corpus-out</h3>" in page


@pytest.mark.usefixtures("no_report")
def test_a_run_from_one_corpus_to_another_alone(command, corpora, tmp_path):
    out = tmp_path / "run"
    asked = ["--set", "evaluation.protocols=cross-corpus", "--set", "folds.train_on=ben"]
    code, text = command("run", *corpora[:2], *SOUND, *MODEL, *asked, "--out", out)
    assert code == 0, text
    assert "1 fold, corpora kept apart" in text
    folds = pd.read_csv(out / "folds.csv")
    assert set(folds["speaker"].str[:4]) == {"anna"}
    assert (out / "bundle").is_dir()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["transfer", 0], "clips of anna alone were given; expected two corpora or more"),
        (["transfer", 1, 2], "no two of ben, cleo have two emotions in common; expected two"),
        (["transfer", 0, 1, "--set", "folds.published=emobox"], "folds.published was given to"),
        (["transfer", 0, 1, "--folds", "emobox"], "folds.published was given to affuse transfer"),
        (["transfer", 0, 1, "--folds", "a.csv"], "folds.file was given to affuse transfer, which"),
        (["transfer", 0, 1, "--by", "speaker"], "which gives figures of pairs of corpora alone"),
        (["transfer", 0, 1, "--coverage", "0.9"], "which makes no sets; expected none: leave it"),
        (
            ["transfer", 0, 1, "--set", "evaluation.protocols=['random']"],
            "evaluation.protocols was given to affuse transfer, which has protocols of its own; "
            "expected speaker-independent",
        ),
        (["transfer", 0, 1, "--set", "task=dimensional"], "task = dimensional was given to affuse"),
        (["transfer", 0, 1, "--set", "robustness.enabled=true"], "robustness.enabled was given to"),
        (["run", 0, "--set", "evaluation.protocols=leave-one-corpus-out"], "all clips are of anna"),
        (["run", 0, 1, "--set", "evaluation.protocols=cross-corpus"], "without corpora; expected"),
        (["run", 0, "--folds", "emobox"], "'emobox' of corpus 'anna' were asked for; expected one"),
        (["run", 0, "--folds", "a.csv", "--set", "folds.file=b.csv"], "beside --folds a.csv"),
    ],
)
def test_what_cannot_be_is_one_line(command, corpora, arguments, message):
    given = [corpora[each] if isinstance(each, int) else each for each in arguments]
    code, text = command(*given, *SOUND, *MODEL)
    assert code == 2
    assert message in " ".join(text.split())
    assert "Traceback" not in text
