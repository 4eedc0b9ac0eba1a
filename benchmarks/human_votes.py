"""What people tell of CREMA-D by voice, by face and by both, counted from its published votes.

usage: python benchmarks/human_votes.py CREMA-D_FOLDER [EMOTION ...]

With emotions named, people are scored on the clips that show one of these, once as they chose
(among six) and once with their votes for other emotions left out. A tie is wrong.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from affuse.corpora.cremad.references import EMOTIONS, MAJORITIES, confusion, recalls
from affuse.corpora.cremad.votes import FILE, LETTERS, read_tabulated

SUMMARY = {"audio": "VoiceVote", "video": "FaceVote", "audio+video": "MultiModalVote"}
ACTED = {"ANG": "angry", "DIS": "disgust", "FEA": "fearful", "HAP": "happy", "NEU": "neutral",
         "SAD": "sad"}  # fmt: skip


def main(folder: str, asked: Sequence[str] = ()) -> None:
    """Print the table, and whether the counts are those that affuse brings along."""
    votes = read_tabulated(Path(folder) / FILE)
    with (Path(folder) / "summaryTable.csv").open(newline="", encoding="utf-8") as file:
        summary = list(csv.DictReader(file))
    print(
        f"{'':<13}{'clips':>7}{'ties':>6}{'accuracy':>10}{'UAR':>7}", *(f"{e:>9}" for e in EMOTIONS)
    )
    for modality, own in votes.items():
        acted = {name: ACTED[name.split("_")[2]] for name in own}
        counts = confusion(own, acted, EMOTIONS)
        _print(modality, counts, range(len(EMOTIONS)))
        winners = {row["FileName"]: row[SUMMARY[modality]] for row in summary}
        right = sum(LETTERS.get(winners[name]) == emotion for name, emotion in acted.items())
        ties = sum(":" in winners[name] for name in acted)
        known = counts.tolist() == np.array(MAJORITIES[modality]).tolist()
        print(
            f"{'':<13}summaryTable.csv says {100 * right / len(acted):.1f} %, {ties} ties; affuse "
            f"{'has' if known else 'LACKS'} these counts"
        )
        if asked:
            shown = [EMOTIONS.index(name) for name in asked]
            _print("  of six", counts[shown], shown)
            some = {name: emotion for name, emotion in acted.items() if emotion in asked}
            _print("  of these", confusion(own, some, asked), range(len(asked)))


def _print(name: str, counts: np.ndarray, columns: Sequence[int]) -> None:
    right, own = counts[range(len(counts)), list(columns)].sum(), recalls(counts, columns)
    print(
        f"{name:<13}{counts.sum():>7,}{counts[:, -1].sum():>6}{100 * right / counts.sum():>10.1f}"
        f"{100 * own.mean():>7.1f}",
        *(f"{100 * value:>9.1f}" for value in own),
    )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
