"""What leaks do to figures: random splits against speakers kept apart, and shuffled labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from affuse.audit.findings import Finding, Verdict
from affuse.config import Config, ModelConfig
from affuse.evaluation.comparison import paired_interval
from affuse.evaluation.permutation import PermutationTest, system_permutation_test
from affuse.evaluation.systems import System
from affuse.experiment import systems, under_protocol
from affuse.features.context import RunContext
from affuse.features.source import Source
from affuse.features.table import FeatureTable
from affuse.fusion.registry import family_of, make_unimodal
from affuse.models.registry import model_label
from affuse.records import Clip, Modality
from affuse.registries import MODELS
from affuse.result import Evaluated
from affuse.splits.divide import divide
from affuse.splits.protocols import Protocol
from affuse.storage.plain_text import counted
from affuse.tasks.figures import bounds, points
from affuse.tasks.significance import SIGNIFICANT

WIDE = 500
"""From this many columns on, labels are permuted for naive Bayes: LDA would take hours."""

_LEAST_EXCESS, _ERRORS = 0.03, 4


def taken_as_they_are(sources: Mapping[Modality, Source], config: Config) -> set[str]:
    """Modalities without learned features, whose fits in every fold would take an audit too long.

    Parameters
    ----------
    sources : mapping of Modality to Source
    config : Config

    Returns
    -------
    set of str
    """
    return {m for m, source in sources.items() if source.learned(config) is None}


def random_split_finding(
    config: Config,
    table: FeatureTable,
    labels: Mapping[str, str],
    clips: Sequence[Clip],
    apart: Protocol,
    context: RunContext | None = None,
) -> Finding:
    """How much better each classical system looks when the same speakers are on both sides.

    Parameters
    ----------
    config : Config
    table : FeatureTable
        Of the modalities that are `taken_as_they_are`.
    labels : mapping of modality to str
        What results call the features.
    clips : sequence of Clip
    apart : Protocol
        Folds that keep speakers apart.
    context : RunContext, optional

    Returns
    -------
    Finding
    """
    check = "random split"
    if apart.leaky:
        return Finding(
            check, "NOTE", "all clips are of one speaker: what a random split adds cannot be known"
        )
    folds = config.folds.model_copy(update={"n_folds": len(apart.folds)})
    mixed = divide("random", config.model_copy(update={"folds": folds}), table, clips)
    rows = tuple(systems(_classical(config), table, labels))
    first = under_protocol(config, table, rows, apart, context)
    second = under_protocol(config, table, rows, mixed, context)
    pairs = sorted(zip(first, second, strict=True), key=_gap, reverse=True)
    intervals = [paired_interval(other.out_of_fold, one.out_of_fold, table) for one, other in pairs]
    widest, sure = pairs[0], any(low > 0 for low, _ in intervals)
    statement = (
        f"{len(apart.folds)} random folds, the same speakers on both sides, add up to "
        f"{100 * _gap(widest):.1f} points of UAR ({widest[0].name})"
        if sure
        else "no more than these speakers' scatter"
    )
    headings = ("system", "modality", "speakers apart", "random", "gap", "95 % interval")
    cells = [_cells(pair, interval) for pair, interval in zip(pairs, intervals, strict=True)]
    facts = {"systems": [_facts(p, b) for p, b in zip(pairs, intervals, strict=True)]}
    return Finding(check, "NOTE" if sure else "OK", statement, (), (headings, *cells), facts)


def permutation_finding(
    config: Config,
    table: FeatureTable,
    protocol: Protocol,
    n_permutations: int,
    context: RunContext | None = None,
) -> Finding:
    """The quickest system's figure with shuffled labels: chance, unless labels leak.

    Parameters
    ----------
    config : Config
    table : FeatureTable
        Of the modalities that are `taken_as_they_are`.
    protocol : Protocol
        Folds that keep speakers apart.
    n_permutations : int
    context : RunContext, optional
        Who computes; this process by default.

    Returns
    -------
    Finding
    """
    system = _quick_system(table)
    found = system_permutation_test(
        table,
        system,
        protocol,
        n_permutations=n_permutations,
        context=replace(context or RunContext(), seed=config.seed),
    )
    chance = 1 / len(np.unique(table.labels))
    facts = {
        "system": system.name,
        "modality": system.modality,
        "uar": round(found.figure, 6),
        "null_mean": round(found.null_mean, 6),
        "null_max": round(max(found.null), 6),
        "n_permutations": n_permutations,
        "p": found.p,
    }
    detail = (
        f"UAR {100 * found.figure:.1f} with the true labels; shuffled within speakers "
        f"{100 * found.null_mean:.1f} on average and {100 * max(found.null):.1f} at most "
        f"({counted(n_permutations, 'permutation')}); chance {100 * chance:.1f}"
    )
    leaks = _above_chance(found, chance) and _same_emotions(table)
    verdict, what = _permutation_verdict(leaks, found.p)
    statement = f"{system.name} on {system.modality} {what}"
    return Finding("permuted labels", verdict, statement, (detail,), facts=facts)


def _permutation_verdict(leaks: bool, p: float) -> tuple[Verdict, str]:
    """Verdict on shuffled labels, and what the system does, to follow its name."""
    if leaks:
        return "LEAK", "scores above chance with shuffled labels: a label reaches its training"
    if p > SIGNIFICANT:
        return "NOTE", f"cannot be told from guessing, p = {p:.2g}"
    return "OK", f"falls to chance when labels are shuffled, p = {p:.2g}"


def _classical(config: Config) -> Config:
    """The configuration with only those models that are quickly fitted."""
    models = tuple(model for model in config.models if not MODELS.get(model.name).network)
    slow_hybrid = family_of(config.fusion.hybrid_with)[0].level == "embedding"
    fusion = {"late": (), "hybrid": () if slow_hybrid else config.fusion.hybrid}
    return config.model_copy(
        update={
            "models": models or (ModelConfig(name="svm_rbf"),),
            "fusion": config.fusion.model_copy(update=fusion),
        }
    )


def _quick_system(table: FeatureTable) -> System:
    widths = {m: table.arrays[m].n_features for m in table.modalities}
    modality = min(widths, key=lambda name: (widths[name], name))
    model = ModelConfig(name="lda" if widths[modality] < WIDE else "gaussian_nb")
    name = model_label(model)
    return System(name, modality, "", "", name, partial(make_unimodal, modality, model))


def _above_chance(found: PermutationTest, chance: float) -> bool:
    error = float(np.std(found.null)) / len(found.null) ** 0.5
    return bool(found.null_mean > chance + max(_LEAST_EXCESS, _ERRORS * error))


def _same_emotions(table: FeatureTable) -> bool:
    """Whether all speakers have about the same share of each emotion.

    Where they do not, shuffled labels may score above chance without a leak, as the speaker is
    informative of the emotion.
    """
    pairs = (table.labels[table.speakers == speaker] for speaker in np.unique(table.speakers))
    shares = [np.bincount(own, minlength=len(table.classes)) / len(own) for own in pairs]
    return bool(np.ptp(shares, axis=0).max() <= 0.1)


def _gap(pair: tuple[Evaluated, Evaluated]) -> float:
    return pair[1].scores.headline - pair[0].scores.headline


def _cells(pair: tuple[Evaluated, Evaluated], interval: tuple[float, float]) -> tuple[str, ...]:
    system = pair[0].out_of_fold.system
    apart, mixed = (points(each.scores.headline) for each in pair)
    gap = points(_gap(pair), signed=True)
    return system.name, system.modality, apart, mixed, gap, bounds(*interval)


def _facts(pair: tuple[Evaluated, Evaluated], interval: tuple[float, float]) -> dict[str, object]:
    system = pair[0].out_of_fold.system
    numbers = {
        "speaker_independent_uar": pair[0].scores.headline,
        "random_uar": pair[1].scores.headline,
        "gap": _gap(pair),
        "gap_low": interval[0],
        "gap_high": interval[1],
    }
    rounded = {name: round(number, 6) for name, number in numbers.items()}
    return {"system": system.name, "modality": system.modality, **rounded}
