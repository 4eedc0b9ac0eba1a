"""scikit-learn's own checks of its conventions, with names that are quickly made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks


def with_checks(estimators: Sequence[Any]) -> pytest.MarkDecorator:
    """Gives a test each ``estimator`` with each ``check``.

    scikit-learn names each test by all parameters of its estimator: a tenth of the time in which
    all tests of affuse are collected.
    """
    return pytest.mark.parametrize(*parametrize_with_checks(estimators).mark.args, ids=_named)


def _named(value: Any) -> str:
    return value.func.__name__ if isinstance(value, partial) else type(value).__name__
