"""Clips of people whom no network has met: how often face, voice and both are right.

usage: python benchmarks/strangers.py TABLE.csv [TABLE.csv ...] [--bundle DIR ...]

Tables list clips (path,emotion,speaker). Those in which a face is seen and speech is heard are
printed and counted, and all together; of several bundles each judges all clips, the one that comes
with affuse by default.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from affuse import load
from affuse.corpora.table import read_table
from affuse.export.plain import top_emotion
from affuse.predict.recogniser import Recogniser
from affuse.records import Clip, Prediction

SOURCES = {"voice": "audio", "face": "video"}


def main() -> None:
    """Judge all clips with each bundle, print each answer and how many were right."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", type=Path, nargs="+")
    parser.add_argument("--bundle", type=Path, action="append")
    asked = parser.parse_args()
    clips = [clip for table in asked.tables for clip in read_table(table)]
    for folder in asked.bundle or [None]:
        report(load(folder), clips)


def report(recogniser: Recogniser, clips: list[Clip]) -> None:
    """What one bundle says of the clips."""
    print(f"\n{recogniser.bundle.title}")
    right: Counter[str] = Counter()
    of_all: Counter[str] = Counter()
    n_both = 0
    for clip in clips:
        found = recogniser.predict(clip.video or clip.audio)
        of_all.update(name for name, word in answers(found).items() if word == clip.emotion)
        if not set(SOURCES.values()) <= set(found.probabilities):
            continue
        n_both += 1
        words = answers(found)
        right.update(name for name, word in words.items() if word == clip.emotion)
        right["undecided"] += found.emotion is None
        told = "   ".join(f"{name} {word}" for name, word in words.items())
        print(f"{clip.id:<44} is {clip.emotion:<10} {told}   {found.disagreement}")
    told = "   ".join(f"{name} {right[name]}" for name in ("fused", *SOURCES))
    print(f"of {n_both} clips with face and voice right: {told}   undecided {right['undecided']}")
    print(f"of all {len(clips)} clips right: fused {of_all['fused']}   face {of_all['face']}")


def answers(found: Prediction) -> dict[str, str | None]:
    """The emotion that each names; None: undecided."""
    alone = {name: top_emotion(found, source) for name, source in SOURCES.items()}
    return {"fused": found.emotion, **{name: word and word[0] for name, word in alone.items()}}


if __name__ == "__main__":
    main()
