"""What it brings to learn from each clip among the emotions of its corpus alone, and to balance.

usage: python benchmarks/label_sets.py DATA... [--set KEY=VALUE] [--balance]

Every model of the recipe is trained over all corpora as it is (`training.masked = false`) and
masked; with ``--balance`` masked without and with `training.balance = "corpus"`. Speakers are kept
apart: in five folds over all corpora, and corpus by corpus, each tested by what learned on the
others. Printed are UARs in points of each corpus, where answers are chosen among the emotions that
it has (as `corpora.csv` has it), and among all emotions; their means; and of all clips pooled,
among all emotions. The difference has its 95 % bootstrap over speakers,
who are drawn within their corpus.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from affuse.config import TrainingConfig, load_config
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.systems import OutOfFold
from affuse.experiment.features import context_of, features_of
from affuse.experiment.plan import plan_of
from affuse.experiment.rows import systems
from affuse.features.context import RunContext
from affuse.features.table import FeatureTable
from affuse.models.loss_terms import loss_terms
from affuse.splits.divide import divide
from affuse.splits.fold import Fold
from affuse.splits.protocols import Protocol
from affuse.tasks.intervals import speaker_draws
from affuse.tasks.metrics import confusion, uar_of

N_RESAMPLES = 2000
SETTINGS = (
    "features.audio=voice_statistics",
    "features.video=none",
    "data.where.channel=speech",
    "fusion.early=false",
)
MODELS = (
    {"name": "logistic"},
    {
        "name": "cnn1d",
        "params": {"epochs": 20, "batch_size": 32, "learning_rate": 0.0005},
    },
)
Confusions = Mapping[str, NDArray[np.int64]]
"""Corpus, or "pooled" -> a confusion matrix of each speaker, (n_speakers, n, n)."""


def confusions(found: OutOfFold, table: FeatureTable) -> Confusions:
    """Counts of each speaker: of each corpus among its own emotions, and of all among all."""
    n, made = len(table.classes), {}
    truth, speakers = table.labels[found.rows], table.speakers[found.rows]
    corpora = table.corpora[found.rows]
    own = np.where(label_sets(table)[found.rows], found.outputs, -1).argmax(axis=1)
    for among, given in (("own", own), ("all", found.predicted)):
        for corpus in np.unique(corpora):
            at = corpora == corpus
            made[f"{corpus}, among {among}"] = by_speaker(truth[at], given[at], speakers[at], n)
    made["pooled, among all"] = by_speaker(truth, found.predicted, speakers, n)
    return made


def label_sets(table: FeatureTable) -> NDArray[np.bool_]:
    """Which emotions each clip's corpus has: as its reader knows, else those that occur."""
    terms = loss_terms(replace(table, training=TrainingConfig()))
    return (
        np.ones((len(table), len(table.classes)), bool)
        if terms.possible is None
        else terms.possible
    )


def by_speaker(
    truth: NDArray[np.int64], given: NDArray[np.int64], speakers: NDArray[np.str_], n: int
) -> NDArray[np.int64]:
    """A confusion matrix of each speaker."""
    parts = [speakers == name for name in np.unique(speakers)]
    return np.stack([confusion(truth[at], given[at], n) for at in parts])


def figures(counts: Confusions, seed: int | None = None) -> dict[str, NDArray[np.float64]]:
    """UARs, one for each resample of speakers within their corpora; as they are without a seed."""
    draws, times = {}, {}
    for name, own in counts.items():
        corpus, _, among = name.partition(", ")
        if corpus == "pooled":
            drawn = np.concatenate(list(times.values()), axis=1)
        else:
            drawn = times.setdefault(corpus, drawn_times(len(own), seed, len(times)))
        draws[name] = uar_of(np.tensordot(drawn, own, axes=1))
    for among in ("own", "all"):
        own = [each for name, each in draws.items() if name.endswith(f", among {among}")]
        draws[f"mean, among {among}"] = np.mean(own[: len(times)], axis=0)
    return draws


def drawn_times(n_speakers: int, seed: int | None, number: int) -> NDArray[np.float64]:
    """How often each speaker of a corpus is in each resample."""
    if seed is None:
        return np.ones((1, n_speakers))
    return speaker_draws(n_speakers, N_RESAMPLES, seed + number).astype(np.float64)


def shown(before: Confusions, after: Confusions) -> None:
    """The table of one model under one protocol."""
    left, right = figures(before), figures(after)
    differences = {
        name: 100 * (figures(after, 0)[name] - drawn) for name, drawn in figures(before, 0).items()
    }
    for name, drawn in differences.items():
        low, high = np.percentile(drawn, [2.5, 97.5])
        n_speakers = f"{len(before[name])}" if name in before else ""
        print(
            f"| {name} | {n_speakers} | {100 * left[name][0]:.1f} | {100 * right[name][0]:.1f} | "
            f"{100 * (right[name][0] - left[name][0]):+.1f} [{low:.1f}, {high:.1f}] |"
        )


def protocols(config, index, table) -> dict[str, Protocol]:  # type: ignore[no-untyped-def]
    """Speakers apart over all corpora; each corpus by what learned on the others."""
    rows = np.arange(len(table))
    apart = tuple(
        Fold(number, rows[table.corpora != corpus], rows[table.corpora == corpus])
        for number, corpus in enumerate(np.unique(table.corpora), 1)
    )
    return {
        "speakers apart, all corpora in training": divide(
            "speaker-independent", config, table, index.clips
        ),
        "corpus not in training": Protocol("speaker-independent", apart),
    }


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="+")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--balance", action="store_true")
    asked = parser.parse_args()
    overrides = {"data.path": asked.data, "models": MODELS}
    config = load_config("quick", [*SETTINGS, *asked.set], overrides)
    plan = plan_of(config)
    context = context_of(config)
    clean = features_of(plan, context).clean
    ways = [TrainingConfig(masked=False), TrainingConfig()]
    if asked.balance:
        ways = [TrainingConfig(), TrainingConfig(balance="corpus")]
    rows = tuple(systems(config, clean.table, {"audio": "statistics of the voice"}))
    for title, protocol in protocols(config, plan.index, clean.table).items():
        found = [scored(clean.table, rows, protocol, context, way) for way in ways]
        for system, before, after in zip(rows, *found, strict=True):
            print(
                f"\n{system.name}, {title}\n\n| | speakers | {ways[0]} | {ways[1]} | difference |"
            )
            print("|---|---|---|---|---|")
            shown(before, after)


def scored(
    table: FeatureTable,
    rows: tuple,  # type: ignore[type-arg]
    protocol: Protocol,
    context: RunContext,
    way: TrainingConfig,
) -> list[Confusions]:
    """Counts of each system, learned in one way."""
    told = replace(table, training=way)
    return [confusions(found, told) for found in out_of_fold(told, rows, protocol, context)]


if __name__ == "__main__":
    main()
