"""Tables of an audformat database -> rows: file, stretch, emotions by rater, speaker, the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from affuse.corpora.attributes import standard_attributes

_EMOTION = re.compile(r"emotions?", re.IGNORECASE)
_SPEAKER = re.compile(r"speakers?", re.IGNORECASE)
_NUMBERS = ("int", "float")


@dataclass(frozen=True, slots=True)
class DatabaseRow:
    """One row of one table.

    Attributes
    ----------
    table, file : str
    start_s, end_s : float or None
        None of a row about a whole file, or to its end.
    emotions : tuple of str
        One for each rater who named one.
    speaker : str
        Empty where the table does not say it.
    attributes : mapping of str to str
        Words and labels of other columns; the split of the table.
    targets : mapping of str to float
        Numbers.
    """

    table: str
    file: str
    start_s: float | None
    end_s: float | None
    emotions: tuple[str, ...]
    speaker: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns of a table by what they hold."""

    emotions: tuple[str, ...]
    speaker: str
    numbers: tuple[str, ...]
    words: tuple[str, ...]


def rows_of(database: Any) -> Iterator[DatabaseRow]:
    """Rows of all tables about files, in their order.

    Parameters
    ----------
    database : audformat.Database

    Yields
    ------
    DatabaseRow
    """
    for name in database.tables:
        table = database[name]
        columns = _columns(database, table)
        people = _people(database, table, columns.speaker)
        always = {"split": table.split_id} if table.split_id else {}
        frame = table.df.reset_index()
        for cells in frame.to_dict("records"):
            yield _row(database, table, name, columns, cells, people, always)


def has_emotions(database: Any) -> bool:
    """Whether some table about files has a column of emotions.

    Parameters
    ----------
    database : audformat.Database

    Returns
    -------
    bool
    """
    return any(_columns(database, database[name]).emotions for name in database.tables)


def _columns(database: Any, table: Any) -> _Columns:
    emotions, speakers, numbers, words = [], [], [], []
    for name, column in table.columns.items():
        scheme = column.scheme_id or ""
        if _EMOTION.fullmatch(scheme) or _EMOTION.fullmatch(name):
            emotions.append(name)
        elif _SPEAKER.fullmatch(scheme) or _SPEAKER.fullmatch(name):
            speakers.append(name)
        elif _is_number(database, scheme):
            numbers.append(name)
        else:
            words.append(name)
    return _Columns(tuple(emotions), next(iter(speakers), ""), tuple(numbers), tuple(words))


def _is_number(database: Any, scheme: str) -> bool:
    return (
        bool(scheme)
        and database.schemes[scheme].dtype in _NUMBERS
        and database.schemes[scheme].labels is None
    )


def _people(database: Any, table: Any, column: str) -> Mapping[str, Mapping[str, str]]:
    """Speaker -> what the speaker scheme says of them."""
    scheme = table.columns[column].scheme_id if column else None
    labels = database.schemes[scheme].labels if scheme else None
    if isinstance(labels, str):
        labels = database[labels].df.to_dict("index")
    if not isinstance(labels, dict):
        return {}
    people = ((str(name), about) for name, about in labels.items() if isinstance(about, dict))
    return {name: standard_attributes(_words(about)) for name, about in people}


def _words(about: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in about.items() if _is_there(value)}


def _row(
    database: Any,
    table: Any,
    name: str,
    columns: _Columns,
    cells: Mapping[str, Any],
    people: Mapping[str, Mapping[str, str]],
    always: Mapping[str, str],
) -> DatabaseRow:
    there = {column: value for column, value in cells.items() if _is_there(value)}
    speaker = str(there[columns.speaker]) if columns.speaker in there else ""
    words = {each: str(there[each]) for each in columns.words if each in there}
    return DatabaseRow(
        table=name,
        file=str(cells["file"]),
        start_s=_seconds(there.get("start")),
        end_s=_seconds(there.get("end")),
        emotions=tuple(
            _meaning(database, table, each, there[each])
            for each in columns.emotions
            if each in there
        ),
        speaker=speaker,
        attributes=standard_attributes({**words, **people.get(speaker, {}), **always}),
        targets={each: float(there[each]) for each in columns.numbers if each in there},
    )


def _is_there(value: Any) -> bool:
    import pandas as pd

    return bool(pd.notna(value))


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value.total_seconds())


def _meaning(database: Any, table: Any, column: str, value: Any) -> str:
    """A label in words, where the scheme has numbers or codes for them."""
    scheme = table.columns[column].scheme_id
    labels = database.schemes[scheme].labels if scheme else None
    meaning = labels.get(value) if isinstance(labels, dict) else None
    return meaning if isinstance(meaning, str) else str(value)
