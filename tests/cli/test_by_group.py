"""For whom it works: `affuse run --by`, and `affuse report --by` from what a run left."""

from __future__ import annotations

import pandas as pd
import pytest
import soundfile

from affuse.report.reading import read_run
from affuse.report.stored_groups import with_groups

pytestmark = pytest.mark.usefixtures("undrawn_charts")

OPTIONS = (
    "--set", "features.video=none", "--set", 'models=[{name="lda"}]', "--set",
    "bundle.enabled=false", "--set", "evaluation.n_bootstrap=100", "--jobs", "1",
)  # fmt: skip


@pytest.fixture
def clips(tmp_path, rng):
    """Clips of twelve people, and numbers that tell the emotions of women better."""
    soundfile.write(tmp_path / "one.wav", 0.1 * rng.standard_normal(800), 8000)
    sound = (tmp_path / "one.wav").read_bytes()
    rows, features = ["path,emotion,speaker,gender,age,colour"], ["clip,f1,f2"]
    for speaker in range(12):
        sex, age = ("f", "m")[speaker % 2], 20 + 4 * speaker
        for emotion in ("calm", "sad"):
            for take in range(3):
                name = f"s{speaker}-{emotion}-{take}"
                (tmp_path / f"{name}.wav").write_bytes(sound)
                rows.append(f"{name}.wav,{emotion},{speaker},{sex},{age},{'red' * (take == 0)}")
                mean = (2.5 if sex == "f" else 0.2) * (emotion == "sad")
                features.append(f"{name},{mean + rng.normal():.4f},{rng.normal():.4f}")
    (tmp_path / "mine.csv").write_text("\n".join(rows), "utf-8")
    (tmp_path / "numbers.csv").write_text("\n".join(features), "utf-8")
    return tmp_path / "mine.csv"


def test_a_run_says_for_whom_it_works_and_a_report_says_it_again(affuse, clips, tmp_path):
    features = f"audio={clips.with_name('numbers.csv')}"
    out, cache = tmp_path / "run", tmp_path / "cache"
    ended = affuse(
        cache, "run", clips, "--features", features, *OPTIONS, "--by", "sex", "--by", "age",
        "--out", out,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    table, gaps = pd.read_csv(out / "by.csv"), pd.read_csv(out / "gaps.csv")
    assert list(table["by"].unique()) == ["sex", "age"]
    assert list(table["group"]) == [
        "female", "male", "under 30", "30-44", "45-59", "60 and over",
    ]  # fmt: skip
    assert list(table["n_speakers"]) == [6, 6, 3, 4, 3, 2]
    assert list(gaps["higher"]) == ["female"]
    shown = ended.stdout[ended.stdout.index("for whom ") :]
    assert "works (by.csv has every row)" in shown
    female, male = (100 * table["uar"].iloc[n] for n in (0, 1))
    said = f"By sex: female {female:.1f}, male {male:.1f}: gap {female - male:.1f} points ["
    assert said in shown
    assert "By age: nothing is compared" in shown
    page = (out / "report.html").read_text("utf-8")
    assert '<h2 id="groups">Per group</h2>' in page
    assert said in page

    again = affuse(cache, "report", out, "--by", "sex", "--out", tmp_path / "again.html")
    assert again.returncode == 0, again.stderr
    assert said in again.stdout
    first, second = (
        [line.split() for line in text.splitlines() if line.startswith("sex")]
        for text in (shown, again.stdout)
    )
    assert first == second
    colours = with_groups(read_run(out), ["colour"]).table("by")
    assert list(colours["group"]) == ["red", "unknown"]
    assert list(colours["compared"]) == [True, False]
    wrong = affuse(cache, "report", out, "--by", "color")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "no clip says its color: did you mean 'colour'?" in wrong.stderr
    several = affuse(cache, "report", out, out, "--by", "sex")
    assert "--by sex was given with 2 run folders; expected one" in several.stderr


def test_an_unknown_column_is_refused_before_any_work(affuse, clips, tmp_path):
    out = tmp_path / "run"
    ended = affuse(tmp_path / "cache", "run", clips, *OPTIONS, "--by", "agee", "--out", out)
    assert ended.returncode == 2
    assert "no clip says its agee: did you mean 'age'?" in ended.stderr
    assert not out.exists()
    both = ("--by", "sex", "--set", 'evaluation.by=["age"]')
    ended = affuse(tmp_path / "cache", "run", clips, *OPTIONS, *both)
    assert "--set evaluation.by was given beside --by sex; expected one of them" in ended.stderr


def test_without_groups_a_run_has_no_table_of_them(affuse, clips, tmp_path):
    features = f"audio={clips.with_name('numbers.csv')}"
    out = tmp_path / "run"
    ended = affuse(tmp_path / "cache", "run", clips, "--features", features, *OPTIONS, "--out", out)
    assert ended.returncode == 0, ended.stderr
    assert "for whom" not in ended.stdout
    assert not (out / "by.csv").exists()
    assert 'id="groups"' not in (out / "report.html").read_text("utf-8")
