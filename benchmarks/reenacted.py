"""Real voices and measured action units as mp4 files, through the whole way.

usage: python benchmarks/reenacted.py RAVDESS_FOLDER ACTION_UNITS.csv VGG16_WEIGHTS.h5 FOLDER

Re-enacts six speakers, eight emotions; evaluates the sound of these mp4 files beside the
original recordings, and the pictures through VGG16 with the given weights, every fourth frame.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from affuse import load_config, read_ravdess, run
from affuse.config import Config
from affuse.synthetic.reenact import reenact

SPEAKERS = tuple(str(number) for number in range(1, 7))
SHOWN = ["system", "modality", "features", "uar", "uar_low", "uar_high", "n_clips", "chance"]


def main(corpus: Path, action_units: Path, weights: Path, folder: Path) -> None:
    """Re-enact, run on both, print both tables."""
    index = read_ravdess(corpus).filter(speakers=SPEAKERS, where={"channel": ["speech"]})
    made = reenact(index, action_units, folder / "clips", takes=3, jobs=None)
    print(f"{len(made.paths)} clips re-enacted, {len(made.skipped)} left out")
    again = {"data.path": str(folder / "clips"), "features.vgg_face.weights": str(weights)}
    again["features.vgg_face.preprocessing"] = "imagenet"
    fused = run(_config(again))
    index_csv = folder / "originals.csv"
    kept = {clip.id for clip in fused.index}
    type(index)(tuple(clip for clip in index if clip.id in kept)).write_csv(index_csv)
    original = run(_config({"data.path": str(index_csv), "features.video": "none"}))
    with pd.option_context("display.width", 200, "display.max_columns", None):
        print("\nfrom the re-enacted mp4 files")
        print((fused.results[SHOWN]).round(3).to_string(index=False))
        print("\nfrom the original sound files")
        print((original.results[SHOWN]).round(3).to_string(index=False))


def _config(overrides: dict[str, str]) -> Config:
    return load_config("quick", ["folds.n_folds=6"], overrides)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
