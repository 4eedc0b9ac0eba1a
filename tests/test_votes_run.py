"""A run that learns people's votes, or is scored against them, from the CSV to the report."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import soundfile

from affuse.config import load_config
from affuse.corpora.cremad.votes import FILE
from affuse.corpora.vote_files import read_votes
from affuse.experiment import run as affuse_run
from affuse.report.reading import read_run
from affuse.report.stored_groups import with_groups

pytestmark = pytest.mark.usefixtures("undrawn_charts")

RATE = 8000
VOICES = {"angry": (260, 0.3), "calm": (130, 0.1), "sad": (150, 0.05)}
OPTIONS = (
    "--set", "features.video=none", "--set", "features.mfcc.n_mfcc=13", "--set",
    "media.duration_s=0.5", "--set", "evaluation.n_bootstrap=100", "--jobs", "1",
)  # fmt: skip
MODELS = ("--set", 'models=[{name="logistic"},{name="cnn1d",params={epochs=1}}]')


def stored_groups(folder) -> pd.DataFrame:
    return with_groups(read_run(folder), ["sex"]).table("by")


@pytest.fixture
def clips(tmp_path, rng):
    """24 clips of four people, and six votes on each: one for neutral, which nobody shows."""
    rows, votes = ["path,emotion,speaker,sex"], ["clip,angry,calm,sad,neutral"]
    for speaker in range(4):
        for emotion, (hertz, loudness) in VOICES.items():
            for take in range(2):
                name = f"s{speaker}-{emotion}-{take}"
                phase = np.cumsum(hertz * (1 + 0.05 * rng.standard_normal(RATE // 2))) / RATE
                voice = loudness * np.sign(np.sin(2 * np.pi * phase))
                soundfile.write(tmp_path / f"{name}.wav", voice, RATE)
                rows.append(f"{name}.wav,{emotion},{speaker},{'fm'[speaker % 2]}")
                counts = [3 * (emotion == other) + (other != "angry") for other in VOICES]
                votes.append(",".join([f"{name}.wav", *map(str, counts), "1"]))
    votes[1] = "s0-angry-0.wav,2,2,0,0"
    votes[2] = "s0-angry-1.wav,1,0,0,1"
    (tmp_path / "mine.csv").write_text("\n".join(rows), "utf-8")
    (tmp_path / "votes.csv").write_text("\n".join([*votes, "nobody.wav,1,1,1,1"]), "utf-8")
    return tmp_path / "mine.csv"


@pytest.fixture
def run(affuse, clips, tmp_path):
    def call(*options: object, out: str = "run"):
        return affuse(tmp_path / "cache", "run", clips, *OPTIONS, *options, "--out", tmp_path / out)

    return call


def test_votes_are_learned_and_scored_against(run, clips, tmp_path):
    votes = clips.with_name("votes.csv")
    ended = run("--set", "target=votes", "--set", f"data.votes={votes}", *MODELS, "--by", "sex")
    assert ended.returncode == 0, ended.stderr
    out = tmp_path / "run"
    results = pd.read_csv(out / "results.csv")
    after = list(results.columns)[list(results.columns).index("chance") + 1 :]
    assert after[:9] == [
        "cross_entropy", "cross_entropy_low", "cross_entropy_high", "vote_entropy",
        "uar_majority", "uar_majority_low", "uar_majority_high", "n_majority", "n_ties",
    ]  # fmt: skip
    assert set(results["n_clips"]) == {23}
    assert set(results["n_ties"]) == {1}
    assert set(results["chance"]) == {0.25}
    assert (results["cross_entropy"] > results["vote_entropy"]).all()
    predictions = pd.read_csv(out / "predictions.csv")
    assert predictions["p_neutral"].mean() > 0.05
    kept = pd.read_csv(out / "votes.csv").set_index("clip")
    assert kept.loc["s1-sad-0", ["majority", "n_votes", "neutral"]].tolist() == ["sad", 6, 1]
    assert kept["majority"].isna().sum() == 1
    text = " ".join(ended.stdout.split())
    assert "UAR of majority cross-entropy" in text
    assert "23 clips with 4 to 6 votes each" in text
    assert "Ties: 1;" in text
    assert "1 row names no clip of these data" in text
    assert "s0-angry-1: 2 votes; expected at least 3 (data.least_votes)" in text
    card = (out / "bundle" / "MODEL_CARD.md").read_text("utf-8")
    assert "It learned which share of several people chose each emotion for a clip" in card
    assert "| neutral | not measured | 0 |" in card
    page = (out / "report.html").read_text("utf-8")
    assert "cross-entropy" in page
    # A stored run is asked again: of its votes too.
    by, again = (t[t["by"] == "sex"] for t in (pd.read_csv(out / "by.csv"), stored_groups(out)))
    for column in ("uar", "cross_entropy_low", "uar_majority"):
        assert list(by[column]) == pytest.approx(list(again[column]), rel=1e-4)
    # What a run wrote is a file of votes.
    again = read_votes(out / "votes.csv")
    assert again.passed_over == ("majority", "n_votes")
    assert again.rows["s1-sad-0"] == {"angry": 0, "calm": 1, "sad": 4, "neutral": 1}


def test_systems_that_learn_labels_are_scored_against_votes(clips):
    votes = clips.with_name("votes.csv")
    settings = [option for option in OPTIONS if "=" in option]
    overrides = {"data.path": str(clips), "data.votes": str(votes), "jobs": 1}
    models = ['models=[{name="lda"}]', "data.least_votes=1"]
    result = affuse_run(load_config("quick", [*settings, *models], overrides))
    row = result.results.iloc[0]
    assert (row["n_clips"], row["n_ties"], row["chance"]) == (24, 1, pytest.approx(1 / 3))
    assert list(result.table.classes) == ["calm", "sad", "angry"]
    assert row["cross_entropy"] > row["vote_entropy"] > 0
    left_out = [note for note in result.notes if "no clip of this run shows" in note]
    assert left_out == [
        "23 of 138 votes are for emotions that no clip of this run shows, and were left out: "
        "neutral 23."
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["target=votes"], "target = votes was given, and no votes lie beside the clips of mine"),
        (["target=votes", "data.votes=no.csv"], "no.csv does not exist; expected a CSV with the"),
        (["target=votes", 'models=[{name="lda"}]'], "target = votes was given with model 'lda'"),
        (["target=votes", 'fusion.decision=["stacking"]'], "given with the rule 'stacking', which"),
        (["data.votes=voices"], "expected voice, face, both, or the path of a CSV"),
        (["data.votes=both", "task=dimensional"], "votes were asked for with task = dimensional"),
        (["data.votes={votes}", "data.least_votes=9"], "none of 24 clips has 9 votes for emotions"),
        (["target=votes", "data.votes={votes}", "features.audio=voice_network"],
         "audio features would be learned from one emotion of each clip, and target = votes"),
    ],
)  # fmt: skip
def test_votes_that_cannot_be_used_are_refused_in_one_line(run, clips, options, message):
    votes = clips.with_name("votes.csv")
    given = [part for each in options for part in ("--set", each.replace("{votes}", str(votes)))]
    ended = run(*given)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert ended.stderr.strip().splitlines()[-1].startswith("affuse: ")


def test_cremad_has_its_votes_beside_its_clips(affuse, tmp_path, rng):
    folder = tmp_path / "CREMA-D"
    (folder / "AudioWAV").mkdir(parents=True)
    lines = ['"","A","D","F","H","N","S","fileName","numResponses"']
    for speaker in range(1001, 1005):
        for code, hertz in (("HAP", 400), ("SAD", 150)):
            for sentence in ("IEO", "DFA"):
                name = f"{speaker}_{sentence}_{code}_XX"
                tone = np.sin(2 * np.pi * hertz * np.arange(4000) / RATE)
                noise = 0.05 * rng.standard_normal(4000)
                soundfile.write(folder / "AudioWAV" / f"{name}.wav", 0.4 * tone + noise, RATE)
                # People take each for the other.
                happy = 6 * (code == "SAD")
                lines.append(f'"{100001 + len(lines)}",0,0,0,{happy},3,{6 - happy},"{name}",9')
    (folder / FILE).write_text("\n".join(lines), "utf-8")
    out = tmp_path / "run"
    options = (*OPTIONS, "--set", "target=votes", "--set", "bundle.enabled=false")
    ended = affuse(tmp_path / "cache", "run", folder, *options, "--out", out)
    assert ended.returncode == 0, ended.stderr
    assert "Votes of CREMA-D on the voice: 16 clips with 9 to 9 votes each" in ended.stdout
    references = pd.read_csv(out / "references.csv")
    people = references[(references["name"] == "people") & (references["modality"] == "audio")]
    assert set(people["metric"]) == {"UAR", "accuracy"}
    assert references["value"].iloc[0] == pytest.approx(1 / 3)
    # By the face people score more, and these systems have the voice.
    assert references["value"].max() > 0.6 > people["value"].max()
    page = (out / "report.html").read_text("utf-8")
    assert f">{100 * people['value'].max():.1f}</td>" in page
    none = affuse(tmp_path / "cache", "run", folder, *options, "--set", "data.votes=face")
    assert "none of 16 clips has 3 votes" in none.stderr
