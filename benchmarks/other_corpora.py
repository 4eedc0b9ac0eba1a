"""What a bundle's voice makes of corpora: recall over their emotions, and calibration error.

usage: python benchmarks/other_corpora.py CORPUS [CORPUS ...] [--bundle DIR ...] [--csv FILE]

UAR is over the emotions that a corpus has, of which one is chosen for each clip, with the 95 %
bootstrap over speakers; calibration error is that of all eight probabilities, and its mean is over
the corpora. Speakers whom a bundle was trained on are counted beside: figures on them are a leak.
The bundle that comes with affuse is asked by default, and one of a former version by its folder:

    git archive 509be174 src/affuse/pretrained | tar -x -C BEFORE
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np

from affuse import load
from affuse.bundle.provenance import known_speakers
from affuse.corpora.registry import read
from affuse.media.audio import read_audio
from affuse.predict.recogniser import Recogniser
from affuse.records import RAVDESS_EMOTIONS, Clip
from affuse.tasks.intervals import speaker_interval
from affuse.tasks.metrics import ece, uar

RATE = 16_000


class Row(NamedTuple):
    """Figures of one bundle on one corpus."""

    bundle: str
    corpus: str
    n_emotions: int
    n_clips: int
    n_speakers: int
    n_known: int
    uar: float
    low: float
    high: float
    ece: float


def main() -> None:
    """Ask each bundle about each corpus, print a line of both and the mean calibration error."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--bundle", action="append")
    parser.add_argument("--csv", type=Path)
    asked = parser.parse_args()
    rows = []
    for bundle in asked.bundle or [None]:
        recogniser = load(bundle)
        print(f"\n{recogniser.bundle.title}")
        own = [figures(recogniser, folder) for folder in asked.corpora]
        print(f"mean calibration error {np.mean([row.ece for row in own]):.3f}")
        rows += own
    if asked.csv:
        with asked.csv.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([Row._fields, *rows])


def figures(recogniser: Recogniser, folder: Path) -> Row:
    """Of one corpus."""
    clips = [c for c in read(folder) if c.audio is not None and c.emotion in RAVDESS_EMOTIONS]
    rows = np.array([probabilities(recogniser, clip) for clip in clips])
    truth = np.array([RAVDESS_EMOTIONS.index(clip.emotion) for clip in clips])
    speakers = np.array([clip.speaker for clip in clips])
    shown = np.isin(np.arange(len(RAVDESS_EMOTIONS)), truth)
    chosen = np.where(shown, rows, -1.0).argmax(axis=1)
    low, high = speaker_interval(truth, chosen, speakers)
    row = Row(
        recogniser.bundle.title, folder.name, int(shown.sum()), len(clips),
        len(np.unique(speakers)),
        len(known_speakers(recogniser.bundle.manifest.trained_on, clips)),
        uar(truth, chosen), low, high, ece(truth, rows),
    )  # fmt: skip
    known = f"   {row.n_known} of them known" if row.n_known else ""
    print(
        f"{row.corpus:<10} {row.n_emotions} emotions {row.n_clips:>6,} clips {row.n_speakers:>4} "
        f"speakers   UAR {row.uar:.1%} [{low:.1%}, {high:.1%}]   calibration error "
        f"{row.ece:.3f}{known}",
        flush=True,
    )
    return row


def probabilities(recogniser: Recogniser, clip: Clip) -> np.ndarray:
    """Of one clip, by the voice alone."""
    assert clip.audio is not None
    return recogniser.voices(read_audio(clip.audio, sample_rate=RATE).signal, RATE)


if __name__ == "__main__":
    main()
