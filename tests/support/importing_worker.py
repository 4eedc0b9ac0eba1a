"""Work that tells what it imports."""

from __future__ import annotations

import sys

from affuse.serve.judging import JudgeTask, judge
from affuse.workers.sending import Send


def imported(task: JudgeTask, send: Send) -> None:
    """Recognise a recording; send the packages whose import fell into that time."""
    before = set(sys.modules)
    judge(task, lambda message: None)
    send({name.partition(".")[0] for name in set(sys.modules) - before})
