"""Shares of people's votes are learned: by logistic regression, by networks, with temperatures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from affuse.evaluation.fold_store import table_digest
from affuse.models.calibrated import TemperatureScaled, fit_temperature
from affuse.models.cnn1d import CNN1D
from affuse.models.fit_cache import FitCache
from affuse.models.loss_terms import LossTerms, learn, loss_terms, takes_votes
from affuse.models.mlp import EmbeddingMLP


@pytest.fixture
def clips(rng):
    """Sixty rows of six features, labels of three classes, and shares of ten votes."""
    y = np.repeat([0, 1, 2], 20)
    X = rng.standard_normal((60, 6)) + 1.5 * np.eye(3, 6)[y]
    chances = 0.4 * np.eye(3)[y] + 0.2
    votes = np.array([rng.multinomial(10, row) for row in chances], float)
    return X, y, votes / 10


def solution(model) -> np.ndarray:
    return np.c_[model.coef_, model.intercept_]


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_logistic_regression_learns_a_copy_for_each_emotion_with_its_share(clips, class_weight):
    X, y, shares = clips
    model = LogisticRegression(C=0.5, class_weight=class_weight, tol=1e-8, max_iter=2000)
    found = learn(model, X, y, LossTerms(shares=shares))
    rows, labels = np.nonzero(shares)
    mass = shares.sum(axis=0)
    weights = shares[rows, labels]
    if class_weight:
        weights = weights * (60 / (3 * mass))[labels]
    plain = LogisticRegression(C=0.5, tol=1e-8, max_iter=2000)
    expected = plain.fit(X[rows], labels, sample_weight=weights)
    assert solution(found) == pytest.approx(solution(expected), abs=1e-4)


def test_votes_that_all_agree_are_labels(clips):
    X, y, _ = clips
    agreed = LossTerms(shares=np.eye(3)[y])
    model = LogisticRegression(C=0.5, class_weight="balanced", tol=1e-8, max_iter=2000)
    by_votes = learn(LogisticRegression(**model.get_params()), X, y, agreed)
    assert solution(by_votes) == pytest.approx(solution(model.fit(X, y)), abs=1e-4)
    networks = (CNN1D(epochs=2, random_state=0).fit(X, y, terms=t) for t in (agreed, None))
    first, second = (network.losses_ for network in networks)
    assert first == pytest.approx(second, rel=1e-5)


def test_networks_learn_the_shares_and_not_the_label():
    X, y = np.repeat(np.eye(2, 8), 40, axis=0), np.repeat([0, 1], 40)
    shares = np.array([[0.7, 0.3], [0.45, 0.55]])[y]
    network = CNN1D(epochs=30, batch_size=40, dropout=0.0, learning_rate=1e-2, random_state=0)
    found = network.fit(X, y, terms=LossTerms(shares=shares)).predict_proba(X[[0, -1]])
    assert found == pytest.approx(shares[[0, -1]], abs=0.06)
    embeddings = np.repeat(np.eye(2, 8)[:, None], 40, axis=0)
    mlp = EmbeddingMLP(epochs=30, batch_size=40, dropout=0.0, learning_rate=2e-2, random_state=0)
    found = mlp.fit(embeddings, y, terms=LossTerms(shares=shares)).predict_proba(
        embeddings[[0, -1]]
    )
    assert found == pytest.approx(shares[[0, -1]], abs=0.06)


def test_an_emotion_that_is_nobodys_label_is_learned(clips):
    X, y, shares = clips
    four = np.c_[0.5 * shares, np.full(60, 0.5)]
    terms = LossTerms(shares=four)
    for model in (
        TemperatureScaled(LogisticRegression(max_iter=500)),
        CNN1D(epochs=20, batch_size=20, learning_rate=1e-2, random_state=0),
    ):
        fitted = model.fit(X, y, terms=terms)
        assert list(fitted.classes_) == [0, 1, 2, 3]
        assert fitted.predict_proba(X)[:, 3].mean() == pytest.approx(0.5, abs=0.1)
        assert set(fitted.predict(X)) <= {0, 1, 2, 3}


def test_an_emotion_without_a_vote_stays_a_class(clips):
    X, y, shares = clips
    two = shares * [1, 1, 0]
    terms = LossTerms(shares=two / two.sum(axis=1, keepdims=True))
    fitted = TemperatureScaled(LogisticRegression(max_iter=500)).fit(X, y, terms=terms)
    assert list(fitted.classes_) == [0, 1, 2]
    assert fitted.predict_proba(X)[:, 2].max() < 0.1


def test_the_temperature_is_that_of_the_votes(clips):
    scores = np.repeat([[2.0, 0.0]], 200, axis=0)
    shares = np.repeat([[0.6, 0.4]], 200, axis=0)
    temperature = fit_temperature(scores, shares)
    first = 1 / (1 + np.exp(-2 / temperature))
    assert first == pytest.approx(0.6, abs=0.01)


def test_votes_for_what_a_corpus_cannot_have_are_no_number_to_fear(clips):
    X, y, shares = clips
    possible = np.ones((60, 3), bool)
    possible[:20, 2] = False
    shares = np.where(possible, shares, 0)
    terms = LossTerms(possible, None, shares / shares.sum(axis=1, keepdims=True))
    network = CNN1D(epochs=3, random_state=0).fit(X, y, terms=terms)
    assert np.isfinite(network.losses_).all()
    assert np.isfinite(network.predict_proba(X)).all()


def test_a_table_says_whether_votes_are_learned(make_table):
    table = make_table(n_takes=2)
    votes = np.eye(3)[table.labels] * 4 + np.array([0, 0, 1])
    scored = replace(table, votes=votes)
    learned = replace(scored, soft_labels=True)
    assert not loss_terms(table)
    assert not loss_terms(scored)
    assert loss_terms(learned).shares.sum(axis=1) == pytest.approx(1)
    assert loss_terms(learned.take([3, 1])).shares[1] == pytest.approx(learned.shares[1])
    other = replace(learned, votes=votes[:, ::-1].copy())
    assert len({table_digest(each) for each in (table, learned, other)}) == 3
    assert table_digest(scored) == table_digest(table)


def test_the_fit_cache_tells_votes_apart(make_table):
    from affuse.fusion.unimodal import Unimodal

    table = make_table(n_takes=2)
    votes = np.eye(3)[table.labels] * 4 + np.array([0, 0, 1])
    cache, system = FitCache(), Unimodal(TemperatureScaled(LogisticRegression()), "audio")
    tables = [table] + [replace(table, votes=each, soft_labels=True) for each in (votes, votes + 5)]
    fitted = [cache.fitted(system, each.select(["audio"])) for each in tables]
    made = [each.predict_proba(table.select(["audio"])) for each in fitted]
    assert not np.allclose(made[0], made[1])
    assert not np.allclose(made[1], made[2])


def test_who_can_learn_votes():
    from sklearn.naive_bayes import GaussianNB

    assert takes_votes(LogisticRegression())
    assert takes_votes(CNN1D())
    assert not takes_votes(GaussianNB())
