"""What the options of VGG16 cost in accuracy: 8-bit integers, fewer frames, crops.

usage: python benchmarks/trunk_options.py FOLDER [--weights FILE.h5] [--clips CLIPS]
                                          [--speakers 6] [--step 6] [--json FILE]

First, on clips of your own (`--clips`; those of the embedded corpus otherwise): how far features
in 8-bit integers are from those in single precision, relative to their size. Then, on the embedded
corpus: UAR of video alone with speakers kept apart, for each option, and how much it differs from
single precision, with 95 % bootstraps over speakers. The features and folds are kept in FOLDER, so
that a second call goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affuse.config import Config, load_config
from affuse.corpora.index import Index
from affuse.corpora.media_files import folder_contents
from affuse.experiment import run
from affuse.extractors.vgg.calibration import with_ranges
from affuse.extractors.vgg_face import VggFace, make
from affuse.features.decoding import decoded
from affuse.records import Clip
from affuse.result import Result
from affuse.synthetic.corpus import synthesise
from affuse.tasks.metrics import uar
from affuse.tasks.significance import difference_test

VGG = "features.vgg_face"


def feature_errors(config: Config, paths: list[Path]) -> Iterator[tuple[str, float, float]]:
    """Of each clip: relative distance of its features, and cosine of the angle between them."""
    clips = Index(tuple(Clip(p.stem, "unknown", "unknown", video=p) for p in paths), ())
    whole = make(with_ranges(_with(config, precision="int8"), clips))
    single = make(config)
    for path in paths:
        exact, near = features(single, path), features(whole, path)
        size, other = np.linalg.norm(exact), np.linalg.norm(near)
        yield (
            path.stem,
            float(np.linalg.norm(near - exact) / size),
            float((near * exact).sum() / (size * other)),
        )


def features(extractor: VggFace, path: Path) -> NDArray[np.float32]:
    """What the trunk makes of a clip."""
    return extractor.extract(decoded(path, extractor.decoding)).astype(np.float32)  # type: ignore[arg-type]


def _with(config: Config, **settings: object) -> Config:
    vgg = config.features.vgg_face.model_copy(update=settings)
    return config.model_copy(
        update={"features": config.features.model_copy(update={"vgg_face": vgg})}
    )


def options(step: int) -> dict[str, dict[str, object]]:
    """Name -> settings of the extractor; the first is what the others are compared with."""
    return {
        f"fp32, every {step}th frame": {},
        "int8": {"precision": "int8"},
        f"every {2 * step}th frame": {"frame_step": 2 * step},
        f"every {5 * step}th frame": {"frame_step": 5 * step},
        "centre of the frame": {"crop": "centre"},
        "face": {"crop": "face"},
    }


def predicted(result: Result) -> tuple[NDArray[np.int64], NDArray[np.str_]]:
    """Labels that the system says of all clips, and the clips, in order."""
    found = result.honest[0].out_of_fold
    return found.predicted, result.table.clips[found.rows]


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="What the options of VGG16 cost in accuracy.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", default="untrained", help="Keras file of VGG16")
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--speakers", type=int, default=6)
    parser.add_argument("--step", type=int, default=6)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    os.environ["AFFUSE_CACHE"] = str(asked.folder.resolve() / "cache")
    corpus = asked.folder / "corpus"
    emotions = ("calm", "happy", "sad", "angry")
    made = synthesise(corpus, speakers=asked.speakers, emotions=emotions, takes=2, jobs=None)
    preprocessing = "vgg-face" if asked.weights in ("untrained", "vgg-face") else "imagenet"
    settings = [
        f"{VGG}.weights={asked.weights}",
        f"{VGG}.preprocessing={preprocessing}",
        f"{VGG}.frame_step={asked.step}",
        "features.layer.epochs=40",
        "features.audio=none",
        "folds.n_folds=3",
        "bundle.enabled=false",
    ]
    only = {"data.path": str(corpus), "models": [{"name": "svm_linear"}]}
    config = load_config("quick", settings, only)
    figures: dict[str, object] = {"errors": [], "options": []}
    paths = list(folder_contents(asked.clips).files) if asked.clips else sorted(made)[:4]
    print(f"{'int8 against fp32':<36}{'relative distance':>18}{'cosine':>10}")
    for name, error, cosine in feature_errors(config, paths):
        print(f"{name[:35]:<36}{error:>18.4f}{cosine:>10.5f}")
        figures["errors"].append([name, error, cosine])  # type: ignore[attr-defined]
    print(f"\n{'video alone, speakers kept apart':<36}{'UAR':>7}   difference (95 %)      CPU s")
    first: NDArray[np.int64] | None = None
    for name, changes in options(asked.step).items():
        began = time.process_time() + sum(os.times()[2:4])
        result = run(_with(config, **changes))
        cost = time.process_time() + sum(os.times()[2:4]) - began
        said, _ = predicted(result)
        rows = result.honest[0].out_of_fold.rows
        truth, speakers = result.table.labels[rows], result.table.speakers[rows]
        score = uar(truth, said)
        first = said if first is None else first
        gains = (said == truth).astype(float) - (first == truth)
        difference, low, high, _ = difference_test(gains, truth, speakers)
        print(
            f"{name:<36}{100 * score:>7.1f}   {100 * difference:+.1f} [{100 * low:+.1f}, "
            f"{100 * high:+.1f}]{'':<4}{cost:>10.1f}"
        )
        figures["options"].append([name, score, difference, low, high])  # type: ignore[attr-defined]
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
