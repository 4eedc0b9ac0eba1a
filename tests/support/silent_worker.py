"""Run as a script: a worker that says its number once and then nothing for a minute."""

from __future__ import annotations

import os
import time

from affuse.serve.worker import Worker
from affuse.workers.sending import Send


def silent(argument: object, send: Send) -> None:
    """Work without a word."""
    send(os.getpid())
    time.sleep(60)


if __name__ == "__main__":
    for message in Worker(silent, None).messages():
        print(message, flush=True)  # noqa: T201
