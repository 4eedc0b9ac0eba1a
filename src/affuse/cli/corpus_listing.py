"""`affuse corpora`: a row for each corpus, or all that is known of one."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from affuse.cli.listing import beside
from affuse.cli.saying import say
from affuse.cli.tables import widths_of
from affuse.registries import READERS

if TYPE_CHECKING:
    from affuse.corpora.reader import Reader

_WIDTH, _NAMES = 100, 13
_HEADINGS = ("name", "corpus", "language", "clips", "speakers", "holds")
_NUMBERS = ("clips", "speakers")
_CITATION = re.compile(r"(?P<authors>.+?) (?P<year>\d{4}): (?P<title>.+?)\. (?P<where>.+)")


def print_corpora(name: str) -> None:
    """Print every corpus in a row, with emotions and licence below; or all about one.

    Parameters
    ----------
    name : str
        Of a reader, or title of a corpus; empty: all.
    """
    if name:
        from affuse.corpora.known import reader_name

        name = reader_name(name)
        say(_about(name, READERS.get(name)))
        return
    found = READERS.load_all()
    rows = {entry: _row(entry, reader) for entry, reader in found.entries.items()}
    widths = widths_of([_HEADINGS, *rows.values()])
    indent = " " * (widths[0] + 2)
    say(_aligned(_HEADINGS, widths))
    say(f"{indent}emotions; licence")
    for entry, row in rows.items():
        reader = found.entries[entry]
        say(_aligned(row, widths))
        more = f"{', '.join(reader.emotions) or 'any emotions'}; {reader.licence}"
        say(textwrap.fill(more, _WIDTH, initial_indent=indent, subsequent_indent=indent))
    for reason in found.failed.values():
        say(textwrap.fill(f"not loaded: {reason}", _WIDTH))
    say(
        "\nFile names tell which corpus a folder holds; --corpus NAME says it in their place.\n"
        "affuse corpora NAME says how to get one, whom to cite and what its folder looks like."
    )


def _row(name: str, reader: Reader) -> tuple[str, ...]:
    size = reader.size
    return (
        name,
        reader.title,
        " ".join(reader.languages) or "-",
        f"{size.clips:,}" if size.clips else "-",
        f"{size.speakers:,}" if size.speakers else "-",
        "+".join(reader.modalities),
    )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """A row in columns, numbers to the right."""
    cells = [
        cell.rjust(width) if heading in _NUMBERS else cell.ljust(width)
        for heading, cell, width in zip(_HEADINGS, row, widths, strict=True)
    ]
    return "  ".join(cells).rstrip()


def _about(name: str, reader: Reader) -> str:
    """All that is known of a corpus."""
    emotions = [f"{own} = {common}" for own, common in reader.emotion_map.items()]
    facts = {
        "title": reader.title,
        "language": ", ".join(reader.languages),
        "size": _size(reader),
        "holds": "+".join(reader.modalities),
        "emotions": ", ".join(reader.emotions) or "any",
        "labels": ", ".join(emotions),
        "attributes": "; ".join(f"{each}: {values}" for each, values in reader.attributes.items()),
        "looks like": f"{reader.example}: {reader.layout}",
        "source": reader.source,
        "get it": reader.get,
        "licence": reader.licence,
        "allows": reader.terms,
        "cite": reader.citation,
    }
    lines = [beside(fact, shown, _NAMES) for fact, shown in facts.items() if shown]
    lines += _bibtex(reader.citation)
    return "\n".join([*lines, f"\nNext: affuse run FOLDER --corpus {name}"])


def _size(reader: Reader) -> str:
    """Clips, speakers and hours, as far as they are known, and who the speakers are."""
    size = reader.size
    sexes = Counter(known.get("sex", "") for known in reader.speakers.values())
    n_sexes = [f"{sexes[sex]} {sex}" for sex in ("female", "male") if sexes[sex]]
    whole = sexes.total() == size.speakers and not sexes[""]
    parts = (
        f"{size.clips:,} clips" if size.clips else "",
        f"{size.speakers:,} speakers" if size.speakers else "",
        f"({', '.join(n_sexes)})" if whole and n_sexes else "",
        f"{size.hours:g} hours" if size.hours else "",
    )
    return ", ".join(part for part in parts if part).replace(", (", " (")


def _bibtex(citation: str) -> Iterator[str]:
    """The citation as an entry of BibTeX, where it is written as all are."""
    found = _CITATION.fullmatch(citation)
    if found is None:
        return
    authors = re.split(r", | & ", found["authors"])
    first = re.sub(r"\W", "", authors[0].split()[-1]).casefold()
    yield f"\n@misc{{{first}{found['year']},"
    yield f"  author = {{{' and '.join(authors)}}},"
    yield f"  title = {{{{{found['title']}}}}},"
    yield f"  year = {{{found['year']}}},"
    yield f"  howpublished = {{{found['where']}}},"
    yield "}"
