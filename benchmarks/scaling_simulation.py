"""A simulation of the features of many clips on many machines: hours, money, the bottleneck.

usage: python benchmarks/scaling_simulation.py COSTS.json [--clips 1000000]
           [--machines 1,10,100,1000] [--cores 16] [--price 0.04] [--json FILE]

COSTS.json holds `cpu_s` and `bytes_read`: lists of what single clips cost, measured, from which
clips are drawn with replacement, and `dispatch_s`, what it takes to hand a batch out;
scaling_costs.py writes it. Batches wait for the scheduler, which hands out one at a time,
then read their files at a share of the bandwidth and compute. Machines are lost at random; what
they had stored stays, the rest of their batches is done by others, the clip that each core was at
anew, and another machine takes their place after a while. As affuse does, every core gets eight
batches of about the same cost.
"""

from __future__ import annotations

import argparse
import dataclasses
import heapq
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affuse.workers.cluster import BATCHES_PER_WORKER


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the work runs on; all but the first two are assumptions to be set for a real one."""

    machines: int
    cores: int = 16
    dispatch_s: float = 0.001
    machine_bytes_s: float = 1.25e9
    store_bytes_s: float = 1.25e10
    losses_per_hour: float = 0.01
    replaced_after_s: float = 180.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Clips that one core works on in one go."""

    n_clips: int
    cpu_s: float
    bytes_read: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one simulated run; `bottleneck` is the resource used for the greatest share of it."""

    machines: int
    clips: int
    wall_s: float
    machine_hours: float
    batches_redone: int
    bottleneck: str


def batches_of(
    cpu_s: NDArray[np.float64],
    bytes_read: NDArray[np.float64],
    n_clips: int,
    size: int,
    random: np.random.Generator,
) -> list[Batch]:
    """Clips drawn from measured ones, `size` to a batch."""
    drawn = random.integers(len(cpu_s), size=n_clips)
    cuts = range(0, n_clips, size)
    return [
        Batch(len(part), float(cpu_s[part].sum()), float(bytes_read[part].sum()))
        for part in (drawn[cut : cut + size] for cut in cuts)
    ]


def simulate(batches: list[Batch], cluster: Cluster, random: np.random.Generator) -> Outcome:
    """Work through all batches; a batch counts as done once, however often it was begun."""
    slots = cluster.machines * cluster.cores
    share = min(cluster.machine_bytes_s / cluster.cores, cluster.store_bytes_s / slots)
    waiting = [(0.0, number) for number in range(len(batches))]
    free = [(0.0, slot // cluster.cores) for slot in range(slots)]
    lost_at = [_next_loss(0.0, cluster, random) for _ in range(cluster.machines)]
    left = [1.0] * len(batches)
    dispatcher, wall, done, redone = 0.0, 0.0, 0, 0
    while waiting:
        now, machine = heapq.heappop(free)
        while now >= lost_at[machine] + cluster.replaced_after_s:
            lost_at[machine] = _next_loss(
                lost_at[machine] + cluster.replaced_after_s, cluster, random
            )
        ready, number = heapq.heappop(waiting)
        batch = batches[number]
        dispatcher = max(now, ready, dispatcher) + cluster.dispatch_s
        end = dispatcher + left[number] * (batch.bytes_read / share + batch.cpu_s)
        if end > lost_at[machine]:
            # Nobody can take the batch over before the loss is there to be seen.
            heapq.heappush(waiting, (max(ready, lost_at[machine]), number))
            if dispatcher < lost_at[machine]:
                worked = (lost_at[machine] - dispatcher) / (end - dispatcher)
                left[number] -= worked * left[number]
                left[number] = min(left[number] + 1 / batch.n_clips, 1.0)
                redone += 1
            back = max(dispatcher, lost_at[machine] + cluster.replaced_after_s)
            heapq.heappush(free, (back, machine))
            continue
        done += batch.n_clips
        wall = max(wall, end)
        heapq.heappush(free, (end, machine))
    hours = wall * cluster.machines / 3600
    limit = _bottleneck(batches, cluster, share)
    return Outcome(cluster.machines, done, wall, hours, redone, limit)


def _next_loss(now: float, cluster: Cluster, random: np.random.Generator) -> float:
    """When a machine that works from `now` on is lost."""
    if not cluster.losses_per_hour:
        return float("inf")
    return now + float(random.exponential(3600 / cluster.losses_per_hour))


def _bottleneck(batches: list[Batch], cluster: Cluster, share: float) -> str:
    """Which of dispatching, reading, computing and the longest batch needs the most time."""
    slots = cluster.machines * cluster.cores
    needed = {
        "scheduler": len(batches) * cluster.dispatch_s,
        "reading": sum(batch.bytes_read for batch in batches) / share / slots,
        "cores": sum(batch.cpu_s for batch in batches) / slots,
        "longest batch": max(batch.cpu_s for batch in batches),
    }
    return max(needed, key=lambda name: needed[name])


def main(given: argparse.Namespace) -> None:
    """Print a line for each number of machines."""
    costs = json.loads(given.costs.read_text("utf-8"))
    random = np.random.default_rng(given.seed)
    cpu_s, bytes_read = (np.asarray(costs[name], float) for name in ("cpu_s", "bytes_read"))
    losses = {} if given.losses is None else {"losses_per_hour": given.losses}
    found = []
    print(f"{'machines':>8} {'hours':>8} {'machine-h':>10} {'money':>8} {'redone':>7} bottleneck")
    for machines in (int(number) for number in given.machines.split(",")):
        cluster = Cluster(machines, given.cores, dispatch_s=costs["dispatch_s"], **losses)
        size = max(given.clips // (BATCHES_PER_WORKER * machines * given.cores), 1)
        batches = batches_of(cpu_s, bytes_read, given.clips, size, random)
        one = simulate(batches, cluster, random)
        found.append(one)
        money = one.machine_hours * given.cores * given.price
        print(
            f"{machines:>8} {one.wall_s / 3600:>8.2f} {one.machine_hours:>10.1f} {money:>8.0f} "
            f"{one.batches_redone:>7} {one.bottleneck}"
        )
    if given.json:
        record = [dataclasses.asdict(one) for one in found]
        given.json.write_text(json.dumps(record, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("costs", type=Path)
    parser.add_argument("--clips", type=int, default=1_000_000)
    parser.add_argument("--machines", default="1,10,100,1000")
    parser.add_argument("--cores", type=int, default=16)
    parser.add_argument("--losses", type=float, help="of a machine in an hour")
    parser.add_argument("--price", type=float, default=0.04, help="of a core for an hour")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    main(parser.parse_args())
