"""The lecture recipe against the tutorial's own way, on the same clips, in one run.

usage: python benchmarks/speed.py FOLDER [--clips 32] [--epochs 1] [--real CLIPS] [--json FILE]

On generated 720p clips (one speaker, calm against angry, speech and song), all frames:

tutorial     tutorial/way.py in an environment of its own (made in FOLDER, by pip): every clip cut
             and encoded anew, all frames in memory, VGG16 within the network that learns
fp32, int8   `affuse run --recipe lecture` with an empty cache, everything from the files to the
             report; then once more, with everything cached

CPU seconds are those of whole processes and of all that they start. The tutorial trains for 20
epochs, each of which runs VGG16 over every frame. `--epochs 20` measures that; with fewer, the
others are taken to cost as much as those that were run, and the table says so. Goals: at most 1/18
of the tutorial in fp32, 1/40 in int8; the cached run 50 times quicker. `--real` cuts the clips of
a folder of yours (RAVDESS names) instead of making some.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from affuse.corpora.media_files import folder_contents
from affuse.synthetic.corpus import synthesise

HERE = Path(__file__).parent / "tutorial"
EPOCHS = 20
TRAINING = "training, each epoch"


def environment(folder: Path) -> Path:
    """Python of the tutorial's environment; made where it is missing."""
    place = folder / "tutorial-environment"
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        wanted = HERE / "requirements.txt"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", wanted], check=True)
        (place / "complete").touch()
    return python


def clips_of(folder: Path, n_clips: int, real: Path | None) -> Path:
    """A folder of exactly the clips that are measured."""
    if real is None:
        made = synthesise(
            folder / "corpus",
            speakers=1,
            emotions=("calm", "angry"),
            channels=("speech", "song"),
            jobs=None,
        )
        paths = sorted(made)
    else:
        paths = [path for path in folder_contents(real).files if path.suffix == ".mp4"]
    # Every so-manyth, so that all emotions are among few clips.
    chosen = [paths[i * len(paths) // n_clips] for i in range(min(n_clips, len(paths)))]
    out = folder / f"{'generated' if real is None else 'real'}-{len(chosen)}" / "Actor_01"
    out.mkdir(parents=True, exist_ok=True)
    for path in chosen:
        if not (out / path.name).exists():
            shutil.copyfile(path, out / path.name)
    return out.parent


def tutorial(python: Path, clips: Path, folder: Path, epochs: int) -> dict[str, Any]:
    """What each stage of the tutorial's way took, and the whole of it."""
    out = folder / "tutorial.json"
    command = [python, HERE / "way.py", clips, folder / "cut", "--epochs", str(epochs)]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
    subprocess.run([*command, "--out", out], check=True, env=quiet, stdout=sys.stderr)
    found: dict[str, Any] = json.loads(out.read_text("utf-8"))
    stages = {name: stage["cpu_s"] for name, stage in found["stages"].items()}
    found["cpu_s"] = sum(stages.values()) + (EPOCHS - 1) * stages[TRAINING]
    return found


def affuse(clips: Path, folder: Path, name: str, settings: list[str]) -> dict[str, float]:
    """What ``affuse run`` took, in processes of its own."""
    run, number = folder / f"run-{name}", 1
    while run.exists():
        number += 1
        run = folder / f"run-{name}-{number}"
    command = [sys.executable, "-m", "affuse", "run", clips, "--recipe", "lecture", "--out", run]
    for setting in settings:
        command += ["--set", setting]
    environment = {**os.environ, "AFFUSE_CACHE": str((folder / f"cache-{name}").resolve())}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return {"cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss * 1024 / 1e6}


def main() -> None:
    """Make the clips and the environment, measure, print."""
    parser = argparse.ArgumentParser(description="The lecture recipe against the tutorial's way.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=1, help="of the tutorial's 20, to be run")
    parser.add_argument("--real", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    clips = clips_of(asked.folder, asked.clips, asked.real)
    python = environment(asked.folder)
    for cache in asked.folder.glob("cache-*"):
        shutil.rmtree(cache)
    own = {
        "affuse, fp32": affuse(clips, asked.folder, "fp32", []),
        "affuse, fp32, cached": affuse(clips, asked.folder, "fp32", []),
        "affuse, int8": affuse(
            clips, asked.folder, "int8", ["features.vgg_face.precision=int8"]
        ),
    }  # fmt: skip
    way = tutorial(python, clips, asked.folder, min(asked.epochs, EPOCHS))
    print(f"{way['clips']} clips, {way['frames']:,} frames\n")
    for name, stage in way["stages"].items():
        times = f"{EPOCHS} x" if name == TRAINING else ""
        print(f"  {name:<24}{times:>5}{stage['cpu_s']:>10.1f} CPU s")
    if way["epochs_run"] < EPOCHS:
        print(f"  ({way['epochs_run']} of {EPOCHS} epochs were run, the others counted alike)")
    print(f"\n{'':<28}{'CPU s':>10}{'peak MB':>10}{'times quicker':>16}")
    print(f"{'tutorial':<28}{way['cpu_s']:>10.1f}{way['peak_mb']:>10.0f}{1:>16}")
    for name, found in own.items():
        found["times_quicker"] = way["cpu_s"] / found["cpu_s"]
        print(
            f"{name:<28}{found['cpu_s']:>10.1f}{found['peak_mb']:>10.0f}"
            f"{found['times_quicker']:>16.1f}"
        )
    cached = own["affuse, fp32"]["cpu_s"] / own["affuse, fp32, cached"]["cpu_s"]
    print(f"\ncached against first: {cached:.0f} times quicker")
    if asked.json:
        figures = {"tutorial": way, **own, "cached_times_quicker": cached}
        asked.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
