"""What a few labelled clips are worth: adapted on some speakers of a corpus, tested on the others.

    python benchmarks/adapting.py VOICE CORPORA [--speakers 4] [--draws 10] [--csv FILE]

VOICE is the folder that ``affuse train voice`` left: of each corpus that was left out in turn it
holds what the network that had never met it said of it (``voice-without-NAME-outputs.npz``).
CORPORA is a folder with those corpora under their names. The bundle is the shipped one's voice,
with these outputs in the place of its graph's. From some speakers at random (half of them, where
the corpus has few) so many clips of each emotion are drawn; the others are tested. ``always`` is
what ``--anyway`` would write; ``written``, what is written without it, and in how many draws.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import softmax

from affuse.adaptation.figures import answers, changes, held_out
from affuse.adaptation.fitting import fit_decisions
from affuse.adaptation.outputs import ClipOutputs
from affuse.bundle.bundle import Bundle
from affuse.bundle.manifest import Fusion
from affuse.bundle.named import bundle_folder
from affuse.bundle.reader import read_bundle
from affuse.corpora.registry import read
from affuse.records import RAVDESS_EMOTIONS
from affuse.tasks.metrics import ece, uar

OF_EACH = (1, 2, 5, 10)


@dataclass(frozen=True)
class Row:
    """Means over draws, as fractions; how the least of them did; how often something is written."""

    corpus: str
    of_each: int
    n_clips: float
    before: float
    always: float
    always_least: float
    written: float
    written_least: float
    share_written: float
    ece_before: float
    ece_always: float


def main() -> None:
    """Draw, adapt, test; print a line for each corpus and number of clips."""
    asked = _arguments()
    shares = json.loads((asked.voice / "voice.json").read_text("utf-8"))["shares"]
    rows = []
    print(f"adapted on {asked.speakers} speakers: UAR of the others, %; 8 emotions can be answered")
    print("corpus   of each   clips   before   always (worst draw)   written (worst draw) in   ECE")
    for file in sorted(asked.voice.glob("voice-without-*-outputs.npz")):
        name = file.name.removeprefix("voice-without-").removesuffix("-outputs.npz")
        outputs = _outputs(file, asked.corpora / name, shares)
        for row in _curve(name, outputs, asked.speakers, asked.draws):
            rows.append(row)
            print(_text(row), flush=True)
    if asked.csv:
        with asked.csv.open("w", encoding="utf-8", newline="") as table:
            writer = csv.DictWriter(table, list(asdict(rows[0])))
            writer.writeheader()
            writer.writerows(map(asdict, rows))


def _outputs(file: Path, corpus: Path, shares: list[float]) -> ClipOutputs:
    clips = tuple(clip for clip in read(corpus) if clip.emotion in RAVDESS_EMOTIONS and clip.audio)
    with np.load(file) as arrays:
        joint = shares[0] * arrays["network"] + shares[1] * arrays["linear"]
    return ClipOutputs(clips=clips, rows={"voice": softmax(joint, axis=1)})


def _curve(name: str, outputs: ClipOutputs, n_speakers: int, n_draws: int) -> Iterator[Row]:
    bundle = _voice_alone()
    for of_each in OF_EACH:
        draws = [_draw(bundle, outputs, n_speakers, of_each, seed) for seed in range(n_draws)]
        n_clips, before, after, helps, ece_before, ece_after = np.array(draws).T
        gains = after - before
        kept = np.where(helps > 0, gains, 0.0)
        yield Row(
            name, of_each, float(n_clips.mean()), float(before.mean()),
            float(after.mean()), float(gains.min()),
            float((before + kept).mean()), float(kept.min()), float(helps.mean()),
            float(ece_before.mean()), float(ece_after.mean()),
        )  # fmt: skip


def _draw(
    bundle: Bundle, outputs: ClipOutputs, n_speakers: int, of_each: int, seed: int
) -> tuple[float, float, float, float, float, float]:
    rng = np.random.default_rng(seed)
    speakers = np.array([clip.speaker for clip in outputs.clips])
    names = rng.permutation(np.unique(speakers))
    tested = ~np.isin(speakers, names[: min(n_speakers, len(names) // 2)])
    emotions = np.array([clip.emotion for clip in outputs.clips])
    rows: list[int] = []
    for emotion in np.unique(emotions):
        rows += rng.permutation(np.flatnonzero(~tested & (emotions == emotion)))[:of_each].tolist()
    mine, others = outputs.take(np.sort(rows)), outputs.take(tested)
    classes = bundle.manifest.classes
    labels = np.array([classes.index(clip.emotion) for clip in others.clips])
    fitted = replace(bundle, manifest=fit_decisions(bundle, mine).manifest)
    helps = changes(held_out(bundle, mine), mine, classes)[0].real
    found = [answers(each, others)["answer"] for each in (bundle, fitted)]
    right = [uar(labels, each.argmax(axis=1)) for each in found]
    errors = [ece(labels, each) for each in found]
    return len(rows), right[0], right[1], float(helps), errors[0], errors[1]


def _voice_alone() -> Bundle:
    shipped = read_bundle(bundle_folder("shipped"))
    voice = shipped.manifest.member("voice")
    fields = {"members": (voice,), "fusion": Fusion()}
    return replace(shipped, manifest=shipped.manifest.model_copy(update=fields))


def _text(row: Row) -> str:
    return (
        f"{row.corpus:<8} {row.of_each:>7}   {row.n_clips:>5.0f}   {100 * row.before:>6.1f}   "
        f"{100 * row.always:>6.1f} ({100 * row.always_least:+.1f})   "
        f"{100 * row.written:>6.1f} ({100 * row.written_least:+.1f}) in {row.share_written:>4.0%}  "
        f"{row.ece_before:.3f} -> {row.ece_always:.3f}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("voice", type=Path)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--speakers", type=int, default=4)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--csv", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
