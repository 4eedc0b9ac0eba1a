"""The layer of an encoder is chosen by training clips alone, their speakers kept apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from affuse.errors import FeatureError
from affuse.evaluation.learned_features import LearnedFeatures
from affuse.features.array import ArrayInMemory
from affuse.features.table import FeatureTable
from affuse.models.layer_choice import LayerChoice, layer_choice


def clips(n_speakers: int = 6, told_by: int = 2) -> tuple[Any, Any, Any]:
    """Three layers of noise, one of which tells the label; each speaker has clips of both."""
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1], 4 * n_speakers)
    layers = rng.normal(size=(len(labels), 3, 5)).astype(np.float32)
    layers[:, told_by, 0] += 3 * labels
    return layers, labels, np.repeat(np.arange(n_speakers), 8)


@pytest.mark.parametrize("told_by", [0, 2])
def test_the_telling_layer_is_chosen(told_by: int) -> None:
    layers, labels, speakers = clips(told_by=told_by)
    found = LayerChoice((0, 6, 12)).fit(layers, labels, groups=speakers)
    assert found.layer_ == told_by
    assert found.scores_[told_by] > 0.85 > np.delete(found.scores_, told_by).max()
    np.testing.assert_array_equal(found.transform(layers), layers[:, told_by])


def test_speakers_are_kept_apart() -> None:
    """A layer that tells the speaker alone tells labels where each speaker has one."""
    layers, _, speakers = clips()
    labels = speakers % 2
    layers[:, 1] = 10 * np.eye(6)[speakers][:, :5]
    apart = LayerChoice().fit(layers, labels, groups=speakers)
    mixed = LayerChoice().fit(layers, labels, groups=np.random.default_rng(1).permutation(48))
    assert mixed.scores_[1] > 0.85
    assert apart.scores_[1] < 0.7


def _table(labels: Any) -> FeatureTable:
    layers, _, speakers = clips()
    return FeatureTable(
        clips=np.array([f"{n:03}" for n in range(len(labels))]),
        speakers=speakers.astype(str),
        labels=labels,
        classes=("calm", "angry"),
        arrays={"audio": ArrayInMemory(layers, ("clip", "layer", "feature"))},
        present={"audio": np.ones(len(labels), bool)},
    )


def test_labels_of_test_clips_change_nothing() -> None:
    _, labels, _ = clips()
    train, test = np.arange(32), np.arange(32, 48)
    turned = labels.copy()
    turned[test] = 1 - turned[test]
    found = [
        LearnedFeatures(_table(each), lambda _: layer_choice((0, 1, 2), 0), ["audio"])
        for each in (labels, turned)
    ]
    first, second = (each.features("audio", train, test) for each in found)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, clips()[0][test, 2])


def test_its_graph_takes_the_same_layer(tmp_path: Any) -> None:
    pytest.importorskip("onnx")
    from affuse.fusion.graphs import FeaturesToGraph
    from affuse.models.graphs.builder import GraphBuilder

    layers, labels, speakers = clips()
    found = LayerChoice().fit(layers, labels, groups=speakers)
    assert isinstance(found, FeaturesToGraph)
    graph = GraphBuilder()
    assert found.features_to_graph(graph, "given", 3)


def test_other_features_are_refused() -> None:
    layers, labels, speakers = clips()
    found = LayerChoice().fit(layers, labels, groups=speakers)
    with pytest.raises(FeatureError, match="the layer was chosen of"):
        found.transform(layers[:, :2])
    with pytest.raises(FeatureError, match="expected clip, layer, feature"):
        found.fit(ArrayInMemory(layers, ("clip", "time", "feature")), labels)
