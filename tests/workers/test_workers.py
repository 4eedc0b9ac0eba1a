"""What holds whoever works: in this process, in local processes, on a cluster."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import worker_tasks as tasks

from affuse.errors import ConfigError, OutputError
from affuse.workers.batches import even_batches
from affuse.workers.choice import chosen_workers
from affuse.workers.local import InProcess, Processes
from affuse.workers.protocol import Lost, Workers

KINDS = ("this process", "processes", "cluster")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Workers]:
    pytest.importorskip("distributed")
    from dask import config

    from affuse.workers import cluster

    with pytest.MonkeyPatch.context() as patch:
        paths = [str(Path(tasks.__file__).parent), os.environ.get("PYTHONPATH", "")]
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        # A machine that is busy with other tests may answer late; it is not lost.
        patch.setattr(cluster, "ANSWERS_WITHIN_S", 60.0)
        # Dask gives a batch up after its second worker, not its fourth: each takes long to begin.
        sooner = config.set({"distributed.scheduler.allowed-failures": 1})
        with sooner, cluster.local_cluster(2) as workers:
            yield workers


@pytest.fixture(params=KINDS)
def workers(request: pytest.FixtureRequest) -> Workers:
    if request.param == "cluster":
        found: Workers = request.getfixturevalue("cluster")
        return found
    return InProcess() if request.param == "this process" else Processes(2)


@pytest.fixture(params=KINDS[1:])
def others(request: pytest.FixtureRequest) -> Workers:
    """Those whose processes are not this one."""
    if request.param == "cluster":
        found: Workers = request.getfixturevalue("cluster")
        return found
    return Processes(2)


def test_every_task_is_answered_once(workers: Workers) -> None:
    answers = list(workers.answers(tasks.squared, range(10, 30)))
    assert sorted(answers) == [(n, (10 + n) ** 2) for n in range(20)]


def test_nothing_to_do_is_no_error(workers: Workers) -> None:
    assert list(workers.answers(tasks.squared, [])) == []


def test_costs_change_no_answer(workers: Workers) -> None:
    costs = [float(n % 5) for n in range(20)]
    answers = dict(workers.answers(tasks.squared, range(20), costs=costs))
    assert answers == {n: n * n for n in range(20)}


def test_what_a_task_raises_is_raised(workers: Workers) -> None:
    with pytest.raises(OutputError, match="3 cannot be written"):
        list(workers.answers(tasks.refuses_three, range(8)))


def test_others_work_elsewhere_and_share_it(others: Workers, tmp_path: Path) -> None:
    work = [(number, tmp_path) for number in range(24)]
    ids = {answer for _, answer in others.answers(tasks.meets_another, work)}
    assert os.getpid() not in ids
    assert len(ids) == 2


def test_task_that_kills_its_process_is_lost_alone(others: Workers) -> None:
    answers = dict(others.answers(tasks.three_kills, range(12)))
    lost = answers.pop(3)
    assert isinstance(lost, Lost)
    assert "memory" in lost.reason
    assert answers == {n: n for n in range(12) if n != 3}


def test_task_whose_process_was_killed_is_tried_again(others: Workers, tmp_path: Path) -> None:
    work = [(number, tmp_path / "mark") for number in range(12)]
    answers = dict(others.answers(tasks.three_kills_once, work))
    assert answers == {n: n for n in range(12)}


def test_closing_early_ends_the_work(others: Workers, tmp_path: Path) -> None:
    log = tmp_path / "log"
    answers = others.answers(tasks.begun, [(number, log) for number in range(300)])
    with closing(answers):
        next(answers)
    assert begun_in_all(log) < 200


def begun_in_all(log: Path) -> int:
    """How many tasks had begun when no more did; a batch that had begun may end."""
    counts = [-1, 0]
    while counts[-1] != counts[-2]:
        time.sleep(0.5)
        counts.append(len(log.read_text().splitlines()))
    return counts[-1]


def test_processes_that_were_ended_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    log = tmp_path / "log"
    work = [(number, str(log)) for number in range(4)]
    answers = Processes(2).answers(tasks.says_its_name_and_sleeps, work, ended=told.extend)
    with interrupts_heard():
        threading.Thread(target=interrupt_once_at_work, args=(log, 2)).start()
        with pytest.raises(KeyboardInterrupt):
            next(answers)
    assert sorted(told) == sorted(map(int, log.read_text().split()))


@contextmanager
def interrupts_heard() -> Iterator[None]:
    """Also in a suite that runs in the background, to which the shell says to ignore them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def interrupt_once_at_work(log: Path, n_processes: int) -> None:
    """Ctrl-C for this process as soon as so many have begun."""
    while not log.exists() or len(log.read_text().split()) < n_processes:
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("n_batches", [1, 3, 8, 100])
def test_batches_hold_every_task_once(n_batches: int) -> None:
    costs = [float((7 * n) % 11) for n in range(40)]
    batches = even_batches(costs, n_batches)
    assert sorted(n for batch in batches for n in batch) == list(range(40))
    assert len(batches) <= n_batches
    heaviest = max(sum(costs[n] for n in batch) for batch in batches)
    assert heaviest <= sum(costs) / n_batches + max(costs)


def test_dear_tasks_go_first() -> None:
    assert even_batches([1, 9, 2, 8], 4) == [[1], [3], [2, 0]]


def test_two_ways_to_work_are_refused() -> None:
    with (
        pytest.raises(ConfigError, match=r"--jobs 2 and --workers 3 were given; expected one"),
        chosen_workers(2, 3),
    ):
        pass
