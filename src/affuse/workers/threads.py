"""Threads of this process, for work that waits for files or other libraries."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

__all__ = [
    "CancelledError",
    "Future",
    "answers_in_threads",
    "begun_thread",
    "beside",
    "libraries_on_one_thread",
]

Given = TypeVar("Given")
Answer = TypeVar("Answer")


def answers_in_threads(
    function: Callable[[Given], Answer], given: Sequence[Given], n_threads: int
) -> list[Answer]:
    """A function's results for many arguments, several at a time.

    Parameters
    ----------
    function : callable
    given : sequence
    n_threads : int

    Returns
    -------
    list
        In the order of `given`.

    Raises
    ------
    Exception
        The first one that the function raised, in the order of `given`.

    Examples
    --------
    >>> answers_in_threads(len, ["a", "bcd"], 2)
    [1, 3]
    """
    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(function, given))


@contextmanager
def beside(function: Callable[[], Answer]) -> Iterator[Future[Answer]]:
    """Run a function in a thread of its own during the block.

    Parameters
    ----------
    function : callable

    Yields
    ------
    Future
        Its answer, or what it raised. The end of the block waits for it, however it ends.

    Examples
    --------
    >>> with beside(lambda: 1 + 1) as sum_:
    ...     sum_.result()
    2
    """
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(function)


def begun_thread(function: Callable[..., object], *arguments: object) -> threading.Thread:
    """A started thread for whose end the process does not wait.

    Parameters
    ----------
    function : callable
    *arguments : object

    Returns
    -------
    threading.Thread

    Examples
    --------
    >>> found = []
    >>> begun_thread(found.append, 1).join()
    >>> found
    [1]
    """
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()
    return thread


def libraries_on_one_thread(kind: str | None = None) -> AbstractContextManager[object]:
    """Within the block, libraries such as BLAS and OpenMP compute on one thread.

    Parameters
    ----------
    kind : "blas" or "openmp", optional
        Which libraries; all of them by default.

    Returns
    -------
    context manager

    Examples
    --------
    >>> with libraries_on_one_thread():
    ...     product = 2 * 3
    """
    limit: AbstractContextManager[object] = _libraries(len(sys.modules)).limit(
        limits=1, user_api=kind
    )
    return limit


@lru_cache(maxsize=1)
def _libraries(n_modules: int) -> ThreadpoolController:
    """What is loaded; looked for anew, in 5 ms, when something was imported since."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
