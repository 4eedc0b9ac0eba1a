"""What every fusion promises, whatever it does inside: one loop over the registry."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError, FeatureError
from affuse.fusion.registry import FUSIONS, make_fusion, make_unimodal

CNN = ModelConfig(name="cnn1d", params={"epochs": 2})
SETTINGS = FusionConfig(late_epochs=3)


@pytest.fixture(params=sorted(FUSIONS))
def fusion(request):
    model = CNN if request.param.startswith("late") else ModelConfig(name="svm_linear")
    return make_fusion(request.param, model, SETTINGS, seed=0)


@pytest.fixture
def table(make_table):
    """Labels 1, 2 and 4 of five classes: what is learned need not begin at 0."""
    made = make_table(classes=("neutral", "calm", "happy"))
    classes = ("other", "neutral", "calm", "silent", "happy")
    return replace(made, classes=classes, labels=np.array([1, 2, 4])[made.labels])


def test_probabilities_over_the_classes_it_has_seen(fusion, table):
    fusion.fit(table)
    probabilities = fusion.predict_proba(table)
    assert fusion.classes_.tolist() == [1, 2, 4]
    assert probabilities.shape == (len(table), 3)
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_order_of_modalities_has_no_effect(fusion, table):
    turned = replace(
        table,
        arrays=dict(reversed(table.arrays.items())),
        present=dict(reversed(table.present.items())),
    )
    expected = clone(fusion).fit(table).predict_proba(table)
    np.testing.assert_array_equal(clone(fusion).fit(turned).predict_proba(turned), expected)


def test_other_clips_have_no_effect(fusion, table):
    fusion.fit(table)
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
    numbers = {modality: array.copy() for modality, array in table.arrays.items()}
    fusion.fit(table)
    assert repr(fusion.get_params()) == before
    for modality, array in numbers.items():
        np.testing.assert_array_equal(table.arrays[modality], array)


@pytest.mark.parametrize("modality", ["audio", "video"])
def test_missing_modality_is_never_a_silent_zero(fusion, table, modality):
    present = np.ones(len(table), bool)
    present[[4, 7]] = False
    lacking = replace(table, present={**table.present, modality: present})
    expected = rf"2 of 36 clips have no {modality} \(first: {table.clips[4]}\), which this system"
    with pytest.raises(FeatureError, match=expected):
        clone(fusion).fit(lacking)
    with pytest.raises(FeatureError, match=expected):
        fusion.fit(table).predict_proba(lacking)


def test_numbers_that_are_not_finite(fusion, table):
    broken = table.arrays["video"].copy()
    broken[2, 1] = np.nan
    expected = rf"1 of 36 clips have video features that are not finite \(first: {table.clips[2]}\)"
    with pytest.raises(FeatureError, match=expected):
        fusion.fit(table.with_arrays({"video": broken}))


def test_one_modality_is_nothing_to_fuse(fusion, table):
    expected = r"features of \['audio'\]; expected two modalities: extract the other one"
    with pytest.raises(FeatureError, match=expected):
        fusion.fit(table.select(["audio"]))


def test_unknown_fusion():
    with pytest.raises(
        ConfigError, match=r"fusion 'middle' was given; expected one of early, late"
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
