"""A cluster within this process, whose workers are threads that talk by TCP."""

from __future__ import annotations

import logging
from typing import Any


def thread_cluster(n_workers: int) -> Any:
    """To be entered; quicker than processes, each of which imports for seconds."""
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=n_workers,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        dashboard_address=None,
        # Without a dashboard Dask listens for its figures all the same: anywhere free.
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        silence_logs=logging.CRITICAL,
    )
