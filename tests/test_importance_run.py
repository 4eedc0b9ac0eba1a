"""How far the best system drops without groups of features: from a run to its table and report."""

from __future__ import annotations

import pandas as pd
import pytest
import soundfile

from affuse.cli.importance import importance_text
from affuse.config import load_config
from affuse.experiment import run
from affuse.experiment.importance import groups_of
from affuse.extractors.voice_statistics import VoiceStatistics
from affuse.features.groups import MOST, feature_groups
from affuse.report.reading import read_run

pytestmark = pytest.mark.usefixtures("undrawn_charts")

EMOTIONS = ("calm", "sad", "angry")
OPTIONS = (
    "--set", "features.video=none", "--set", 'models=[{name="lda"}]', "--set",
    "bundle.enabled=false", "--set", "evaluation.n_bootstrap=100", "--jobs", "1",
)  # fmt: skip


@pytest.fixture
def clips(tmp_path, rng):
    """Clips of six people; two numbers of the pitch tell the emotion, all others are noise."""
    soundfile.write(tmp_path / "one.wav", 0.1 * rng.standard_normal(800), 8000)
    sound = (tmp_path / "one.wav").read_bytes()
    rows = ["path,emotion,speaker"]
    features = ["clip,pitch mean,level mean,pitch 95,level 95,mfcc_1,mfcc_2"]
    for speaker in range(6):
        for place, emotion in enumerate(EMOTIONS):
            for take in range(6):
                name = f"s{speaker}-{emotion}-{take}"
                (tmp_path / f"{name}.wav").write_bytes(sound)
                rows.append(f"{name}.wav,{emotion},{speaker}")
                means = (3.0 * place, 0, -2.0 * place, 0, 0, 0)
                features.append(",".join([name, *(f"{m + rng.normal():.4f}" for m in means)]))
    (tmp_path / "mine.csv").write_text("\n".join(rows), "utf-8")
    (tmp_path / "numbers.csv").write_text("\n".join(features), "utf-8")
    return tmp_path / "mine.csv"


def config_of(clips, **more):
    return load_config(
        "quick",
        overrides={
            "data.path": str(clips),
            "features.audio": str(clips.with_name("numbers.csv")),
            "features.video": "none",
            "models": [{"name": "lda"}],
            "evaluation.n_bootstrap": 100,
            "evaluation.importance": True,
            "jobs": 1,
            **more,
        },
    )


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("AFFUSE_CACHE", str(tmp_path / "cache"))


def test_the_one_group_that_tells_is_missed_in_table_terminal_and_report(affuse, clips, tmp_path):
    out, features = tmp_path / "run", f"audio={clips.with_name('numbers.csv')}"
    ended = affuse(
        tmp_path / "cache", "run", clips, "--features", features, *OPTIONS, "--importance",
        "--out", out,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    table = pd.read_csv(out / "importance.csv")
    assert set(table["group"]) == {"audio", "audio: pitch", "audio: level", "audio: mfcc"}
    drops = table.set_index("group")["drop"]
    uar = pd.read_csv(out / "results.csv")["uar"].iloc[0]
    assert uar > 0.8
    assert drops["audio: pitch"] == pytest.approx(uar - 1 / 3, abs=0.1)
    assert drops["audio"] == pytest.approx(uar - 1 / 3, abs=0.1)
    assert drops["audio: level"] == pytest.approx(0, abs=0.03)
    assert drops["audio: mfcc"] == pytest.approx(0, abs=0.03)
    assert (table["drop_low"] <= table["drop"]).all()
    assert (table["drop"] <= table["drop_high"]).all()
    shown = ended.stdout[ended.stdout.index("drops without each group of features") :]
    page = (out / "report.html").read_text("utf-8")
    assert "How far the best system drops without each group of features" in page
    cell = f"{100 * drops['audio: pitch']:.1f}"
    (line,) = (line for line in shown.splitlines() if line.startswith("audio: pitch"))
    assert line.split()[2] == cell
    assert cell in page[page.index("Groups of features") :]
    assert list(read_run(out).table("importance")["group"]) == list(table["group"])


def test_labels_that_are_shuffled_leave_nothing_to_lose(clips, kept, rng):
    lines = clips.read_text("utf-8").splitlines()
    parts = [line.split(",") for line in lines[1:]]
    shuffled = rng.permutation([emotion for _, emotion, _ in parts])
    rows = [
        f"{path},{emotion},{who}" for (path, _, who), emotion in zip(parts, shuffled, strict=True)
    ]
    clips.write_text("\n".join([lines[0], *rows]), "utf-8")
    result = run(config_of(clips))
    assert all(abs(one.drop) < 0.12 for one in result.importances)


def test_the_seed_of_the_run_decides_and_without_asking_there_is_nothing(clips, kept):
    first, again, other = (run(config_of(clips, seed=seed)) for seed in (1, 1, 2))
    assert first.importances == again.importances != other.importances
    silent = run(config_of(clips, **{"evaluation.importance": False}))
    assert (silent.importances, importance_text(silent)) == ((), "")


def test_features_that_are_learned_are_one_group():
    groups = groups_of({"audio": VoiceStatistics()}, learned=["audio"])
    assert groups == {"audio": {"audio": None}}
    named = groups_of({"audio": VoiceStatistics()})
    assert {"audio: pitch", "audio: level", "audio: mfcc", "audio: pause"} <= set(named)
    columns = [n for name, own in named.items() if name != "audio" for n in own["audio"]]
    assert sorted(columns) == list(range(VoiceStatistics().shape[0]))


def test_leaky_protocols_alone_have_a_note(clips, kept):
    result = run(config_of(clips, **{"evaluation.protocols": ["random"]}))
    assert result.importances == ()
    assert any(note.startswith("Groups of features were not measured") for note in result.notes)


@pytest.mark.parametrize(
    "columns", [(), ("f1",), ("a 1", "a_2"), [f"f{n}" for n in range(MOST + 1)]]
)
def test_names_that_make_no_groups(columns):
    assert feature_groups(columns) == {}


def test_numbers_lose_agreement(clips, kept, rng):
    lines = clips.read_text("utf-8").splitlines()[1:]
    rows = ["path,speaker,valence"]
    for path, emotion, speaker in (line.split(",") for line in lines):
        rows.append(f"{path},{speaker},{EMOTIONS.index(emotion) + 0.1 * rng.normal():.3f}")
    clips.write_text("\n".join(rows), "utf-8")
    settings = {"task": "dimensional", "models": [{"name": "ridge"}]}
    drops = {one.group: one.drop for one in run(config_of(clips, **settings)).importances}
    assert drops["audio: pitch"] > 0.5
    assert abs(drops["audio: level"]) < 0.05


def test_what_is_no_yes_or_no_is_refused_in_a_line(affuse, clips, tmp_path):
    given = ("--set", "evaluation.importance=7")
    ended = affuse(tmp_path, "run", clips, *given)
    assert ended.returncode == 2
    assert "evaluation.importance = 7" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    twice = affuse(tmp_path, "run", clips, "--importance", "--set", "evaluation.importance=true")
    assert twice.returncode == 2
    assert "evaluation.importance was given beside --importance" in twice.stderr
