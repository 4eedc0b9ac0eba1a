"""CSV -> rows of text, or a frame of numbers, whichever program wrote it.

Every CSV that affuse reads is read here: UTF-8 with or without a byte order mark, UTF-16 with one;
comma, semicolon, tab or upright stroke between the cells; decimal point or comma; quotes, in the
header too; blank lines, rows and cells; columns without a name (the index of a data frame, the row
names of R, which stand under no cell of the header) are dropped. Apostrophes that `csv_cell`
put before what a spreadsheet would take for a formula are taken away again.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
import warnings
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affuse.errors import AffuseError, DatasetError
from affuse.records import Skipped
from affuse.storage.plain_text import text_of_cell

if TYPE_CHECKING:
    import pandas as pd

WRITTEN_FOR_MISSING = frozenset(
    {
        "", "nan", "NaN", "NAN", "n/a", "N/A", "#N/A", "<NA>", "null", "NULL", "none", "None",
        ".", "-", "--", "?", "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!",
    }
)  # fmt: skip
"""What programs write where there is nothing; no person's name or code, as NA or Nan may be."""

_BLANK = frozenset({text.casefold() for text in WRITTEN_FOR_MISSING} | {"na", "n.a.", "#na"})
_DELIMITERS = (",", ";", "\t", "|")
_NAMELESS = re.compile(r"unnamed: ?\d.*", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_LOOKED_AT = 1 << 22
"""Bytes: a header of thousands of columns is that long."""
_ROWS_LOOKED_AT = 100
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How files of spreadsheet programs begin."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: line number in the file, column -> text without surrounding blanks."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Text of a column; empty where the table lacks it, or has a null value."""
        text = self.cells.get(column, "")
        return "" if text in WRITTEN_FOR_MISSING else text

    def word(self, column: str) -> str:
        """Text of a column without free text, where any word for blank is empty.

        Parameters
        ----------
        column : str

        Returns
        -------
        str
        """
        text = self.cells.get(column, "")
        return "" if is_blank(text) else text


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns (lower case) and rows of a CSV; rows of another width are in `skipped`."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    """How a file is written: encoding, delimiter, lines before the header, names of the columns.

    Names are empty where the header has none: for cells of rows that stand under none of its own,
    too.
    """

    encoding: str
    delimiter: str
    n_before: int
    header: tuple[str, ...]


def is_blank(text: str) -> bool:
    """Whether a cell is empty, or holds a usual word for that.

    Parameters
    ----------
    text : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_blank("N/A"), is_blank("calm")
    (True, False)
    """
    return text.strip().casefold() in _BLANK


def number(text: str) -> float:
    """A cell's number, with a decimal point or comma; NaN where it holds none.

    Parameters
    ----------
    text : str

    Returns
    -------
    float

    Examples
    --------
    >>> number("1.5"), number("-1,5e3"), number("one")
    (1.5, -1500.0, nan)
    """
    number = text.strip()
    if _DECIMAL_COMMA.fullmatch(number):
        number = number.replace(",", ".")
    try:
        return float(number)
    except ValueError:
        return math.nan


def read_rows(
    table: Path,
    expected: str = "path,emotion,speaker",
    error: type[AffuseError] = DatasetError,
) -> Rows:
    """Rows of a CSV with a header.

    Parameters
    ----------
    table : Path
    expected : str
        Columns that messages ask for.
    error : type of AffuseError
        What is raised.

    Returns
    -------
    Rows

    Raises
    ------
    AffuseError
        No such file, neither UTF-8 nor marked UTF-16, no header, a column twice, or broken
        quoting.
    """
    return rows_of(_content(table, expected, error), table, expected, error)


def rows_of(
    content: bytes,
    table: str | Path,
    expected: str = "path,emotion,speaker",
    error: type[AffuseError] = DatasetError,
) -> Rows:
    r"""Rows of a CSV whose content has been read.

    Parameters
    ----------
    content : bytes
    table : str or Path
        What messages call it.
    expected, error
        As in `read_rows`.

    Returns
    -------
    Rows

    Raises
    ------
    AffuseError
        As `read_rows`.

    Examples
    --------
    >>> found = rows_of(b"clip,speaker\none,01\n", "clips.csv")
    >>> found.columns, found.rows[0]["speaker"]
    (('clip', 'speaker'), '01')
    """
    form = _form(content[:_LOOKED_AT], table, expected, error)
    try:
        text = content.decode(form.encoding)
        numbered = _parsed(text, form.delimiter)
    except UnicodeDecodeError as problem:
        raise _not_text(table, problem, error) from problem
    except csv.Error as problem:
        raise error(
            f"{table} is not a CSV ({problem}); expected lines of cells, quotes closed"
        ) from problem
    columns = tuple(name.lower() for name in form.header)
    _refuse_twice(table, columns, error)
    rows, skipped = [], []
    after = (item for item in numbered if item[0] > form.n_before and any(item[1]))
    next(after, None)
    n_wanted = max(place for place, name in enumerate(columns, 1) if name)
    for line, cells in after:
        if len(cells) >= n_wanted and not any(cells[len(columns) :]):
            named = zip(columns, cells, strict=False)
            rows.append(Row(line, {name: text_of_cell(cell) for name, cell in named if name}))
        else:
            reason = f"line {line} has {len(cells)} cells; expected {n_wanted} as in the header"
            skipped.append(Skipped(f"line {line}", reason))
    return Rows(tuple(name for name in columns if name), tuple(rows), tuple(skipped))


def read_frame(
    table: Path,
    expected: str,
    texts: Collection[str],
    error: type[AffuseError] = DatasetError,
) -> pd.DataFrame:
    """A CSV as a data frame, fast also for many rows.

    Parameters
    ----------
    table : Path
    expected : str
        What messages ask for.
    texts : collection of str
        Columns (lower case) that hold free text and stay as they are: a speaker called NA, a code
        such as 01. Of the others each is numeric where all its cells are numbers or blank.
    error : type of AffuseError
        What is raised.

    Returns
    -------
    DataFrame
        Column names as written; rows without any cell are left out.

    Raises
    ------
    AffuseError
        As in `read_rows`, and where a row has more cells than the header.
    """
    import pandas as pd

    form = _form(_content(table, expected, error, _LOOKED_AT), table, expected, error)
    _refuse_twice(table, form.header, error)
    words = [name for name in form.header if name.lower() in texts]
    others = [name for name in form.header if name and name not in words]
    reading = _pandas_options(form, words, others)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame: pd.DataFrame = pd.read_csv(table, **reading)
    except UnicodeDecodeError as problem:
        raise _not_text(table, problem, error) from problem
    except (ValueError, pd.errors.ParserWarning, OSError) as problem:
        reason = str(problem).strip().splitlines()[0]
        raise error(f"{table} is no CSV ({reason}); expected the columns {expected}") from problem
    columns = {name: frame[name] for name in form.header if name}
    for name in words:
        columns[name] = _texts(columns[name])
    for name in others:
        if not pd.api.types.is_numeric_dtype(columns[name]):
            columns[name] = _numbers(columns[name], form.delimiter)
    for name, column in columns.items():
        if not pd.api.types.is_numeric_dtype(column):
            columns[name] = column.map(_text)
    frame = pd.DataFrame(columns)
    return frame[~(frame.isna() | (frame == "")).all(axis=1)].reset_index(drop=True)


def _pandas_options(form: _Form, words: Sequence[str], others: Sequence[str]) -> dict[str, Any]:
    """Options of `pandas.read_csv` for a file of this form, its free texts and other columns."""
    # Nameless columns need a name until they are dropped.
    names = [name or f"\0{place}" for place, name in enumerate(form.header)]
    return {
        "sep": form.delimiter, "encoding": form.encoding, "skiprows": form.n_before + 1,
        "header": None, "names": names, "index_col": False, "skipinitialspace": True,
        "keep_default_na": False,
        "na_values": {name: sorted(WRITTEN_FOR_MISSING) for name in others},
        "dtype": dict.fromkeys(words, str), "low_memory": False,
    }  # fmt: skip


def _text(cell: object) -> object:
    return text_of_cell(cell) if isinstance(cell, str) else cell


def _texts(column: pd.Series[Any]) -> pd.Series[Any]:
    stripped = column.fillna("").str.strip()
    return stripped.where(~stripped.isin(WRITTEN_FOR_MISSING), "")


def _numbers(column: pd.Series[Any], delimiter: str) -> pd.Series[Any]:
    """Numbers of a column of text; the column itself where a cell is not numeric."""
    # Truth values beside blank cells are no text, and no numbers either.
    cells = [str(int(cell)) if isinstance(cell, bool) else cell for cell in column]
    texts = [cell.strip() if isinstance(cell, str) else "" for cell in cells]
    filled = [text for text in texts if not is_blank(text)]
    # "1,234" in quotes may be a thousand; where commas part no cells, it is not.
    if delimiter == "," and filled and all(map(_THOUSANDS.fullmatch, filled)):
        return column
    values = {text: number(text) for text in set(filled)}
    if any(map(math.isnan, values.values())):
        return column
    return column.__class__([values.get(text, math.nan) for text in texts], column.index, float)


def _content(table: Path, expected: str, error: type[AffuseError], most_bytes: int = -1) -> bytes:
    """A number of bytes of a file, all of them for -1."""
    if not table.is_file():
        kind = "is a folder" if table.is_dir() else "does not exist"
        raise error(f"{table} {kind}; expected a CSV with the columns {expected}")
    try:
        with table.open("rb") as file:
            return file.read(most_bytes)
    except OSError as problem:
        raise error(
            f"{table} cannot be read ({problem.strerror}); expected a readable CSV"
        ) from problem


def _form(start: bytes, table: str | Path, expected: str, error: type[AffuseError]) -> _Form:
    """How a file is written, from its first bytes."""
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if wide else "utf-8-sig"
    try:
        # The last character may be cut where more was not looked at, and only there.
        whole = len(start) < _LOOKED_AT
        text = codecs.getincrementaldecoder(encoding)().decode(start, final=whole)
    except UnicodeDecodeError as problem:
        raise _not_text(table, problem, error) from problem
    if "\0" in text:
        raise error(f"{table} holds NUL characters; expected a CSV in UTF-8: save it again so")
    hint = re.match(r"sep=([,;|\t])\r?\n", text)
    candidates = (hint[1],) if hint else _DELIMITERS
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", text)
    for n_before in range(bool(hint), len(lines)):
        headers = {delimiter: _header(lines, n_before, delimiter) for delimiter in candidates}
        delimiter = max(candidates, key=lambda candidate: len(headers[candidate]))
        if any(map(str.strip, headers[delimiter])):
            rows = _first_rows(lines, n_before, delimiter, 1 + _ROWS_LOOKED_AT)[1:]
            return _Form(encoding, delimiter, n_before, _names(headers[delimiter], rows))
    raise error(f"{table} is empty; expected a header such as {expected}")


def _header(lines: Sequence[str], n_before: int, delimiter: str) -> list[str]:
    """Cells of a header, none where it cannot be split so."""
    line = lines[n_before]
    if '"' in line:
        found = _first_rows(lines, n_before, delimiter, 1)
        if found:
            return found[0]
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []


def _first_rows(
    lines: Sequence[str], n_before: int, delimiter: str, number: int
) -> list[list[str]]:
    """Cells of the first rows, fewer where they cannot be split so or end within quotes."""
    after = (lines[place] for place in range(n_before, len(lines)))
    reader = csv.reader(after, delimiter=delimiter, strict=True, skipinitialspace=True)
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(islice(reader, number))
    return rows


def _names(header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Names of the columns, none for cells that stand under no cell of the header."""
    names = tuple(
        "" if _NAMELESS.fullmatch(name) else text_of_cell(name)
        for name in (" ".join(cell.split()) for cell in header)
    )
    beyond = [row[len(names) :] for row in rows if any(map(str.strip, row))]
    # One row alone may have a cell too many.
    if len(beyond) > 1 and all(len(cells) == 1 and cells[0].strip() for cells in beyond):
        return ("", *names)
    if not any(cell.strip() for cells in beyond for cell in cells):
        return names + ("",) * max(map(len, beyond), default=0)
    return names


def _parsed(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Line number and cells of each row."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    return [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]


def _not_text(
    table: str | Path, problem: UnicodeDecodeError, error: type[AffuseError]
) -> AffuseError:
    if problem.object.startswith(_WORKBOOKS):
        return error(
            f"{table} is a workbook or an archive; expected a CSV: save the sheet as CSV (UTF-8)"
        )
    return error(
        f"{table} is not UTF-8 text (byte {problem.start}: {problem.object[problem.start]:#04x}); "
        "expected a CSV in UTF-8: save it again with that encoding"
    )


def _refuse_twice(table: str | Path, columns: Sequence[str], error: type[AffuseError]) -> None:
    twice = sorted(name for name, n in Counter(columns).items() if name and n > 1)
    if twice:
        raise error(
            f"{table} has the column {', '.join(twice)} twice; "
            "expected each name once in the header"
        )
