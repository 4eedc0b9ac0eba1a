"""A person's own folds: a CSV that gives the fold in which each clip or speaker is tested."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affuse.corpora.clip_keys import CLIP_COLUMNS, row_key, rows_of_clips
from affuse.corpora.speakers import speaker_key, speaker_order
from affuse.errors import DatasetError, FoldError
from affuse.records import Clip
from affuse.splits.fold import Fold, check_folds, divided
from affuse.storage.csv_rows import Row, read_rows
from affuse.storage.plain_text import first_few

Unit = Literal["clip", "speaker"]

_EXPECTED = "clip,fold or speaker,fold"


@dataclass(frozen=True, slots=True)
class FoldFile:
    """Content of a fold file.

    Attributes
    ----------
    path : Path
    unit : {"clip", "speaker"}
        What its rows name.
    folds_of : mapping of str to tuple of str
        Key of a row or of a speaker -> names of the folds that test it. One in a sound
        file; what has several is on both sides of each.
    """

    path: Path
    unit: Unit
    folds_of: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the folds, numbers by value."""
        return _ordered({name for names in self.folds_of.values() for name in names})

    def of_clips(self, clips: Sequence[Clip]) -> dict[str, tuple[str, ...]]:
        """Names of the folds that test each clip, by clip id.

        A row is matched to a clip by the end of its path, or by its id; names of one RAVDESS take
        match whatever their modality, and speakers whatever their spelling.

        Parameters
        ----------
        clips : sequence of Clip

        Returns
        -------
        dict of str to tuple of str

        Raises
        ------
        FoldError
            A name that may be several clips'; clips or speakers that the file does not name, or
            that it names and that are not there: says how many, and which.
        """
        rows = self._rows_of(clips)
        names = {clip.id: clip.speaker if self.unit == "speaker" else clip.id for clip in clips}
        missing = _ordered({name for clip, name in names.items() if not rows[clip]})
        if missing:
            raise FoldError(
                f"{self.path} has no row for {len(missing)} of {len(set(names.values()))} "
                f"{self.unit}s ({first_few(missing)}); expected a fold for each: add them, or "
                "choose other clips (--set data.speakers=..., data.where.channel=...)"
            )
        unknown = _ordered(set(self.folds_of).difference(*rows.values()))
        if unknown:
            raise FoldError(
                f"{self.path} names {len(unknown)} {self.unit}s that are not among the clips here "
                f"({first_few(unknown)}); expected no others: remove their rows, or add their clips"
            )
        return {
            clip: _ordered({name for key in keys for name in self.folds_of[key]})
            for clip, keys in rows.items()
        }

    def _rows_of(self, clips: Sequence[Clip]) -> dict[str, tuple[str, ...]]:
        """Keys of the rows about each clip; none where there is no row."""
        if self.unit == "speaker":
            keys = {clip.id: speaker_key(clip.speaker) for clip in clips}
            return {clip: (key,) if key in self.folds_of else () for clip, key in keys.items()}
        try:
            return rows_of_clips(self.folds_of, clips)
        except DatasetError as error:
            raise FoldError(f"{self.path} {error}") from error


@dataclass(frozen=True, slots=True)
class Overlap:
    """A speaker, clip or group that is on both sides of a fold.

    Attributes
    ----------
    fold, name : str
    n_train, n_test : int
        How many of its clips are trained on and tested; a clip that is both counts twice.
    """

    fold: str
    name: str
    n_train: int
    n_test: int


def read_folds(csv_path: str | Path) -> FoldFile:
    r"""Read a fold file, with columns ``clip,fold`` or ``speaker,fold``.

    Where there are both columns, ``clip`` counts, which may be called ``path``, ``file`` or
    ``filename`` too; columns with other names are passed over. A fold may have any name; numbers
    count by value. Rows that say the same twice (``01-`` and ``03-`` of one RAVDESS
    take) count once.

    Parameters
    ----------
    csv_path : str or Path
        UTF-8 text with a header; comma, semicolon or tab between the cells.

    Returns
    -------
    FoldFile

    Raises
    ------
    FoldError
        No such file or no CSV, a column missing, an empty cell, or one fold only.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "folds.csv"
    >>> _ = path.write_text("speaker,fold\n1,a\n2,b\n3,a\n")
    >>> read_folds(path).folds_of
    {'1': ('a',), '2': ('b',), '3': ('a',)}
    """
    path = Path(csv_path)
    table = read_rows(path, _EXPECTED, FoldError)
    unit, column = _unit(path, table.columns)
    if table.skipped:
        raise FoldError(
            f"{path}: {table.skipped[0].reason}; expected {_EXPECTED} in every row: mend the line"
        )
    file = FoldFile(path, unit, _folds_of(path, unit, column, table.rows))
    if len(file.names) < 2:
        found = f"one fold only ({file.names[0]})" if file.names else "a header but no rows"
        raise FoldError(
            f"{path} has {found}; expected two folds or more: each is tested once, and trained on "
            "otherwise"
        )
    return file


def folds_from_file(
    file: FoldFile,
    clips: Sequence[Clip],
    *,
    kept: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
) -> tuple[Fold, ...]:
    """Folds as a fold file has them, in the order of their names.

    Parameters
    ----------
    file : FoldFile
    clips : sequence of Clip
        All clips, each of which the file must place, and no others.
    kept : (n_clips,) sequence of str, optional
        Ids of the clips that make the rows, such as those that gave features; all by default.
    groups : (n_clips,) sequence of str, optional
        Of the rows: clips of one group (identical recordings) must stay on one side.

    Returns
    -------
    tuple of Fold

    Raises
    ------
    FoldError
        A clip or speaker unknown or missing, a speaker, clip or group on both sides of a fold, or
        a fold without a clip.
    """
    named = file.of_clips(clips)
    speaker_of = {clip.id: clip.speaker for clip in clips}
    rows = list(named) if kept is None else list(kept)
    speakers = [speaker_of[row] for row in rows]
    _refuse_overlaps(file, "speaker", overlaps([named[row] for row in rows], speakers))
    names = [named[row][0] for row in rows]
    empty = [name for name in file.names if name not in names]
    if empty:
        raise FoldError(
            f"fold {empty[0]} of {file.path} has no clip that gave features; expected one at "
            "least: see which clips were left out, or put others into it"
        )
    number = {name: place for place, name in enumerate(file.names)}
    folds = divided([number[name] for name in names], len(number))
    check_folds(folds, speakers, groups=groups)
    return folds


def overlaps(folds_of_row: Sequence[Collection[str]], names: Sequence[str]) -> tuple[Overlap, ...]:
    """What is on both sides of a fold, fold by fold.

    Parameters
    ----------
    folds_of_row : (n_clips,) sequence of collection of str
        Names of the folds that test each clip; all others train on it.
    names : (n_clips,) sequence of str
        Speaker of each clip, or its group of identical clips.

    Returns
    -------
    tuple of Overlap
        In the order of folds, then of names.

    Examples
    --------
    >>> overlaps([("1",), ("2",), ("2",)], ["Ann", "Ann", "Bob"])[0]
    Overlap(fold='1', name='Ann', n_train=1, n_test=1)
    """
    trained: dict[str, Counter[str]] = defaultdict(Counter)
    tested: dict[str, Counter[str]] = defaultdict(Counter)
    folds = _ordered({fold for row in folds_of_row for fold in row})
    for row, name in zip(folds_of_row, names, strict=True):
        for fold in folds:
            trained[fold][name] += any(other != fold for other in row)
            tested[fold][name] += fold in row
    return tuple(
        Overlap(fold, name, trained[fold][name], tested[fold][name])
        for fold in folds
        for name in _ordered(set(names))
        if trained[fold][name] and tested[fold][name]
    )


def _unit(path: Path, columns: Collection[str]) -> tuple[Unit, str]:
    """What the rows name, clips or speakers, and in which column."""
    named = next((name for name in (*CLIP_COLUMNS, "speaker") if name in columns), None)
    if named is None or "fold" not in columns:
        raise FoldError(
            f"{path} has the columns {', '.join(columns)}; expected {_EXPECTED}: rename or add "
            "columns in its first line"
        )
    return ("speaker" if named == "speaker" else "clip"), named


def _folds_of(
    path: Path, unit: Unit, column: str, rows: Iterable[Row]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    shown: dict[str, str] = {}
    for row in rows:
        blank = [name for name in (column, "fold") if not row[name]]
        if blank:
            raise FoldError(
                f"{path} has no {' and no '.join(blank)} on line {row.line}; expected both in "
                "every row: fill them in, or remove the line"
            )
        key = row_key(row[column]) if unit == "clip" else speaker_key(row[column])
        # 1, 01 and 1.0 are one fold, as they are one speaker.
        found[key].add(shown.setdefault(speaker_key(row["fold"]), row["fold"]))
    return {key: _ordered(names) for key, names in found.items()}


def _refuse_overlaps(file: FoldFile, kind: str, found: Sequence[Overlap]) -> None:
    if not found:
        return
    folds = defaultdict(list)
    for overlap in found:
        folds[overlap.name].append(overlap.fold)
    who = [f"{name} (folds {', '.join(places)})" for name, places in folds.items()]
    raise FoldError(
        f"{file.path} has {kind}s on both sides of its folds: {first_few(who)}; expected each "
        f"{kind} in one fold: `affuse audit DATA --folds {file.path}` explains every overlap"
    )


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=speaker_order))
