"""The picture in the README: faces of the demo's corpus and what the demo found.

usage: python benchmarks/picture.py DEMO_FOLDER PICTURE.png       (needs the group docs)
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from affuse.media.video import read_frames

SHOWN = (
    (1, "happy", 3),
    (2, "sad", 4),
    (3, "angry", 5),
    (4, "happy", 3),
    (5, "sad", 4),
    (6, "angry", 5),
)
COLOURS = {"audio": "#0072B2", "video": "#D55E00", "audio+video": "#009E73"}


def main(demo: Path, picture: Path) -> None:
    """Six faces above, all rows of the demo's table below."""
    results = pd.read_csv(demo / "run" / "results.csv").iloc[::-1]
    figure = plt.figure(figsize=(9, 2.2 + 0.2 * len(results)), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[2, 0.2 * len(results)])
    for axes, (speaker, emotion, code) in zip(above.subplots(1, 6), SHOWN, strict=True):
        path = sorted((demo / "corpus").rglob(f"01-01-{code:02}-*-{speaker:02}.mp4"))[-1]
        frames = read_frames(path, height=240, frame_step=55, duration_s=4)
        image = [frame for _, frame in zip(range(2), frames, strict=False)][-1]
        margin = (image.shape[1] - 240) // 2
        axes.imshow(image[:, margin : margin + 240])
        axes.set_title(emotion, fontsize=9)
        axes.axis("off")
    axes = below.subplots()
    rows = range(len(results))
    colours = results["modality"].map(COLOURS)
    axes.hlines(rows, 100 * results["uar_low"], 100 * results["uar_high"], colors=colours, lw=2)
    faces = [
        "white" if leaky else colour
        for leaky, colour in zip(results["leaky"], colours, strict=True)
    ]
    axes.scatter(100 * results["uar"], rows, c=faces, edgecolors=colours, zorder=3)
    axes.axvline(100 * results["chance"].iloc[0], color="grey", ls=":", label="chance")
    axes.set_yticks(rows, results["system"], fontsize=7)
    axes.set_xlabel("UAR in %, 95 % interval over speakers; hollow: leaky, not comparable")
    axes.set_xlim(0, 102)
    axes.legend(loc="lower right")
    figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
