"""Where the best system finds emotions: from a run to its table, terminal and report."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import soundfile

from affuse.media.hidden_patches import band_edges

RATE, SECONDS = 8000, 2.0
BAND, TIME = 3, 2
"""The one patch in which the sounds differ, of `N_BANDS` and `N_TIMES`."""
N_CLIPS = 4


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
        'models=[{name="cnn1d", params={epochs=30, learning_rate=0.001}}]', "folds.n_folds=2",
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
