"""Out-of-fold predictions: complete, reproducible, and blind to the test clips."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError, DatasetError, FeatureError, FoldError
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.fold_store import FolderStore
from affuse.evaluation.systems import System
from affuse.features.context import RunContext
from affuse.features.table import FeatureTable
from affuse.fusion.registry import make_fusion, make_unimodal
from affuse.models.feature_layer import FeatureLayer
from affuse.splits.folds import Fold, random_folds, random_split, speaker_folds
from affuse.splits.protocols import Protocol


def unimodal(modality: str, name: str = "lda") -> System:
    model = ModelConfig(name=name)
    return System(name, modality, "", "", name, partial(make_unimodal, modality, model))


def early(name: str = "svm_rbf") -> System:
    model = ModelConfig(name=name)
    return System(
        f"early, {name}",
        "audio+video",
        "early",
        "",
        name,
        partial(make_fusion, "early", model, FusionConfig()),
    )


def small_cnn(modality: str) -> System:
    model = ModelConfig(name="cnn1d", params={"epochs": 2})
    return System("cnn", modality, "", "", "", partial(make_unimodal, modality, model))


small_layer = partial(FeatureLayer, 3, 2, 16, 1e-4)
"""Seed -> feature layer of 3 neurons, 2 epochs."""


def apart(table: FeatureTable, n_folds: int = 3) -> Protocol:
    return Protocol("speaker-independent", speaker_folds(table.speakers.tolist(), n_folds))


FRAMES = {"audio": (6,), "video": (4, 2, 3)}


def test_every_clip_once_in_the_order_of_clips(make_table):
    table = make_table()
    (result,) = out_of_fold(table, [early()], apart(table))
    assert table.clips[result.rows].tolist() == sorted(table.clips)
    assert result.probabilities.shape == (36, 3)
    np.testing.assert_allclose(result.probabilities.sum(axis=1), 1)
    for fold in apart(table).folds:
        assert set(result.rows[result.folds == fold.number]) == set(fold.test)
    assert (result.predicted == table.labels[result.rows]).mean() > 0.6


def test_probabilities_are_those_of_a_fit_on_the_training_clips(make_table):
    table = make_table()
    fold = apart(table).folds[1]
    (result,) = out_of_fold(table, [unimodal("video")], apart(table))
    model = make_unimodal("video", ModelConfig(name="lda"), 0).fit(table.take(fold.train))
    expected = model.predict_proba(table.take(fold.test))
    np.testing.assert_allclose(result.probabilities[result.folds == 2], expected, rtol=1e-6)


def test_features_and_labels_of_test_clips_reach_nothing(make_table, rng):
    """Whatever stands in the rows of one test clip, the others' probabilities stay the same."""
    table = make_table(shapes=FRAMES)
    systems = [unimodal("audio"), unimodal("video"), early()]
    fold = apart(table).folds[0]
    protocol = Protocol("speaker-independent", (fold,))
    arrays = {m: np.array(a) for m, a in table.arrays.items()}
    changed = fold.test[0]
    for array in arrays.values():
        array[changed] = 100 * rng.standard_normal(array.shape[1:])
    strange = table.with_arrays(arrays)
    labels = table.labels.copy()
    labels[list(fold.test)] = (labels[list(fold.test)] + 1) % 3
    strange = replace(strange, labels=labels)
    before = out_of_fold(table, systems, protocol, preparation={"video": small_layer})
    after = out_of_fold(strange, systems, protocol, preparation={"video": small_layer})
    for one, other in zip(before, after, strict=True):
        kept = one.rows != changed
        # Other clips of the batch may change the last digit of a product of matrices.
        np.testing.assert_allclose(one.probabilities[kept], other.probabilities[kept], rtol=1e-5)


def test_lecture_protocol_learns_features_on_test_clips_and_the_random_one_does_not(make_table):
    table = make_table(shapes=FRAMES)
    fold = random_split(len(table), 0.2, seed=0)
    labels = table.labels.copy()
    labels[list(fold.test)] = (labels[list(fold.test)] + 1) % 3
    relabelled = replace(table, labels=labels)
    for name, same in [("random", True), ("lecture", False)]:
        one, other = (
            out_of_fold(
                given,
                [unimodal("video")],
                Protocol(name, (fold,)),
                preparation={"video": small_layer},
            )[0].probabilities
            for given in (table, relabelled)
        )
        assert np.array_equal(one, other) is same


def test_same_for_any_order_of_clips(make_table, rng):
    table = make_table(shapes=FRAMES)
    order = rng.permutation(len(table))
    systems = [unimodal("audio", "svm_linear"), early("lda"), small_cnn("video")]
    one = out_of_fold(table, systems, apart(table), preparation={"video": small_layer})
    turned = table.take(order)
    other = out_of_fold(turned, systems, apart(turned), preparation={"video": small_layer})
    for first, second in zip(one, other, strict=True):
        assert table.clips[first.rows].tolist() == turned.clips[second.rows].tolist()
        np.testing.assert_array_equal(first.probabilities, second.probabilities)


@pytest.mark.slow
def test_same_in_another_process(make_table):
    """Of networks and of what is learned in inner folds; ``tests/robustness`` has two at work."""
    table = make_table(n_speakers=4, shapes=FRAMES)
    systems = [early("lda"), small_cnn("video"), decided("hybrid stacking")]
    protocol = Protocol("speaker-independent", apart(table, n_folds=2).folds[:1])
    here, there = (
        out_of_fold(
            table, systems, protocol, RunContext.of(jobs), preparation={"video": small_layer}
        )
        for jobs in (1, 2)
    )
    for first, second in zip(here, there, strict=True):
        np.testing.assert_array_equal(first.probabilities, second.probabilities)


def test_systems_do_not_depend_on_each_other(make_table):
    table = make_table()
    alone = out_of_fold(table, [small_cnn("audio")], apart(table))[0]
    among = out_of_fold(table, [early(), small_cnn("video"), small_cnn("audio")], apart(table))[2]
    np.testing.assert_array_equal(alone.probabilities, among.probabilities)


def test_seed_steers_what_is_random(make_table):
    table = make_table()
    one, same, other = (
        out_of_fold(table, [small_cnn("audio")], apart(table), RunContext.of(1, seed=seed))[
            0
        ].probabilities
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_clips_are_scored_by_the_systems_whose_modalities_they_have(make_table):
    table = make_table(shapes=FRAMES)
    present = np.ones(36, bool)
    present[[0, 7, 20]] = False
    video = table.arrays["video"].rows(np.arange(len(table)))
    video[~present] = np.nan
    table = replace(
        table.with_arrays({"video": video}), present={**table.present, "video": present}
    )
    systems = [unimodal("audio"), unimodal("video"), early()]
    results = out_of_fold(table, systems, apart(table), preparation={"video": small_layer})
    assert [len(result.rows) for result in results] == [36, 33, 33]
    assert not {0, 7, 20} & set(results[2].rows)


def test_class_absent_from_a_training_fold_has_probability_zero(make_table):
    table = make_table()
    only_first = (table.labels != 2) | (table.speakers == "1")
    table = table.take(only_first)
    fold = Fold(
        1,
        tuple(np.flatnonzero(table.speakers != "1")),
        tuple(np.flatnonzero(table.speakers == "1")),
    )
    (result,) = out_of_fold(table, [early()], Protocol("speaker-independent", (fold,)))
    assert (result.probabilities[:, 2] == 0).all()
    np.testing.assert_allclose(result.probabilities.sum(axis=1), 1)


def test_progress(make_table):
    table, calls = make_table(), []
    out_of_fold(
        table,
        [unimodal("audio")],
        apart(table),
        RunContext.of(1, progress=lambda *call: calls.append(call)),
    )
    assert calls == [("speaker-independent folds", done, 3) for done in range(4)]


def test_one_emotion_only(make_table):
    table = make_table()
    calm = table.take(table.labels == 0)
    expected = r"clips of calm alone were given \(12 clips\); expected at least two emotions: add"
    with pytest.raises(DatasetError, match=expected):
        out_of_fold(calm, [early()], apart(calm))


def test_fold_that_leaves_one_emotion_to_train_on(make_table):
    table = make_table(n_speakers=2, classes=("calm", "angry"))
    table = table.take((table.labels == 0) | (table.speakers == "1"))
    expected = (
        r"fold 1 \(speaker-independent\) leaves audio clips of the emotions \['calm'\] to trai"
    )
    with pytest.raises(FoldError, match=expected):
        out_of_fold(table, [unimodal("audio")], apart(table, 2))


def test_system_that_no_clip_can_have(make_table):
    table = make_table()
    table = replace(table, present={**table.present, "video": np.zeros(36, bool)})
    expected = r"'early, svm_rbf' needs audio\+video, and none of 36 clips has it: add the missing"
    with pytest.raises(FeatureError, match=expected):
        out_of_fold(table, [early()], apart(table))


def test_systems_need_names_of_their_own(make_table):
    table = make_table()
    with pytest.raises(ConfigError, match=r"systems lda \(audio\) were given more than once; exp"):
        out_of_fold(table, [unimodal("audio"), unimodal("audio")], apart(table))
    with pytest.raises(ConfigError, match="no system was given; expected at least one: add a mod"):
        out_of_fold(table, [], apart(table))


def test_random_protocol(make_table):
    table = make_table()
    protocol = Protocol("random", random_folds(table.labels.tolist(), 4, seed=0))
    (result,) = out_of_fold(table, [early()], protocol)
    assert len(result.rows) == 36
    assert result.protocol == "random"


def decided(rule: str, *, needs_all: bool = False, name: str = "logistic") -> System:
    model = ModelConfig(name=name, grid={"C": (0.01, 1.0)} if name == "logistic" else {})
    build = partial(make_fusion, rule, model, FusionConfig(hybrid_with="early balanced"))
    return System(rule, "audio+video", rule, "", name, build, needs_all)


def test_fusions_that_do_without_score_clips_that_have_any_modality(make_table):
    table = make_table()
    present = {m: np.ones(36, bool) for m in table.modalities}
    present["audio"][[0, 7]] = False
    present["video"][[7, 20]] = False
    systems = [decided("decision product"), decided("decision product", needs_all=True)]
    systems[1] = replace(systems[1], name="complete clips")
    some, complete = out_of_fold(replace(table, present=present), systems, apart(table))
    assert set(some.rows) == set(range(36)) - {7}
    assert set(complete.rows) == set(range(36)) - {0, 7, 20}
    np.testing.assert_allclose(some.probabilities.sum(axis=1), 1)


@pytest.mark.usefixtures("few_costs")
def test_what_systems_share_changes_none_of_them(make_table):
    """Parts that were fitted for one system serve another: the same numbers as by itself."""
    table = make_table(n_speakers=4)
    folds = Protocol("speaker-independent", apart(table, n_folds=2).folds[:1])
    systems = [
        unimodal("audio", "logistic"),
        decided("decision weighted"),
        decided("decision stacking"),
        decided("early balanced", needs_all=True),
        decided("hybrid stacking"),
    ]
    together = out_of_fold(table, systems, folds)
    for system, result in zip(systems, together, strict=True):
        (alone,) = out_of_fold(table, [system], folds)
        np.testing.assert_array_equal(result.probabilities, alone.probabilities)


def test_learned_rules_do_not_see_the_test_clips(make_table, rng):
    """Labels and features of a fold's test clips change nothing that is learned."""
    table = make_table(n_speakers=4)
    fold = apart(table).folds[0]
    labels, arrays = table.labels.copy(), {m: np.array(a) for m, a in table.arrays.items()}
    test = list(fold.test)
    labels[test] = (labels[test] + 1) % 3
    for array in arrays.values():
        array[test[1:]] = 10 * rng.standard_normal(array[test[1:]].shape)
    strange = replace(table.with_arrays(arrays), labels=labels)
    systems = [decided(f"hybrid {rule}") for rule in ("weighted", "stacking")]
    protocol = Protocol("speaker-independent", (fold,))
    for one, other in zip(
        out_of_fold(table, systems, protocol),
        out_of_fold(strange, systems, protocol),
        strict=True,
    ):
        kept = one.rows == test[0]
        np.testing.assert_allclose(one.probabilities[kept], other.probabilities[kept], rtol=1e-5)


def test_losses_of_networks_are_told_also_of_folds_that_were_kept(make_table, tmp_path):
    """Of the network that decides and of the one that learned the features, once a fold."""
    table = make_table(shapes=FRAMES)
    systems = [unimodal("audio"), small_cnn("video")]
    preparation = {"video": small_layer}
    store = FolderStore(tmp_path)
    new, kept = (
        out_of_fold(
            table, systems, apart(table), RunContext.of(1, folds=store), preparation=preparation
        )
        for _ in range(2)
    )
    for audio, video in (new, kept):
        assert audio.losses == audio.feature_losses == {}
        assert set(video.losses) == set(video.feature_losses["video"]) == {1, 2, 3}
        assert all(losses.shape == (2,) for losses in video.losses.values())
    for before, after in zip(new[1].losses.values(), kept[1].losses.values(), strict=True):
        np.testing.assert_array_equal(before, after)
    learned = new[1].feature_losses["video"][1]
    assert learned.shape == (2,)
    assert np.isfinite(learned).all()
