"""The page that lists the corpora says what their readers say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from affuse.corpora.reader import Reader
from affuse.registries import READERS

PAGE = Path(__file__).parents[2] / "docs" / "corpus-list.md"
FORMS = ("annotations", "audformat", "table")


def table() -> Iterator[str]:
    """The lines that the page must hold: one for each corpus that comes with affuse."""
    yield "| corpus | language | clips | speakers | holds | emotions | licence |"
    yield "|---|---|---|---|---|---|---|"
    own = {name: READERS.get(name) for name in READERS.names() if name not in READERS.added()}
    corpora = ((name, reader) for name, reader in own.items() if name not in FORMS)
    yield from (line(*each) for each in sorted(corpora, key=lambda each: each[1].title.casefold()))


def line(name: str, reader: Reader) -> str:
    cells = (
        f"[{reader.title}]({reader.source.split(' ')[0]}) `{name}`",
        " ".join(reader.languages),
        f"{reader.size.clips:,}" if reader.size.clips else "",
        f"{reader.size.speakers:,}" if reader.size.speakers else "",
        "+".join(reader.modalities),
        ", ".join(reader.emotions),
        reader.licence,
    )
    return f"| {' | '.join(cells)} |"


def test_the_page_lists_every_corpus_as_its_reader_has_it() -> None:
    written = PAGE.read_text("utf-8").splitlines()
    listed = [each for each in written if each.startswith("|") and each.count("|") == 8]
    assert listed == list(table())


def test_the_page_speaks_of_other_forms_of_data() -> None:
    text = PAGE.read_text("utf-8")
    assert all(f"`{form}`" in text for form in FORMS)
