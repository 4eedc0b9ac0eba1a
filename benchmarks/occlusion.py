"""Where a network finds emotions in the sound of real clips, and how long mapping it takes.

usage: python benchmarks/occlusion.py DATA

MFCCs and the 1D CNN on the first six speakers, three folds, in one process. Features and finished
folds are kept before the clock starts, so that the difference of two runs, one without maps and one
with them, is their cost. Beside the parts that are missed most stands the mean over all emotions by
band and by stretch of the clip.
"""

from __future__ import annotations

import sys
import time

from affuse.cli.occlusion import occlusion_text
from affuse.config import load_config
from affuse.experiment import run
from affuse.result import Result

N_CLIPS = 5
SPEAKERS = ["1", "2", "3", "4", "5", "6"]


def main(data: str) -> None:
    """Print the parts that are missed most, means by band and time, and the seconds."""
    settings: dict[str, object] = {"data.path": data, "jobs": 1, "models": [{"name": "cnn1d"}]}
    settings |= {"features.audio": "mfcc", "features.video": "none", "bundle.enabled": False}
    settings |= {"data.where": {"speaker": SPEAKERS}, "folds.n_folds": 3}
    first, _ = _timed(settings)
    _, without_s = _timed(settings)
    result, with_s = _timed({**settings, "evaluation.occlusion": N_CLIPS})
    print(f"UAR {100 * first.results['uar'].iloc[0]:.1f}\n{occlusion_text(result)}\n")
    for name in ("row", "column"):
        means = 100 * result.occlusion.groupby(name, sort=False)["drop"].mean()
        print(means.round(2).to_string(), "\n")
    n_clips = sum(one.n_clips for one in result.occlusions)
    print(f"{n_clips} clips: {with_s - without_s:.0f} s more than {without_s:.0f}")


def _timed(settings: dict[str, object]) -> tuple[Result, float]:
    start = time.perf_counter()
    result = run(load_config("quick", overrides=settings))
    return result, time.perf_counter() - start


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
