"""Numeric columns of a table of clips, which a dimensional task may learn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from affuse.storage.csv_rows import Row, is_blank, number


def numeric_columns(rows: Iterable[Row], besides: Collection[str] = ()) -> tuple[str, ...]:
    """Columns most of whose cells are numbers; blank cells do not count.

    Parameters
    ----------
    rows : iterable of Row
    besides : collection of str
        Columns that mean something else.

    Returns
    -------
    tuple of str
        In the order of the table.
    """
    numbers: Counter[str] = Counter()
    texts: Counter[str] = Counter()
    columns: dict[str, None] = {}
    for row in rows:
        for column in row.cells:
            columns[column] = None
            if not is_blank(row[column]):
                (texts if math.isnan(number(row[column])) else numbers)[column] += 1
    return tuple(name for name in columns if name not in besides and numbers[name] > texts[name])


def numbers_of(row: Row, columns: Iterable[str]) -> Mapping[str, float]:
    """Column -> number of a row; cells without a number are left out.

    Parameters
    ----------
    row : Row
    columns : iterable of str

    Returns
    -------
    mapping of str to float
    """
    found = {column: number(row[column]) for column in columns if not is_blank(row[column])}
    return {column: value for column, value in found.items() if not math.isnan(value)}


def first_texts(rows: Iterable[Row], besides: Collection[str] = ()) -> Mapping[str, Row]:
    """Column -> the first row whose cell there is text, for a message about missing numbers.

    Parameters
    ----------
    rows : iterable of Row
    besides : collection of str
        Columns that mean something else.

    Returns
    -------
    mapping of str to Row
        Those first that hold the most numbers beside; columns without text are left out.
    """
    numbers: Counter[str] = Counter()
    found: dict[str, Row] = {}
    for row in rows:
        for column in row.cells:
            if column in besides or is_blank(row[column]):
                continue
            if math.isnan(number(row[column])):
                found.setdefault(column, row)
            else:
                numbers[column] += 1
    return dict(sorted(found.items(), key=lambda item: -numbers[item[0]]))
