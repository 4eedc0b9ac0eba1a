"""Speaker-independent folds within each of several corpora, the baseline of a transfer."""

from __future__ import annotations

from collections.abc import Sequence

from affuse.splits.corpora import CorpusFolds
from affuse.splits.corpus_rows import Rows, not_rare
from affuse.splits.fold import Fold
from affuse.splits.folds import leave_one_speaker_out, speaker_folds


def within_corpora(
    rows: Rows,
    speakers: Sequence[str],
    n_folds: int | None = None,
    *,
    leave_one_out: bool = False,
) -> CorpusFolds:
    """Folds that train on some speakers of a corpus and test on others of the same corpus.

    Parameters
    ----------
    rows : Rows
    speakers : (n_clips,) sequence of str
    n_folds : int, optional
        Of each corpus; 5, or as many as it has speakers.
    leave_one_out : bool
        A fold for each speaker.

    Returns
    -------
    CorpusFolds
        Numbered through all corpora, by name of the corpus; a note for each corpus of one speaker,
        which has none.

    Raises
    ------
    FoldError
        A corpus has fewer speakers than folds.
    """
    common = sorted(not_rare(rows))
    folds: list[Fold] = []
    notes: list[str] = []
    for corpus in sorted(set(rows.corpora)):
        own = [row for row in common if rows.corpora[row] == corpus]
        people = [speakers[row] for row in own]
        groups = tuple(rows.groups[row] for row in own) if rows.groups else None
        if len(set(people)) < 2:
            notes.append(
                f"All clips of {corpus} are of one speaker ({people[0]}): it has no figure of its "
                "own, and no interval where it is tested."
            )
            continue
        if leave_one_out:
            made = leave_one_speaker_out(people, groups=groups)
        else:
            made = speaker_folds(people, n_folds, groups=groups)
        for fold in made:
            train, test = (tuple(own[n] for n in side) for side in (fold.train, fold.test))
            folds.append(Fold(len(folds) + 1, train, test))
    return CorpusFolds(tuple(folds), tuple(notes))
