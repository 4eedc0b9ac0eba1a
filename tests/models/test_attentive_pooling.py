"""Which frames of an encoder count is learned by training clips alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from affuse.errors import FeatureError
from affuse.evaluation.learned_features import LearnedFeatures
from affuse.features.array import ArrayInMemory
from affuse.features.stored_arrays import StoredArrays
from affuse.features.table import FeatureTable
from affuse.models.attentive_pooling import AttentivePooling, attentive_pooling
from affuse.models.loss_terms import LossTerms

N_STEPS, N_MARKED = 40, 3


def clips(n_clips: int = 240, seed: int = 0) -> tuple[Any, Any]:
    """Clips of 20 to 40 steps, three of which are marked, and tell the label."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n_clips) % 2
    steps = rng.normal(size=(n_clips, N_STEPS, 6)).astype(np.float32)
    for clip, label in enumerate(labels):
        length = int(rng.integers(20, N_STEPS + 1))
        at = rng.choice(length, N_MARKED, replace=False)
        steps[clip, at, 0] += 4
        steps[clip, at, 1] = 1.5 * (2 * label - 1) + 0.5 * rng.normal(size=N_MARKED)
        steps[clip, length:] = np.nan
    return steps, labels


def longer(steps: Any, n_more: int = 25) -> Any:
    """The same clips, filled up further."""
    return np.pad(steps, ((0, 0), (0, n_more), (0, 0)), constant_values=np.nan)


def statistics(steps: Any) -> Any:
    """Mean and deviation over the steps that there are."""
    return np.concatenate([np.nanmean(steps, axis=1), np.nanstd(steps, axis=1)], axis=1)


def quick(seed: int = 0, epochs: int = 3) -> AttentivePooling:
    return AttentivePooling(epochs=epochs, random_state=seed)


def accuracy(rows: Any, labels: Any) -> float:
    """On the last third of the clips, of a linear model that learned from the others."""
    train = np.arange(len(rows)) < 2 * len(rows) // 3
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return float(model.fit(rows[train], labels[train]).score(rows[~train], labels[~train]))


def test_where_few_steps_tell_they_are_found():
    steps, labels = clips()
    train = np.arange(len(steps)) < 160
    pooling = attentive_pooling(0).fit(steps[train], labels[train])
    assert accuracy(pooling.transform(steps), labels) > 0.95
    assert accuracy(statistics(steps), labels) < 0.88


def test_numbers_are_learned_too():
    steps, labels = clips()
    aims = np.stack([labels * 3.0 + 10, 5.0 - labels], axis=1)
    pooling = attentive_pooling(0).fit(steps[:160], aims[:160])
    assert accuracy(pooling.transform(steps), labels) > 0.95


def test_it_begins_with_all_steps_alike():
    """Untrained it is what pooling without labels gives, up to the scale."""
    steps, labels = clips(20)
    for pooling in (quick(epochs=0).fit(steps, labels), quick().fit(steps, labels * 0)):
        assert not len(pooling.losses_)
        means, deviations = np.split(pooling.transform(steps), 2, axis=1)
        known = steps[~np.isnan(steps[:, :, 0])]
        expected = (statistics(steps)[:, :6] - known.mean(axis=0)) / known.std(axis=0)
        np.testing.assert_allclose(means, expected, atol=1e-5)
        expected = statistics(steps)[:, 6:] / known.std(axis=0)
        np.testing.assert_allclose(deviations, expected, atol=1e-4)


def test_how_far_clips_are_filled_up_changes_nothing():
    steps, labels = clips(60)
    found = quick().fit(steps, labels)
    further = quick().fit(longer(steps), labels)
    np.testing.assert_array_equal(found.losses_, further.losses_)
    expected = found.transform(steps)
    for pooling, given in ((found, longer(steps)), (further, steps), (further, longer(steps))):
        np.testing.assert_array_equal(pooling.transform(given), expected)
    alone = np.concatenate([found.transform(steps[[n]]) for n in range(len(steps))])
    np.testing.assert_array_equal(alone, expected)


def test_all_steps_of_the_longest_clip_are_learned_from():
    """Their order has no part in it."""
    steps, labels = clips(40)
    turned = steps.copy()
    for own, there in zip(turned, ~np.isnan(steps[:, :, 0]), strict=True):
        own[there] = own[there][::-1]
    found, again = quick().fit(steps, labels), quick().fit(turned, labels)
    np.testing.assert_allclose(again.losses_, found.losses_, rtol=1e-4)
    np.testing.assert_allclose(again.transform(turned), found.transform(steps), atol=1e-4)


def test_steps_on_disk_give_the_same_numbers(tmp_path: Path):
    steps, labels = clips(40)
    paths = tuple(tmp_path / f"{n}.npy" for n in range(len(steps)))
    for path, own in zip(paths, steps, strict=True):
        np.save(path, own)
    stored = StoredArrays(paths, steps.shape[1:])
    expected = quick().fit_transform(steps, labels)
    np.testing.assert_array_equal(quick().fit(stored, labels).transform(stored), expected)


def test_a_seed_repeats_it():
    steps, labels = clips(40)
    one, again, other = (quick(seed).fit_transform(steps, labels) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_votes_and_weights_enter_its_loss():
    steps, labels = clips(40)
    plain = quick().fit(steps, labels).losses_
    for terms in (
        LossTerms(weights=np.where(labels == 0, 1.9, 0.1)),
        LossTerms(shares=np.full((40, 2), 0.5)),
    ):
        assert not np.allclose(quick().fit(steps, labels, terms=terms).losses_, plain)


def table_of(labels: Any) -> FeatureTable:
    steps, _ = clips(48)
    return FeatureTable(
        clips=np.array([f"{n:03}" for n in range(48)]),
        speakers=np.repeat([str(n) for n in range(6)], 8),
        labels=labels,
        classes=("calm", "angry"),
        arrays={"audio": ArrayInMemory(steps, ("clip", "time", "feature"))},
        present={"audio": np.ones(48, bool)},
    )


def test_labels_of_test_speakers_change_nothing():
    _, labels = clips(48)
    train, test = np.arange(32), np.arange(32, 48)
    turned, otherwise = labels.copy(), labels.copy()
    turned[test] = 1 - turned[test]
    otherwise[train[0]] = 1 - otherwise[train[0]]
    first, second, third = (
        LearnedFeatures(table_of(each), attentive_pooling_quickly, ["audio"]).features(
            "audio", train, np.arange(48)
        )
        for each in (labels, turned, otherwise)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, third)


def attentive_pooling_quickly(modality: str) -> AttentivePooling:
    return quick()


def test_numbers_of_a_table_are_what_is_learned():
    table = table_of(clips(48)[1])
    values = np.random.default_rng(0).normal(size=(48, 2))
    numbers = replace(
        table, labels=np.zeros(0, np.int64), classes=(), targets=("valence", "arousal"),
        values=values,
    )  # fmt: skip
    rows = np.arange(48)
    found = LearnedFeatures(numbers, attentive_pooling_quickly, ["audio"])
    expected = quick().fit_transform(clips(48)[0], values)
    np.testing.assert_array_equal(found.features("audio", rows, rows), expected)


def test_its_graph_gives_the_same_numbers():
    onnxruntime = pytest.importorskip("onnxruntime")
    from affuse.fusion.graphs import FeaturesToGraph
    from affuse.models.graphs.builder import GraphBuilder

    steps, labels = clips(40)
    pooling = quick(epochs=10).fit(steps, labels)
    assert isinstance(pooling, FeaturesToGraph)
    graph = GraphBuilder()
    given = longer(steps)
    given[7] = np.nan
    rows = pooling.features_to_graph(graph, graph.input("x", ["n", *given.shape[1:]]), 65)
    session = onnxruntime.InferenceSession(graph.finish({"y": (rows, ["n", 12])}))
    found = session.run(None, {"x": given})[0]
    assert np.isnan(found[7]).all()
    there = np.arange(40) != 7
    np.testing.assert_allclose(found[there], pooling.transform(steps)[there], atol=2e-5)


def test_other_arrays_are_refused():
    steps, labels = clips(12)
    found = quick().fit(steps, labels)
    with pytest.raises(FeatureError, match="which steps count was learned from 6"):
        found.transform(steps[:, :, :4])
    with pytest.raises(FeatureError, match="expected clip, time and feature"):
        found.fit(statistics(steps), labels)
    steps[3, 2, 1] = np.nan
    with pytest.raises(FeatureError, match="steps of 1 of 12 clips are not finite"):
        found.fit(steps, labels)
