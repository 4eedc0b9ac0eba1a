"""TemperatureScaled keeps decisions and gives probabilities that mean something."""

from __future__ import annotations

import numpy as np
import pytest
from conventions import with_checks
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from affuse.errors import FeatureError
from affuse.models.calibrated import TemperatureScaled, class_scores, fit_temperature
from affuse.models.inner_folds import inner_folds
from affuse.models.kernel_svc import KernelSVC

MODELS = [GaussianNB(), LinearDiscriminantAnalysis(), KernelSVC("linear"), KernelSVC("rbf")]


@pytest.fixture
def clips(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Five classes that overlap, eight speakers with an offset each."""
    labels = np.tile(np.arange(5), 40)
    speakers = np.repeat(np.arange(8), 25)
    offsets = rng.standard_normal((8, 4))[speakers]
    return 0.5 * labels[:, None] + offsets + rng.standard_normal((200, 4)), labels, speakers


@with_checks(
    [
        # What gives probabilities and what gives scores: all that it tells apart.
        TemperatureScaled(make_pipeline(StandardScaler(), model))
        for model in (GaussianNB(), KernelSVC("rbf"))
    ]
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("n_classes", [2, 5])
def test_decisions_are_those_of_the_model(clips, model, n_classes):
    X, y, speakers = (array[clips[1] < n_classes] for array in clips)
    scaled = TemperatureScaled(model).fit(X, y, groups=speakers)
    probabilities = scaled.predict_proba(X)
    np.testing.assert_array_equal(scaled.predict(X), model.fit(X, y).predict(X))
    np.testing.assert_array_equal(probabilities.argmax(axis=1), scaled.predict(X))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_ties_of_votes_do_not_part_probability_and_decision(clips):
    X, y, speakers = clips
    scaled = TemperatureScaled(KernelSVC("linear")).fit(X, y, groups=speakers)
    scores = class_scores(scaled.estimator_, X)
    assert (scores.argmax(axis=1) != scaled.predict(X)).any(), "no tie here: nothing is tested"
    np.testing.assert_array_equal(scaled.predict_proba(X).argmax(axis=1), scaled.predict(X))


def test_equal_probabilities_still_point_at_the_decision(clips):
    X, y, _ = clips
    scaled = TemperatureScaled(KernelSVC("linear")).fit(X, y)
    scaled.temperature_ = 1e300
    np.testing.assert_array_equal(scaled.predict_proba(X).argmax(axis=1), scaled.predict(X))


def test_fitted_temperature_is_the_best_one(rng):
    labels = rng.integers(4, size=500)
    scores = np.eye(4)[labels] * 30 + 20 * rng.standard_normal((500, 4))
    best = fit_temperature(scores, labels)

    def loss(temperature: float) -> float:
        p = np.exp(scores / temperature)
        return log_loss(labels, p / p.sum(axis=1, keepdims=True))

    assert loss(best) < min(loss(best * 1.3), loss(best / 1.3))


def test_temperature_is_the_scale_of_the_scores(rng):
    labels = rng.integers(3, size=100)
    scores = np.eye(3)[labels] + rng.standard_normal((100, 3))
    assert fit_temperature(1e6 * scores, labels) == pytest.approx(
        1e6 * fit_temperature(scores, labels), rel=1e-3
    )


def test_right_every_time_is_not_certainty():
    scores = np.eye(2)[[0, 1] * 5]
    p = 1 / (1 + np.exp(-1 / fit_temperature(scores, [0, 1] * 5)))
    assert 0.8 < p < 0.99


def test_naive_bayes_with_switches_still_says_something(rng):
    """A switch that is off in all of a class sends a clip that has it on 10^9 away from it."""
    y, speakers = np.tile(np.arange(5), 80), np.repeat(np.arange(8), 50)
    rates = rng.choice([0.01, 0.5], size=(5, 8))
    switches = (rng.uniform(size=(400, 8)) < rates[y]).astype(float)
    new = speakers == 0
    scaled = TemperatureScaled(GaussianNB()).fit(switches[~new], y[~new], groups=speakers[~new])
    logs = log_loss(y[new], scaled.predict_proba(switches[new]), labels=range(5))
    assert logs < 0.7 * np.log(5), "distances as they are leave 0.78"


def test_inner_folds_keep_speakers_apart(clips):
    _, y, speakers = clips
    folds = inner_folds(y, speakers, 3)
    assert len(folds) == 3
    for train, test in folds:
        assert not set(speakers[train]) & set(speakers[test])


@pytest.mark.parametrize(
    ("labels", "groups", "n_folds"),
    [
        ([0, 1] * 6, ["Ann"] * 12, 3),
        ([0, 1] * 6, None, 3),
        ([0, 1] * 6, ["Ann", "Bob"] * 6, 2),
        ([0, 0, 0, 1, 1], None, 2),
        ([0, 0, 0, 1], None, 0),
    ],
)
def test_inner_folds_with_few_rows(labels, groups, n_folds):
    assert len(inner_folds(np.array(labels), groups, 3)) == n_folds


def test_too_few_rows_for_a_temperature():
    X, y = np.array([[0.0], [1.0], [5.0]]), [0, 0, 1]
    scaled = TemperatureScaled(KernelSVC("linear")).fit(X, y)
    assert scaled.temperature_ == 1
    assert scaled.predict_proba([[6.0]]).argmax() == 1


def test_class_of_one_speaker_only():
    """Inner folds that do not know all classes say nothing; the others do."""
    X = np.r_[np.arange(8.0), 20, 21][:, None]
    y, speakers = [0, 0, 1, 1] * 2 + [2, 2], ["a"] * 4 + ["b"] * 4 + ["c"] * 2
    scaled = TemperatureScaled(KernelSVC("linear")).fit(X, y, groups=speakers)
    assert scaled.predict_proba(X).shape == (10, 3)


def test_one_class_is_refused():
    with pytest.raises(
        ValueError, match=r"y holds one class, \[3\]: a classifier needs rows of at"
    ):
        TemperatureScaled(GaussianNB()).fit([[0.0], [1.0]], [3, 3])


def logistic(clips, **grid):
    X, y, speakers = clips
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e-4))
    return TemperatureScaled(model, n_folds=4, grid=grid or None).fit(X, y, groups=speakers)


def test_grid_chooses_by_log_loss_of_speakers_not_seen(clips, rng):
    """As many columns of noise as clips mislead whoever believes them."""
    X, y, speakers = clips
    wide = (np.c_[X, rng.standard_normal((200, 200))], y, speakers)
    scaled = logistic(wide, logisticregression__C=(100.0, 0.01, 1e-9))
    assert scaled.chosen_ == {"logisticregression__C": 0.01}
    assert scaled.estimator_[-1].C == 0.01
    assert logistic(wide).chosen_ == {}


def test_every_combination_of_the_grid_is_tried(clips):
    scaled = logistic(clips, logisticregression__C=(1e-9, 0.1), standardscaler__with_std=(True,))
    assert scaled.chosen_ == {"logisticregression__C": 0.1, "standardscaler__with_std": True}


def test_probabilities_out_of_inner_folds(clips):
    X, y, speakers = clips
    scaled = logistic(clips, logisticregression__C=(0.01, 0.1))
    np.testing.assert_allclose(scaled.out_of_fold_.sum(axis=1), 1)
    train, test = inner_folds(y, speakers, 4)[2]
    inner = clone(scaled.estimator_).fit(X[train], y[train])
    expected = np.exp(inner.decision_function(X[test]) / scaled.temperature_)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(scaled.out_of_fold_[test], expected)


def test_features_learned_anew_reach_the_inner_folds(clips, rng):
    """Rows that know the label, and rows as learned from others, which do not."""
    _, y, speakers = clips
    knowing, noise = np.eye(5)[y], rng.standard_normal((len(y), 5))
    model = TemperatureScaled(LogisticRegression())
    peeking = clone(model).fit(knowing, y, groups=speakers)
    asked = []

    def relearn(train):
        asked.append(train)
        return np.where(np.isin(np.arange(len(y)), train)[:, None], knowing, noise)

    nested = clone(model).fit(knowing, y, groups=speakers, relearn=relearn)
    assert len(asked) == 3
    assert peeking.predict_proba(knowing).max() > 0.9
    assert nested.predict_proba(knowing).max() < 0.5


def test_too_few_rows_to_choose():
    X, y = np.array([[0.0], [1.0], [5.0]]), [0, 0, 1]
    scaled = TemperatureScaled(KernelSVC("linear"), grid={"C": (3.0, 1.0)}).fit(X, y)
    assert scaled.chosen_ == {"C": 3.0}
    assert np.isnan(scaled.out_of_fold_).all()


def test_features_that_never_differ_within_an_emotion_are_refused_on_one_line():
    X, y = np.repeat([[0.0], [1.0]], 4, axis=0), np.repeat([0, 1], 4)
    model = TemperatureScaled(LinearDiscriminantAnalysis())
    with pytest.raises(FeatureError, match="all features are the same within each of 2 emotions"):
        clone(model).fit(X, y)
    # An inner fold may lack the one clip that differs.
    X[0] = 0.5
    assert clone(model).fit(X, y).predict(X).tolist() == y.tolist()
