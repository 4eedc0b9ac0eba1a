"""Figures of one system on each corpus, restricted to the emotions that the corpus can have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.known import label_set
from affuse.evaluation.answers import answered_among
from affuse.evaluation.by_group import scores_by_group
from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable
from affuse.splits.corpus_rows import corpus_labels, not_rare
from affuse.tasks.intervals import N_RESAMPLES
from affuse.tasks.task import Figures


@dataclass(frozen=True, slots=True)
class CorpusScores:
    """Figures of one system on the clips of one corpus, intervals over its speakers."""

    corpus: str
    scores: Figures


def scores_by_corpus(
    result: OutOfFold, table: FeatureTable, *, n_bootstrap: int = N_RESAMPLES, seed: int = 0
) -> tuple[CorpusScores, ...]:
    """Figures of one system on each corpus of a table.

    A corpus says nothing of emotions that it cannot have (its label set, as its reader has it; of
    tables any emotion): they are no answer there. The probabilities of the others are brought to
    a sum of 1, and the most probable of these is what counts as predicted. Emotions that are
    rare in a corpus (`affuse.splits.corpus_rows.RARE`) are not scored there. Numbers stay.

    Parameters
    ----------
    result : OutOfFold
    table : FeatureTable
        The one that `result` has rows of.
    n_bootstrap, seed : int
        Of the intervals over speakers.

    Returns
    -------
    tuple of CorpusScores
        By name of the corpus; empty where all clips are of one. A corpus none of whose clips was
        scored is left out.
    """
    if len(np.unique(table.corpora)) < 2:
        return ()
    common = np.array(sorted(not_rare(corpus_labels(table))))
    scored = result.take(np.isin(result.rows, common))
    found = scores_by_group(
        among_label_sets(scored, table), table, table.corpora, n_bootstrap=n_bootstrap, seed=seed
    )
    by_name = sorted(found, key=lambda one: one.group)
    return tuple(CorpusScores(one.group, one.scores) for one in by_name)


def among_label_sets(result: OutOfFold, table: FeatureTable) -> OutOfFold:
    """The predictions, each restricted to the emotions that the clip's corpus can have.

    Parameters
    ----------
    result : OutOfFold
    table : FeatureTable
        The one that `result` has rows of.

    Returns
    -------
    OutOfFold
        Numbers stay.
    """
    if table.targets:
        return result
    corpora = table.corpora[result.rows]
    answers = np.zeros(result.outputs.shape, bool)
    for corpus in np.unique(corpora):
        answers[corpora == corpus] = can_be(table, str(corpus))
    return answered_among(result, answers)


def can_be(table: FeatureTable, corpus: str) -> NDArray[np.bool_]:
    """Which classes a corpus can have; all where its label set is unknown.

    Parameters
    ----------
    table : FeatureTable
    corpus : str

    Returns
    -------
    (n_classes,) bool
    """
    occurring = {table.classes[label] for label in table.labels[table.corpora == corpus]}
    known = label_set(corpus)
    return np.array([not known or name in occurring.union(known) for name in table.classes])
