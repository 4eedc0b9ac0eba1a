"""Whether the second of speech that tells most lies where the emotion is.

usage: python benchmarks/telling_moments.py TABLE.csv [--pairs 40] [--bundle DIR]

Two seconds of a neutral clip and two of another emotion of the same speaker, in either order, are
joined into one recording. Where the recogniser names one of the two emotions the second that tells
most for it must lie in its half. The table lists clips (path,emotion,speaker).
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from affuse import load
from affuse.corpora.table import read_table
from affuse.media.audio import read_audio
from affuse.records import Clip, Explanation

RATE = 16_000
HALF_S = 2.0
LEVEL = 0.05
OTHERS = ("angry", "sad", "happy", "fearful", "disgust", "surprised")


def main() -> None:
    """Join, predict, count."""
    parser = argparse.ArgumentParser()
    parser.add_argument("table", type=Path)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--bundle", type=Path)
    asked = parser.parse_args()
    recogniser, drawn = load(asked.bundle), random.Random(0)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "joined.wav")
        for neutral, other in pairs(list(read_table(asked.table)), asked.pairs, drawn):
            ordered = [neutral, other] if drawn.random() < 0.5 else [other, neutral]
            halves = [middle(clip) for clip in ordered]
            soundfile.write(path, np.concatenate(halves), RATE)
            found = recogniser.predict(path, explain=True)
            named = [clip.emotion for clip in ordered]
            counts[outcome(found.explanation, named, len(halves[0]) / RATE)] += 1
    print("   ".join(f"{name} {counts[name]}" for name in sorted(counts)))


def pairs(clips: list[Clip], n_pairs: int, drawn: random.Random) -> list[tuple[Clip, Clip]]:
    """Neutral clips, each beside one of another emotion by the same speaker."""
    by_speaker: defaultdict[tuple[str, str], list[Clip]] = defaultdict(list)
    for clip in clips:
        by_speaker[clip.speaker, clip.emotion].append(clip)
    known = [
        (speaker, emotion)
        for speaker, emotion in sorted(by_speaker)
        if emotion in OTHERS and (speaker, "neutral") in by_speaker
    ]
    drawn.shuffle(known)
    chosen = (known * (n_pairs // max(len(known), 1) + 1))[:n_pairs]
    return [
        (drawn.choice(by_speaker[speaker, "neutral"]), drawn.choice(by_speaker[speaker, emotion]))
        for speaker, emotion in chosen
    ]


def middle(clip: Clip) -> NDArray[np.float32]:
    """The two seconds around the middle, at one level."""
    signal = read_audio(clip.audio, sample_rate=RATE).signal
    centre, reach = len(signal) // 2, round(HALF_S / 2 * RATE)
    part = signal[max(centre - reach, 0) : centre + reach]
    return part * (LEVEL / np.sqrt(np.square(part, dtype=np.float64).mean())).astype(np.float32)


def outcome(why: Explanation, named: list[str], edge_s: float) -> str:
    """Where the second lies that tells most for the named emotion."""
    if why.emotion not in named:
        return "another emotion named"
    moment = why.moments.get("audio")
    if moment is None:
        return "no second stands out"
    in_first = (moment.start_s + moment.end_s) / 2 < edge_s
    return "right" if in_first == (named[0] == why.emotion) else "wrong"


if __name__ == "__main__":
    main()
