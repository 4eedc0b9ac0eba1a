"""The network of late fusion."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.errors import ConfigError
from affuse.models.mlp import EmbeddingMLP


@pytest.fixture
def embeddings(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The first modality knows the class, the second is noise."""
    labels = np.tile([0, 1], 30)
    first = labels[:, None] * 2 + rng.standard_normal((60, 16))
    return np.stack([first, 2 * rng.standard_normal((60, 16))], axis=1), labels


@pytest.mark.parametrize(
    ("combination", "n_inputs"),
    [("concatenate", 32), ("add", 16), ("multiply", 16), ("weighted", 16)],
)
def test_shape_of_each_combination(combination, n_inputs, embeddings):
    X, y = embeddings
    model = EmbeddingMLP(combination, epochs=2, random_state=0).fit(X, y)
    sizes = [layer.out_features for layer in model.network_ if hasattr(layer, "out_features")]
    assert model.network_[2].num_features == n_inputs
    assert sizes == [16, 16, 2]
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_weighted_average_prefers_the_modality_that_knows(embeddings):
    X, y = embeddings
    weights = EmbeddingMLP("weighted", random_state=0).fit(X, y).weights_
    assert weights.sum() == pytest.approx(1, abs=1e-6)
    assert weights.min() >= 0
    assert weights[0] > weights[1]


def test_weighted_average_is_what_the_network_takes(embeddings):
    X, y = embeddings
    model = EmbeddingMLP("weighted", epochs=2, random_state=0).fit(X, y)
    averaged = np.einsum("nme,m->ne", X, model.weights_).astype(np.float32)
    import torch

    taken = model.network_[:2](torch.from_numpy(X.astype(np.float32))).detach().numpy()
    np.testing.assert_allclose(taken, averaged, atol=1e-5)


def test_unknown_combination():
    with pytest.raises(ConfigError, match="'subtract' was given; expected one of concatenate, add"):
        EmbeddingMLP("subtract").fit(np.zeros((4, 2, 3)), [0, 1, 0, 1])


@pytest.mark.parametrize(("combination", "function"), [("add", np.add), ("multiply", np.multiply)])
def test_embeddings_are_combined_neuron_by_neuron(combination, function, embeddings):
    X, y = embeddings
    mlp = EmbeddingMLP(combination, epochs=30, batch_size=60, random_state=0).fit(X + 3, y)
    seen = mlp.network_[2].running_mean.numpy()
    np.testing.assert_allclose(seen, function(X[:, 0] + 3, X[:, 1] + 3).mean(axis=0), rtol=0.1)
