"""How many threads the libraries of a command may start."""

from __future__ import annotations

import os

_NUMPY = "OPENBLAS_NUM_THREADS"


def products_on_one_thread() -> None:
    """Let NumPy multiply matrices on one thread, here and in processes that are started.

    Files are what is worked on side by side; the matrices are small, and threads that wait for the
    next one do so busily. To be called before NumPy is imported; whoever has set the variable that
    OpenBLAS reads keeps it.

    Examples
    --------
    >>> products_on_one_thread()
    >>> os.environ["OPENBLAS_NUM_THREADS"] != ""
    True
    """
    os.environ.setdefault(_NUMPY, "1")
