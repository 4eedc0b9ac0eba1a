"""NumPy's products on one thread, for as long as a recording is read."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock

import numpy.linalg._umath_linalg as linked

_NAMES = (
    "scipy_openblas_{}_num_threads64_",
    "scipy_openblas_{}_num_threads",
    "openblas_{}_num_threads64_",
    "openblas_{}_num_threads",
)
"""What OpenBLAS calls its two functions, in the wheels of NumPy and elsewhere."""


@contextmanager
def products_on_one_thread() -> Iterator[None]:
    """NumPy multiplies matrices on one thread meanwhile, in all threads of this process.

    The matrices of a recording are small, and OpenBLAS' further threads wait for the next one
    busily: a quarter of all CPU on two cores. The number is restored when the last of those that
    asked for it is done. Nothing happens where NumPy was built with another library, or on systems
    that do not tell where its functions are.

    Yields
    ------
    None

    Examples
    --------
    >>> import numpy as np
    >>> with products_on_one_thread():
    ...     products = np.ones((2, 3)) @ np.ones((3, 1))
    >>> products.tolist()
    [[3.0], [3.0]]
    """
    limit = _limit()
    limit.enter()
    try:
        yield
    finally:
        limit.leave()


class _Limit:
    """The number of threads, which belongs to the process, and how many need it to be one."""

    def __init__(self, get: Callable[[], int], put: Callable[[int], None]) -> None:
        self._get, self._put = get, put
        self._lock = Lock()
        self._n_inside = self._before = 0

    def enter(self) -> None:
        with self._lock:
            if not self._n_inside:
                self._before = self._get()
                self._put(1)
            self._n_inside += 1

    def leave(self) -> None:
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside:
                self._put(self._before)


@lru_cache(maxsize=1)
def _limit() -> _Limit:
    try:
        loaded = ctypes.CDLL(linked.__file__)
    except OSError:
        return _Limit(lambda: 1, lambda _: None)
    for name in _NAMES:
        get = getattr(loaded, name.format("get"), None)
        put = getattr(loaded, name.format("set"), None)
        if get is not None and put is not None:
            return _Limit(get, put)
    return _Limit(lambda: 1, lambda _: None)
