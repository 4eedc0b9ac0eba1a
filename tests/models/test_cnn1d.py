"""The 1D CNN: the lecture's shape, scikit-learn's manners, the same numbers every time."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone

from affuse.errors import FeatureError
from affuse.models.cnn1d import CNN1D, cnn_network
from affuse.models.training import parameter_counts


@pytest.fixture
def rows(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    labels = np.tile([2, 5], 20)
    return rng.standard_normal((40, 35)) + labels[:, None] / 3, labels


@pytest.mark.parametrize(
    ("n_features", "total", "trainable"),
    [(2520, 2_664_738, 2_624_418), (5040, 5_325_858, 5_245_218)],
)
def test_parameter_counts_are_the_lectures(n_features, total, trainable):
    assert parameter_counts(cnn_network(n_features, 2)) == (total, trainable)


@pytest.mark.parametrize("n_features", [4, 35, 63])
def test_any_width_from_four_columns(n_features, rng):
    X, y = rng.standard_normal((9, n_features)), np.array([0, 1, 2] * 3)
    assert CNN1D(epochs=1, random_state=0).fit(X, y).predict_proba(X).shape == (9, 3)


def test_too_narrow():
    with pytest.raises(FeatureError, match=r"given 3 features a clip; .* needs at least 4: choose"):
        CNN1D().fit(np.zeros((4, 3)), [0, 1, 0, 1])


def test_learns(rows):
    X, y = rows
    model = CNN1D(random_state=0).fit(X, y)
    assert model.classes_.tolist() == [2, 5]
    assert (model.predict(X) == y).mean() > 0.9


def test_embedding_is_the_dense_layer_after_its_relu(rows):
    X, y = rows
    model = CNN1D(epochs=2, random_state=0).fit(X, y)
    embedding = model.embed(X)
    assert embedding.shape == (40, 128)
    assert embedding.min() == 0
    last = model.network_[-1]
    logits = embedding @ last.weight.detach().numpy().T + last.bias.detach().numpy()
    np.testing.assert_array_equal(logits.argmax(axis=1), model.predict_proba(X).argmax(axis=1))


@pytest.mark.parametrize("n_rows", [9, 17, 2])
def test_last_batch_of_one_row(n_rows, rng):
    X, y = rng.standard_normal((n_rows, 8)), np.arange(n_rows) % 2
    assert np.isfinite(CNN1D(epochs=1, random_state=0).fit(X, y).predict_proba(X)).all()


def test_same_seed_same_network_whatever_else_uses_torch(rows):
    X, y = rows
    threads = torch.get_num_threads()
    try:
        first = CNN1D(epochs=2, random_state=3).fit(X, y).predict_proba(X)
        torch.set_num_threads(threads + 1)
        torch.manual_seed(1)
        torch.rand(7)
        second = CNN1D(epochs=2, random_state=3).fit(X, y).predict_proba(X)
        assert torch.get_num_threads() == threads + 1
    finally:
        torch.set_num_threads(threads)
    other = CNN1D(epochs=2, random_state=4).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_leaves_random_numbers_of_others_alone(rows):
    X, y = rows
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    CNN1D(epochs=1, random_state=0).fit(X, y).predict_proba(X)
    torch.testing.assert_close(torch.rand(3), expected)


def test_batch_normalisation_knows_its_input_after_few_steps(rng):
    """32 clips for ten epochs are 40 steps: enough for the statistics, if not for the weights."""
    X, y = 5 + rng.standard_normal((32, 16)), np.tile([0, 1], 16)
    network = CNN1D(random_state=0).fit(X, y).network_
    inputs = network[:8](torch.from_numpy(X.astype(np.float32)))
    means = inputs.mean(dim=0).detach().numpy()
    np.testing.assert_allclose(network[8].running_mean.numpy(), means, atol=0.1 * means.max())


def test_clones_and_pickles(rows):
    X, y = rows
    model = CNN1D(epochs=1, random_state=0).fit(X, y)
    expected = model.predict_proba(X)
    np.testing.assert_array_equal(clone(model).fit(X, y).predict_proba(X), expected)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), expected)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match=r"y holds one class, \[1\]: a classifier needs rows"):
        CNN1D().fit(np.zeros((4, 8)), [1, 1, 1, 1])


def test_other_width_than_fitted_is_refused(rows):
    X, y = rows
    model = CNN1D(epochs=1, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="X has 34 features, but CNN1D is expecting 35"):
        model.predict_proba(X[:, 1:])
