"""Figures of one system on each corpus by itself, among the emotions that the corpus can have."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.known import label_set
from affuse.evaluation.answers import answered_among
from affuse.evaluation.scores import scores
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
    corpora = np.unique(table.corpora)
    if len(corpora) < 2:
        return ()
    common = np.array(sorted(not_rare(corpus_labels(table))))
    scored = np.unique(table.corpora[np.intersect1d(result.rows, common)])
    bare = replace(table, arrays={}, present={})
    return tuple(
        CorpusScores(
            str(corpus),
            scores(
                _among_its_own(result, table, str(corpus), common),
                bare.take(table.corpora == corpus),
                n_bootstrap=n_bootstrap,
                seed=seed,
            ),
        )
        for corpus in scored
    )


def _among_its_own(
    result: OutOfFold, table: FeatureTable, corpus: str, common: NDArray[np.int64]
) -> OutOfFold:
    """What is predicted for the clips of a corpus, rows counted among these clips alone."""
    its_rows = np.flatnonzero(table.corpora == corpus)
    at = np.isin(result.rows, np.intersect1d(its_rows, common))
    own = replace(
        result,
        rows=np.searchsorted(its_rows, result.rows[at]),
        folds=result.folds[at],
        outputs=result.outputs[at],
        answers=None if result.answers is None else result.answers[at],
    )
    return own if table.targets else answered_among(own, _can_be(table, corpus))


def _can_be(table: FeatureTable, corpus: str) -> NDArray[np.bool_]:
    """Which classes a corpus can have: (n_classes,)."""
    occurring = {table.classes[label] for label in table.labels[table.corpora == corpus]}
    known = label_set(corpus)
    return np.array([not known or name in occurring.union(known) for name in table.classes])
