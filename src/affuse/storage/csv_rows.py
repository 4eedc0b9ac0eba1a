"""CSV -> rows of text, or a frame of numbers, whatever program wrote it.

Every CSV that affuse reads is read here: UTF-8 with or without a byte order mark, UTF-16 with one;
comma, semicolon or tab between the cells; decimal point or comma; quotes; blank lines, rows and
cells; columns without a name (the index of a data frame) are dropped.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affuse.errors import AffuseError, DatasetError
from affuse.records import Skipped

if TYPE_CHECKING:
    import pandas as pd

WRITTEN_FOR_MISSING = frozenset(
    {"", "nan", "NaN", "NAN", "n/a", "N/A", "#N/A", "<NA>", "null", "NULL", "none", "None"}
)
"""What programs write where there is nothing; no person's name or code, as NA or Nan may be."""

_BLANK = frozenset({text.casefold() for text in WRITTEN_FOR_MISSING} | {"na", "n.a.", "#na"})
_DELIMITERS = (",", ";", "\t")
_NAMELESS = re.compile(r"unnamed: ?\d.*", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_LOOKED_AT = 1 << 22
"""Bytes: a header of thousands of columns is that long."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: line number in the file, column -> text without blanks around it."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Text of a column; empty where the table lacks it, or a program found nothing."""
        text = self.cells.get(column, "")
        return "" if text in WRITTEN_FOR_MISSING else text

    def word(self, column: str) -> str:
        """The same of a column that holds no free text: any word for blank is empty."""
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
    """How a file is written: encoding, delimiter, lines before the header, cells of the header."""

    encoding: str
    delimiter: str
    n_before: int
    header: tuple[str, ...]


def is_blank(text: str) -> bool:
    """Whether a cell says nothing: empty, or a usual word for that.

    >>> is_blank("N/A"), is_blank("calm")
    (True, False)
    """
    return text.strip().casefold() in _BLANK


def number(text: str) -> float:
    """A cell's number, with a decimal point or comma; NaN where it holds none.

    >>> number("1.5"), number("-1,5e3"), number("one")
    (1.5, -1500.0, nan)
    """
    plain = text.strip()
    if _DECIMAL_COMMA.fullmatch(plain):
        plain = plain.replace(",", ".")
    try:
        return float(plain)
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

    Raises
    ------
    AffuseError
        No such file, neither UTF-8 nor marked UTF-16, no header, a column twice, or broken
        quoting.
    """
    form = _form(table, expected, error)
    try:
        text = table.read_bytes().decode(form.encoding)
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
    next(after)
    for line, cells in after:
        if len(cells) >= len(columns) and not any(cells[len(columns) :]):
            named = zip(columns, cells, strict=False)
            rows.append(Row(line, {name: cell for name, cell in named if name}))
        else:
            reason = f"line {line} has {len(cells)} cells; expected {len(columns)} as in the header"
            skipped.append(Skipped(f"line {line}", reason))
    return Rows(tuple(name for name in columns if name), tuple(rows), tuple(skipped))


def read_frame(
    table: Path,
    expected: str,
    texts: Collection[str],
    error: type[AffuseError] = DatasetError,
) -> pd.DataFrame:
    """A CSV as a data frame, quick with many rows.

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

    form = _form(table, expected, error)
    _refuse_twice(table, form.header, error)
    # Nameless columns need a name until they are dropped.
    names = [name or f"\0{place}" for place, name in enumerate(form.header)]
    words = [name for name in names if name.lower() in texts]
    others = [name for name in form.header if name and name not in words]
    reading: dict[str, Any] = {
        "sep": form.delimiter, "encoding": form.encoding, "skiprows": form.n_before, "header": 0,
        "names": names, "index_col": False, "skipinitialspace": True, "keep_default_na": False,
        "na_values": {name: sorted(WRITTEN_FOR_MISSING) for name in others},
        "dtype": dict.fromkeys(words, str), "low_memory": False,
    }  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame: pd.DataFrame = pd.read_csv(table, **reading)
    except UnicodeDecodeError as problem:
        raise _not_text(table, problem, error) from problem
    except (ValueError, pd.errors.ParserWarning, OSError) as problem:
        reason = str(problem).strip().splitlines()[0]
        raise error(f"{table} is no CSV ({reason}); expected the columns {expected}") from problem
    frame = frame[[name for name in form.header if name]]
    for name in words:
        stripped = frame[name].fillna("").str.strip()
        frame[name] = stripped.where(~stripped.isin(WRITTEN_FOR_MISSING), "")
    for name in others:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = _numbers(frame[name], form.delimiter)
    return frame[~(frame.isna() | (frame == "")).all(axis=1)].reset_index(drop=True)


def _numbers(column: pd.Series[Any], delimiter: str) -> pd.Series[Any]:
    """Numbers of a column of text; the column itself where a cell holds none."""
    texts = column.dropna().astype(str).str.strip()
    filled = texts[~texts.map(is_blank)]
    # "1,234" in quotes may be a thousand; where commas part no cells, it is not.
    if delimiter == "," and len(filled) and filled.map(_THOUSANDS.fullmatch).notna().all():
        return column
    found = filled.map(number)
    unread = found.isna() & (filled.str.casefold() != "nan")
    return column if unread.any() else found.reindex(column.index).astype(float)


def _form(table: Path, expected: str, error: type[AffuseError]) -> _Form:
    if not table.is_file():
        kind = "is a folder" if table.is_dir() else "does not exist"
        raise error(f"{table} {kind}; expected a CSV with the columns {expected}")
    try:
        with table.open("rb") as file:
            start = file.read(_LOOKED_AT)
    except OSError as problem:
        raise error(
            f"{table} cannot be read ({problem.strerror}); expected a readable CSV"
        ) from problem
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if wide else "utf-8-sig"
    try:
        # The last character that was looked at may be cut.
        text = codecs.getincrementaldecoder(encoding)().decode(start)
    except UnicodeDecodeError as problem:
        raise _not_text(table, problem, error) from problem
    if "\0" in text:
        raise error(f"{table} holds NUL characters; expected a CSV in UTF-8: save it again so")
    hint = re.match(r"sep=([,;\t])\r?\n", text)
    lines = text.splitlines()
    for n_before, line in enumerate(lines):
        cells = {mark: _cells(line, mark) for mark in _DELIMITERS}
        found = hint[1] if hint else max(_DELIMITERS, key=lambda mark: len(cells[mark]))
        if n_before >= bool(hint) and any(map(str.strip, cells[found])):
            names = tuple(
                "" if _NAMELESS.fullmatch(cell) else cell for cell in map(str.strip, cells[found])
            )
            return _Form(encoding, found, n_before, names)
    raise error(f"{table} is empty; expected a header such as {expected}")


def _cells(header: str, delimiter: str) -> list[str]:
    """Cells of a header, none where it cannot be parted so."""
    try:
        return next(csv.reader([header], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []


def _parsed(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Line number and cells of each row."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    return [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]


def _not_text(table: Path, problem: UnicodeDecodeError, error: type[AffuseError]) -> AffuseError:
    return error(
        f"{table} is not UTF-8 text (byte {problem.start}: {problem.object[problem.start]:#04x}); "
        "expected a CSV in UTF-8: save it again with that encoding"
    )


def _refuse_twice(table: Path, columns: Sequence[str], error: type[AffuseError]) -> None:
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise error(
            f"{table} has the column {', '.join(twice)} twice; "
            "expected each name once in the header"
        )
