"""Text of a CSV -> rows with line numbers, whatever program wrote it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from affuse.errors import DatasetError
from affuse.records import Skipped

_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: line number in the file, column -> text without blanks around it."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Text of a column, empty where the table does not have it."""
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns (lower case) and rows of a CSV; rows of another width are in `skipped`."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    skipped: tuple[Skipped, ...]


def read_rows(table: Path, expected: str = "path,emotion,speaker") -> Rows:
    """Rows of a CSV with a header.

    Parameters
    ----------
    table : Path
    expected : str
        Columns that messages ask for.

    Raises
    ------
    DatasetError
        No such file, not UTF-8, no header, a column twice, or broken quoting.
    """
    text = _text(table, expected)
    header = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        numbered = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise DatasetError(
            f"{table} is not a CSV ({error}); expected lines of cells, quotes closed"
        ) from error
    filled = [(line, cells) for line, cells in numbered if any(cells)]
    if not filled:
        raise DatasetError(f"{table} is empty; expected a header such as {expected}")
    columns = _columns(table, filled[0][1])
    rows, skipped = [], []
    for line, cells in filled[1:]:
        if len(cells) == len(columns):
            named = zip(columns, cells, strict=True)
            rows.append(Row(line, {name: cell for name, cell in named if name}))
        else:
            reason = f"line {line} has {len(cells)} cells; expected {len(columns)} as in the header"
            skipped.append(Skipped(f"line {line}", reason))
    return Rows(tuple(name for name in columns if name), tuple(rows), tuple(skipped))


def _text(table: Path, expected: str) -> str:
    if not table.is_file():
        kind = "is a folder" if table.is_dir() else "does not exist"
        raise DatasetError(f"{table} {kind}; expected a CSV with the columns {expected}")
    try:
        return table.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{table} is not UTF-8 text (byte {error.start}: {error.object[error.start]:#04x}); "
            "expected a CSV in UTF-8: save it again with that encoding"
        ) from error
    except OSError as error:
        raise DatasetError(
            f"{table} cannot be read ({error.strerror}); expected a readable CSV"
        ) from error


def _columns(table: Path, header: Sequence[str]) -> tuple[str, ...]:
    columns = tuple(name.lower() for name in header)
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise DatasetError(
            f"{table} has the column {', '.join(twice)} twice; "
            "expected each name once in the header"
        )
    return columns
