"""KernelSVC decides as scikit-learn's SVC does."""

from __future__ import annotations

import numpy as np
import pytest
from conventions import with_checks
from sklearn.svm import SVC

from affuse.models.kernel_svc import KernelSVC


def overlapping_classes(rng: np.random.Generator, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    labels = np.tile(np.arange(n_classes), 30)
    return rng.standard_normal((len(labels), 5)) + 0.4 * labels[:, None], labels


@with_checks([KernelSVC("linear"), KernelSVC("rbf")])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("n_classes", [2, 3, 8])
@pytest.mark.parametrize(("kernel", "cost"), [("linear", 1.0), ("rbf", 1.0), ("rbf", 10.0)])
def test_decides_as_svc(rng, n_classes, kernel, cost):
    X, y = overlapping_classes(rng, n_classes)
    new = rng.standard_normal((200, 5)) + 1
    reference = SVC(kernel=kernel, C=cost).fit(X, y)
    model = KernelSVC(kernel, C=cost).fit(X, y)
    np.testing.assert_array_equal(model.predict(new), reference.predict(new))
    # The solver stops within 1e-3; on another path to the same optimum, margins differ by less.
    np.testing.assert_allclose(
        model.decision_function(new), reference.decision_function(new), atol=2e-3
    )


def test_gamma_can_be_given(rng):
    X, y = overlapping_classes(rng, 3)
    reference = SVC(gamma=0.7).fit(X, y)
    np.testing.assert_array_equal(KernelSVC(gamma=0.7).fit(X, y).predict(X), reference.predict(X))


def test_keeps_support_vectors_as_plain_arrays(rng):
    X, y = overlapping_classes(rng, 4)
    model = KernelSVC().fit(X, y)
    n_support = len(SVC().fit(X, y).support_)
    assert model.support_vectors_.shape == (n_support, 5)
    assert model.pair_coef_.shape == (n_support, 6)
    assert model.pair_intercept_.shape == (6,)


def test_unknown_kernel_is_refused():
    with pytest.raises(ValueError, match="kernel 'poly' was given; expected 'rbf' or 'linear'"):
        KernelSVC("poly").fit([[0.0], [1.0]], [0, 1])
