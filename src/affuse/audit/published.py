"""What published folds would leak: speakers on both sides."""

from __future__ import annotations

from affuse.audit.findings import Finding
from affuse.corpora.index import Index
from affuse.splits.published_division import published_division
from affuse.storage.plain_text import first_few

_SHOWN = 6


def published_folds_finding(name: str, index: Index) -> Finding:
    """Speakers on both sides of published folds, and what of the folds does not fit the clips.

    Parameters
    ----------
    name : str
        Of a published fold set.
    index : Index

    Returns
    -------
    Finding

    Raises
    ------
    FoldError
        The set does not fit the clips at all.
    """
    found = published_division(name, index.clips)
    facts = {"published": name, "on_both_sides": list(found.on_both_sides)}
    if not found.overlap:
        statement = f"{name}: {len(found.folds)} folds, no speaker on both sides"
        return Finding("published folds", "OK", statement, found.notes, facts=facts)
    who = first_few(found.on_both_sides, _SHOWN)
    return Finding(
        "published folds",
        "LEAK",
        f"{name}: {found.overlap} of its folds ({who}); `affuse run` marks its rows leaky and "
        "gives folds of affuse beside them",
        found.notes,
        facts=facts,
    )
