"""Checks of a transfer before any work is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from operator import attrgetter

from affuse.config import Config
from affuse.errors import ConfigError
from affuse.experiment.plan import Plan
from affuse.splits.corpus_rows import Rows, emotions_of
from affuse.tasks.classification import Classification

_OF_A_RUN = (
    ("folds.file", "has folds of its own: the corpora"),
    ("folds.speakers", "has folds of its own: the corpora"),
    ("folds.published", "has folds of its own: the corpora"),
    ("folds.train_on", "trains on each corpus"),
    ("folds.test_on", "tests on each corpus"),
    ("evaluation.protocols", "has protocols of its own"),
    ("evaluation.by", "gives figures of pairs of corpora alone"),
    ("evaluation.coverage", "makes no sets"),
    ("evaluation.importance", "takes no system apart"),
    ("evaluation.occlusion", "takes no system apart"),
    ("robustness.enabled", "degrades nothing"),
)
"""Settings of how a run is divided or reported, and why they do not apply here."""


def refuse_unfit(config: Config) -> None:
    """Refuse (ConfigError) settings that a run can have and a transfer cannot.

    Parameters
    ----------
    config : Config
    """
    if config.task != Classification.name:
        raise ConfigError(
            f"task = {config.task} was given to affuse transfer, which compares emotions; expected "
            "classification: leave task out"
        )
    usual = Config()
    for setting, why in _OF_A_RUN:
        given, expected = (attrgetter(setting)(each) for each in (config, usual))
        if given != expected:
            shown = expected[0] if isinstance(expected, tuple) and expected else "none"
            raise ConfigError(
                f"{setting} was given to affuse transfer, which {why}; expected {shown}: leave it "
                f"out, choose another recipe, or use affuse run DATA --set {setting}=..."
            )


def sharing(plan: Plan) -> tuple[Plan, list[str]]:
    """The plan with only those corpora that share emotions with another one, by their labels.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    Plan
    list of str
        Notes on corpora that are left out.

    Raises
    ------
    ConfigError
        One corpus, or no two that have two emotions in common.
    """
    clips = plan.index.clips
    if len(plan.index.corpora) < 2:
        raise ConfigError(
            f"clips of {plan.index.corpora[0] or 'one corpus'} alone were given; expected two "
            "corpora or more: give several folders or tables"
        )
    shown = emotions_of(Rows([clip.corpus for clip in clips], [clip.emotion for clip in clips]))
    refuse_nothing_shared(shown)
    apart = [
        corpus
        for corpus, own in shown.items()
        if not any(own & others for other, others in shown.items() if other != corpus)
    ]
    index = replace(plan.index, clips=tuple(c for c in clips if c.corpus not in apart))
    notes = [
        f"{corpus} has no part: no other corpus shows {' or '.join(sorted(shown[corpus]))}."
        for corpus in apart
    ]
    return replace(plan, index=index), notes


def refuse_nothing_shared(shown: Mapping[str, frozenset[str]]) -> None:
    """Refuse (ConfigError) corpora of which no two show two emotions in common.

    Parameters
    ----------
    shown : mapping of str to frozenset of str
        Corpus -> its emotions.
    """
    pairs = combinations(shown.values(), 2)
    if not any(len(one & other) > 1 for one, other in pairs):
        raise ConfigError(
            f"no two of {', '.join(shown)} have two emotions in common; expected two at "
            "least, between which one can tell: add a corpus"
        )
