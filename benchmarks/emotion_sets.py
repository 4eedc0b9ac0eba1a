"""How often conformal sets hold the true emotion: within a corpus, and from one to the other.

usage: python benchmarks/emotion_sets.py DATA... [--coverage 0.9] [--part within] [--set KEY=VALUE]

Statistics of the voice, logistic regression, speakers kept apart. Four tables:

within: five folds of each corpus, each calibrated on the clips of the others; beside the sets of
    affuse those of another score (APS: Romano, Sesia & Candes 2020, without its random part);
across: trained on one corpus and calibrated on its held-out clips, tested on another, over the
    emotions that both have;
left out: trained on all other corpora; calibrated on held-out speakers of these, or on each of
    these as predicted by what had learned on the rest.

Coverage and size are means over speakers with 95 % bootstraps over speakers; "short" stands where
the whole interval lies below what was asked for.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from affuse.config import Config, load_config
from affuse.evaluation.conformal import conformal_sets, least_probability, least_speakers
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.emotion_sets import (
    Coverage,
    coverage_of,
    emotion_sets,
    too_few_speakers,
)
from affuse.evaluation.systems import OutOfFold, System
from affuse.experiment.features import context_of, features_of
from affuse.experiment.plan import plan_of
from affuse.experiment.rows import systems
from affuse.features.context import RunContext
from affuse.features.table import FeatureTable
from affuse.splits.fold import Fold
from affuse.splits.folds import speaker_folds
from affuse.splits.protocols import Protocol

SETTINGS = (
    "features.audio=voice_statistics",
    "features.video=none",
    "data.where.channel=speech",
    "fusion.early=false",
)
N_FOLDS = 5
LEAST_CLIPS = 20
"""Of an emotion in a corpus: one clip alone is no emotion that both have."""


class Measured:
    """Predictions under any division of some clips."""

    def __init__(self, config: Config, table: FeatureTable, context: RunContext) -> None:
        self.config, self.context = config, context
        self.system: System = next(systems(config, table, {"audio": ""}))

    def under(self, table: FeatureTable, folds: tuple[Fold, ...]) -> OutOfFold:
        """What is predicted for the test clips of folds."""
        protocol = Protocol("speaker-independent", folds)
        return out_of_fold(table, [self.system], protocol, self.context)[0]

    def apart(self, table: FeatureTable) -> OutOfFold:
        """The same of folds of speakers."""
        n_folds = min(N_FOLDS, len(np.unique(table.speakers)))
        return self.under(table, speaker_folds(list(table.speakers), n_folds))


def shown(what: str, one: Coverage, more: str = "") -> str:
    """A row of a table."""
    return (
        f"| {what} | {one.n_speakers} | {100 * one.coverage:.1f} "
        f"[{100 * one.coverage_low:.1f}, {100 * one.coverage_high:.1f}] | {one.size:.2f} of "
        f"{one.n_emotions} | {100 * one.one:.0f} | {'short' if one.short else ''} |{more}"
    )


def headings(*names: str) -> str:
    """Head of a table."""
    columns = (*names, "speakers", "holds it, %", "emotions", "one alone, %", "")
    return f"\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}"


def within(measured: Measured, table: FeatureTable, asked: float) -> Iterator[str]:
    """Each corpus by itself, by both scores."""
    yield headings("corpus", "score")
    for corpus in np.unique(table.corpora):
        own = without_rare(table.take(table.corpora == corpus))
        found = measured.apart(own)
        if reason := too_few_speakers(found, own, asked):
            yield f"| {corpus} | {reason} | | | | | |"
            continue
        for score, told in (("affuse", found), ("APS", replace(found, outputs=aps(found)))):
            yield shown(f"{corpus} | {score}", measured_sets(told, own, asked))


def aps(found: OutOfFold) -> NDArray[np.float64]:
    """One minus the mass of all classes that are at least as probable, in the place of each."""
    rows = found.outputs
    mass = np.where(rows[:, None, :] >= rows[:, :, None], rows[:, None, :], 0).sum(axis=2)
    # Classes of other corpora have no probability at all.
    return np.where(rows > 0, 1 - mass, -1)


def measured_sets(found: OutOfFold, table: FeatureTable, asked: float) -> Coverage:
    """Coverage of cross-conformal sets on all clips."""
    return coverage_of(emotion_sets(found, table, asked), found, table, asked)[0]


def across(measured: Measured, table: FeatureTable, asked: float) -> Iterator[str]:
    """From each corpus that can be calibrated on to each other."""
    yield headings("trained on", "tested on")
    corpora = [str(corpus) for corpus in np.unique(table.corpora)]
    for learned in corpora:
        n_speakers = len(np.unique(table.speakers[table.corpora == learned]))
        if n_speakers < least_speakers(asked):
            yield f"| {learned} | too few speakers ({n_speakers}) | | | | | |"
            continue
        for tested in corpora:
            both = shared(table, learned, tested)
            if tested != learned and len(np.unique(both.labels)) > 1:
                rows = both.corpora == learned
                yield shown(f"{learned} | {tested}", transferred(measured, both, rows, asked))


def left_out(measured: Measured, table: FeatureTable, asked: float) -> Iterator[str]:
    """Each corpus by what learned on all others, calibrated in two ways."""
    yield headings("left out", "calibrated on")
    for corpus in np.unique(table.corpora):
        known = np.unique(table.labels[table.corpora != corpus])
        own = table.take(np.isin(table.labels, known))
        rows = own.corpora != corpus
        yield shown(f"{corpus} | speakers", transferred(measured, own, rows, asked))
        others = own.take(rows)
        yield shown(
            f"{corpus} | corpora",
            transferred(measured, own, rows, asked, measured.under(others, by_corpus(others))),
        )


def by_corpus(table: FeatureTable) -> tuple[Fold, ...]:
    """Each corpus tested by what learned on the others."""
    rows = np.arange(len(table))
    return tuple(
        Fold(number, rows[table.corpora != corpus], rows[table.corpora == corpus])
        for number, corpus in enumerate(np.unique(table.corpora), 1)
    )


def transferred(
    measured: Measured,
    table: FeatureTable,
    learned: NDArray[np.bool_],
    asked: float,
    calibration: OutOfFold | None = None,
) -> Coverage:
    """Coverage on clips not learned from, calibrated on held-out clips of those that are."""
    training, rows = table.take(learned), np.arange(len(table))
    held = measured.apart(training) if calibration is None else calibration
    least = least_probability(
        held.outputs, training.labels[held.rows], training.speakers[held.rows], asked
    )
    found = measured.under(table, (Fold(1, rows[learned], rows[~learned]),))
    return coverage_of(conformal_sets(found.outputs, least), found, table, asked)[0]


def shared(table: FeatureTable, first: str, second: str) -> FeatureTable:
    """Clips of two corpora, of the emotions that both have."""
    pair = table.take(np.isin(table.corpora, [first, second]))
    counts = [np.bincount(pair.labels[pair.corpora == c], minlength=99) for c in (first, second)]
    both = np.flatnonzero(np.min(counts, axis=0) >= LEAST_CLIPS)
    return pair.take(np.isin(pair.labels, both))


def without_rare(table: FeatureTable) -> FeatureTable:
    """Without emotions of hardly any clip."""
    return table.take(np.bincount(table.labels, minlength=99)[table.labels] >= LEAST_CLIPS)


PARTS = {"within": within, "across": across, "left out": left_out}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="+")
    parser.add_argument("--coverage", type=float, default=0.9)
    parser.add_argument("--part", action="append", choices=PARTS)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    asked = parser.parse_args()
    overrides = {"data.path": asked.data, "models": [{"name": "logistic"}]}
    config = load_config("quick", [*SETTINGS, *asked.set], overrides)
    context = context_of(config)
    table = features_of(plan_of(config), context).clean.table
    measured = Measured(config, table, context)
    for part in asked.part or PARTS:
        for line in PARTS[part](measured, table, asked.coverage):
            print(line, flush=True)


if __name__ == "__main__":
    main()
