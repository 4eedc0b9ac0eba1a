"""Rows of an audformat database -> Index."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from affuse.corpora.attributes import standard_attributes
from affuse.corpora.audformat_database.opened import HEADER, opened
from affuse.corpora.audformat_database.rows import DatabaseRow, has_emotions, rows_of
from affuse.corpora.emotions import emotion_name
from affuse.corpora.found_files import found_file
from affuse.corpora.index import Index
from affuse.corpora.media_files import AUDIO_SUFFIXES
from affuse.corpora.stretches import cut_name
from affuse.errors import DatasetError
from affuse.records import Clip, Skipped
from affuse.storage.plain_text import first_few, none_of
from affuse.storage.remote import local_path, url_of

_EMOTION_TABLE = "emotion"
_NO_AGREEMENT = "no_agreement"
_FACE = re.compile(r".+\.(face|person)(\d+)")
"""Tables that affuse itself writes for each face, or person, of a recording."""
_SHOWN = 5

Key = tuple[str, float | None, float | None, str]
"""File, start, end, face or person."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What all tables say of one stretch: `emotion` is empty where raters did not agree."""

    emotion: str
    table: str
    speaker: str
    attributes: Mapping[str, str]
    targets: Mapping[str, float]


def read_database(root: str | Path) -> Index:
    """Index of the clips that an audformat database labels.

    Columns of a scheme or name ``emotion`` hold emotions; of several in a table (one for each
    rater) the most frequent counts. A table called ``emotion`` goes before others that have
    emotions. Columns of numbers become targets; without any emotions they alone make the clips.
    Other columns, also of tables about whole files, become attributes; the split of a table becomes
    ``split``. Speakers come from a scheme or column ``speaker``, with the sex and age that the
    scheme says.

    Parameters
    ----------
    root : str or Path
        Folder with ``db.yaml``, tables as CSV or Parquet, and the media.

    Returns
    -------
    Index
        The corpus is called as the database is. Rows without file or agreement, and whole files
        whose segments are labelled, are in `Index.skipped`.

    Raises
    ------
    MissingDependency
        audformat is not installed.
    DatasetError
        No database, or a remote one; two tables that give one stretch two emotions; or
        no clip.
    """
    folder = _folder(root)
    database = opened(folder)
    rows = list(rows_of(database))
    facts, skipped = _joined(folder, rows, _labelled(rows, has_emotions(database)))
    language = _language(database)
    always = standard_attributes({"language": language}) if language else {}
    clips, without, nameless = _clips(folder, facts, always, str(database.name))
    skipped += without
    if not clips:
        raise DatasetError(_why_nothing(folder, rows, skipped))
    return Index(
        tuple(clips),
        tuple(sorted(skipped, key=lambda skip: skip.name)),
        notes=(_nameless_note(nameless),) if nameless else (),
    )


def _folder(root: str | Path) -> Path:
    folder = local_path(str(root))
    if url_of(folder) is not None:
        raise DatasetError(
            f"{root} lies elsewhere; expected an audformat database on this machine: copy it here"
        )
    if not (folder / HEADER).is_file():
        raise DatasetError(
            f"{root} holds no {HEADER}; expected the folder of an audformat database"
        )
    return folder


def _why_nothing(folder: Path, rows: Sequence[DatabaseRow], skipped: Sequence[Skipped]) -> str:
    first = f" (first: {skipped[0].name}: {skipped[0].reason})" if skipped else ""
    return (
        f"{none_of(len(rows), 'row')} of the audformat database {folder} gives a clip{first}; "
        "expected a column of a scheme emotion, or numbers, and the media below the folder"
    )


def _nameless_note(nameless: Sequence[str]) -> str:
    return (
        f"Nothing says who speaks in {first_few(nameless, _SHOWN)}: each file counts as a speaker "
        "of its own. Where one person is in several, add a column speaker."
    )


def _labelled(rows: Sequence[DatabaseRow], emotions: bool) -> list[DatabaseRow]:
    """Rows that become clips: the emotion table's, else all with emotions, or with numbers."""
    if not emotions:
        return [row for row in rows if row.targets]
    own = [row for row in rows if row.emotions and row.table.casefold() == _EMOTION_TABLE]
    return own or [row for row in rows if row.emotions]


def _key(row: DatabaseRow) -> Key:
    face = _FACE.fullmatch(row.table)
    return row.file, row.start_s, row.end_s, " ".join(face.groups()) if face else ""


def _joined(
    folder: Path, rows: Iterable[DatabaseRow], labelled: Sequence[DatabaseRow]
) -> tuple[dict[Key, _Facts], list[Skipped]]:
    """Stretch -> what all tables say of it; rows that were skipped."""
    same: dict[Key, list[DatabaseRow]] = defaultdict(list)
    for row in rows:
        same[_key(row)].append(row)
    cut = {row.file for row in labelled if row.start_s is not None}
    facts: dict[Key, _Facts] = {}
    skipped = []
    for row in labelled:
        if row.file in cut and row.start_s is None:
            skipped.append(Skipped(_named(_key(row)), "its segments are labelled, and count"))
            continue
        found = _of_row(row, same[_key(row)], same.get((row.file, None, None, ""), ()))
        facts[_key(row)] = _with(facts.get(_key(row)), found, folder, _named(_key(row)))
    return facts, skipped


def _with(earlier: _Facts | None, found: _Facts, folder: Path, name: str) -> _Facts:
    """What two tables say of one stretch, joined."""
    if earlier is None:
        return found
    if earlier.emotion != found.emotion:
        raise DatasetError(
            f"{folder} gives {name} two emotions: {earlier.emotion!r} in table {earlier.table}, "
            f"{found.emotion!r} in {found.table}; expected one: call the table that counts "
            f"{_EMOTION_TABLE}, or take the other out of the database"
        )
    return replace(
        earlier,
        speaker=earlier.speaker or found.speaker,
        attributes={**found.attributes, **earlier.attributes},
        targets={**found.targets, **earlier.targets},
    )


def _of_row(row: DatabaseRow, same: Sequence[DatabaseRow], whole: Sequence[DatabaseRow]) -> _Facts:
    """A row joined with other tables' rows about its stretch and about its whole file."""
    others = (*whole, *same, row)
    speakers = (each.speaker for each in reversed(others) if each.speaker)
    return _Facts(
        _agreed(row.emotions),
        row.table,
        next(speakers, ""),
        {name: text for each in others for name, text in each.attributes.items()},
        {name: value for each in (*same, row) for name, value in each.targets.items()},
    )


def _agreed(emotions: Sequence[str]) -> str:
    """The most frequent emotion; empty where two are, or raters are recorded not to agree."""
    counts = Counter(map(emotion_name, emotions)).most_common(2)
    if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]):
        return ""
    return "" if counts[0][0] == _NO_AGREEMENT else counts[0][0]


def _named(key: Key) -> str:
    file, start, end, face = key
    return f"{cut_name(Path(file).with_suffix('').as_posix(), start, end)} {face}".rstrip()


def _clips(
    folder: Path, facts: Mapping[Key, _Facts], always: Mapping[str, str], corpus: str
) -> tuple[list[Clip], list[Skipped], list[str]]:
    clips, skipped, nameless = [], [], {}
    for key, each in facts.items():
        media = found_file(folder / key[0])
        if media is None:
            skipped.append(Skipped(_named(key), f"there is no file {key[0]} in the folder"))
        elif not each.emotion and not each.targets:
            skipped.append(Skipped(_named(key), "its raters did not agree"))
        else:
            place = Path(key[0]).with_suffix("").as_posix()
            if not each.speaker:
                nameless[place] = True
            speaker = each.speaker or f"{place} {key[3]}".rstrip()
            clips.append(_clip(key, each, media, speaker, {**always, **each.attributes}, corpus))
    return clips, skipped, sorted(nameless)


def _clip(
    key: Key, facts: _Facts, media: Path, speaker: str, attributes: Mapping[str, str], corpus: str
) -> Clip:
    _, start, end, _ = key
    return Clip(
        id=_named(key),
        emotion=facts.emotion,
        speaker=speaker,
        audio=media,
        video=None if media.suffix.lower() in AUDIO_SUFFIXES else media,
        start_s=start,
        end_s=end,
        attributes=attributes,
        corpus=corpus,
        targets=facts.targets,
    )


def _language(database: object) -> str:
    """The only language of the database; empty where it has several or states none."""
    languages: Iterator[str] = iter(getattr(database, "languages", None) or ())
    found = [*languages]
    return found[0] if len(found) == 1 else ""
