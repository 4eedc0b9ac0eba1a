"""What processes do in the place of a prediction; they import nothing else of the tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from affuse.records import Skipped

if TYPE_CHECKING:
    from affuse.predict.many import _Task
    from affuse.records import Prediction


def dies_of_c(task: _Task) -> Prediction:
    """The process ends where the file is called c.wav."""
    from affuse.predict import many

    if task.path.endswith("c.wav"):
        os._exit(9)
    return many._recogniser(task.bundle_dir).judge(task.path, task.settings)


def says_its_threads(task: _Task) -> Skipped:
    """The number of threads, as the reason of a file that is left out."""
    return Skipped(task.path, str(task.n_threads))
