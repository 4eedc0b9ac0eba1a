"""Who is who in a corpus: one person under several spellings, and names that look alike."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from affuse.audit.findings import Finding
from affuse.corpora.index import Index
from affuse.corpora.speakers import speaker_key, two_sexes
from affuse.storage.plain_text import counted

_SHOWN = 20


def speakers_finding(index: Index) -> Finding:
    """People who were joined because their spellings differ, pairs that may be one, two sexes.

    Two spellings of one person in different folds would be a leak: those of one `speaker_key` are
    joined by the index, and named here. What differs in accents alone, or in whether a mark or a
    blank is there at all, is kept apart, and named as well.

    Parameters
    ----------
    index : Index

    Returns
    -------
    Finding
    """
    joined, several = index.spellings, two_sexes(index)
    alike = look_alike(index.speakers)
    facts: dict[str, object] = {
        "joined": [list(group) for group in joined],
        "alike": [list(g) for g in alike],
    }
    facts |= {"of_two_sexes": list(several)}
    details = [f"{' = '.join(group)}: one person" for group in joined]
    details += [f"{', '.join(group)}: kept apart; one person?" for group in alike]
    details += [
        f"{name}: {', '.join(f'{sex} in {n}' for sex, n in sexes.most_common())} clips; one person?"
        for name, sexes in several.items()
    ]
    shown = [*details[:_SHOWN], *_rest(details)]
    who = counted(len(index.speakers), "speaker")
    if joined:
        statement = f"{who}; written in several ways, each counting as one: {len(joined)}"
        return Finding("speakers", "NOTE", statement, tuple(shown), facts=facts)
    if alike:
        statement = f"{who}, some of whose names look alike: mend the table if they are one person"
        return Finding("speakers", "NOTE", statement, tuple(shown), facts=facts)
    if several:
        statement = f"{who}, of whom {len(several)} female in some clips and male in others"
        return Finding("speakers", "NOTE", statement, tuple(shown), facts=facts)
    return Finding("speakers", "OK", f"{who}, each written in one way", facts=facts)


def look_alike(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Names that differ only in accents, punctuation or spaces.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    tuple of tuple of str
        Groups of two names at least.

    Examples
    --------
    >>> look_alike(["zoe", "Zoë", "o'neil", "oneil", "ann"])
    (('zoe', 'Zoë'), ("o'neil", 'oneil'))
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        decomposed = unicodedata.normalize("NFKD", name)
        letters = "".join(c for c in decomposed if not unicodedata.combining(c))
        groups[re.sub(r"[\W_]+", "", speaker_key(letters))].append(name)
    return tuple(tuple(group) for key, group in groups.items() if key and len(group) > 1)


def _rest(details: list[str]) -> list[str]:
    n_more = len(details) - _SHOWN
    return [f"... and {n_more} more: --out FILE.json has them all"] if n_more > 0 else []
