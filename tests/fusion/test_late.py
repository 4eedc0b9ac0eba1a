"""Late fusion."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError
from affuse.fusion.registry import make_fusion

CNN = ModelConfig(name="cnn1d", params={"epochs": 3})


def test_embeddings_are_those_of_the_networks(make_table):
    table = make_table(shapes={"audio": (40,), "video": (12,)})
    fusion = make_fusion("late concatenate", CNN, FusionConfig(late_epochs=2), seed=0).fit(table)
    embeddings = fusion.embed(table)
    assert embeddings.shape == (36, 2, 128)
    network = fusion.networks_["video"]
    scaled = network[0].transform(table.arrays["video"].flat())
    np.testing.assert_array_equal(embeddings[:, 1], network[1].embed(scaled))


def test_epochs_come_from_the_settings(make_table):
    fusion = make_fusion("late add", CNN, FusionConfig(late_epochs=7), seed=5)
    assert fusion.get_params()["mlp__epochs"] == 7
    assert fusion.get_params()["mlp__random_state"] == 5
    assert fusion.get_params()["network__model__random_state"] == 5


def test_weights_of_the_average_are_shown(make_table):
    fusion = make_fusion("late weighted", CNN, FusionConfig(late_epochs=2), seed=0)
    weights = fusion.fit(make_table()).mlp_.weights_
    assert weights.shape == (2,)
    assert weights.sum() == pytest.approx(1, abs=1e-6)


def test_models_without_embedding_are_refused():
    with pytest.raises(ConfigError, match=r"given model 'lda', which has no embedding; .*'cnn1d'"):
        make_fusion("late add", ModelConfig(name="lda"), FusionConfig(), seed=0)
