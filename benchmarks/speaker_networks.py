"""What the size of the network that tells voices apart is worth, without those it is measured on.

usage: python benchmarks/speaker_networks.py FOLDER [FOLDER ...] --work DIR
       [--sizes 128,320,96 256,512,128] [--dialogues 40] [--epochs 36] [--fit]
       [--jobs 1]

FOLDERs are corpora as `affuse run` reads them. A size is width, pooled channels and dimensions of
`SpeakerArchitecture`. Speakers who are kept apart for the figures of docs/voices.md take no part:
of the women and of the men of each corpus every fourth of the others is set aside, a network learns
from the rest, and is measured on those set aside as `benchmarks/dialogues.py` measures. DIR
receives the decoded clips and the networks; an interrupted training goes on from there.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.registry import read_all
from affuse.models.speaker_network import SpeakerArchitecture
from affuse.models.speaker_training import SpeakerTraining
from affuse.people.voice_embedding import ShippedVoices
from affuse.pretraining.speaker import pretrain_speaker
from affuse.pretraining.speaker_clips import kept_apart, read_speaker_clips
from affuse.pretraining.voice_clips import corpus_and_speaker
from dialogues import Asked, report


def architecture_of(size: str) -> SpeakerArchitecture:
    """The network of a size as it is given: `128,320,96`."""
    width, n_pooled, n_embedding = map(int, size.split(","))
    return replace(SpeakerArchitecture(), width=width, n_pooled=n_pooled, n_embedding=n_embedding)


def main() -> None:
    """Train each size, measure it, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--sizes", nargs="+", default=["128,320,96", "256,512,128"])
    parser.add_argument("--dialogues", type=int, default=40)
    parser.add_argument("--epochs", type=int, default=SpeakerTraining().epochs)
    parser.add_argument("--fit", action="store_true", help="a row of thresholds")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    index = read_all(given.folders)
    whole = read_speaker_clips(index, given.work, given.jobs)
    never = kept_apart(whole)
    others = Index(tuple(clip for clip in whole.clips if corpus_and_speaker(clip) not in never))
    for size in given.sizes:
        # Every fourth of the others is kept apart as of any corpora: nobody else is met.
        out = given.work / size.replace(",", "-")
        settings = replace(
            SpeakerTraining(), architecture=architecture_of(size), epochs=given.epochs
        )
        pretrain_speaker(others, out, settings, jobs=given.jobs)
        clips = read_speaker_clips(others, out, given.jobs)
        own = ShippedVoices(out)
        print(f"\n{size}", flush=True)
        report(clips, kept_apart(clips), Asked(own, own.threshold), given.dialogues, given.fit)


if __name__ == "__main__":
    main()
