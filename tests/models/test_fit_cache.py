"""What is fitted once is found again, and only where everything is the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone

from affuse.config import FusionConfig, ModelConfig
from affuse.fusion.registry import make_fusion, make_unimodal
from affuse.models.fit_cache import FitCache

LDA = ModelConfig(name="lda")


def audio(config: ModelConfig = LDA):
    return make_unimodal("audio", config, seed=0)


def test_same_estimator_and_numbers(make_table):
    table, fit_cache = make_table().select(["audio"]), FitCache()
    fitted = fit_cache.fitted(audio(), table)
    assert fit_cache.fitted(clone(audio()), table.take(np.arange(len(table)))) is fitted


@pytest.mark.parametrize("change", ["number", "label", "speaker", "clip", "model"])
def test_anything_else_is_another_fit(make_table, change):
    table, fit_cache = make_table().select(["audio"]), FitCache()
    fitted = fit_cache.fitted(audio(), table)
    moved = np.r_[table.labels[1:], table.labels[:1]]
    changed = {
        "number": lambda: table.with_arrays({"audio": table.arrays["audio"] * np.float32(1.01)}),
        "label": lambda: replace(table, labels=moved),
        "speaker": lambda: replace(table, speakers=table.speakers[::-1].copy()),
        "clip": lambda: table.take(np.arange(1, len(table))),
        "model": lambda: table,
    }[change]()
    config = ModelConfig(name="lda", scaler="none") if change == "model" else LDA
    assert fit_cache.fitted(audio(config), changed) is not fitted


def test_fusions_share_their_members(make_table):
    table, fit_cache = make_table(), FitCache()
    product, stacking = (
        fit_cache.fitted(make_fusion(f"decision {rule}", LDA, FusionConfig(), 0), table)
        for rule in ("product", "stacking")
    )
    assert product.members_["audio"] is stacking.members_["audio"]
    assert fit_cache.fitted(audio(), table.select(["audio"])) is product.members_["audio"]


def test_late_fusions_share_their_networks(make_table):
    table, fit_cache = make_table(), FitCache()
    network, settings = ModelConfig(name="cnn1d", params={"epochs": 1}), FusionConfig(late_epochs=1)
    one, other = (
        fit_cache.fitted(make_fusion(f"late {kind}", network, settings, 0), table)
        for kind in ("add", "multiply")
    )
    assert one.networks_["video"] is other.networks_["video"]


@pytest.mark.parametrize("name", ["lda", "cnn1d"])
def test_out_of_fold_probabilities_know_nothing_of_their_speakers(make_table, name):
    """Whatever stands in one speaker's labels, that speaker's probabilities stay the same."""
    table = make_table().select(["audio"])
    config = ModelConfig(name=name, params={"epochs": 2} if name == "cnn1d" else {})
    first = table.speakers == "1"
    strange = replace(table, labels=np.where(first, (table.labels + 1) % 3, table.labels))
    one, other = (FitCache().out_of_fold(audio(config), t) for t in (table, strange))
    assert np.isfinite(one).all()
    np.testing.assert_allclose(one.sum(axis=1), 1)
    np.testing.assert_array_equal(one[first].argmax(axis=1), other[first].argmax(axis=1))
    assert not np.allclose(one[~first], other[~first])


def test_out_of_fold_probabilities_follow_the_order_of_the_table(make_table, rng):
    table = make_table().select(["audio"])
    order = rng.permutation(len(table))
    expected = FitCache().out_of_fold(audio(), table)
    np.testing.assert_allclose(FitCache().out_of_fold(audio(), table.take(order)), expected[order])
