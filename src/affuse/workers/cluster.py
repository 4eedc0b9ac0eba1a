"""Work on a Dask cluster: a running one, or one of local processes."""

from __future__ import annotations

import logging
import platform
import queue
import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from typing_extensions import override

from affuse.errors import ClusterError, MissingDependency
from affuse.storage.scratch import scratch_folder
from affuse.workers.batches import even_batches
from affuse.workers.processes import interrupts_ignored
from affuse.workers.protocol import Answer, Ended, Lost, Task, Workers
from affuse.workers.threads import begun_thread

ANSWERS_WITHIN_S = 5.0
"""A scheduler that takes longer does not answer."""

BATCHES_PER_WORKER = 8
"""At least: so that a slow worker holds little, and a lost one loses little."""

_ATTEMPTS = 4
"""To fetch one batch of answers, each with twice the patience of the last."""

_POLL_S = 1.0
_NOBODY_FOR_S = 60.0
_ADDRESS = re.compile(r"(tcp|tls)://[^\s/]+:\d{1,5}")
_KILLED = (
    "every worker of the cluster that worked on it died, probably for lack of memory; expected "
    "enough of it: give the workers more, or leave this one out"
)

Versions = dict[str, str]
Future = Any
"""Of Dask, which has no types."""


class _Submitted:
    """Batches that the workers of a cluster have: `at_work`, with their numbers, and `done`."""

    def __init__(
        self, client: Any, function: Callable[[Task], Answer], tasks: Sequence[Task]
    ) -> None:
        self._client, self._function, self._tasks = client, function, tasks
        self.done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self.at_work: dict[Future, list[int]] = {}

    def submit(self, batch: list[int]) -> None:
        """Submit tasks of these numbers."""
        tasks = [self._tasks[number] for number in batch]
        future = self._client.submit(_answered, self._function, tasks, versions(), pure=False)
        self.at_work[future] = batch
        future.add_done_callback(self.done.put)


@dataclass(frozen=True, slots=True)
class Cluster(Workers):
    """Processes of a Dask cluster.

    Attributes
    ----------
    client : distributed.Client
    address : str
        What messages call it.
    """

    client: Any
    address: str

    @override
    def answers(
        self,
        function: Callable[[Task], Answer],
        tasks: Sequence[Task],
        *,
        costs: Sequence[float] | None = None,
        ended: Ended | None = None,
    ) -> Generator[tuple[int, Answer | Lost], None, None]:
        """Tasks go out in batches of about equal cost, expensive ones first."""
        n_workers = max(len(self._workers()), 1)
        batches = even_batches(costs or [1.0] * len(tasks), BATCHES_PER_WORKER * n_workers)
        sent = _Submitted(self.client, function, tasks)
        suspects: list[int] = []
        alone: set[int] = set()
        try:
            for batch in batches:
                sent.submit(batch)
            while sent.at_work:
                future = self._next(sent.done)
                try:
                    answers = self._result(future)
                except TimeoutError:
                    # Its worker died with the answer: the scheduler has it computed again.
                    future.add_done_callback(sent.done.put)
                    continue
                batch = sent.at_work.pop(future)
                if answers is not None:
                    yield from zip(batch, answers, strict=True)
                elif batch[0] in alone:
                    yield batch[0], Lost(_KILLED)
                elif len(batch) == 1:
                    suspects += batch
                else:
                    for number in batch:
                        sent.submit([number])
                # Dask blames all tasks that a dead worker held: a task that was alone there is the
                # cause.
                if suspects and not sent.at_work:
                    alone.add(suspects[0])
                    sent.submit([suspects.pop(0)])
        finally:
            with suppress(Exception):
                self.client.cancel(list(sent.at_work), force=True)

    def _result(self, future: Future) -> list[Any] | None:
        """Answers of one batch; None where workers died of it, TimeoutError while it is running."""
        from distributed import KilledWorker

        try:
            answers = self._fetched(future)
        except KilledWorker:
            return None
        except _OtherVersions as error:
            raise _refused(self.address, error.found) from None
        except TimeoutError as error:
            if self.client.status == "running" and not future.done():
                raise
            raise self._lost() from error
        except Exception as error:
            if future.status == "error":
                raise
            raise self._lost() from error
        return answers

    def _fetched(self, future: Future) -> list[Any]:
        """Answers of one batch; they may be large and the network slow."""
        for attempt in range(_ATTEMPTS):
            with suppress(TimeoutError):
                answers: list[Any] = future.result(timeout=ANSWERS_WITHIN_S * 2**attempt)
                return answers
            if self.client.status != "running" or not future.done():
                break
        raise TimeoutError

    def _next(self, done: queue.SimpleQueue[Future]) -> Future:
        """The next finished batch, as long as there is any worker."""
        since = time.monotonic()
        while True:
            try:
                return done.get(timeout=_POLL_S)
            except queue.Empty:
                pass
            if self.client.status != "running":
                raise self._lost()
            if self._workers():
                since = time.monotonic()
            elif time.monotonic() - since > _NOBODY_FOR_S:
                raise ClusterError(
                    f"the cluster {self.address} has had no worker for {_NOBODY_FOR_S:.0f} s; "
                    "expected one at least: start workers and run the same command again, what "
                    "is done is kept"
                )

    def _workers(self) -> dict[str, Any]:
        known: dict[str, Any] = self.client.scheduler_info(n_workers=-1)["workers"]
        return known

    def _lost(self) -> ClusterError:
        return ClusterError(
            f"the connection to the cluster {self.address} was lost; expected it to last until "
            "all is done: start it again and run the same command, what is done is kept"
        )


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """A running cluster, by the address of its scheduler, ``tcp://HOST:PORT``.

    Parameters
    ----------
    address : str

    Yields
    ------
    Cluster

    Raises
    ------
    ClusterError
        Nobody answers there, nobody works there, or with other versions.
    MissingDependency
        Dask is not installed.
    """
    distributed = _imported()
    if not _ADDRESS.fullmatch(address):
        raise ClusterError(
            f"cluster {address!r} was given; expected the address that a Dask scheduler says "
            "when it starts, such as tcp://192.168.0.10:8786"
        )
    with _quiet():
        try:
            client = _client(distributed, address)
        except Exception as error:
            raise ClusterError(
                f"no Dask scheduler answered at {address} within {ANSWERS_WITHIN_S:.0f} s "
                f"({_reason(error)}); expected one that is running and reachable: start it with "
                "'dask scheduler', or check the address"
            ) from error
        with _closing(client):
            cluster = Cluster(client, address)
            _check_workers(cluster)
            yield cluster


@contextmanager
def local_cluster(n_workers: int) -> Iterator[Cluster]:
    """A cluster of local processes, each with one thread; ended afterwards.

    Parameters
    ----------
    n_workers : int

    Yields
    ------
    Cluster

    Raises
    ------
    ClusterError
        It does not start.
    MissingDependency
        Dask is not installed.
    """
    distributed = _imported()
    from dask import config

    with _quiet(), scratch_folder("workers") as folder, config.set(temporary_directory=str(folder)):
        try:
            with interrupts_ignored():
                started = distributed.LocalCluster(
                    n_workers=n_workers,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                    # Without a dashboard Dask listens for its figures all the same: anywhere free.
                    scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
                    silence_logs=logging.CRITICAL + 1,
                )
                client = distributed.Client(started, set_as_default=False, name="affuse")
        except Exception as error:
            raise ClusterError(
                f"{n_workers} worker processes could not be started ({_reason(error)}); expected "
                "enough memory and free ports for them: start fewer, or use --jobs"
            ) from error
        with _closing(started), _closing(client):
            yield Cluster(client, f"of {n_workers} local workers")


def versions() -> Versions:
    """Versions that must be equal everywhere for equal results.

    Returns
    -------
    Versions
        Package to version.
    """
    return {
        "affuse": version("affuse"),
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "numpy": version("numpy"),
    }


def _client(distributed: Any, address: str) -> Any:
    """A client of a scheduler; TimeoutError also where a server accepts and stays silent."""

    def connect() -> None:
        try:
            answer.put(
                distributed.Client(
                    address, timeout=ANSWERS_WITHIN_S, set_as_default=False, name="affuse"
                )
            )
        except Exception as error:
            answer.put(error)

    answer: queue.SimpleQueue[Any] = queue.SimpleQueue()
    begun_thread(connect)
    try:
        client = answer.get(timeout=2 * ANSWERS_WITHIN_S)
    except queue.Empty:
        raise TimeoutError("it took the call and was silent") from None
    if isinstance(client, Exception):
        raise client
    return client


class _OtherVersions(Exception):
    """Raised by a worker with other versions, whose results might differ."""

    def __init__(self, found: Versions) -> None:
        self.found = found
        super().__init__(found)


def _answered(
    function: Callable[[Task], Answer], tasks: Sequence[Task], expected: Versions
) -> list[Answer]:
    """A worker's answers to a batch."""
    found = versions()
    if found != expected:
        raise _OtherVersions(found)
    return [function(task) for task in tasks]


def _check_workers(cluster: Cluster) -> None:
    """Refuse a cluster that cannot do the work, before it begins."""
    try:
        cluster.client.wait_for_workers(1, timeout=ANSWERS_WITHIN_S)
    except TimeoutError as error:
        raise ClusterError(
            f"the cluster {cluster.address} has no worker; expected one at least: start some with "
            f"'dask worker {cluster.address} --nworkers auto --nthreads 1'"
        ) from error
    asked = {
        cluster.client.submit(versions, workers=[worker], pure=False): worker
        for worker in cluster._workers()
    }
    until = time.monotonic() + ANSWERS_WITHIN_S
    for future, worker in asked.items():
        try:
            found: Versions = future.result(timeout=max(until - time.monotonic(), 0.1))
        except TimeoutError:
            continue  # Busy, or hanging: whoever does take a batch is asked again.
        except Exception as error:
            raise ClusterError(
                f"worker {worker} of the cluster {cluster.address} cannot run affuse "
                f"({_reason(error)}); expected affuse {version('affuse')} to be installed there: "
                "install it and restart the worker"
            ) from error
        if found != versions():
            raise _refused(worker, found)


def _refused(who: str, found: Versions) -> ClusterError:
    own = versions()
    differences = [f"{name} {found.get(name)}" for name in own if found.get(name) != own[name]]
    expected = [f"{name} {own[name]}" for name in own if found.get(name) != own[name]]
    return ClusterError(
        f"a worker of {who} has {', '.join(differences)}; expected {', '.join(expected)}, as "
        "here, so that results are the same: install the same versions there and restart it"
    )


def _imported() -> Any:
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise MissingDependency("distributed", "dask") from error
    return distributed


@contextmanager
def _closing(closable: Any) -> Iterator[None]:
    """Close afterwards, ignoring what has gone already."""
    try:
        yield
    finally:
        with suppress(Exception):
            closable.close(timeout=ANSWERS_WITHIN_S)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Dask's own messages: errors are reported once, by affuse."""
    loggers = [logging.getLogger(name) for name in ("distributed", "tornado", "asyncio")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _reason(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
