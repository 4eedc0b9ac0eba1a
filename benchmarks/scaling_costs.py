"""What single clips cost, and what it costs to hand work out: food for scaling_simulation.py.

usage: python benchmarks/scaling_costs.py DATA COSTS.json [--recipe lecture] [--clips 40]
                                          [--set KEY=VALUE ...]

The features of a recipe for so many clips of DATA (a folder or table, every so-manyth clip), one by
one on one thread with an empty store: CPU seconds, bytes of the file, seconds of film of each. The
first clip is worked on twice, and only the second time counts: building networks is no clip's cost,
nor is measuring the ranges that 8-bit integers need.
Then a Dask cluster of one process and one thread is handed 2,000 tasks that do nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from affuse.config import Config, load_config
from affuse.corpora.index import Index
from affuse.experiment import chosen_clips, extract_configured
from affuse.extractors.vgg.calibration import with_ranges
from affuse.media.decode import probe

N_TASKS = 2000


def clip_costs(config: Config, n_clips: int) -> dict[str, list[float]]:
    """CPU seconds, bytes and length of so many clips."""
    index = chosen_clips(config)
    config = with_ranges(config, index)
    clips = index.clips
    chosen = [clips[i * len(clips) // n_clips] for i in range(min(n_clips, len(clips)))]
    costs: dict[str, list[float]] = {"cpu_s": [], "bytes_read": [], "clip_s": []}
    for clip in (chosen[0], *chosen):
        began = time.process_time()
        extract_configured(config, Index((clip,)))
        costs["cpu_s"].append(time.process_time() - began)
        files = {path for path in (clip.audio, clip.video) if path}
        costs["bytes_read"].append(float(sum(path.stat().st_size for path in files)))
        costs["clip_s"].append(max(float(probe(path).duration_s or 0) for path in files))
        for stored in Path(os.environ["AFFUSE_CACHE"]).glob("features/**/*.npy"):
            stored.unlink()
        print(f"\r{len(costs['cpu_s']) - 1}/{len(chosen)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return {name: values[1:] for name, values in costs.items()}


def dispatch_s() -> float:
    """Wall seconds that a Dask cluster needs for a task that does nothing."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.gather(client.map(abs, range(100)))
        began = time.perf_counter()
        client.gather(client.map(abs, range(1000, 1000 + N_TASKS)))
        return (time.perf_counter() - began) / N_TASKS


def main(given: argparse.Namespace) -> None:
    """Measure, print, write."""
    config = load_config(
        given.recipe, settings=given.set, overrides={"data.path": str(given.data), "jobs": 1}
    )
    with tempfile.TemporaryDirectory(dir=given.out.parent, prefix="store-") as store:
        os.environ["AFFUSE_CACHE"] = store
        costs = clip_costs(config, given.clips)
    handing_out = dispatch_s()
    cpu_s, clip_s = (np.asarray(costs[name]) for name in ("cpu_s", "clip_s"))
    low, median, high = np.percentile(cpu_s, (5, 50, 95))
    print(f"{len(cpu_s)} clips, {clip_s.mean():.2f} s of film each")
    print(f"CPU s of a clip: mean {cpu_s.mean():.2f}, 5/50/95 % {low:.2f}/{median:.2f}/{high:.2f}")
    print(f"CPU hours of an hour of film: {cpu_s.sum() / clip_s.sum():.2f}")
    print(f"to hand out a task: {1000 * handing_out:.2f} ms")
    given.out.write_text(json.dumps({**costs, "dispatch_s": handing_out}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--recipe", default="lecture")
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    main(parser.parse_args())
