"""Prediction from the command line starts no threads that wait busily."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = """
import os
from contextlib import suppress
from affuse.cli import main
with suppress(SystemExit):
    main(["predict", "missing.mp4"])
import numpy as np
np.ones((500, 500)) @ np.ones((500, 500))
print(os.environ["OPENBLAS_NUM_THREADS"], len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are not listed here")
@pytest.mark.parametrize("asked", [None, "3"])
def test_matrix_products_of_predict_are_on_one_thread_unless_asked(tmp_path, asked):
    unset = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
    known = {name: value for name, value in os.environ.items() if name not in unset}
    known |= {"AFFUSE_CACHE": str(tmp_path)} | ({"OPENBLAS_NUM_THREADS": asked} if asked else {})
    command = [sys.executable, "-c", _SCRIPT]
    ended = subprocess.run(command, env=known, cwd=tmp_path, capture_output=True, text=True)
    number, n_threads = ended.stdout.split()[-2:]
    assert number == (asked or "1")
    assert asked or n_threads == "1"
