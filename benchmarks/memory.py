"""Peak memory and CPU of a whole run on 8 and on 64 clips: the peak must not grow.

usage: python benchmarks/memory.py FOLDER       (the folder is made, some 150 MB; resumes)

Every process of the run counts: the figure is the largest resident set of any of them, as the
operating system accounts it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from affuse.synthetic.corpus import synthesise

SIZES = (8, 64)
SETTINGS = ("features.vgg_face.frame_step=4", "features.layer.epochs=5", "folds.n_folds=2")


def measured(corpus: Path, n_speakers: int, cache: Path, out: Path) -> dict[str, float]:
    """Peak memory in MiB and CPU seconds of one run in processes of its own."""
    speakers = f"data.speakers={[str(n) for n in range(1, n_speakers + 1)]}"
    command = [sys.executable, "-m", "affuse", "run", str(corpus), "--out", str(out), "--jobs", "1"]
    for setting in (*SETTINGS, speakers):
        command += ["--set", setting]
    with subprocess.Popen(
        command,
        env={**os.environ, "AFFUSE_CACHE": str(cache)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the run on {n_speakers} speakers failed: {' '.join(command)}")
    return {"peak_mib": usage.ru_maxrss / 1024, "cpu_s": usage.ru_utime + usage.ru_stime}


def main(folder: Path) -> None:
    """Make the clips, run on some and on all of them, print both."""
    corpus = folder / "corpus"
    synthesise(corpus, speakers=16, emotions=("happy", "angry"), takes=2, jobs=None)
    figures = {}
    for n_clips in SIZES:
        run = f"{n_clips}-{os.getpid()}"
        figures[n_clips] = measured(corpus, n_clips // 4, folder / f"cache-{run}", folder / run)
        found = figures[n_clips]
        print(
            f"{n_clips:>3} clips   peak {found['peak_mib']:7.0f} MiB   CPU {found['cpu_s']:7.1f} s"
        )
    ratio = figures[64]["peak_mib"] / figures[8]["peak_mib"]
    print(f"peak of 64 clips / peak of 8 clips: {ratio:.2f}")
    print(json.dumps(figures))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
