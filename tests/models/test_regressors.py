"""Models that learn numbers: what they promise, against scikit-learn's own where there is one."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from conventions import with_checks
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.svm import SVR

from affuse.config import ModelConfig
from affuse.errors import ConfigError
from affuse.models.graphs.builder import GraphBuilder
from affuse.models.graphs.classical import model_nodes
from affuse.models.kernel_svr import KernelSVR
from affuse.models.registry import check_models, make_model
from affuse.models.regression import StandardisedTargets
from affuse.registries import MODELS
from affuse.tasks.agreement import ccc

NAMES = tuple(name for name in MODELS.names() if "dimensional" in MODELS.get(name).tasks)
QUICK = {
    "mlp": {"epochs": 30},
    "cnn1d": {"epochs": 15, "batch_size": 20, "learning_rate": 1e-2},
}


@pytest.fixture
def data(rng):
    X = rng.normal(size=(120, 12)).astype(np.float32)
    weights = rng.normal(size=(12, 2))
    return X, X @ weights * [1, 50] + [0, 300] + rng.normal(0, [0.3, 15], (120, 2))


def model_of(name: str):
    return make_model(ModelConfig(name=name, params=QUICK.get(name, {})), seed=0)


@pytest.mark.parametrize("name", NAMES)
def test_learns_numbers_of_any_unit(name, data):
    X, y = data
    model = model_of(name).fit(X[:80], y[:80])
    predicted = model.predict(X[80:])
    assert predicted.shape == (40, 2)
    assert ccc(y[80:], predicted).min() > 0.5
    np.testing.assert_array_equal(clone(model).fit(X[:80], y[:80]).predict(X[80:]), predicted)


@pytest.mark.parametrize("name", NAMES)
def test_graph_gives_the_same_numbers(name, data):
    X, y = data
    model = model_of(name).fit(X[:80], y[:80])
    graph = GraphBuilder()
    rows = graph.input("rows", ["n", 12])
    content = graph.finish({"numbers": (model_nodes(graph, rows, model), ["n", 2])})
    (found,) = onnxruntime.InferenceSession(content).run(None, {"rows": X[80:]})
    np.testing.assert_allclose(found, model.predict(X[80:]), atol=1e-3 * y.std(axis=0).max())


def test_kernel_svr_is_that_of_libsvm(data):
    X, y = data
    for kernel in ("rbf", "linear"):
        own = KernelSVR(kernel, C=3.0).fit(X, y)
        theirs = [SVR(kernel=kernel, C=3.0).fit(X, column).predict(X) for column in y.T]
        np.testing.assert_allclose(own.predict(X), np.transpose(theirs), rtol=1e-3, atol=0.05)


def test_hyperparameters_are_chosen_in_inner_folds_of_speakers(data):
    X, y = data
    speakers = np.repeat(list("abcd"), 30)
    model = StandardisedTargets(Ridge(), 4, {"alpha": [1e6, 1.0]}).fit(X, y, groups=speakers)
    assert model.chosen_ == {"alpha": 1.0}
    few = StandardisedTargets(Ridge(), 4, {"alpha": [1e6, 1.0]}).fit(X[:1], y[:1])
    assert few.chosen_ == {"alpha": 1e6}


@with_checks([KernelSVR(), StandardisedTargets(Ridge())])
def test_scikit_learn_conventions(estimator, check):
    check(estimator)


def test_models_serve_their_task():
    check_models([ModelConfig(name="cnn1d")], "dimensional")
    with pytest.raises(ConfigError) as caught:
        check_models([ModelConfig(name="lda")], "dimensional")
    assert str(caught.value) == (
        "model 'lda' was given for task = dimensional, for which it cannot be trained; expected "
        "one of cnn1d, mlp, ridge, svr"
    )
    with pytest.raises(ConfigError, match=r"'ridge' was given for task = classification"):
        check_models([ModelConfig(name="ridge")], "classification")
