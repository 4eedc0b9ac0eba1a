"""What every fusion promises, whatever it does inside: one loop over the registry."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError, FeatureError
from affuse.features.table import FeatureTable
from affuse.fusion.registry import decides_without, fusion_names, make_fusion, make_unimodal
from affuse.models.fit_cache import FitCache

CNN = ModelConfig(name="cnn1d", params={"epochs": 2})
SETTINGS = FusionConfig(late_epochs=3)
WITH_DROPOUT = FusionConfig(late_epochs=3, modality_dropout=True)
MODALITIES = ("audio", "video")


def made(name: str, settings: FusionConfig = SETTINGS):
    model = CNN if name.startswith("late") else ModelConfig(name="svm_linear")
    return make_fusion(name, model, settings, seed=0)


@pytest.fixture(scope="module")
def fit_cache() -> FitCache:
    """Fits of one test serve the others: which are the same is told by every number in them."""
    return FitCache()


@pytest.fixture(params=fusion_names())
def fusion(request):
    return made(request.param)


@pytest.fixture(params=fusion_names())
def robust(request):
    """A fusion that has learned to do without a modality, from complete clips."""
    return made(request.param, WITH_DROPOUT)


def lacking(table: FeatureTable, modality: str, rows: list[int]) -> FeatureTable:
    """The table without a modality of some clips; what stands there in the array is a trap."""
    present, array = table.present[modality].copy(), np.array(table.arrays[modality])
    present[rows], array[rows] = False, np.nan
    return replace(
        table.with_arrays({modality: array}), present={**table.present, modality: present}
    )


@pytest.fixture
def table(make_table):
    """Labels 1, 2 and 4 of five classes: what is learned need not begin at 0."""
    made = make_table(classes=("neutral", "calm", "happy"))
    classes = ("other", "neutral", "calm", "silent", "happy")
    return replace(made, classes=classes, labels=np.array([1, 2, 4])[made.labels])


def test_probabilities_over_the_classes_it_has_seen(fusion, table, fit_cache):
    fusion = fit_cache.fitted(fusion, table)
    probabilities = fusion.predict_proba(table)
    assert fusion.classes_.tolist() == [1, 2, 4]
    assert probabilities.shape == (len(table), 3)
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_order_of_modalities_has_no_effect(fusion, table, fit_cache):
    turned = replace(
        table,
        arrays=dict(reversed(table.arrays.items())),
        present=dict(reversed(table.present.items())),
    )
    expected = fit_cache.fitted(fusion, table).predict_proba(table)
    np.testing.assert_array_equal(clone(fusion).fit(turned).predict_proba(turned), expected)


def test_order_of_clips_has_no_effect(fusion, table, rng, fit_cache):
    order = rng.permutation(len(table))
    expected = fit_cache.fitted(fusion, table).predict_proba(table)
    found = clone(fusion).fit(table.take(order)).predict_proba(table)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_other_clips_have_no_effect(fusion, table, fit_cache):
    fusion = fit_cache.fitted(fusion, table)
    alone = fusion.predict_proba(table.take([3]))
    np.testing.assert_allclose(alone[0], fusion.predict_proba(table)[3], rtol=1e-4, atol=1e-6)


def test_clones_and_pickles(fusion, table):
    expected = fusion.fit(table).predict_proba(table)
    copy = clone(fusion)
    assert not hasattr(copy, "classes_")
    np.testing.assert_array_equal(copy.fit(table).predict_proba(table), expected)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fusion)).predict_proba(table), expected)


def test_fit_leaves_parameters_and_table_alone(fusion, table):
    before = repr(fusion.get_params())
    numbers = {modality: np.array(array) for modality, array in table.arrays.items()}
    fusion.fit(table)
    assert repr(fusion.get_params()) == before
    for modality, array in numbers.items():
        np.testing.assert_array_equal(table.arrays[modality], array)


@pytest.mark.parametrize("modality", MODALITIES)
def test_clips_that_lack_a_modality_are_told(robust, table, modality, fit_cache):
    """Learned from complete clips, or from others: the modality that is left decides."""
    partly = lacking(table, modality, [4, 7, 20])
    other = {"audio": "video", "video": "audio"}[modality]
    alone = lacking(table, modality, list(range(len(table))))
    for training in (table, partly, lacking(partly, other, [5, 9])):
        fitted = fit_cache.fitted(robust, training)
        assert fitted.can_decide(partly).all()
        probabilities = fitted.predict_proba(partly)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
        told = (fitted.classes_[fitted.predict_proba(alone).argmax(axis=1)] == table.labels).mean()
        if robust_to_few_epochs(robust):
            assert told > 0.5, "the modality that is left knows, and chance is a third"


@pytest.mark.parametrize("modality", MODALITIES)
def test_what_stands_in_place_of_an_absent_modality_is_not_read(robust, table, modality, fit_cache):
    """Never silent zeros: numbers in the rows of an absent modality change nothing."""
    partly = lacking(table, modality, [4, 7])
    zeros = partly.with_arrays({modality: np.nan_to_num(partly.arrays[modality])})
    fitted = fit_cache.fitted(robust, partly)
    np.testing.assert_array_equal(fitted.predict_proba(zeros), fitted.predict_proba(partly))
    again = clone(robust).fit(zeros)
    np.testing.assert_array_equal(again.predict_proba(zeros), fitted.predict_proba(partly))


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("name", fusion_names())
def test_complete_training_clips_without_dropout(name, modality, table, fit_cache):
    """What has never seen a clip without a modality refuses it, or has members to fall back on."""
    fitted = fit_cache.fitted(made(name), table)
    partly = lacking(table, modality, [4, 7])
    if decides_without(name):
        np.testing.assert_allclose(fitted.predict_proba(partly).sum(axis=1), 1)
        return
    assert np.flatnonzero(~fitted.can_decide(partly)).tolist() == [4, 7]
    expected = (
        rf"2 of 36 clips have no {modality} \(first: {table.clips[4]}\), and this system has "
        r"learned from complete clips only: .* fusion.modality_dropout = true"
    )
    with pytest.raises(FeatureError, match=expected):
        fitted.predict_proba(partly)


def test_clips_that_lack_every_modality(robust, table, fit_cache):
    nothing = lacking(lacking(table, "audio", [3]), "video", [3])
    expected = (
        rf"1 of 36 clips have none of audio, video.* \(first: {table.clips[3]}\); expected one"
    )
    with pytest.raises(FeatureError, match=expected):
        clone(robust).fit(nothing)
    with pytest.raises(FeatureError, match=expected):
        fit_cache.fitted(robust, table).predict_proba(nothing)


@pytest.mark.parametrize("name", fusion_names())
def test_class_of_which_a_modality_has_no_training_clip(name, table, fit_cache):
    """Happy clips have no video in training: the classes are all there nevertheless."""
    happy = np.flatnonzero(table.labels == 4).tolist()
    fitted = fit_cache.fitted(made(name, WITH_DROPOUT), lacking(table, "video", happy))
    assert fitted.classes_.tolist() == [1, 2, 4]
    np.testing.assert_allclose(fitted.predict_proba(table).sum(axis=1), 1)


def test_numbers_that_are_not_finite(fusion, table):
    broken = np.array(table.arrays["video"])
    broken[2, 1] = np.nan
    expected = rf"1 of 36 clips have video features that are not finite \(first: {table.clips[2]}\)"
    with pytest.raises(FeatureError, match=expected):
        fusion.fit(table.with_arrays({"video": broken}))


def test_one_modality_is_nothing_to_fuse(fusion, table):
    expected = r"features of \['audio'\]; expected two modalities: extract the other one"
    with pytest.raises(FeatureError, match=expected):
        fusion.fit(table.select(["audio"]))


def robust_to_few_epochs(fusion) -> bool:
    """Networks of three epochs have learned nothing yet."""
    return not hasattr(fusion, "mlp")


def test_unknown_fusion():
    with pytest.raises(
        ConfigError, match=r"fusion 'middle' was given; expected one of early, early balanced, late"
    ):
        make_fusion("middle", CNN, SETTINGS, seed=0)


def test_one_modality_keeps_the_same_promises(table):
    unimodal = make_unimodal("video", ModelConfig(name="lda"), seed=0).fit(table)
    probabilities = unimodal.predict_proba(table)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    only_video = table.select(["video"])
    np.testing.assert_array_equal(unimodal.predict_proba(only_video), probabilities)
    restored = pickle.loads(pickle.dumps(unimodal))
    np.testing.assert_array_equal(restored.predict_proba(table), probabilities)
    absent = replace(table, present={**table.present, "video": np.zeros(len(table), bool)})
    with pytest.raises(FeatureError, match="36 of 36 clips have no video"):
        unimodal.predict_proba(absent)
