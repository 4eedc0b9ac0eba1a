"""Libraries compute on one thread within a block, and as before behind it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from affuse.workers.threads import libraries_on_one_thread


def threads(kind: str) -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == kind}


def test_all_libraries_or_those_of_one_kind() -> None:
    assert np.linalg.norm([3.0, 4.0]) == 5.0
    with threadpool_limits(2):
        before = threads("blas"), threads("openmp")
        assert before[0] == {2}
        with libraries_on_one_thread():
            assert threads("blas") | threads("openmp") == {1}
        with libraries_on_one_thread("blas"):
            assert (threads("blas"), threads("openmp")) == ({1}, before[1])
        assert (threads("blas"), threads("openmp")) == before


def test_a_library_that_is_loaded_later_too() -> None:
    code = """
import numpy
from threadpoolctl import threadpool_info, threadpool_limits
from affuse.workers.threads import libraries_on_one_thread
with libraries_on_one_thread():
    n_before = len(threadpool_info())
import scipy.linalg
with threadpool_limits(2), libraries_on_one_thread():
    found = threadpool_info()
assert len(found) > n_before, found
assert {library["num_threads"] for library in found} == {1}, found
"""
    subprocess.run([sys.executable, "-c", code], check=True)
