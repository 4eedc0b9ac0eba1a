"""A description of an unfitted estimator that can be compared and hashed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def estimator_spec(value: Any) -> Any:
    """An unfitted estimator as JSON: its class and its parameters, nested ones as well.

    Parameters
    ----------
    value : estimator, or a parameter of one

    Returns
    -------
    dict, list or str
        Equal for estimators that would learn the same.

    Examples
    --------
    >>> from affuse.models.kernel_svc import KernelSVC
    >>> estimator_spec(KernelSVC(C=2))["params"]["C"]
    '2'
    """
    if hasattr(value, "get_params"):
        params = value.get_params(deep=False)
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        return {"class": kind, "params": {name: estimator_spec(params[name]) for name in params}}
    if isinstance(value, Mapping):
        return {str(key): estimator_spec(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [estimator_spec(item) for item in value]
    return repr(value)
