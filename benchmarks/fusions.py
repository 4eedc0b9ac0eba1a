"""All fusions side by side, with the differences to the best one: paired, with Holm's correction.

    python benchmarks/fusions.py planted
    python benchmarks/fusions.py embedded FOLDER
    python benchmarks/fusions.py ravdess RAVDESS ACTION_UNITS.csv [--budget 30m] [--choose NAME ...]
    python benchmarks/fusions.py cost NAME LIMIT_S

"planted": the sound marks one moment of twelve, the picture has a sign at each, and the label is
the sign at that moment: what neither modality tells, nor both without their time. "embedded": a
folder of `affuse synthesise`, MFCC and the numbers of faces over time. "ravdess": speech of
speakers 1 to 18, six folds of three: statistics of the voice, and clip means of action units, so
that nothing is said of time. With a budget the networks' settings are chosen as well, and each is
compared with itself as given. "cost": seconds of computing and peak memory of a network on 64 clips
of two to four seconds, 50 steps a second of sound and 25 of picture, in arrays that end where a
clip may.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

import affuse
from affuse.config import FusionConfig, ModelConfig
from affuse.evaluation.comparison import compare_with, row_name
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.scores import scores
from affuse.evaluation.systems import OutOfFold, System
from affuse.features.array import ArrayInMemory
from affuse.features.table import FeatureTable
from affuse.fusion.graphs import Inputs, system_graphs
from affuse.fusion.registry import make_fusion
from affuse.splits.folds import speaker_folds
from affuse.splits.protocols import Protocol

NETWORKS = ("cross_attention", "bottleneck", "gated", "low_rank", "tensor")
FOLDS = [[first, first + 1, first + 2] for first in range(1, 19, 3)]
AXES = {"audio": ("clip", "channel", "time"), "video": ("clip", "time", "feature")}
CNN = ModelConfig(name="cnn1d", params={"learning_rate": 1e-3})
OTHERS = {
    "early": ModelConfig(name="svm_rbf"),
    "decision product": ModelConfig(name="svm_rbf"),
    "late concatenate": CNN,
    "late multiply": CNN,
}


def planted(n_clips: int = 600, n_speakers: int = 12, seed: int = 0) -> FeatureTable:
    """The sound marks a moment at random, the picture has a sign at every moment.

    The label is the sign at the marked moment: each modality alone tells nothing of it, nor do
    both without their time. They have different numbers of steps.
    """
    rng = np.random.default_rng(seed)
    n_sound, n_picture, rows = 24, 12, np.arange(n_clips)
    signs = rng.choice([-1, 1], (n_clips, n_picture))
    picture = 1.5 * signs[:, :, None] + 0.5 * rng.standard_normal((n_clips, n_picture, 3))
    sound = 0.5 * rng.standard_normal((n_clips, 3, n_sound))
    moment = rng.integers(0, n_picture, n_clips)
    sound[rows, :, np.rint(moment / (n_picture - 1) * (n_sound - 1)).astype(int)] += 2
    arrays = {"audio": sound, "video": picture}
    return FeatureTable(
        clips=np.array([f"{number:03}" for number in range(n_clips)]),
        speakers=np.array([str(number % n_speakers) for number in range(n_clips)]),
        labels=(signs[rows, moment] > 0).astype(np.int64),
        classes=("minus", "plus"),
        arrays={m: ArrayInMemory(a.astype(np.float32), AXES[m]) for m, a in arrays.items()},
        present={modality: np.ones(n_clips, bool) for modality in arrays},
    )


def of_planted() -> None:
    """Every fusion on the planted task, three folds of four speakers."""
    table = planted()
    settings = FusionConfig(late_epochs=50)
    systems = [
        System(name, "audio+video", name, "", "", partial(make_fusion, name, model, settings))
        for name, model in {**OTHERS, **dict.fromkeys(NETWORKS)}.items()
    ]
    protocol = Protocol("speaker-independent", speaker_folds(table.speakers.tolist(), 3))
    show(out_of_fold(table, systems, protocol), table)


def of_run(config: affuse.Config) -> affuse.Result:
    """Every system of a run."""
    result = affuse.run(config)
    show([each.out_of_fold for each in result.honest], result.table)
    return result


def show(rows: Sequence[OutOfFold], table: FeatureTable) -> None:
    """Figures, best first, and whether the best differs from each other one."""
    figures = {row_name(row): scores(row, table, n_bootstrap=1000) for row in rows}
    best, *others = sorted(rows, key=lambda row: -figures[row_name(row)].headline)
    for row in (best, *others):
        found = figures[row_name(row)]
        low, high = found.interval
        print(
            f"{row_name(row):<44}{100 * found.headline:>6.1f} [{100 * low:.1f}, {100 * high:.1f}]"
        )
    print_differences(best, others, table)


def print_differences(row: OutOfFold, others: Sequence[OutOfFold], table: FeatureTable) -> None:
    """What one row has more than others."""
    for found in compare_with(row, list(others), table):
        print(
            f"{found.better} - {found.other}: {100 * found.difference:+.1f} "
            f"[{100 * found.low:.1f}, {100 * found.high:.1f}], p = {found.p_holm:.3f} (Holm)"
        )


def of_ravdess(ravdess: str, action_units: str, budget: str, chosen_ones: list[str]) -> None:
    """Recipe strong with the networks, and once more with their settings chosen."""
    fixed = {
        "data.path": ravdess,
        "features.video": action_units,
        "folds.speakers": FOLDS,
        "bundle.enabled": False,
        "fusion.also": NETWORKS,
        "fusion.hybrid": (),
        "fusion.decision": ("product", "mean", "stacking"),
    }
    given = of_run(affuse.load_config("strong", overrides=fixed))
    if not budget:
        return
    # Rows without a network are the same as before: the least of them is asked for.
    alone = {
        "search.budget": budget,
        "fusion.also": chosen_ones,
        "models": [{"name": "gaussian_nb"}],
        "fusion.early": False,
        "fusion.early_balanced": False,
        "fusion.decision": (),
    }
    chosen = affuse.run(affuse.load_config("strong", overrides={**fixed, **alone}))
    before = {each.name: each.out_of_fold for each in given.honest}
    for each in chosen.honest:
        if not each.out_of_fold.trials:
            continue
        found = each.out_of_fold
        named = replace(found, system=replace(found.system, name=f"{found.system.name}, chosen"))
        print_differences(named, [before[each.name]], chosen.table)


def cost(name: str, limit_s: float) -> None:
    """Print what fitting (two epochs), predicting and one clip in a bundle's graph cost."""
    import onnxruntime

    table = _short_clips(limit_s)
    settings = FusionConfig(settings={name: {"epochs": 2}})
    fusion, begun = make_fusion(name, None, settings, seed=0), time.process_time()
    fusion.fit(table)
    fitted = time.process_time()
    fusion.predict_proba(table)
    predicted = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    given = {modality: np.asarray(table.arrays[modality][:1]) for modality in table.modalities}
    shapes = {modality: array.shape[1:] for modality, array in given.items()}
    (member,) = system_graphs(fusion, Inputs(shapes, {})).members
    session = onnxruntime.InferenceSession(member.content, providers=["CPUExecutionProvider"])
    ready = time.process_time()
    for _ in range(5):
        session.run(None, given)
    one = (time.process_time() - ready) / 5
    print(
        f"{name}, up to {limit_s:g} s a clip: {fitted - begun:.2f} s of computing to fit, "
        f"{predicted - fitted:.2f} s to predict, {1000 * one:.1f} ms for a clip in a graph; "
        f"peak {peak:,.0f} MiB"
    )


def _short_clips(limit_s: float) -> FeatureTable:
    rng, n_clips = np.random.default_rng(0), 64
    arrays, lengths = {}, rng.uniform(2, 4, n_clips)
    for modality, per_s, n_numbers in (("audio", 50, 32), ("video", 25, 8)):
        steps = rng.standard_normal((n_clips, round(per_s * limit_s), n_numbers))
        for own, length in zip(steps, lengths, strict=True):
            own[round(per_s * length) :] = np.nan
        arrays[modality] = ArrayInMemory(steps.astype(np.float32), ("clip", "time", "feature"))
    return FeatureTable(
        clips=np.array([f"{number:03}" for number in range(n_clips)]),
        speakers=np.array([str(number % 8) for number in range(n_clips)]),
        labels=np.arange(n_clips) // 8 % 2,
        classes=("minus", "plus"),
        arrays=arrays,
        present={modality: np.ones(n_clips, bool) for modality in arrays},
    )


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("which", choices=("planted", "embedded", "ravdess", "cost"))
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--budget", default="")
    parser.add_argument("--choose", nargs="+", default=list(NETWORKS), help="networks it is for")
    asked = parser.parse_args()
    if asked.which == "planted":
        of_planted()
    elif asked.which == "cost":
        cost(asked.paths[0], float(asked.paths[1]))
    elif asked.which == "ravdess":
        of_ravdess(asked.paths[0], asked.paths[1], asked.budget, asked.choose)
    else:
        overrides = {
            "data.path": asked.paths[0],
            "features.audio": "mfcc",
            "features.video": "expression",
            "fusion.also": NETWORKS,
            "models": [{"name": "svm_rbf"}],
            "fusion.decision": ("product",),
            "bundle.enabled": False,
        }
        of_run(affuse.load_config("quick", overrides=overrides))


if __name__ == "__main__":
    main()
