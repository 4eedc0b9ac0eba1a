"""What every fusion promises, whatever it does inside: one loop over the registry."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from fusion_contract import CHECKS, SETTINGS, Case, check_fusion, three_of_five
from sklearn.base import BaseEstimator, clone

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError, FeatureError
from affuse.features.table import FeatureTable
from affuse.fusion.family import Family, own_model
from affuse.fusion.registry import (
    asked_fusions,
    decides_without,
    family_of,
    fusion_names,
    make_fusion,
    make_unimodal,
)
from affuse.models.fit_cache import FitCache

pytestmark = pytest.mark.usefixtures("few_costs")

CNN = ModelConfig(name="cnn1d", params={"epochs": 2})
SVM = ModelConfig(name="svm_linear")


@pytest.fixture(scope="module")
def case_of(make_table) -> Callable[[str], Case]:
    """One case of each fusion: its checks share what was fitted, and fusions their members."""
    table = three_of_five(make_table(n_speakers=3, n_takes=3, classes=("neutral", "calm", "happy")))
    cases: dict[str, Case] = {}
    cache = FitCache()

    def case(name: str) -> Case:
        if name not in cases:
            late = name.startswith("late")
            make = partial(make_fusion, name, CNN if late else SVM, seed=0)
            cases[name] = Case(
                name,
                lambda settings: make(settings=settings),
                table,
                decides_without=decides_without(name),
                # Networks of three epochs have learned nothing yet.
                learns_little=late,
                cache=cache,
            )
        return cases[name]

    return case


@pytest.fixture
def table(make_table) -> FeatureTable:
    return three_of_five(make_table(classes=("neutral", "calm", "happy")))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", fusion_names())
def test_contract(name, check, case_of):
    check(case_of(name))


class _Peeking(BaseEstimator):
    """A fusion that leans on the other clips of a table, which the contract forbids."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def fit(self, table: FeatureTable, cache: Any = None) -> _Peeking:
        self.inner_ = clone(self.inner).fit(table, cache)
        self.classes_ = self.inner_.classes_
        return self

    def predict_proba(self, table: FeatureTable) -> Any:
        own = self.inner_.predict_proba(table)
        return (own + own.mean(axis=0)) / 2


def test_the_contract_finds_who_breaks_it(case_of):
    case = case_of("early")
    with pytest.raises(AssertionError):
        check_fusion(replace(case, make=lambda settings: _Peeking(case.make(settings))))


@pytest.mark.parametrize("modality", ["audio", "video"])
def test_whoever_has_not_met_such_clips_says_what_to_do(modality, case_of):
    case = case_of("early")
    present = {**case.table.present, modality: np.arange(len(case.table)) != 4}
    expected = (
        rf"no {modality} in 1 of 27 clips \(first: {case.table.clips[4]}\), and this system has "
        r"learned from complete clips only: .* fusion.modality_dropout = true"
    )
    with pytest.raises(FeatureError, match=expected):
        case.fitted(case.table).predict_proba(replace(case.table, present=present))


def test_unknown_fusion():
    with pytest.raises(
        ConfigError,
        match=r"fusion 'middle' was given; expected one of early, early balanced, bottl",
    ):
        make_fusion("middle", CNN, SETTINGS, seed=0)
    with pytest.raises(ConfigError, match="fusion 'late ad' was given: did you mean 'late add'"):
        make_fusion("late ad", CNN, SETTINGS, seed=0)
    with pytest.raises(ConfigError, match="fusion 'decision' was given: did you mean 'decision m"):
        make_fusion("decision", SVM, SETTINGS, seed=0)


def test_what_a_run_asks_for():
    """Features before embeddings before decisions, these model after model; nothing twice."""
    models = [SVM, CNN, ModelConfig(name="lda")]
    settings = FusionConfig(
        early=True, late=("add",), decision=("max",), hybrid=("mean",),
        also=("early balanced", "decision max", "late add"),
    )  # fmt: skip
    found = [(name, model and model.name) for name, model in asked_fusions(settings, models)]
    assert found == [
        ("early", "svm_linear"),
        ("early", "cnn1d"),
        ("early", "lda"),
        ("late add", "cnn1d"),
        ("early balanced", "svm_linear"),
        ("early balanced", "lda"),
        ("decision max", "svm_linear"),
        ("hybrid mean", "svm_linear"),
        ("decision max", "cnn1d"),
        ("hybrid mean", "cnn1d"),
        ("decision max", "lda"),
        ("hybrid mean", "lda"),
    ]


def test_a_fusion_that_is_a_model_itself_is_one_row():
    family = Family(make=lambda *_: None, models=own_model)
    assert list(family.models("", [SVM, CNN])) == [None]
    assert family_of("early")[0].models("", [SVM, CNN]) == [SVM, CNN]


def test_one_modality_keeps_the_same_promises(table):
    unimodal = make_unimodal("video", ModelConfig(name="lda"), seed=0).fit(table)
    probabilities = unimodal.predict_proba(table)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    only_video = table.select(["video"])
    np.testing.assert_array_equal(unimodal.predict_proba(only_video), probabilities)
    restored = pickle.loads(pickle.dumps(unimodal))
    np.testing.assert_array_equal(restored.predict_proba(table), probabilities)
    absent = replace(table, present={**table.present, "video": np.zeros(len(table), bool)})
    with pytest.raises(FeatureError, match="no video in 36 of 36 clips"):
        unimodal.predict_proba(absent)
