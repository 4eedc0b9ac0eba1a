"""What it brings to learn from each clip among the emotions of its corpus alone, and to balance.

usage: python benchmarks/label_sets.py DATA... [--model dense] [--seeds 3] [--balance]
        [--set KEY=VALUE]

Logistic regression, a network of two layers of 16 neurons (that of late fusion, on features) and
the 1D CNN are trained over all corpora, as it is and with `training.masked`; with ``--balance`` as
it is and with `training.balance = "corpus"`. Speakers are kept apart: in five folds over all
corpora, and corpus by corpus, each tested by what learned on the others. Printed are UARs in points
of each corpus, where answers are chosen among the emotions that it has (as `corpora.csv` has it),
and among all emotions; their means; and of all clips pooled, among all emotions. The difference has
its 95 % bootstrap over speakers, who are drawn within their corpus.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from affuse.config import ModelConfig, TrainingConfig, load_config
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.systems import OutOfFold, System
from affuse.experiment.features import context_of, features_of
from affuse.experiment.plan import plan_of
from affuse.features.context import RunContext
from affuse.features.table import FeatureTable
from affuse.fusion.unimodal import Unimodal
from affuse.models.cnn1d import CNN1D
from affuse.models.loss_terms import loss_terms
from affuse.models.mlp import EmbeddingMLP
from affuse.models.registry import make_model
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
LEAST_CLIPS = 20
CNN = {"epochs": 8, "batch_size": 64, "learning_rate": 0.001}
Confusions = Mapping[str, NDArray[np.int64]]
"""Corpus, or "pooled" -> a confusion matrix of each speaker, (n_speakers, n, n)."""


class Dense(EmbeddingMLP):
    """The network that decides in late fusion, on the features of one modality."""

    def fit(self, X, y, terms=None):  # type: ignore[no-untyped-def]
        """Learn from X (n_clips, n_features) and y (n_clips,)."""
        return super().fit(np.asarray(X)[:, None], y, terms)

    def predict_proba(self, X):  # type: ignore[no-untyped-def]
        """Probabilities (n_clips, n_classes)."""
        return super().predict_proba(np.asarray(X)[:, None])


def model_of(name: str, seed: int) -> Any:
    """An unfitted model, whose network starts from a seed."""
    if name == "logistic":
        return make_model(ModelConfig(name="logistic"), seed)
    network = CNN1D(**CNN, random_state=seed)
    if name == "dense":
        network = Dense(epochs=30, batch_size=32, learning_rate=1e-3, random_state=seed)
    return Pipeline([("scaler", StandardScaler()), ("model", network)])


def system_of(name: str) -> System:
    """A row of the results."""
    return System(name, "audio", "", "", name, partial(unimodal, name))


def unimodal(name: str, seed: int) -> Unimodal:
    """What a row fits in every fold; by name, since other processes fit it."""
    return Unimodal(model_of(name, seed), "audio")


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
    terms = loss_terms(replace(table, training=TrainingConfig(masked=True)))
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


def without_rare(table: FeatureTable) -> FeatureTable:
    """Without emotions of hardly any clip in a corpus."""
    _, of_clip = np.unique(table.corpora, return_inverse=True)
    kinds = of_clip * len(table.classes) + table.labels
    return table.take(np.bincount(kinds)[kinds] >= LEAST_CLIPS)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="+")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--balance", action="store_true")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--model", action="append", choices=("logistic", "dense", "cnn1d"))
    asked = parser.parse_args()
    config = load_config("quick", [*SETTINGS, *asked.set], {"data.path": asked.data})
    plan = plan_of(config)
    context = context_of(config)
    table = without_rare(features_of(plan, context).clean.table)
    ways = {"all emotions": TrainingConfig(), "masked": TrainingConfig(masked=True)}
    if asked.balance:
        ways = {"as they are": TrainingConfig(), "balanced": TrainingConfig(balance="corpus")}
    for name in asked.model or ("logistic", "dense"):
        seeds = range(1 if name == "logistic" else asked.seeds)
        for title, protocol in protocols(config, plan.index, table).items():
            made = [
                counted(replace(table, training=way), name, protocol, context, seeds)
                for way in ways.values()
            ]
            print(f"\n{name}, {title}\n\n| | speakers | {' | '.join(ways)} | difference |")
            print("|---|---|---|---|---|")
            shown(*made)


def counted(
    table: FeatureTable, name: str, protocol: Protocol, context: RunContext, seeds: range
) -> Confusions:
    """Counts of one model, added up over its starts."""
    made = []
    for seed in seeds:
        own = replace(context, seed=seed)
        made.append(confusions(out_of_fold(table, [system_of(name)], protocol, own)[0], table))
    return {corpus: np.sum([each[corpus] for each in made], axis=0) for corpus in made[0]}


if __name__ == "__main__":
    main()
