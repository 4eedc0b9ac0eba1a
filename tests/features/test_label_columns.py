"""Tables of features that are the label, or say nothing, are refused on one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from affuse.cli import main
from affuse.features.label_columns import label_columns

pytestmark = pytest.mark.usefixtures("undrawn_charts")

QUICK = ["--set", "features.video=none", "--set", "bundle.enabled=false", "--jobs", "1"]
FEW = ["--set", "evaluation.n_bootstrap=100", "--set", "models=[{name='lda'}]"]


@pytest.fixture
def corpus(tmp_path: Path, rng: np.random.Generator) -> Path:
    rows = ["path,emotion,speaker"]
    for speaker in "abc":
        for emotion in ("happy", "sad"):
            name = f"{speaker}-{emotion}.wav"
            soundfile.write(tmp_path / name, 0.1 * rng.normal(size=800), 8000)
            rows.append(f"{name},{emotion},{speaker}")
    path = tmp_path / "clips.csv"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def features(corpus: Path, *columns: list[float]) -> Path:
    names = [row.split(",")[0] for row in corpus.read_text("utf-8").split()[1:]]
    cells = zip(names, *columns, strict=True)
    header = ",".join(["clip", *(f"x{n}" for n in range(len(columns)))])
    path = corpus.with_name("features.csv")
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in cells)]), "utf-8")
    return path


def said(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    out, err = capfd.readouterr()
    return int(ended.value.code or 0), " ".join(out.split()), err


def test_a_feature_that_is_the_label_is_refused_on_one_line(corpus, capfd, tmp_path):
    table = features(corpus, [0.0, 1.0] * 3, [7, 3] * 3)
    out = tmp_path / "run"
    run = ("run", corpus, *QUICK, *FEW, "--features", f"audio={table}", "--out", out)
    code, _, err = said(capfd, *run)
    assert code == 2
    assert "features.csv has columns that are the same within each emotion, as a label is " in err
    assert "(x0, x1); expected measured features: remove them" in err
    assert "Traceback" not in err
    assert not out.exists()


def test_the_audit_names_a_feature_that_is_the_label(corpus, capfd):
    table = features(corpus, [0.0, 1.0] * 3)
    audit = ("audit", corpus, *QUICK, *FEW, "--features", f"audio={table}", "--permutations", 5)
    code, out, err = said(capfd, *audit)
    assert (code, "Traceback" in err) == (1, False)
    assert "LEAK audio columns 1 column of features.csv made from the emotion" in out
    assert "x0 tells happy, sad by itself" in out
    assert "Something leaks: audio columns." in out


@pytest.mark.parametrize("command", ["run", "audit"])
def test_features_that_say_the_same_of_all_are_refused_on_one_line(
    corpus, capfd, command, tmp_path
):
    table = features(corpus, [1.0] * 6, [2.0] * 6)
    where = ["--out", tmp_path / "run"] if command == "run" else []
    code, _, err = said(capfd, command, corpus, *QUICK, "--features", f"audio={table}", *where)
    assert code == 2
    assert "features.csv says the same of all 6 clips (x0, x1); expected features that diff" in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("undrawn_charts")
@pytest.mark.usefixtures("no_report")
def test_few_clips_that_agree_by_chance_are_no_label(corpus, capfd, rng, tmp_path):
    table = features(corpus, [0.0, 1.0] * 3, list(rng.normal(size=6)))
    run = ("run", corpus, *QUICK, *FEW, "--features", f"audio={table}", "--out", tmp_path / "run")
    assert said(capfd, *run)[0] == 0


def test_exact_functions_of_the_label_are_found(rng):
    labels = np.repeat([0, 1, 2], 8)
    columns = {
        "code": 10.0 - labels,
        "is_one": labels == 1,
        "constant": np.ones(24),
        "near": labels + (np.arange(24) == 3),
        "noise": rng.normal(size=24),
        "coin": rng.integers(2, size=24),
    }
    values = np.stack(list(columns.values()), axis=1).astype(np.float32)
    found = label_columns(values, list(columns), labels)
    assert set(found) == {"code", "is_one"}
    assert max(found.values()) < 1e-5
