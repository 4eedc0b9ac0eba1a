"""The simulation of a cluster loses no clip and gains by machines."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

_PATH = Path(__file__).parents[2] / "benchmarks" / "scaling_simulation.py"
_SPEC = importlib.util.spec_from_file_location("scaling_simulation", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
simulation = importlib.util.module_from_spec(_SPEC)
sys.modules["scaling_simulation"] = simulation
_SPEC.loader.exec_module(simulation)


def run(machines: int, losses_per_hour: float = 0.0, n_clips: int = 1003):
    batches = simulation.batches_of(
        np.array([1.0, 2.0, 9.0]), np.full(3, 1e6), n_clips, 10, np.random.default_rng(1)
    )
    cluster = simulation.Cluster(machines, cores=2, losses_per_hour=losses_per_hour)
    return simulation.simulate(batches, cluster, np.random.default_rng(2))


def test_every_clip_is_done_once() -> None:
    assert run(3).clips == 1003


def test_lost_machines_lose_no_clip_and_cost_time() -> None:
    lossy = run(3, losses_per_hour=20.0)
    assert lossy.batches_redone > 0
    assert lossy.clips == 1003
    assert lossy.wall_s > run(3).wall_s


@pytest.mark.parametrize(("few", "many"), [(1, 2), (2, 4), (4, 8)])
def test_more_machines_are_never_slower(few: int, many: int) -> None:
    assert run(many).wall_s < run(few).wall_s


def test_one_core_takes_the_sum_of_all_costs() -> None:
    batch = simulation.Batch(5, cpu_s=10.0, bytes_read=100.0)
    cluster = simulation.Cluster(
        1, cores=1, dispatch_s=0.5, machine_bytes_s=50.0, losses_per_hour=0.0
    )
    outcome = simulation.simulate([batch] * 3, cluster, np.random.default_rng(0))
    assert outcome.wall_s == pytest.approx(3 * (10.0 + 2.0 + 0.5))
    assert outcome.bottleneck == "cores"
