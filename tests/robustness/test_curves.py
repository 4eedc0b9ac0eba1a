"""Robustness curves: fitted once a fold on clean clips, tested on every version of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import FeatureError, FoldError
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.learned_features import LearnedFeatures
from affuse.evaluation.systems import OutOfFold, System
from affuse.features.context import RunContext
from affuse.features.stored_arrays import StoredArrays
from affuse.features.table import FeatureTable
from affuse.fusion.registry import make_fusion, make_unimodal
from affuse.models.feature_layer import FeatureLayer
from affuse.robustness.conditions import CLEAN, Condition
from affuse.robustness.curves import CurvePoint, Stack, robustness
from affuse.splits.folds import random_split, speaker_folds
from affuse.splits.protocols import Protocol

SOFT, LOUD = Condition("white noise", "audio", 10.0), Condition("white noise", "audio", -5.0)
NO_AUDIO, NO_VIDEO = Condition("no audio", "audio"), Condition("no video", "video")
LDA = ModelConfig(name="lda")

AUDIO = System("LDA", "audio", "", "", "LDA", partial(make_unimodal, "audio", LDA))
VIDEO = System("LDA", "video", "", "", "LDA", partial(make_unimodal, "video", LDA))


def fused(fusion: str, settings: FusionConfig | None = None) -> System:
    settings = settings or FusionConfig()
    needs_all = fusion == "early" and not settings.modality_dropout
    build = partial(make_fusion, fusion, LDA, settings)
    return System(f"{fusion}, LDA", "audio+video", fusion, "", "LDA", build, needs_all)


def apart(table: FeatureTable) -> Protocol:
    return Protocol("speaker-independent", speaker_folds(table.speakers.tolist(), 3))


def noisy(table: FeatureTable, amount: float, seed: int = 0) -> FeatureTable:
    rng = np.random.default_rng(seed)
    audio = np.array(table.arrays["audio"])
    noise = amount * rng.standard_normal(audio.shape)
    return table.with_arrays({"audio": (audio + noise).astype(np.float32)})


def gone(table: FeatureTable, modality: str) -> FeatureTable:
    empty = table.with_arrays({modality: np.full_like(table.arrays[modality], np.nan)})
    return replace(empty, present={**table.present, modality: np.zeros(len(table), bool)})


@pytest.fixture
def table(make_table) -> FeatureTable:
    return make_table(signal=1.5)


@pytest.fixture
def degraded(table: FeatureTable) -> dict[Condition, FeatureTable]:
    return {
        SOFT: noisy(table, 1.0),
        LOUD: noisy(table, 20.0),
        NO_AUDIO: gone(table, "audio"),
        NO_VIDEO: gone(table, "video"),
    }


def measured(
    table: FeatureTable, degraded: Mapping[Condition, FeatureTable], system: System
) -> dict[Condition, OutOfFold]:
    stack = Stack(table, degraded)
    (found,) = out_of_fold(stack.table, [system], stack.protocol(apart(table)))
    return stack.apart(found)


def curve(
    table: FeatureTable, degraded: Mapping[Condition, FeatureTable], system: System
) -> dict[str, CurvePoint]:
    points = robustness(measured(table, degraded, system), table, n_bootstrap=200)
    return {f"{point.condition} {point.level:g}".removesuffix(" nan"): point for point in points}


def test_curve_falls_with_the_noise(table, degraded):
    points = curve(table, degraded, AUDIO)
    assert list(points) == ["clean", "white noise 10", "white noise -5", "no audio"]
    clean, soft, loud, _ = (points[name].uar for name in points)
    assert clean > soft > loud
    assert loud == pytest.approx(1 / 3, abs=0.2)
    for name in ("clean", "white noise 10"):
        assert points[name].uar_low <= points[name].uar <= points[name].uar_high
        assert points[name].n_clips == len(table)
    assert points["white noise 10"].system == "audio, LDA"
    assert points["white noise 10"].degraded == "audio"


@pytest.mark.usefixtures("few_costs")
def test_clean_predictions_are_those_without_any_degradation(table, degraded):
    """Fails if one degraded clip reaches a fit: these are far from anything that is clean."""
    rng = np.random.default_rng(1)
    wild = {m: (1000 * rng.standard_normal(a.shape)).astype("f4") for m, a in table.arrays.items()}
    versions = {**degraded, Condition("blur", "video", 0.1): table.with_arrays(wild)}
    for system in (AUDIO, fused("early"), fused("decision stacking")):
        (alone,) = out_of_fold(table, [system], apart(table))
        beside = measured(table, versions, system)[CLEAN]
        np.testing.assert_array_equal(beside.rows, alone.rows)
        np.testing.assert_array_equal(beside.folds, alone.folds)
        np.testing.assert_allclose(beside.probabilities, alone.probabilities, atol=1e-9)


def test_folds_train_on_clean_clips_and_test_every_version_of_the_others(table, degraded):
    stack, protocol = Stack(table, degraded), apart(table)
    for fold, wide in zip(protocol.folds, stack.protocol(protocol).folds, strict=True):
        assert wide.train == fold.train
        assert max(wide.train) < len(table)
        tested = np.array(wide.test)
        assert set(tested % len(table)) == set(fold.test)
        assert len(tested) == 5 * len(fold.test)
        assert not set(stack.table.speakers[tested]) & set(table.speakers[list(fold.train)])


def test_every_version_is_predicted_from_its_own_features(table, degraded):
    fold = apart(table).folds[1]
    model = make_unimodal("audio", LDA, 0).fit(table.take(fold.train))
    for condition in (SOFT, LOUD):
        found = measured(table, degraded, AUDIO)[condition]
        expected = model.predict_proba(degraded[condition].take(fold.test))
        np.testing.assert_allclose(found.probabilities[found.folds == 2], expected, atol=1e-7)
        assert found.rows[found.folds == 2].tolist() == list(fold.test)


def test_fusions_that_can_fall_back_do_and_others_say_why_not(table, degraded):
    video = curve(table, degraded, VIDEO)
    assert list(video) == ["clean", "no video"]
    assert video["no video"].reason == "video is all that it looks at"
    product = curve(table, degraded, fused("decision product"))
    assert product["no audio"].uar == video["clean"].uar
    assert product["no audio"].reason == ""
    early = curve(table, degraded, fused("early"))
    assert np.isnan(early["no audio"].uar)
    assert early["no audio"].n_clips == 0
    assert early["no audio"].reason == (
        "it needs audio and video: decision fusions do without, and so does this one with "
        "fusion.modality_dropout = true"
    )
    learned = curve(table, degraded, fused("early", FusionConfig(modality_dropout=True)))
    assert learned["no audio"].n_clips == learned["no video"].n_clips == len(table)


def test_missing_features_of_some_clips_and_of_all_are_told(table):
    some = gone(table, "audio")
    present = table.clips == table.clips[3]
    some = replace(some, present={**some.present, "audio": ~present}, arrays=table.arrays)
    points = curve(table, {SOFT: some, LOUD: gone(table, "audio")}, AUDIO)
    assert points["white noise 10"].n_clips == len(table) - 1
    assert points["white noise -5"].reason == "no clip gave features of its audio"
    mute = gone(table, "video")
    lonely = curve(mute, {NO_AUDIO: gone(mute, "audio")}, fused("decision mean"))
    assert lonely["no audio"].reason == "no clip has anything but audio"


def test_learned_features_are_fitted_on_clean_clips(make_table, tmp_path):
    """Frames on disk, read once where versions share them; the layer never meets a dark one."""
    table = make_table(shapes={"audio": (3,), "video": (4, 2, 3)})
    frames, wild = (tmp_path / name for name in ("clean", "dark"))
    stored = {}
    for folder, values in (
        (frames, table.arrays["video"]),
        (wild, -np.array(table.arrays["video"])),
    ):
        folder.mkdir()
        paths = tuple(folder / f"{clip}.npy" for clip in table.clips)
        for path, value in zip(paths, values, strict=True):
            np.save(path, value)
        stored[folder] = StoredArrays(paths, (4, 2, 3))
    clean = table.with_arrays({"video": stored[frames]})
    dark = table.with_arrays({"video": stored[wild]})
    versions = {Condition("dark", "video", 0.1): dark, SOFT: noisy(clean, 1.0)}
    preparation = {"video": partial(FeatureLayer, 3, 2, 16, 1e-4)}
    (alone,) = out_of_fold(clean, [VIDEO], apart(clean), preparation=preparation)
    stack = Stack(clean, versions)
    protocol = stack.protocol(apart(clean))
    (found,) = out_of_fold(stack.table, [VIDEO], protocol, preparation=preparation)
    parts = stack.apart(found)
    for condition in (CLEAN, SOFT):
        np.testing.assert_allclose(parts[condition].probabilities, alone.probabilities, atol=1e-5)
    worse = parts[Condition("dark", "video", 0.1)].probabilities
    assert np.abs(worse - alone.probabilities).max() > 0.1


def test_shared_frames_are_transformed_once(make_table, tmp_path):
    seen: list[int] = []

    class Count:
        def fit(self, frames, labels):
            return self

        def transform(self, frames):
            seen.append(len(frames))
            return frames[np.arange(len(frames))].reshape(len(frames), -1)

    table = make_table(n_speakers=2, shapes={"video": (2, 3)})
    paths = tuple(tmp_path / f"{clip}.npy" for clip in table.clips)
    for path, value in zip(paths, table.arrays["video"], strict=True):
        np.save(path, value)
    clean = table.with_arrays({"video": StoredArrays(paths, (2, 3))})
    stacked = Stack(clean, {SOFT: clean, LOUD: clean}).table
    learned = LearnedFeatures(stacked, lambda _: Count(), ["video"])
    use = np.arange(len(stacked))[::-1]
    features = learned.features("video", np.arange(len(table)), use)
    assert seen == [len(table)]
    np.testing.assert_array_equal(features, stacked.arrays["video"].take(use).flat())


def test_same_for_any_number_of_processes_and_order_of_clips(table, degraded):
    stack, system = Stack(table, degraded), fused("decision weighted")
    (one,) = out_of_fold(stack.table, [system], stack.protocol(apart(table)))
    (two,) = out_of_fold(stack.table, [system], stack.protocol(apart(table)), RunContext.of(2))
    np.testing.assert_array_equal(one.probabilities, two.probabilities)
    order = np.random.default_rng(0).permutation(len(table))
    turned = table.take(order)
    versions = {condition: other.take(order) for condition, other in degraded.items()}
    found = measured(turned, versions, system)
    for condition, expected in stack.apart(one).items():
        np.testing.assert_array_equal(
            turned.clips[found[condition].rows], table.clips[expected.rows]
        )
        np.testing.assert_allclose(
            found[condition].probabilities, expected.probabilities, atol=1e-9
        )


def test_nothing_degraded_changes_nothing(table):
    stack = Stack(table, {})
    assert stack.table is table
    assert stack.protocol(apart(table)) == apart(table)


def test_other_clips_and_protocols_that_learn_from_test_clips_are_refused(table, degraded):
    with pytest.raises(FeatureError, match=r"under white noise 10 were given for 9 clips that are"):
        Stack(table, {SOFT: table.take(np.arange(9))})
    lecture = Protocol("lecture", (random_split(len(table), 0.2, seed=0),))
    with pytest.raises(FoldError, match="robustness under the lecture protocol was asked for"):
        Stack(table, degraded).protocol(lecture)


def test_points_make_a_table_to_plot(table, degraded, tmp_path: Path):
    points = list(curve(table, degraded, fused("decision mean")).values())
    pd.DataFrame(points).to_csv(tmp_path / "robustness.csv", index=False)
    read = pd.read_csv(tmp_path / "robustness.csv")
    noise = read[read["condition"] == "white noise"]
    assert noise["level"].tolist() == [10, -5]
    assert noise["uar"].is_monotonic_decreasing
