"""People's votes on FER2013's faces (FERPlus): a CSV of counts by file name -> arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affuse.errors import DatasetError
from affuse.storage.csv_rows import Row, Rows, number, read_rows
from affuse.storage.plain_text import none_of

VOTED_EMOTIONS = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt",
)  # fmt: skip
"""Columns of the votes, in the order that FERPlus has."""

NOT_A_FACE = "not_a_face"
COPY = "copy_of_a_test_face"
LABEL = "fer2013_label"
FEWEST_VOTES = 5
"""For an emotion, so that a face's shares mean something; as many for no face are too many."""

_FILE = "file"
_COLUMNS = f"{_FILE},{','.join(VOTED_EMOTIONS)},{NOT_A_FACE} and perhaps {LABEL}, {COPY}"


@dataclass(frozen=True, slots=True)
class FaceVotes:
    """People's votes on some faces.

    Attributes
    ----------
    shares : (n, 8) float32
        Of the votes, in the order of `VOTED_EMOTIONS`; rows without enough votes are zero.
    voted : (n,) bool
        Whether enough people voted for an emotion, and not for no face at all.
    copies : (n,) bool
        Faces that are marked as copies of a test face.
    """

    shares: NDArray[np.float32]
    voted: NDArray[np.bool_]
    copies: NDArray[np.bool_]

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> FaceVotes:
        """The votes on some of the faces.

        Parameters
        ----------
        rows : (n_rows,) int or (n_faces,) bool

        Returns
        -------
        FaceVotes
        """
        return FaceVotes(self.shares[rows], self.voted[rows], self.copies[rows])


def read_face_votes(path: str | Path, names: Sequence[str] | NDArray[np.str_]) -> FaceVotes:
    r"""People's votes on faces, found by the names of their files.

    Parameters
    ----------
    path : str or Path
        CSV with a row for each face: ``file``, a column of counts for each of `VOTED_EMOTIONS`,
        ``not_a_face``. Where it has ``fer2013_label``, files of one name are distinguished by it;
        where it has ``copy_of_a_test_face``, 1 marks a face that is also one of FER2013's test
        faces.
    names : (n,) sequence of str
        Of the faces' files, as `FaceSet.names` has them.

    Returns
    -------
    FaceVotes
        Row by row as `names`; faces that the table lacks have no votes.

    Raises
    ------
    DatasetError
        No such file; a column is missing; a count is no number from 0 on; a file stands in two
        rows; none of the names is in the table.

    Notes
    -----
    Barsoum et al. 2016, "Training deep networks for facial expression recognition with
    crowd-sourced label distribution".

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "votes.csv"
    >>> head = "file,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,not_a_face"
    >>> _ = path.write_text(head + "\na.jpg,2,8,0,0,0,0,0,0,0\n")
    >>> found = read_face_votes(path, ["happy/a.jpg", "happy/b.jpg"])
    >>> found.voted.tolist(), round(float(found.shares[0, 1]), 2)
    ([True, False], 0.8)
    """
    table = _table(Path(path))
    rows = _rows_by_name(path, table)
    labelled = LABEL in table.columns
    given = [str(name) if labelled else str(name).rpartition("/")[2] for name in names]
    if not any(name in rows for name in given):
        raise DatasetError(
            f"{path} names {none_of(len(given), 'face')} here (first: "
            f"{given[0] if given else '-'}); expected votes on these files"
        )
    counts = np.zeros((len(given), len(VOTED_EMOTIONS)))
    no_face, copies = np.zeros(len(given)), np.zeros(len(given), np.bool_)
    for place, name in enumerate(given):
        row = rows.get(name)
        if row is not None:
            counts[place] = [_count(path, row, column) for column in VOTED_EMOTIONS]
            no_face[place] = _count(path, row, NOT_A_FACE)
            copies[place] = _count(path, row, COPY) > 0
    n_votes = counts.sum(axis=1)
    voted = (n_votes >= FEWEST_VOTES) & (no_face < FEWEST_VOTES)
    shares = np.where(voted[:, None], counts / np.maximum(n_votes, 1)[:, None], 0)
    return FaceVotes(shares.astype(np.float32), voted, copies)


def _table(path: Path) -> Rows:
    table = read_rows(path, _COLUMNS)
    lacking = [c for c in (_FILE, *VOTED_EMOTIONS, NOT_A_FACE) if c not in table.columns]
    if lacking:
        raise DatasetError(
            f"{path} has no column {lacking[0]} (its columns: {', '.join(table.columns)}); "
            f"expected {_COLUMNS}"
        )
    return table


def _rows_by_name(path: str | Path, table: Rows) -> Mapping[str, Row]:
    labelled = LABEL in table.columns
    rows: dict[str, Row] = {}
    for row in table.rows:
        name = f"{row[LABEL]}/{row[_FILE]}" if labelled else row[_FILE]
        first = rows.setdefault(name, row)
        if first is not row:
            raise DatasetError(
                f"{path} names {name!r} twice (lines {first.line} and {row.line}); expected one "
                "row for each face: remove the other"
            )
    return rows


def _count(path: str | Path, row: Row, column: str) -> float:
    text = row[column]
    value = number(text) if text else 0.0
    if not 0 <= value < np.inf:
        raise DatasetError(
            f"{path}, line {row.line}: {column} is {text!r}; expected how many people said so"
        )
    return value
