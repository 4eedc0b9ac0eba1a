"""Robustness from recordings to the terminal and the run folder, on a small generated corpus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from affuse.cli import main
from affuse.config import load_config
from affuse.experiment import run

pytestmark = pytest.mark.usefixtures("undrawn_charts")

SETTINGS = {
    "media.duration_s": 0.5,
    "features.mfcc.n_mfcc": 13,
    "models": [{"name": "lda"}],
    "fusion.decision": ["product"],
    "evaluation.n_bootstrap": 100,
    "robustness.enabled": True,
    "robustness.white_noise": [20, -5],
    "robustness.babble": [0],
    "jobs": 1,
}
RATE = 8000


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Wav files: 4 speakers, 2 emotions (high and loud, low and soft), 4 takes; units as video."""
    rng, rows, units = np.random.default_rng(0), ["path,emotion,speaker"], ["clip,AU04,AU12"]
    for speaker in range(4):
        for emotion, hertz, loudness in (("angry", 260, 0.3), ("calm", 130, 0.1)):
            for take in range(4):
                name = f"s{speaker}-{emotion}-{take}"
                phase = np.cumsum(hertz * (1 + 0.05 * rng.standard_normal(RATE // 2))) / RATE
                voice = np.sign(np.sin(2 * np.pi * phase)) * (1 + 0.1 * speaker)
                breath = 0.01 * rng.standard_normal(RATE // 2)
                soundfile.write(tmp_path / f"{name}.wav", loudness * voice + breath, RATE)
                rows.append(f"{name}.wav,{emotion},{speaker}")
                frown, smile = rng.normal([float(emotion == "angry"), 0.0])
                units.append(f"{name},{frown:.3f},{smile:.3f}")
    (tmp_path / "clips.csv").write_text("\n".join(rows), "utf-8")
    (tmp_path / "units.csv").write_text("\n".join(units), "utf-8")
    return tmp_path / "clips.csv"


def settings_of(corpus: Path, **more: object) -> dict[str, object]:
    video = str(corpus.with_name("units.csv"))
    return {**SETTINGS, "data.path": str(corpus), "features.video": video, **more}


@pytest.mark.usefixtures("no_report")
def test_command_prints_curves_and_writes_them(corpus, tmp_path, capsys):
    out = tmp_path / "run"
    texts = [
        f"--set={key}={value if not isinstance(value, bool) else str(value).lower()}"
        for key, value in SETTINGS.items()
        if key not in ("models", "fusion.decision", "jobs")
    ]
    texts += ['--set=models=[{name="lda"}]', '--set=fusion.decision=["product"]', "--jobs=1"]
    texts += [f"--features=video={corpus.with_name('units.csv')}", f"--out={out}"]
    with pytest.raises(SystemExit) as ended:
        main(["run", str(corpus), *texts])
    assert not ended.value.code
    message = capsys.readouterr().out
    lines = message.splitlines()
    head = next(n for n, line in enumerate(lines) if "white noise, dB SNR" in line)
    assert lines[head].split("   ")[-1] == "no audio"
    assert lines[head + 1].split() == ["system", "clean", "20", "-5", "0"]
    rows = {line.split("   ")[0].strip(): line for line in lines[head + 2 : head + 5]}
    assert set(rows) == {"audio, LDA", "product, LDA", "early, LDA"}
    assert rows["early, LDA"].endswith("-")
    assert not rows["product, LDA"].endswith("-")
    assert "video features come from the table units.csv, not from recordings" in message

    curves = pd.read_csv(out / "robustness.csv")
    clean = curves[curves["condition"] == "clean"].set_index("system")["uar"]
    results = pd.read_csv(out / "results.csv").set_index("system")["uar"]
    pd.testing.assert_series_equal(clean.sort_index(), results.sort_index())
    audio = curves[curves["system"] == "audio, LDA"]
    noise = audio[audio["condition"] == "white noise"].set_index("level")["uar"]
    assert clean["audio, LDA"] >= noise[20] > noise[-5]
    gone = curves[(curves["condition"] == "no audio") & (curves["fusion"] == "early")]
    assert gone["n_clips"].tolist() == [0]
    assert gone["reason"].str.startswith("it needs audio and video").all()
    predictions = pd.read_csv(out / "predictions.csv")
    assert set(predictions["clip"]) == {p.stem for p in corpus.parent.glob("*.wav")}


def test_results_are_the_same_with_and_without(corpus):
    few = {"robustness.white_noise": [20], "robustness.babble": []}
    measured = run(load_config("quick", overrides=settings_of(corpus, **few)))
    plain = run(
        load_config("quick", overrides=settings_of(corpus, **{"robustness.enabled": False}))
    )
    pd.testing.assert_frame_equal(measured.results, plain.results)
    assert plain.curves == ()
    assert not len(plain.robustness)


def test_one_speaker_has_no_curves_and_is_told(corpus):
    config = load_config("quick", overrides=settings_of(corpus, **{"data.speakers": ["1"]}))
    result = run(config)
    assert result.curves == ()
    assert "Robustness was not measured: no protocol keeps speakers apart." in result.notes


def test_full_recipe_measures_robustness_and_others_do_not():
    assert load_config("full").robustness.enabled
    for recipe in ("quick", "lecture", "classical", "demo", "strong"):
        assert not load_config(recipe).robustness.enabled
