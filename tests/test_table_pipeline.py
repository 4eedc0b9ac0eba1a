"""A layer that learns features and the system over them, as one estimator: what a run does."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

import affuse
from affuse.errors import ConfigError, FeatureError
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.systems import System
from affuse.splits.protocols import Protocol

N_CLIPS, N_FRAMES, N_INPUTS = 36, 4, 12


@pytest.fixture(scope="module")
def table():
    """Clips of three speakers whose frames and voices say something of the emotion, in noise."""
    rng = np.random.default_rng(0)
    labels = np.arange(N_CLIPS) % 2
    clips = [
        affuse.Clip(f"{rng.integers(10**6):06d}", ["calm", "angry"][label], f"s{row % 3}")
        for row, label in enumerate(labels)
    ]
    frames = rng.standard_normal((N_CLIPS, N_FRAMES, N_INPUTS)) + 0.5 * labels[:, None, None]
    sound = rng.standard_normal((N_CLIPS, 6)) + labels[:, None]
    index = affuse.Index(tuple(clips))
    return affuse.FeatureTable.from_arrays(index, audio=sound, video=frames)


def layer(seed, epochs=3):
    return affuse.FeatureLayer(
        5, epochs=epochs, batch_size=16, learning_rate=0.01, random_state=seed
    )


def video(seed):
    return affuse.Unimodal(affuse.model("svm_linear", random_state=seed), "video")


def stacked(seed):
    return affuse.DecisionFusion(affuse.model("lda", random_state=seed), "stacking")


@pytest.mark.parametrize(("build", "modality"), [(video, "video"), (stacked, "audio+video")])
def test_it_gives_the_very_probabilities_of_a_run(table, build, modality):
    folds = affuse.speaker_folds(table.speakers, n_folds=3)
    system = System("one", modality, "", "", "", build)
    protocol = Protocol("speaker-independent", folds)
    (found,) = out_of_fold(table, [system], protocol, preparation={"video": layer})
    outputs = dict(zip(found.rows.tolist(), found.outputs, strict=True))
    for fold in folds:
        seed = partial(affuse.fold_seed, fold, "speaker-independent")
        pipeline = affuse.TablePipeline({"video": layer(seed("video"))}, build(seed()))
        made = pipeline.fit(table.take(fold.train)).predict_proba(table.take(fold.test))
        np.testing.assert_array_equal(made, [outputs[row] for row in fold.test])


def test_inner_folds_do_not_know_labels_by_way_of_the_layer(table):
    pipeline = affuse.TablePipeline({"video": layer(0, epochs=15)}, video(0)).fit(table)
    fixed = table.with_arrays({"video": pipeline.layers_["video"].transform(table.arrays["video"])})
    leaky = video(0).fit(fixed)
    modest, sure = pipeline.predict_proba(table), leaky.predict_proba(fixed)
    np.testing.assert_array_equal(modest.argmax(axis=1), sure.argmax(axis=1))
    assert modest.max(axis=1).mean() < sure.max(axis=1).mean() - 0.02


def test_the_order_of_the_clips_changes_nothing(table):
    turned = table.take(np.arange(N_CLIPS)[::-1])
    a, b = (affuse.TablePipeline({"video": layer(0)}, stacked(0)).fit(t) for t in (table, turned))
    np.testing.assert_array_equal(a.predict_proba(table), b.predict_proba(table))


def test_a_layer_for_a_modality_that_is_not_there_is_refused(table):
    message = "layers for video were given, and a table of audio; expected a layer for one of"
    with pytest.raises(FeatureError, match=message):
        affuse.TablePipeline({"video": layer(0)}, stacked(0)).fit(table.select(["audio"]))


def test_what_it_is_given_stays_unfitted(table):
    given = layer(0)
    affuse.TablePipeline({"video": given}, video(0)).fit(table)
    assert not hasattr(given, "network_")


@pytest.mark.parametrize("seed", [0.0, "0", True, None])
def test_a_seed_of_a_fold_that_is_no_whole_number_is_refused(seed):
    fold = affuse.Fold(1, train=(0,), test=(1,))
    with pytest.raises(ConfigError, match=r"^seed .* was given; expected a whole number"):
        affuse.fold_seed(fold, "random", seed=seed)


def test_a_seed_of_a_fold_is_the_same_for_any_kind_of_whole_number():
    fold = affuse.Fold(2, train=(0,), test=(1,))
    assert affuse.fold_seed(fold, "random", seed=np.int64(3)) == affuse.fold_seed(
        fold, "random", seed=3
    )
