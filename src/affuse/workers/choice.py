"""The workers that were asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from affuse.errors import ConfigError
from affuse.workers.local import local_workers
from affuse.workers.protocol import Workers


@contextmanager
def chosen_workers(
    jobs: int | None = None, n_workers: int | None = None, cluster: str | None = None
) -> Iterator[Workers]:
    """Local processes, a local cluster, or a running one; ended afterwards.

    Parameters
    ----------
    jobs : int, optional
        Processes of this machine; one per core where nothing else is asked for.
    n_workers : int, optional
        Workers of a Dask cluster on this machine.
    cluster : str, optional
        Address of a Dask scheduler.

    Yields
    ------
    Workers

    Raises
    ------
    ConfigError
        More than one of them.
    ClusterError
        The cluster cannot be used.
    MissingDependency
        Dask is not installed.
    """
    asked = {"--jobs": jobs, "--workers": n_workers, "--cluster": cluster}
    given = [f"{name} {value}" for name, value in asked.items() if value is not None]
    if len(given) > 1:
        raise ConfigError(
            f"{' and '.join(given)} were given; expected one of them: processes of this machine, "
            "a Dask cluster on it, or one that is running"
        )
    if cluster is None and n_workers is None:
        yield local_workers(jobs)
        return
    from affuse.workers.cluster import connected, local_cluster

    with connected(cluster) if cluster is not None else local_cluster(n_workers or 1) as working:
        yield working
