"""Blocks of features that weigh alike."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError
from affuse.fusion.balance import Balance
from affuse.fusion.registry import make_fusion


def test_weights_are_shares_of_the_deviation(rng):
    rows = rng.standard_normal((40, 9)) * np.r_[np.full(6, 3.0), np.full(2, 0.1), 7]
    balanced = Balance((6, 2), weights=(2.0, 0.5)).fit_transform(rows)
    wide, narrow = balanced[:, :6].var(axis=0).sum(), balanced[:, 6:8].var(axis=0).sum()
    assert np.sqrt(wide / narrow) == pytest.approx(4)
    np.testing.assert_array_equal(balanced[:, 8], rows[:, 8])


def test_components_of_wider_blocks_only(rng):
    rows = rng.standard_normal((40, 23))
    balance = Balance((20, 3), n_components=5).fit(rows)
    assert balance.transform(rows).shape == (40, 8)
    assert balance.axes_[1] is None


def test_constant_block_stays_finite():
    assert np.isfinite(Balance((2, 1)).fit_transform(np.c_[np.ones((5, 2)), np.arange(5)])).all()


def test_too_few_columns():
    with pytest.raises(ValueError, match=r"3 columns; expected 5 or more for blocks of \[4, 1\]"):
        Balance((4, 1)).fit(np.zeros((2, 3)))


def test_35_columns_are_not_drowned_by_2520(make_table):
    """Video knows, audio is noise: what early fusion loses, the balanced one keeps."""
    table = make_table(n_speakers=9, n_takes=4, signal=0.4, shapes={"audio": (800,), "video": (5,)})
    rng = np.random.default_rng(0)
    table = table.with_arrays(
        {
            "audio": rng.standard_normal((len(table), 800)).astype(np.float32),
            "video": 4 * table.arrays["video"].flat()
            + np.eye(5, dtype=np.float32)[table.labels] * 8,
        }
    )
    test = np.isin(table.speakers, ["1", "2", "3"])
    model = ModelConfig(name="svm_rbf")
    right = {}
    for name in ("early", "early balanced"):
        fusion = make_fusion(name, model, FusionConfig(), 0).fit(table.take(~test))
        predicted = fusion.classes_[fusion.predict_proba(table.take(test)).argmax(axis=1)]
        right[name] = (predicted == table.labels[test]).mean()
    assert right["early balanced"] > right["early"] + 0.15


def test_models_blind_to_scale_choose_components(make_table):
    fusion = make_fusion("early balanced", ModelConfig(name="lda"), FusionConfig(), 0)
    fitted = fusion.fit(make_table(shapes={"audio": (30,), "video": (5,)}))
    assert set(fitted.model_.chosen_) == {"balance__n_components"}


def test_networks_are_refused():
    with pytest.raises(ConfigError, match=r"given model 'cnn1d', a network, whose .*use early"):
        make_fusion("early balanced", ModelConfig(name="cnn1d"), FusionConfig(), 0)
