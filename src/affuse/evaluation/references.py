"""Scores of chance, people and published systems, to compare a result with."""

from __future__ import annotations

from affuse.corpora.index import Index
from affuse.corpora.known import corpus_reader
from affuse.corpora.reference import Reference
from affuse.errors import DatasetError


def chance(n_classes: int) -> Reference:
    """UAR of a uniform guess.

    Parameters
    ----------
    n_classes : int
        2 or more.

    Returns
    -------
    Reference
        Its value is ``1 / n_classes``.

    Raises
    ------
    DatasetError
        Fewer than two classes.

    Examples
    --------
    >>> chance(8).value
    0.125
    """
    if n_classes < 2:
        raise DatasetError(
            f"chance was asked for with {n_classes} emotions; expected at least two: add clips, or "
            "widen data.emotions"
        )
    return Reference("chance", "chance", "", "UAR", 1 / n_classes, "any")


def reference_lines(
    index: Index, *, n_classes: int = 0, drawn: bool = False
) -> tuple[Reference, ...]:
    """Reference lines for a run on these clips: chance, and known scores of others.

    Others' figures are given where all clips are of one corpus whose reader knows some for just
    these emotions and channels (clips recognised by their names, whatever table lists them); a task
    of other emotions or channels is another task. So are drawn people, who bear the names of
    RAVDESS.

    Parameters
    ----------
    index : Index
    n_classes : int
        Emotions that are answers, where they are more than clips show; 0: those.
    drawn : bool
        Whether its people are drawn.

    Returns
    -------
    tuple of Reference
        Chance first.

    Raises
    ------
    DatasetError
        Clips of fewer than two emotions.

    Examples
    --------
    >>> from affuse.records import Clip
    >>> mine = Index((Clip("a", "calm", "1"), Clip("b", "sad", "2")))
    >>> [(line.name, line.value) for line in reference_lines(mine)]
    [('chance', 0.5)]
    """
    return (
        chance(n_classes or len(index.classes)),
        *(() if drawn else _of_people_and_others(index)),
    )


def _of_people_and_others(index: Index) -> tuple[Reference, ...]:
    """Known scores on exactly these clips."""
    readers = {id(reader): reader for reader in map(corpus_reader, index)}
    reader = next(iter(readers.values())) if len(readers) == 1 else None
    return () if reader is None or reader.references is None else reader.references(index)
