"""CREMA-D's votes: its table of them, ``tabulatedVotes.csv``, beside the clips.

The first column numbers the rows: from 100001 on people heard the voice alone, from 200001 on they
saw the face alone, from 300001 on both.

Source: Cao, Cooper, Keutmann, Gur, Nenkova & Verma 2014, IEEE Transactions on Affective Computing
5(4), 377-390.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.votes import Counts, Votes
from affuse.errors import DatasetError
from affuse.storage.csv_rows import Row, number, rows_of
from affuse.storage.remote import identity, is_file, local_copy, url_of

FILE = "tabulatedVotes.csv"
LETTERS = {
    "N": "neutral",
    "H": "happy",
    "S": "sad",
    "A": "angry",
    "F": "fearful",
    "D": "disgust",
}
"""Letter of a column -> emotion."""

_BLOCK = 100_000
_BLOCKS = {"audio": 1, "video": 2, "audio+video": 3}
_ON = {"audio": "the voice", "video": "the face", "audio+video": "voice and face"}
_ABOVE = 3
"""Folders above a clip in which the table is looked for."""


def votes_of(index: Index, modality: str) -> Votes | None:
    """Votes on one modality of CREMA-D's clips.

    Parameters
    ----------
    index : Index
        Clips of CREMA-D.
    modality : {"audio", "video", "audio+video"}
        What the voters were shown.

    Returns
    -------
    Votes or None
        None where no ``tabulatedVotes.csv`` lies in the folder of the clips or above it.

    Raises
    ------
    DatasetError
        The table is none of CREMA-D's.
    """
    table = next((path for folder in _folders(index) if is_file(path := folder / FILE)), None)
    if table is None:
        return None
    return Votes(f"CREMA-D on {_ON[modality]}", read_tabulated(table)[modality])


def read_tabulated(table: Path) -> dict[str, dict[str, Counts]]:
    """Modality -> name of a clip -> votes, from CREMA-D's table.

    Parameters
    ----------
    table : Path

    Returns
    -------
    dict of str to (dict of str to (mapping of str to int))

    Raises
    ------
    DatasetError
        A column or a row number is not as in CREMA-D's table.
    """
    elsewhere = url_of(table) is not None
    return _tabulated(table, identity(table) if elsewhere else table.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _tabulated(table: Path, written: int | str) -> dict[str, dict[str, Counts]]:
    """The table of a file, read again when the file's time stamp has changed."""
    # The unnamed column of row numbers tells which modality the voters were shown.
    with local_copy(table) as file:
        content = file.read_bytes().replace(b'"",', b'"row",', 1)
    rows = rows_of(content, table, "row numbers, A,D,F,H,N,S and fileName")
    missing = [name for name in ("row", *LETTERS, "fileName") if name.lower() not in rows.columns]
    if missing:
        raise DatasetError(
            f"{table} has no column {', '.join(missing)}; expected the table of CREMA-D as it is "
            "published: fetch it again"
        )
    found: dict[str, dict[str, Counts]] = {modality: {} for modality in _BLOCKS}
    modalities = {block: modality for modality, block in _BLOCKS.items()}
    for row in rows.rows:
        block = number(row["row"]) // _BLOCK
        votes = {emotion: number(row[letter.lower()]) for letter, emotion in LETTERS.items()}
        if block not in modalities or not all(n >= 0 and n.is_integer() for n in votes.values()):
            raise DatasetError(
                f"{table}, line {row.line}: expected a row number from 100001 to 399999 and whole "
                "numbers of votes, as CREMA-D's table has them: fetch it again"
            )
        counts = {emotion: int(n) for emotion, n in votes.items()}
        found[modalities[int(block)]][_name(row)] = counts
    return found


def _name(row: Row) -> str:
    return row["filename"]


def _folders(index: Index) -> Iterator[Path]:
    """Folders of the clips, then those above them, each once."""
    folders = dict.fromkeys(path.parent for clip in index for path in clip.files)
    chains = [_and_above(folder) for folder in folders]
    for above in range(_ABOVE):
        yield from dict.fromkeys(chain[above] for chain in chains if len(chain) > above)


def _and_above(folder: Path) -> list[Path]:
    """A folder and those above it; a remote one as far as its server."""
    if url_of(folder) is None:
        folder = folder.absolute()
        return [folder, *folder.parents]
    return [each for each in (folder, *folder.parents) if url_of(each) is not None]
