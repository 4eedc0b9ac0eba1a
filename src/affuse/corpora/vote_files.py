"""A person's own votes: a CSV with a row per clip and a column per emotion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from affuse.corpora.clip_keys import CLIP_COLUMNS, row_key
from affuse.corpora.emotions import COMMON_EMOTIONS, emotion_name
from affuse.corpora.votes import Counts, Votes
from affuse.errors import DatasetError
from affuse.storage.csv_rows import Row, number, read_rows
from affuse.storage.plain_text import first_few

COLUMNS = "clip,neutral,happy,... with how many people told each emotion"
"""What messages ask for."""


def read_votes(csv_path: str | Path, emotions: Sequence[str] = ()) -> Votes:
    r"""Votes from a CSV with a row per clip and a column per emotion.

    Parameters
    ----------
    csv_path : str or Path
        The clip stands in a column ``clip``, ``path``, ``file`` or ``filename``; emotions under
        any of their usual names; columns of other names are passed over.
    emotions : sequence of str
        Of the clips, beside the common ones: columns of these names count too.

    Returns
    -------
    Votes

    Raises
    ------
    DatasetError
        No such file or no CSV; no column of clips or of emotions; an emotion in two columns; a
        clip in two rows; a cell that is no whole number from 0 on (blank is 0).

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "votes.csv"
    >>> _ = path.write_text("clip,happiness,sad,age\na.wav,7,3,31\n")
    >>> found = read_votes(path)
    >>> found.rows, found.passed_over
    ({'a': {'happy': 7, 'sad': 3}}, ('age',))
    """
    table = read_rows(Path(csv_path), COLUMNS)
    if table.skipped:
        raise DatasetError(f"{csv_path}: {table.skipped[0].reason}: mend the line")
    clip = next((column for column in CLIP_COLUMNS if column in table.columns), None)
    if clip is None:
        raise DatasetError(
            f"{csv_path} has no column of clips (its columns: {', '.join(table.columns)}); "
            f"expected {COLUMNS}"
        )
    columns = _emotion_columns(csv_path, [c for c in table.columns if c != clip], emotions)
    rows: dict[str, Counts] = {}
    line_of: dict[str, int] = {}
    for row in table.rows:
        key = row_key(row[clip])
        if not key:
            raise DatasetError(f"{csv_path}, line {row.line}: no clip given; expected its name")
        if line_of.setdefault(key, row.line) != row.line:
            raise DatasetError(
                f"{csv_path} names the clip {row[clip]!r} twice (lines {line_of[key]} and "
                f"{row.line}); expected one row for each clip: remove the other"
            )
        rows[key] = {name: _count(csv_path, row, c) for name, c in columns.items()}
    others = tuple(c for c in table.columns if c != clip and c not in columns.values())
    return Votes(str(csv_path), rows, others)


def _emotion_columns(
    path: str | Path, columns: Sequence[str], emotions: Sequence[str]
) -> dict[str, str]:
    """Emotion -> the column of its counts."""
    known = {*COMMON_EMOTIONS, *emotions}
    found: dict[str, str] = {}
    for column in columns:
        name = emotion_name(column)
        if name in found:
            raise DatasetError(
                f"{path} counts {name} in two columns ({found[name]}, {column}); expected one: "
                "add them up, or rename one"
            )
        if name in known:
            found[name] = column
    if not found:
        raise DatasetError(
            f"{path} has no column of an emotion (its columns: {first_few(columns)}); expected "
            f"{COLUMNS}"
        )
    return found


def _count(path: str | Path, row: Row, column: str) -> int:
    text = row.word(column)
    value = number(text) if text else 0.0
    if not (value >= 0 and value.is_integer()):
        raise DatasetError(
            f"{path}, line {row.line}: {column} is {text!r}; expected how many people told it, a "
            "whole number from 0 on"
        )
    return int(value)
