"""The classical models, unfitted; `registry.make_model` adds the scaler and the probabilities."""

from __future__ import annotations

from typing import Any

from affuse.models.kernel_svc import KernelSVC


def gaussian_nb(seed: int) -> Any:
    """Gaussian naive Bayes: features independent and normal within each class."""
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB()


def lda(seed: int) -> Any:
    """Linear discriminant analysis by singular values, which needs no covariance matrix."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return LinearDiscriminantAnalysis(solver="svd")


def svm_linear(seed: int) -> KernelSVC:
    """Linear support vector machine, one against one."""
    return KernelSVC(kernel="linear")


def svm_rbf(seed: int) -> KernelSVC:
    """Support vector machine with an RBF kernel, one against one."""
    return KernelSVC(kernel="rbf")


def logistic(seed: int) -> Any:
    """Multinomial logistic regression, every emotion of the same weight however rare.

    `C` is small because features are many and clips few. Weights are balanced because the headline
    figure, UAR, takes emotions to be equally likely; and a product of two models that each know
    how frequent an emotion was would count that twice.
    """
    from sklearn.linear_model import LogisticRegression

    # Ten times the default tolerance: half the steps, and no probability off by more than what
    # inner folds differ by.
    return LogisticRegression(C=0.01, class_weight="balanced", tol=1e-3, max_iter=1000)
