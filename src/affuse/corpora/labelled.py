"""Corpora whose labels stand in files beside the media: labels by key -> Index, written once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.joined_files import NamedFile, index_of
from affuse.corpora.media_files import FolderContents
from affuse.errors import DatasetError
from affuse.storage.csv_rows import Row, Rows, is_blank, number, read_rows
from affuse.storage.plain_text import first_few
from affuse.storage.remote import files_below, url_of

_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Label:
    """What a file of labels says of one clip.

    Attributes
    ----------
    emotion, speaker : str
        Emotion by its common name; empty where there are only numbers.
    attributes : mapping of str to str
    targets : mapping of str to float
    start_s, end_s : float or None
        As in `Clip`.
    unusable : str
        Why it is no clip; empty: it is one.
    """

    emotion: str
    speaker: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, float] = field(default_factory=dict)
    start_s: float | None = None
    end_s: float | None = None
    unusable: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """How media files meet their labels.

    Attributes
    ----------
    title, example : str
        As in `Reader`.
    key_of : callable
        Media file -> key of its label, which becomes the clip's id; None where it is named as none
        of the corpus.
    files : str
        What its files of labels are called, for messages.
    """

    title: str
    example: str
    key_of: Callable[[Path], str | None]
    files: str


def index_of_labelled(
    folder: Path, contents: FolderContents, labels: Mapping[str, Label], labelling: Labelling
) -> Index:
    """The clips that have both a file and a label; what lacks one of them is listed.

    Parameters
    ----------
    folder : Path
    contents : FolderContents
        Of `folder`.
    labels : mapping of str to Label
        By key.
    labelling : Labelling

    Returns
    -------
    Index

    Raises
    ------
    DatasetError
        There is no clip.
    """
    found: list[NamedFile] = []
    reasons: dict[Path, str] = {}
    seen: set[str] = set()
    for path in contents.files:
        key = labelling.key_of(path)
        label = labels.get(key) if key is not None else None
        seen.update([key] if key is not None else [])
        if key is None:
            reasons[path] = f"not named as in {labelling.title}, such as {labelling.example}"
        elif label is None:
            reasons[path] = f"no row of {labelling.files} is about it"
        elif label.unusable:
            reasons[path] = label.unusable
        else:
            found.append(named(path, key, label))
    for key in labels.keys() - seen:
        reasons[folder / key] = f"listed in {labelling.files}, but there is no such file"
    return index_of(
        folder, contents, found, reasons, title=labelling.title, example=labelling.example
    )


def named(path: Path, key: str, label: Label) -> NamedFile:
    """A file with what its label says.

    Parameters
    ----------
    path : Path
    key : str
        Id of the clip.
    label : Label

    Returns
    -------
    NamedFile
    """
    return NamedFile(
        path,
        key,
        label.emotion,
        label.speaker,
        label.attributes,
        label.start_s,
        label.end_s,
        label.targets,
    )


def label_files(
    folder: Path, contents: FolderContents, names: Iterable[str], title: str
) -> tuple[Path, ...]:
    """Files of labels below a folder, by their names.

    Parameters
    ----------
    folder : Path
    contents : FolderContents
        Of `folder`: such files are among those that are passed over.
    names : iterable of str
        What they may be called, whatever the case of letters.
    title : str
        Of the corpus.

    Returns
    -------
    tuple of Path
        At least one, in the order of `names`.

    Raises
    ------
    DatasetError
        There is none.
    """
    wanted = [name.casefold() for name in names]
    others = (folder / item.name for item in contents.passed_over)
    found = [path for path in others if path.name.casefold() in wanted]
    if not found:
        raise DatasetError(
            f"{folder} holds {len(contents.files)} media files but no file of labels of {title}; "
            f"expected {first_few([*names])} beside or above them: give the whole folder as it was "
            "unpacked"
        )
    return tuple(sorted(found, key=lambda path: (wanted.index(path.name.casefold()), str(path))))


def rows_with(table: Path, columns: Iterable[str]) -> Rows:
    """Rows of a table of labels.

    Parameters
    ----------
    table : Path
    columns : iterable of str
        Lower-case names of those that it must have.

    Returns
    -------
    Rows

    Raises
    ------
    DatasetError
        One of them is not there, or it cannot be read.
    """
    wanted = list(columns)
    rows = read_rows(table, ",".join(wanted))
    missing = [name for name in wanted if name not in rows.columns]
    if missing:
        raise DatasetError(
            f"{table} has no column {', '.join(missing)} (its columns: "
            f"{first_few(rows.columns, 12)}); expected the table as the corpus has it: get it again"
        )
    return rows


def numbers_in(row: Row, columns: Mapping[str, str]) -> dict[str, float]:
    """Numbers of a row; cells that hold none are left out.

    Parameters
    ----------
    row : Row
    columns : mapping of str to str
        Column -> target.

    Returns
    -------
    dict of str to float
        Target -> number.
    """
    cells = {target: row[column] for column, target in columns.items()}
    found = {target: number(text) for target, text in cells.items() if not is_blank(text)}
    return {target: value for target, value in found.items() if value == value}


def has_file(root: Path, name: str) -> bool:
    """Whether a file of that name lies in a folder or at most two folders below it.

    Parameters
    ----------
    root : Path
    name : str
        A name, or the end of a path such as ``metadata/samples.csv``.

    Returns
    -------
    bool
    """
    if url_of(root) is not None:
        return any(path.as_posix().endswith(f"/{name}") for path in files_below(root))
    return any(
        next(root.glob("/".join(["*"] * depth + [name])), None) is not None
        for depth in range(_DEPTH)
    )
