"""Time of all fusions, leave-one-speaker-out, on features of the size of RAVDESS speech.

1,440 clips of 24 speakers in 8 emotions; 519 audio and 35 video features of random numbers, with
some emotion in them. Logistic regression whose penalty is chosen in inner folds.

    python benchmarks/fusion_folds.py [--folds 24] [--jobs 2]
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import numpy as np

from affuse.config import FusionConfig, load_config
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.scores import scores
from affuse.evaluation.systems import System
from affuse.features.context import RunContext
from affuse.features.table import FeatureTable
from affuse.fusion.registry import make_fusion, make_unimodal
from affuse.records import RAVDESS_EMOTIONS
from affuse.registries import RULES
from affuse.splits.folds import leave_one_speaker_out
from affuse.splits.protocols import Protocol

SETTINGS = FusionConfig(hybrid_with="early balanced")
WIDTHS = {"audio": 519, "video": 35}
FUSIONS = (
    "early",
    "early balanced",
    *(f"decision {rule}" for rule in RULES.names()),
    "hybrid product",
)


def table() -> FeatureTable:
    """60 clips of each speaker: 4 of the first emotion, 8 of each other."""
    rng = np.random.default_rng(0)
    labels = np.tile(np.repeat(np.arange(8), [4, *[8] * 7]), 24)
    speakers = np.repeat([str(n) for n in range(1, 25)], 60)
    arrays = {}
    for modality, width in WIDTHS.items():
        emotions = rng.standard_normal((8, width)) * rng.uniform(0, 0.12, width)
        voices = rng.standard_normal((24, width))[np.repeat(np.arange(24), 60)]
        noise = rng.standard_normal((1440, width))
        arrays[modality] = (emotions[labels] + voices + noise).astype(np.float32)
    return FeatureTable(
        clips=np.array([f"{speaker:>2}-{n:04}" for n, speaker in enumerate(speakers)]),
        speakers=speakers,
        labels=labels,
        classes=tuple(RAVDESS_EMOTIONS),
        arrays=arrays,
        present={modality: np.ones(1440, bool) for modality in WIDTHS},
    )


def systems() -> list[System]:
    """Both modalities alone and every fusion of them."""
    (model,) = load_config("strong").models
    alone = [System(m, m, "", "", "", partial(make_unimodal, m, model)) for m in WIDTHS]
    both = "+".join(WIDTHS)
    fused = [
        System(name, both, name, "", "", partial(make_fusion, name, model, SETTINGS))
        for name in FUSIONS
    ]
    return [*alone, *fused]


def main() -> None:
    """Print seconds, and each system's UAR to show that something was learned."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=int, default=24)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    clips = table()
    folds = leave_one_speaker_out(clips.speakers.tolist())[: asked.folds]
    protocol = Protocol("speaker-independent", folds)
    begin = time.perf_counter()
    results = out_of_fold(clips, systems(), protocol, RunContext.of(asked.jobs))
    elapsed_s = time.perf_counter() - begin
    for result in results:
        print(f"{result.system.name:<20} UAR {100 * scores(result, clips).uar:5.1f}")
    print(
        f"{len(clips)} clips, {len(FUSIONS)} fusions, {len(folds)} folds, {asked.jobs} processes: "
        f"{elapsed_s:.0f} s"
    )


if __name__ == "__main__":
    main()
