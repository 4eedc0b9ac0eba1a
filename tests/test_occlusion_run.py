"""Where the best system finds emotions: from a run to its table, terminal and report."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import soundfile

from affuse.config import load_config
from affuse.experiment import run
from affuse.media.hidden_patches import band_edges

pytestmark = pytest.mark.usefixtures("undrawn_charts")

RATE, SECONDS = 8000, 1.0
BAND, TIME = 3, 2
"""The one patch in which the sounds differ, of `N_BANDS` and `N_TIMES`."""
N_CLIPS = 2


def sound(emotion: str, rng: np.random.Generator) -> np.ndarray:
    """Even noise; angry clips are loud in one patch."""
    n = int(RATE * SECONDS)
    noise = 0.01 * rng.standard_normal(n)
    if emotion == "calm":
        return noise
    low, high = band_edges(RATE, 6)[[BAND, BAND + 1]]
    spectrum = np.fft.rfft(rng.standard_normal(n))
    hz = np.fft.rfftfreq(n, 1 / RATE)
    burst = np.fft.irfft(np.where((hz > low + 50) & (hz < high - 50), spectrum, 0), n)
    place = np.arange(n) / n * 10
    within = (place > TIME + 0.1) & (place < TIME + 0.9)
    return noise + 0.3 * burst * within


@pytest.fixture
def clips(tmp_path, rng):
    rows = ["path,emotion,speaker"]
    for speaker in range(4):
        for emotion in ("calm", "angry"):
            for take in range(4):
                name = f"s{speaker}-{emotion}-{take}.wav"
                soundfile.write(tmp_path / name, sound(emotion, rng), RATE)
                rows.append(f"{name},{emotion},{speaker}")
    (tmp_path / "mine.csv").write_text("\n".join(rows), "utf-8")
    return tmp_path / "mine.csv"


def test_a_network_is_seen_to_go_by_the_one_patch_that_tells(affuse, clips, tmp_path):
    settings = (
        "features.video=none", "features.audio=mfcc", f"media.duration_s={SECONDS}",
        'models=[{name="cnn1d", params={epochs=20, learning_rate=0.001}}]', "folds.n_folds=2",
        "bundle.enabled=false", "evaluation.n_bootstrap=100",
    )  # fmt: skip
    out = tmp_path / "run"
    options = [part for setting in settings for part in ("--set", setting)]
    ended = affuse(
        tmp_path / "cache", "run", clips, *options, "--jobs", "1", "--occlusion", N_CLIPS,
        "--out", out,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert pd.read_csv(out / "results.csv")["uar"].iloc[0] == 1
    table = pd.read_csv(out / "occlusion.csv")
    assert set(table["n_clips"]) == {N_CLIPS}
    maps = {
        emotion: own["drop"].to_numpy().reshape(6, 10) for emotion, own in table.groupby("emotion")
    }
    angry = maps["angry"]
    assert np.unravel_index(angry.argmax(), angry.shape) == (BAND, TIME)
    assert angry[BAND, TIME] > 0.25
    elsewhere = np.delete(angry.ravel(), BAND * 10 + TIME)
    assert np.abs(elsewhere).max() < angry[BAND, TIME] / 4
    assert np.abs(maps["calm"]).max() < angry[BAND, TIME] / 4
    place = table[table["emotion"] == "angry"].iloc[BAND * 10 + TIME]
    (line,) = (each for each in ended.stdout.splitlines() if each.startswith("angry "))
    assert f"audio: {place['row']}, 20 to 30 % of the clip" in line
    page = (out / "report.html").read_text("utf-8")
    assert f"angry {100 * angry.max():.1f} ({place['row']}, {place['column']})" in page


def test_what_is_given_twice_or_is_no_number_of_clips_is_refused_in_a_line(affuse, clips, tmp_path):
    twice = affuse(tmp_path, "run", clips, "--occlusion", "3", "--set", "evaluation.occlusion=3")
    assert twice.returncode == 2
    assert "evaluation.occlusion was given beside --occlusion" in twice.stderr
    ended = affuse(tmp_path, "run", clips, "--set", "evaluation.occlusion=-1")
    assert ended.returncode == 2
    assert "evaluation.occlusion = -1" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_leaky_protocols_and_tables_of_features_have_a_note(clips, private_cache, rng):
    usual = {
        "data.path": str(clips), "features.audio": "mfcc", "features.video": "none",
        "models": [{"name": "lda"}], "bundle.enabled": False, "evaluation.n_bootstrap": 100,
        "evaluation.occlusion": 2, "jobs": 1, "folds.n_folds": 2,
    }  # fmt: skip
    leaky = run(load_config("quick", overrides={**usual, "evaluation.protocols": ["random"]}))
    assert leaky.occlusions == ()
    assert "Nothing was hidden from a system: no protocol keeps speakers apart." in leaky.notes
    table = clips.with_name("numbers.csv")
    names = [line.partition(".wav")[0] for line in clips.read_text("utf-8").splitlines()[1:]]
    rows = [f"{name},{rng.normal():.3f},{rng.normal():.3f}" for name in names]
    table.write_text("\n".join(["clip,loudness,pitch", *rows]), "utf-8")
    of_table = run(load_config("quick", overrides={**usual, "features.audio": str(table)}))
    assert of_table.occlusions == ()
    (note,) = (note for note in of_table.notes if note.startswith("Nothing was hidden"))
    assert note.endswith("of which no part can be hidden.")
