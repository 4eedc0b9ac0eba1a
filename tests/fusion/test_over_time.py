"""A fusion that follows time, from one file: the template of a fusion, on what only time tells."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from fusion_contract import CHECKS, Case, three_of_five

from affuse.config import FusionConfig, ModelConfig
from affuse.evaluation.learned_features import LearnedFeatures
from affuse.features.array import ArrayInMemory
from affuse.features.table import FeatureTable
from affuse.fusion import families
from affuse.fusion.registry import make_fusion
from affuse.models.feature_layer import FeatureLayer
from affuse.tasks.metrics import uar

TEMPLATES = Path(__file__).parents[1] / "extension_points" / "templates" / "fusion" / "families"
AXES = {"audio": ("clip", "channel", "time"), "video": ("clip", "time", "feature")}


@pytest.fixture(scope="module", autouse=True)
def added() -> Iterator[None]:
    """As if the file had been copied into the folder of fusions."""
    families.__path__.append(str(TEMPLATES))
    importlib.invalidate_caches()
    yield
    families.__path__.remove(str(TEMPLATES))
    sys.modules.pop("affuse.fusion.families.attention", None)


def planted(n_clips: int = 400, seed: int = 0) -> FeatureTable:
    """Each modality has a bump of any sign at some time; the label says whose comes first.

    They are close together and anywhere in the clip, so that one alone tells nothing.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n_clips)
    middle, apart = rng.uniform(0.2, 0.8, n_clips), rng.uniform(0.1, 0.2, n_clips)
    sooner = {"audio": 2 * labels - 1, "video": 1 - 2 * labels}
    arrays = {}
    for modality, n_steps in {"audio": 24, "video": 16}.items():
        steps = 0.5 * rng.standard_normal((n_clips, n_steps, 3))
        when = np.rint((middle - sooner[modality] * apart) * (n_steps - 1)).astype(int)
        steps[np.arange(n_clips), when] += 2 * rng.choice([-1, 1], (n_clips, 3))
        values = steps.swapaxes(1, 2) if modality == "audio" else steps
        arrays[modality] = ArrayInMemory(values.astype(np.float32), AXES[modality])
    return FeatureTable(
        clips=np.array([f"{number:03}" for number in range(n_clips)]),
        speakers=np.array([str(number % 4) for number in range(n_clips)]),
        labels=labels,
        classes=("video first", "audio first"),
        arrays=arrays,
        present={modality: np.ones(n_clips, bool) for modality in arrays},
    )


def held_out(fusion, table: FeatureTable) -> float:
    """UAR on one speaker's clips after learning from the others'."""
    test = table.speakers == "3"
    predicted = fusion.fit(table.take(~test)).predict_proba(table.take(test)).argmax(axis=1)
    return uar(table.labels[test], predicted)


def early(model: str):
    return make_fusion("early", ModelConfig(name=model), FusionConfig(), seed=0)


def test_order_in_time_is_told_by_what_attends_across_modalities():
    table = planted(n_clips=300)
    over_time = held_out(make_fusion("attention", None, FusionConfig(), seed=0), table)
    side_by_side = max(held_out(early(model), table) for model in ("svm_rbf", "lda"))
    assert over_time > 0.85
    assert over_time > side_by_side + 0.2


@pytest.fixture(scope="module", params=["time", "feature"])
def case(request, make_table) -> Case:
    """With time and without; its checks share what was fitted."""
    steps = (4,) if request.param == "time" else ()
    shapes = {"audio": (*steps, 6), "video": (*steps, 5)}
    table = three_of_five(make_table(classes=("neutral", "calm", "happy"), shapes=shapes))
    make = partial(make_fusion, "attention", None, seed=0)
    quick = {"epochs": 10, "learning_rate": 3e-2}
    return Case("attention", lambda settings: make(settings=settings).set_params(**quick), table)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_keeps_what_every_fusion_promises(check, case):
    check(case)


def test_frames_that_a_layer_was_learned_on_keep_their_time(make_table):
    table = make_table(shapes={"audio": (4,), "video": (5, 2, 3)})
    layer = FeatureLayer(n_features=2, epochs=1, random_state=0)
    learned = LearnedFeatures(table, lambda _: layer, ["video"])
    found = learned(table, np.arange(len(table))).arrays["video"]
    assert (found.axes, found.shape[1:]) == (("clip", "time", "feature"), (5, 2))
    np.testing.assert_array_equal(found.over_time(), found.flat().reshape(found.shape))
