"""A real run of a small corpus: sounds that are generated, faces that are measured numbers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from undrawn import undrawn, without_charts

from affuse.config import load_config
from affuse.experiment import run
from affuse.report.reading import RunFolder, read_run

RATE = 8000
SETTINGS = {
    "media.duration_s": 0.5,
    "features.mfcc.n_mfcc": 13,
    "models": [{"name": "lda"}, {"name": "cnn1d", "params": {"epochs": 3}}],
    "fusion.decision": ["product"],
    "evaluation.n_bootstrap": 100,
    "evaluation.protocols": ["speaker-independent", "random"],
    "robustness.enabled": True,
    "robustness.white_noise": [20, -5],
    "robustness.babble": [0],
    "jobs": 1,
}
VOICES = {"angry": (260, 0.3), "calm": (130, 0.1), "sad": (150, 0.05)}


def write_corpus(folder: Path) -> Path:
    """Wav files: 4 speakers, 3 emotions, 2 takes; four measured action units as their video."""
    rng = np.random.default_rng(0)
    rows, units = ["path,emotion,speaker"], ["clip,AU01,AU04,AU06,AU12"]
    for speaker in range(4):
        for emotion, (hertz, loudness) in VOICES.items():
            for take in range(2):
                name = f"s{speaker}-{emotion}-{take}"
                phase = np.cumsum(hertz * (1 + 0.05 * rng.standard_normal(RATE // 2))) / RATE
                voice = np.sign(np.sin(2 * np.pi * phase)) * (1 + 0.1 * speaker)
                breath = 0.01 * rng.standard_normal(RATE // 2)
                soundfile.write(folder / f"{name}.wav", loudness * voice + breath, RATE)
                rows.append(f"{name}.wav,{emotion},{speaker}")
                means = [float(emotion == other) for other in ("sad", "angry", "calm", "calm")]
                units.append(",".join([name, *(f"{value:.3f}" for value in rng.normal(means))]))
    (folder / "clips.csv").write_text("\n".join(rows), "utf-8")
    (folder / "units.csv").write_text("\n".join(units), "utf-8")
    return folder / "clips.csv"


@pytest.fixture(scope="session")
def run_folder(made_once: Callable[..., Path]) -> Path:
    """Run folder as `affuse run` leaves it."""
    return made_once("small", _run) / "run"


@pytest.fixture(scope="session")
def small_run(run_folder: Path) -> RunFolder:
    """What stands in it: nobody may change a table."""
    return read_run(run_folder)


def _run(folder: Path) -> None:
    corpus, before = write_corpus(folder), os.environ.get("AFFUSE_CACHE")
    os.environ["AFFUSE_CACHE"] = str(folder / "cache")
    try:
        overrides = {
            **SETTINGS,
            "data.path": str(corpus),
            "features.video": str(folder / "units.csv"),
            "out": str(folder / "run"),
        }
        run(load_config("quick", overrides=overrides))
    finally:
        if before is None:
            del os.environ["AFFUSE_CACHE"]
        else:
            os.environ["AFFUSE_CACHE"] = before


@pytest.fixture
def words_alone() -> Iterator[None]:
    """Reports that a test makes have no lines in their charts."""
    with undrawn():
        yield


@pytest.fixture
def no_charts() -> Iterator[None]:
    """Reports that a test makes have no charts and no example clips."""
    with without_charts():
        yield
