"""What is said of the lecture's table over several seeds: only what the spread allows."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def lecture():
    spec = importlib.util.spec_from_file_location("lecture", ROOT / "benchmarks/lecture.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_paired_difference_is_students(lecture):
    # Mean 2, standard error 1 / sqrt(3), t of two degrees of freedom 4.3027.
    mean, low, high = lecture.paired_difference(pd.Series([1.0, 2.0, 3.0]))
    assert (mean, low, high) == pytest.approx((2.0, 2 - 2.4841, 2 + 2.4841), abs=1e-3)


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
    [([80, 83, 81], "better"), ([50, 53, 51], "worse"), ([60, 90, 71], "not told apart")],
)
def test_a_fusion_is_better_only_where_the_spread_allows_it(lecture, fused, word):
    rows = table(fused)
    by_seed = rows.pivot_table(index="seed", columns="system", values="accuracy")
    (line,) = lecture.fused_lines(rows, by_seed)
    assert line.startswith("early, LDA")
    assert line.endswith(f"{word} (video, LDA)")


def test_seeds_that_are_known_are_not_measured_again(lecture, tmp_path):
    known = {"system": "audio, LDA", "accuracy": 0.5, "seed": 3, "difficulty": 0.5, "frame_step": 8}
    pd.DataFrame([known]).to_csv(tmp_path / "lecture.csv", index=False)
    assert lecture.rows_of(tmp_path, 3, 0.5, 8)["accuracy"].tolist() == [0.5]
