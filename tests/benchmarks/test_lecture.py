"""What is said of the lecture's table over several seeds: only what the spread allows."""

from __future__ import annotations

import importlib.util
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import affuse
from affuse.evaluation.crossval import out_of_fold
from affuse.experiment import RunContext, systems
from affuse.splits.protocols import Protocol

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def lecture():
    spec = importlib.util.spec_from_file_location("lecture", ROOT / "benchmarks/lecture.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "lecture", module)
        spec.loader.exec_module(module)
    return module


def table(fused):
    """Rows of three seeds: sound, the better picture, and a fusion as given."""
    systems = {
        "audio, LDA": ("audio", "", [60, 62, 64]),
        "video, LDA": ("video", "", [70, 72, 71]),
        "early, LDA": ("audio+video", "early", fused),
    }
    return pd.DataFrame(
        {
            "system": name,
            "modality": modality,
            "fusion": fusion,
            "model": "LDA",
            "seed": seed,
            "accuracy": float(value),
        }
        for name, (modality, fusion, values) in systems.items()
        for seed, value in enumerate(values)
    )


@pytest.mark.parametrize(
    ("fused", "word"),
    [([80, 83, 81], "better than"), ([50, 53, 51], "worse than"), ([60, 90, 71], "not told apart")],
)
def test_a_fusion_is_better_only_where_the_spread_allows_it(lecture, fused, word):
    (found,) = lecture.compared(table(fused))
    assert (found.fused, found.alone) == ("early, LDA", "video, LDA")
    assert f"early, LDA {word}" in str(found)


def test_an_interval_is_students(lecture):
    # Differences 1, 2 and 3: standard error 1 / sqrt(3), t of two degrees of freedom 4.3027.
    (found,) = lecture.compared(table([71, 74, 74]))
    assert (found.mean, found.low, found.high) == pytest.approx((2, -0.4841, 4.4841), abs=1e-3)
    assert found.p_holm == pytest.approx(0.0742, abs=1e-4)


def test_what_is_compared_together_is_corrected_together(lecture):
    one = table([80, 83, 81])
    late = one[one["fusion"] == "early"].assign(system="late add, LDA", fusion="late add")
    alone, both = lecture.compared(one), lecture.compared(pd.concat([one, late]))
    assert [each.fused for each in both] == ["early, LDA", "late add, LDA"]
    assert [each.p_holm for each in both] == pytest.approx([2 * alone[0].p_holm] * 2)


def test_a_fusion_that_never_differs_is_not_told_apart(lecture):
    (found,) = lecture.compared(table([70, 72, 71]))
    assert (found.mean, found.p_holm) == (0, 1)


def test_accuracies_are_those_of_a_run(lecture):
    rng, labels = np.random.default_rng(0), np.arange(24) % 2
    clips = [affuse.Clip(f"{n:02d}", ["calm", "angry"][n % 2], "1") for n in range(24)]
    table = affuse.FeatureTable.from_arrays(
        affuse.Index(tuple(clips)),
        audio=rng.standard_normal((24, 4)) + labels[:, None],
        video=rng.standard_normal((24, 3, 6)) + 0.5 * labels[:, None, None],
    )
    changes = {
        "models": [{"name": "lda"}, {"name": "cnn1d", "params": {"epochs": 2}}],
        "fusion.late": ["add"],
        "fusion.late_epochs": 2,
        "features.layer.epochs": 2,
        "features.vgg_face.frame_step": 4,
        "seed": 5,
    }
    config = affuse.load_config("lecture", overrides=changes)
    rows = tuple(systems(config, table, {"audio": "", "video": ""}))
    layer = {"video": partial(lecture.held_layer, config)}
    for name in ("random", "lecture"):
        protocol = Protocol(name, affuse.random_folds(labels.tolist(), 2, seed=5))
        found = out_of_fold(table, rows, protocol, RunContext(seed=5), preparation=layer)
        right = [affuse.accuracy(labels[one.rows], one.predicted) for one in found]
        assert lecture.accuracies(config, table, rows, protocol) == pytest.approx(right)


def test_seeds_that_are_known_are_not_measured_again(lecture, tmp_path):
    known = {"system": "audio, LDA", "accuracy": 0.5, "seed": 3, "difficulty": 0.5, "frame_step": 8}
    pd.DataFrame([known]).to_csv(tmp_path / "lecture.csv", index=False)
    assert lecture.rows_of(tmp_path, 3, 0.5, 8)["accuracy"].tolist() == [0.5]
