"""What every fusion of numbers promises: the contract of fusions, for a dimensional task."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from fusion_contract import NETWORKS
from sklearn.base import clone

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError, FeatureError
from affuse.fusion.registry import check_fusions, family_of, fusion_names, make_fusion
from affuse.models.fit_cache import FitCache
from affuse.tasks.agreement import ccc
from affuse.tasks.choice import task_of

NAMES = tuple(
    name for name in fusion_names() if "dimensional" in family_of(name)[0].tasks(family_of(name)[1])
)
SETTINGS = FusionConfig(
    late_epochs=40,
    settings={
        name: {"width": 8, "epochs": 8, "batch_size": 18, "learning_rate": 5e-2}
        for name in NETWORKS
    },
)
CNN = ModelConfig(name="cnn1d", params={"epochs": 8, "batch_size": 18, "learning_rate": 1e-2})


@pytest.fixture(scope="module")
def fit_cache() -> FitCache:
    return FitCache()


@pytest.fixture(params=NAMES)
def fusion(request):
    model = CNN if request.param.startswith("late") else ModelConfig(name="ridge")
    return make_fusion(request.param, model, SETTINGS, seed=0)


@pytest.fixture
def table(make_table):
    """Two numbers, one told by the sound and one by both."""
    made = make_table()
    audio, video = (np.asarray(made.arrays[name]) for name in ("audio", "video"))
    values = np.stack([audio[:, 0], 10 * (audio[:, 1] + video[:, 0])], axis=1).astype(np.float64)
    return replace(
        made, labels=np.zeros(0, int), classes=(), targets=("valence", "arousal"), values=values
    )


def test_every_kind_of_fusion_serves_numbers():
    assert set(NAMES) == {
        "early",
        *NETWORKS,
        *(f"late {how}" for how in ("concatenate", "add", "multiply", "weighted")),
        *(f"decision {rule}" for rule in ("mean", "weighted", "median", "stacking")),
        *(f"hybrid {rule}" for rule in ("mean", "weighted", "median", "stacking")),
    }


def test_what_was_fitted_on_numbers_gives_no_probabilities(fusion, table, fit_cache):
    fitted = fit_cache.fitted(fusion, table)
    with pytest.raises(
        FeatureError, match="fitted on numbers; expected predict_values to be asked"
    ):
        fitted.predict_proba(table)


def test_what_was_fitted_on_emotions_gives_no_numbers(make_table):
    emotions = make_table()
    fitted = make_fusion("early", ModelConfig(name="lda"), FusionConfig(), seed=0).fit(emotions)
    with pytest.raises(
        FeatureError, match="fitted on emotions; expected predict_proba to be asked"
    ):
        fitted.predict_values(emotions)


def test_numbers_of_all_targets(fusion, table, fit_cache):
    fitted = fit_cache.fitted(fusion, table)
    numbers = fitted.predict_values(table)
    assert numbers.shape == (len(table), 2)
    assert np.isfinite(numbers).all()
    np.testing.assert_array_equal(task_of(table).outputs(fitted, table), numbers)
    assert ccc(table.values, numbers).min() > 0.1


def test_order_of_modalities_and_clips_has_no_effect(fusion, table, fit_cache):
    expected = fit_cache.fitted(fusion, table).predict_values(table)
    back = np.arange(len(table))[::-1]
    turned = replace(table.take(back), arrays=dict(reversed(table.take(back).arrays.items())))
    found = clone(fusion).fit(turned).predict_values(turned)
    np.testing.assert_allclose(found[back], expected, rtol=1e-5, atol=1e-5)


def test_a_clip_that_lacks_a_modality(table, fit_cache):
    """Decision fusions go by the other one, whatever the rule."""
    present = {**table.present, "video": np.arange(len(table)) > 5}
    video = np.where(present["video"][:, None], np.asarray(table.arrays["video"]), np.nan)
    lacking = replace(table.with_arrays({"video": video}), present=present)
    for name in (each for each in NAMES if each.startswith("decision")):
        made = make_fusion(name, ModelConfig(name="ridge"), FusionConfig(), seed=0).fit(table)
        assert np.isfinite(made.predict_values(lacking)).all()
        alone = made.members_["audio"].predict_values(table.take(np.arange(6)))
        np.testing.assert_allclose(made.predict_values(lacking)[:6], alone)


def test_pickle_and_clone(fusion, table, fit_cache):
    fitted = fit_cache.fitted(fusion, table)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_values(table), fitted.predict_values(table))
    assert not hasattr(clone(fitted), "classes_")


@pytest.mark.parametrize("rule", ["product", "max", "min", "majority"])
def test_rules_of_probabilities_are_refused_for_numbers(rule):
    with pytest.raises(ConfigError) as caught:
        check_fusions(FusionConfig(decision=(rule,)), "dimensional")
    assert str(caught.value) == (
        f"fusion 'decision {rule}' was given for task = dimensional, which it does not serve; "
        "expected one of decision mean, decision median, decision stacking, decision weighted"
    )


def test_balanced_early_fusion_is_refused_for_numbers():
    with pytest.raises(ConfigError, match=r"fusion 'early balanced' was given for task"):
        check_fusions(FusionConfig(early_balanced=True), "dimensional")
    settings = FusionConfig(hybrid=("mean",), hybrid_with="early balanced")
    with pytest.raises(ConfigError, match=r"'early balanced' was given for task = dimensional"):
        check_fusions(settings, "dimensional")
