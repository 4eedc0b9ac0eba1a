"""Loss terms: a clip is learned among the emotions of its corpus, and may count more or less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from affuse.config import ModelConfig, TrainingConfig
from affuse.errors import ConfigError
from affuse.evaluation.fold_store import table_digest
from affuse.fusion.early import EarlyFusion
from affuse.fusion.late import LateFusion
from affuse.fusion.unimodal import Unimodal
from affuse.models.calibrated import TemperatureScaled
from affuse.models.cnn1d import CNN1D
from affuse.models.feature_layer import FeatureLayer
from affuse.models.loss_terms import LossTerms, learn, loss_terms
from affuse.models.masked_logistic import fit_masked
from affuse.models.mlp import EmbeddingMLP
from affuse.models.registry import check_balance, make_model

CLASSES = ("neutral", "calm", "happy")
NO_CALM = np.array([True, False, True])


@pytest.fixture
def table(make_table):
    """Three speakers of RAVDESS with three emotions; three of EMO-DB, which knows no calm."""
    whole = make_table(n_speakers=6, n_takes=2, classes=CLASSES)
    corpora = np.repeat(["RAVDESS", "EMO-DB"], 18)
    whole = replace(whole, corpora=corpora, training=TrainingConfig(masked=True))
    return whole.take((corpora == "RAVDESS") | (whole.labels != 1))


def test_a_clip_can_be_what_the_label_set_of_its_corpus_has(table):
    possible = loss_terms(table).possible
    np.testing.assert_array_equal(possible[table.corpora == "EMO-DB"], [NO_CALM] * 12)
    assert possible[table.corpora == "RAVDESS"].all()
    assert loss_terms(table).weights is None


def test_a_table_that_no_reader_knows_has_the_emotions_that_occur(table):
    mine = replace(table, corpora=np.char.replace(table.corpora, "EMO-DB", "mine"))
    np.testing.assert_array_equal(loss_terms(mine).possible, loss_terms(table).possible)


@pytest.mark.parametrize("corpus", ["RAVDESS", "EMO-DB", "", "mine"])
def test_one_corpus_has_no_terms_and_the_keys_it_had(table, corpus):
    one = replace(table, corpora=np.full(len(table), corpus)).take(table.labels != 1)
    assert not loss_terms(one)
    assert table_digest(one) == table_digest(replace(one, training=TrainingConfig(masked=False)))


def test_terms_are_part_of_the_key_of_several_corpora(table):
    other = replace(table, training=TrainingConfig(masked=False))
    assert not loss_terms(other)
    assert table_digest(other) != table_digest(table)


def test_corpora_are_masked_only_where_it_is_asked_for(table):
    assert not loss_terms(replace(table, training=TrainingConfig()))


def test_numbers_have_no_terms(table):
    training = TrainingConfig(balance="corpus")
    values = np.zeros((len(table), 1))
    assert not loss_terms(replace(table, targets=("valence",), values=values, training=training))


def test_corpora_of_one_emotion_each_are_learned_against_each_other(table):
    one_each = table.take(
        ((table.corpora == "RAVDESS") & (table.labels == 1))
        | ((table.corpora == "EMO-DB") & (table.labels == 0))
    )
    mine = replace(one_each, corpora=np.char.add("x", one_each.corpora))
    assert loss_terms(mine).possible is None


def test_balance_lets_every_corpus_and_every_emotion_in_it_count_alike(table):
    few = table.take(np.arange(len(table)) != len(table) - 1)
    weights = loss_terms(replace(few, training=TrainingConfig(balance="corpus"))).weights
    assert weights.mean() == pytest.approx(1)
    emodb = few.corpora == "EMO-DB"
    assert weights[emodb].sum() == pytest.approx(weights[~emodb].sum())
    sums = [weights[emodb & (few.labels == label)].sum() for label in (0, 2)]
    assert sums[0] == pytest.approx(sums[1])


def _models():
    return {
        "cnn1d": make_pipeline(
            StandardScaler(), CNN1D(epochs=15, batch_size=20, learning_rate=5e-3, random_state=0)
        ),
        "logistic": make_pipeline(StandardScaler(), LogisticRegression()),
    }


@pytest.mark.parametrize("name", ["cnn1d", "logistic"])
def test_a_masked_corpus_does_not_push_down_what_it_lacks(name, rng):
    # Both corpora lie in the same place; only the first can be calm (1), and is half of the time.
    X = rng.standard_normal((80, 6))
    y = np.r_[np.tile([0, 1], 20), np.zeros(20), np.full(20, 2)].astype(int)
    possible = np.ones((80, 3), bool)
    possible[40:] = NO_CALM
    shares = {
        masked: learn(_models()[name], X, y, LossTerms(possible if masked else None))
        .predict_proba(X)[:, 1]
        .mean()
        for masked in (False, True)
    }
    assert shares[True] > shares[False] + 0.05


def test_a_network_learns_nothing_from_a_clip_that_can_be_one_thing_only(rng):
    X, y = rng.standard_normal((20, 6)), np.tile([0, 1], 10)
    only = np.eye(2, dtype=bool)[y]
    losses = CNN1D(epochs=3, random_state=0).fit(X, y, terms=LossTerms(only)).losses_
    np.testing.assert_allclose(losses, 0, atol=1e-7)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_logistic_with_terms_that_say_nothing_is_scikit_learns(n_classes, rng):
    X, y = rng.standard_normal((60, 5)), np.arange(60) % n_classes
    y[:9] = 0
    made = {"C": 0.1, "class_weight": "balanced", "tol": 1e-8, "max_iter": 1000}
    theirs = LogisticRegression(**made).fit(X, y)
    possible = np.ones((60, n_classes), bool)
    ours = fit_masked(LogisticRegression(**made), X, y, possible, None)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-4)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-4)
    weights = compute_sample_weight("balanced", y)
    weighted = fit_masked(LogisticRegression(C=0.1, tol=1e-8), X, y, None, weights)
    np.testing.assert_allclose(weighted.coef_, theirs.coef_, atol=1e-4)


def test_logistic_refuses_a_penalty_that_it_cannot_have_with_terms(rng):
    X, y = rng.standard_normal((8, 2)), np.tile([0, 1], 4)
    with pytest.raises(ConfigError, match=r"l1_ratio = 0.5 was given .* training.masked = false"):
        fit_masked(LogisticRegression(l1_ratio=0.5, solver="saga"), X, y, None, np.ones(8))


def test_every_way_to_fit_hears_of_the_terms(table):
    """Unimodal, early, late, calibrated: each learns something else where corpora are masked."""
    network = make_pipeline(StandardScaler(), CNN1D(epochs=2, random_state=0))
    logistic = make_pipeline(StandardScaler(), LogisticRegression())
    systems = [
        Unimodal(network, "audio"),
        Unimodal(TemperatureScaled(logistic, grid={"logisticregression__C": [0.1, 1]}), "audio"),
        EarlyFusion(TemperatureScaled(logistic)),
        LateFusion(network, EmbeddingMLP(epochs=2, random_state=0)),
    ]
    unmasked = replace(table, training=TrainingConfig(masked=False))
    balanced = replace(unmasked, training=TrainingConfig(masked=False, balance="corpus"))
    for system in systems:
        told = [system.fit(each).predict_proba(table) for each in (table, unmasked, balanced)]
        assert np.abs(told[0] - told[1]).max() > 1e-4
        assert np.abs(told[2] - told[1]).max() > 1e-4


def test_a_learned_feature_hears_of_them_too(rng):
    frames, y = rng.standard_normal((12, 3, 4)).astype(np.float32), np.tile([0, 1, 2], 4)
    possible = np.ones((12, 3), bool)
    possible[:3] = NO_CALM
    possible[1] = True
    layer = FeatureLayer(3, epochs=5, learning_rate=0.05, random_state=0)
    told = [
        learn(clone(layer), frames, y, terms).transform(frames)
        for terms in (LossTerms(), LossTerms(possible), LossTerms(np.ones((12, 3), bool)))
    ]
    np.testing.assert_allclose(told[0], told[2], atol=1e-4)
    assert np.abs(told[0] - told[1]).max() > 1e-2


def test_what_cannot_be_weighted_is_refused_before_work():
    balance = TrainingConfig(balance="corpus")
    message = r'training.balance = "corpus" was given with model .lda., .* one of .*logistic'
    with pytest.raises(ConfigError, match=message):
        check_balance(
            [ModelConfig(name="logistic"), ModelConfig(name="lda")], balance, "classification"
        )
    with pytest.raises(ConfigError, match=message):
        check_balance([ModelConfig(name="lda")], balance, "classification")
    with pytest.raises(ConfigError, match="task = dimensional, and it is emotions"):
        check_balance([ModelConfig(name="ridge")], balance, "dimensional")


def test_models_that_cannot_be_masked_are_what_they_were(table):
    svm = Unimodal(make_model(ModelConfig(name="svm_rbf"), 0), "audio")
    unmasked = replace(table, training=TrainingConfig(masked=False))
    told = [svm.fit(each).predict_proba(table) for each in (table, unmasked)]
    np.testing.assert_array_equal(*told)


def test_inner_folds_mask_the_same_emotions_whatever_their_labels(rng):
    positions = np.tile([0, 1, 2], 12)
    X = rng.standard_normal((36, 3)) + 2 * np.eye(3)[positions]
    speakers = np.repeat(np.arange(6), 6).astype(str)
    possible = np.ones((36, 3), bool)
    possible[18:, 2] = positions[18:] == 2
    some = np.c_[np.zeros(36, bool), possible]
    logistic = TemperatureScaled(LogisticRegression())
    plain = clone(logistic).fit(X, positions, speakers, terms=LossTerms(possible))
    shifted = clone(logistic).fit(X, positions + 1, speakers, terms=LossTerms(some))
    np.testing.assert_allclose(plain.out_of_fold_, shifted.out_of_fold_, atol=1e-6)
    unmasked = clone(logistic).fit(X, positions, speakers)
    assert np.abs(plain.out_of_fold_ - unmasked.out_of_fold_).max() > 1e-3
