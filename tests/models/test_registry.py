"""Every registered model keeps the same promises."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from affuse.config import ModelConfig
from affuse.errors import ConfigError, MissingDependency
from affuse.models.registry import make_model, model_label
from affuse.registries import MODELS

NAMES = tuple(n for n in MODELS.names() if "classification" in MODELS.get(n).tasks)


@pytest.fixture
def rows(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    labels = np.tile([1, 4, 6], 10)
    return (rng.standard_normal((30, 12)) + labels[:, None]).astype(np.float32), labels


def test_every_model_is_its_own_file_with_its_own_label():
    files = {"cnn1d", "gaussian_nb", "lda", "logistic", "svm_linear", "svm_rbf"}
    assert files <= set(MODELS.names())
    assert len({MODELS.get(name).label for name in MODELS.names()}) == len(MODELS.names())


@pytest.mark.parametrize("name", NAMES)
def test_gives_probabilities_over_its_classes(name, rows):
    X, y = rows
    model = make_model(ModelConfig(name=name), seed=0).fit(X, y)
    probabilities = model.predict_proba(X)
    assert model.classes_.tolist() == [1, 4, 6]
    assert probabilities.shape == (30, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(X))


@pytest.mark.parametrize("name", NAMES)
def test_clones_and_pickles(name, rows):
    X, y = rows
    model = make_model(ModelConfig(name=name), seed=0)
    copy = clone(model).fit(X, y)
    restored = pickle.loads(pickle.dumps(model.fit(X, y)))
    np.testing.assert_array_equal(copy.predict_proba(X), restored.predict_proba(X))


@pytest.mark.parametrize(("scaler", "spread"), [("standard", "std"), ("minmax", "ptp")])
def test_scaler_is_fitted_on_the_training_rows(scaler, spread, rows):
    X, y = rows
    model = make_model(ModelConfig(name="svm_rbf", scaler=scaler), seed=0).fit(X, y)
    scaled = model.estimator_[0].transform(X)
    np.testing.assert_allclose(getattr(np, spread)(scaled, axis=0), 1, rtol=1e-5)


def test_no_scaler(rows):
    X, y = rows
    model = make_model(ModelConfig(name="lda", scaler="none"), seed=0).fit(X, y)
    np.testing.assert_array_equal(model.estimator_[0:1].transform(X), X)


@pytest.mark.parametrize(
    ("config", "label"),
    [
        (ModelConfig(name="gaussian_nb"), "GaussianNB"),
        (ModelConfig(name="lda"), "LDA"),
        (ModelConfig(name="svm_linear"), "SVM linear"),
        (ModelConfig(name="svm_rbf", params={"C": 10.0}), "SVM RBF C=10"),
        (ModelConfig(name="svm_rbf", scaler="minmax", params={"C": 0.1}), "SVM RBF C=0.1, minmax"),
        (
            ModelConfig(name="cnn1d", scaler="none", params={"epochs": 3}),
            "1D CNN epochs=3, unscaled",
        ),
    ],
)
def test_labels_say_what_is_not_the_default(config, label):
    assert model_label(config) == label


@pytest.mark.parametrize("use", [lambda config: make_model(config, 0), model_label])
def test_unknown_model(use):
    with pytest.raises(ConfigError, match=r"model 'svm_rfb' was given: did you mean 'svm_rbf'"):
        use(ModelConfig.model_construct(name="svm_rfb"))


def test_unknown_parameter():
    config = ModelConfig(name="svm_rbf", params={"gama": 2.0})
    expected = r"'gama' was given to model 'svm_rbf'; expected one of C, gamma, kernel .*'gamma'"
    with pytest.raises(ConfigError, match=expected):
        make_model(config, 0)


@pytest.mark.parametrize(
    ("name", "package"), [("lda", "sklearn.preprocessing"), ("cnn1d", "torch")]
)
def test_missing_packages_are_named_with_their_extra(name, package, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    shown = "scikit-learn" if package.startswith("sklearn") else package
    with pytest.raises(MissingDependency, match=rf"'{shown}' is not installed.*affuse\[train\]"):
        make_model(ModelConfig(name=name), 0)


def test_grid_is_searched_in_the_pipeline(rows):
    X, y = rows
    config = ModelConfig(name="logistic", grid={"C": (0.001, 1.0)})
    model = make_model(config, seed=0).fit(X, y)
    assert set(model.chosen_) == {"model__C"}
    assert model_label(config) == "Logistic nested C"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ModelConfig(name="svm_rbf", grid={"c": (1.0,)}), "'c' was given to model 'svm_rbf'; exp"),
        (ModelConfig(name="lda", grid={"tol": ()}), "grid 'tol' of model 'lda' is empty; expected"),
        (ModelConfig(name="cnn1d", grid={"epochs": (1, 2)}), "'cnn1d', a network; .* to params"),
    ],
)
def test_grids_that_cannot_be_searched(config, message):
    with pytest.raises(ConfigError, match=message):
        make_model(config, 0)
