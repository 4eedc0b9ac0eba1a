"""A person's own clips: a CSV with one row per clip."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from affuse.corpora.attributes import OF_SPEAKERS, standard_attributes
from affuse.corpora.emotions import emotion_name, renamed_note
from affuse.corpora.found_files import found_file
from affuse.corpora.index import CSV_COLUMNS, Index
from affuse.corpora.known import take_key
from affuse.corpora.media_files import AUDIO_SUFFIXES, MEDIA_SUFFIXES, PHOTO_SUFFIXES
from affuse.corpora.numeric_columns import first_texts, numbers_of, numeric_columns
from affuse.corpora.speakers import speaker_key
from affuse.errors import DatasetError
from affuse.records import Clip, Skipped
from affuse.storage.csv_rows import Row, Rows, number, read_rows
from affuse.storage.plain_text import first_few, none_of, shortened
from affuse.storage.remote import local_copy, local_path, url_of

_SOURCES = ("path", "audio", "video")
_LABEL_COLUMNS = ("emotion", "speaker")
_KNOWN = (*CSV_COLUMNS, "path")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A usable row: files that exist, labels that are not blank."""

    line: int
    clip: str
    written: Path
    audio: Path | None
    video: Path | None
    stretch: tuple[float | None, float | None]
    emotion: str
    label: str
    speaker: str
    corpus: str
    attributes: Mapping[str, str] = field(repr=False)
    targets: Mapping[str, float] = field(repr=False)

    @property
    def recording(self) -> tuple[object, ...]:
        """One key for two rows about the same recording."""
        take = take_key(self.clip or self.written.stem)
        files = (take,) if take else map(_real, (self.audio, self.video))
        return (*files, *self.stretch)


def read_table(csv_path: str | Path) -> Index:
    r"""Index of the clips that a CSV lists.

    ``path,emotion,speaker`` are the columns it takes. ``path`` gives sound, and picture too
    unless the suffix says that the file holds sound alone; ``audio`` and ``video`` replace it
    for one modality, or stand in its place. ``start`` and ``end`` (s) cut a clip out of its
    file; ``clip`` names it; ``corpus`` says of which it is (the table's name without that column);
    any other column becomes an attribute (as `standard_attributes` has it), and a target too where
    its cells are numbers: with such columns ``emotion`` may be absent. Relative paths start from
    the folder of the CSV; backslashes part folders too, and letters of file names may be composed
    or not. Emotions take their common names (``emotions.SYNONYMS``), speakers the first of their
    spellings: `Index.notes` says which were joined.

    Parameters
    ----------
    csv_path : str or Path
        As `affuse.storage.csv_rows` reads them; ``nan``, ``n/a`` and the like are blank.

    Returns
    -------
    Index
        A clip without a name takes that of its file, made longer where it would stand for
        several; RAVDESS names become take keys. Rows that cannot be used (file missing or no
        media file, label blank, stretch impossible, repeated) are listed in `Index.skipped`.

    Raises
    ------
    DatasetError
        No such file, not UTF-8, a column missing, one recording with two emotions or
        speakers, one name for two clips, or no usable row.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "one.mp4").touch()
    >>> table = folder / "mine.csv"
    >>> _ = table.write_text("path,emotion,speaker\none.mp4,Happy,Ann\ntwo.mp4,sad,Ann\n")
    >>> index = read_table(table)
    >>> [(clip.id, clip.emotion) for clip in index], [skip.name for skip in index.skipped]
    ([('one', 'happy')], ['two.mp4'])
    """
    table = local_path(str(csv_path))
    with local_copy(table) as file:
        rows = read_rows(file)
    targets = numeric_columns(rows.rows, _KNOWN)
    without = bool(targets) and not any(row.word("emotion") for row in rows.rows)
    _refuse_missing_columns(table, rows, ("speaker",) if without else _LABEL_COLUMNS)
    entries, skipped = _usable(table, rows.rows, targets, without)
    entries, repeated = _without_repeats(table, entries)
    skipped = [*rows.skipped, *skipped, *repeated]
    if not entries:
        raise DatasetError(_why_nothing(table, rows.rows, skipped))
    names = _names(entries)
    _refuse_shared_names(table, entries, names)
    clips = tuple(_clip(entry, name) for entry, name in zip(entries, names, strict=True))
    note = renamed_note(entry.label for entry in entries if entry.label)
    return Index(clips, tuple(skipped), notes=(note,) if note else ())


def _real(path: Path | None) -> str | None:
    return None if path is None else os.path.realpath(path)


def _refuse_missing_columns(table: Path, rows: Rows, needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in rows.columns]
    if not set(_SOURCES).intersection(rows.columns):
        missing.insert(0, "path")
    if missing:
        texts, remedy = "", "add what is missing to its first line"
        if "emotion" in missing and "path" not in missing:
            texts = _texts_instead(rows.rows)
            remedy = f"{remedy}, or give numbers to be learned instead"
        raise DatasetError(
            f"{table} has no column {', '.join(missing)} (its columns: {', '.join(rows.columns)})"
            f"{texts}; expected path,emotion,speaker, and if you like "
            f"clip,audio,video,start,end,corpus: {remedy}"
        )


def _texts_instead(rows: Sequence[Row]) -> str:
    """What cells hold that, with numbers, a task could learn in place of emotions."""
    found = first_texts(rows, (*_KNOWN, *OF_SPEAKERS))
    texts = [
        f"clip {_name(row)} has {column} {shortened(row[column], 60)!r}"
        for column, row in found.items()
    ]
    return f" and no column of numbers instead: {first_few(texts, 3)}" if texts else ""


def _usable(
    table: Path, rows: Sequence[Row], targets: Sequence[str], without: bool
) -> tuple[list[_Entry], list[Skipped]]:
    entries, skipped = [], []
    for row in rows:
        try:
            entries.append(_entry(table, row, targets, without))
        except DatasetError as error:
            skipped.append(Skipped(_name(row), f"line {row.line}: {error}"))
    return entries, skipped


def _name(row: Row) -> str:
    """What stands in a row for its clip."""
    named = (row[column] for column in ("clip", *_SOURCES) if row[column])
    return next(named, f"line {row.line}")


def _entry(table: Path, row: Row, targets: Sequence[str], without: bool) -> _Entry:
    """The clip of a row; without an emotion, if the table has numbers instead."""
    cells = {"emotion": row.word("emotion"), "speaker": row["speaker"]}
    needed = ("speaker",) if without else _LABEL_COLUMNS
    blank = [name for name in needed if not cells[name]]
    if blank:
        every = "one" if without else "both"
        raise DatasetError(f"no {' and no '.join(blank)} given; every clip needs {every}")
    audio, video = _sources(table.parent, row)
    written = next(row.word(column) for column in _SOURCES if row.word(column))
    return _Entry(
        line=row.line,
        clip=row.word("clip"),
        written=local_path(written.replace("\\", "/")),
        audio=audio,
        video=video,
        stretch=_stretch(row),
        emotion="" if without else emotion_name(cells["emotion"]),
        label=cells["emotion"],
        speaker=cells["speaker"],
        corpus=row["corpus"] if "corpus" in row.cells else table.stem,
        attributes=standard_attributes({n: row[n] for n in row.cells if n not in _KNOWN}),
        targets=numbers_of(row, targets),
    )


def _sources(folder: Path, row: Row) -> tuple[Path | None, Path | None]:
    files = {name: _file(folder, row.word(name)) for name in _SOURCES if row.word(name)}
    if not files:
        raise DatasetError("no file given; fill the column path, audio or video")
    whole = files.get("path")
    picture = whole if whole and whole.suffix.lower() not in AUDIO_SUFFIXES else None
    video = files.get("video", picture)
    if video and video.suffix.lower() in AUDIO_SUFFIXES:
        raise DatasetError(f"video file {video.name} holds sound alone; expected one with picture")
    return files.get("audio", whole), video


def _file(folder: Path, text: str) -> Path:
    path = local_path(text)
    elsewhere = url_of(path) is not None
    path = path if elsewhere else folder / path.expanduser()
    if path.suffix.lower() in PHOTO_SUFFIXES:
        raise DatasetError(
            f"{text} is a photo; expected sound or a film, such as .wav or .mp4: affuse predict "
            "judges a photo, and for a clip make a film of a second of it "
            "(ffmpeg -loop 1 -i PHOTO -t 1 FILM.mp4)"
        )
    if path.suffix.lower() not in MEDIA_SUFFIXES:
        raise DatasetError(
            f"suffix of {text} is none of a media file; "
            "expected one such as .wav, .flac, .mp3, .mp4, .mkv or .webm"
        )
    # Whether a remote file exists shows when it is fetched: asking twice doubles the wait.
    if elsewhere:
        return path
    found = found_file(path)
    if found is None:
        forward = text.replace("\\", "/")
        meant = "" if forward == text else f" (its backslashes were read as folders too: {forward})"
        raise DatasetError(
            f"there is no file {path}{meant}; paths start from the folder of the CSV"
        )
    return found


def _stretch(row: Row) -> tuple[float | None, float | None]:
    start, end = _seconds(row, "start"), _seconds(row, "end")
    if end is not None and end <= (start or 0.0):
        raise DatasetError(f"end {end:g} s is not after start {start or 0.0:g} s")
    return start, end


def _seconds(row: Row, column: str) -> float | None:
    text = row.word(column)
    if not text:
        return None
    value = number(text)
    if not (math.isfinite(value) and value >= 0):
        raise DatasetError(f"{column} is {text!r}; expected seconds from 0, such as 1.5")
    return value


def _without_repeats(table: Path, entries: Sequence[_Entry]) -> tuple[list[_Entry], list[Skipped]]:
    first: dict[tuple[object, ...], _Entry] = {}
    repeated = []
    for entry in entries:
        earlier = first.setdefault(entry.recording, entry)
        if earlier is entry:
            continue
        for what, one, other, same in (
            ("emotion", earlier.emotion, entry.emotion, str),
            ("speaker", earlier.speaker, entry.speaker, speaker_key),
        ):
            if same(one) != same(other):
                raise DatasetError(
                    f"{table} gives the recording {entry.written} two {what}s: {one!r} on line "
                    f"{earlier.line}, {other!r} on line {entry.line}; expected one: mend or "
                    "remove one of the lines"
                )
        reason = (
            f"line {entry.line}: the same recording as line {earlier.line} "
            "(files of one take go into one row, in the columns audio and video)"
        )
        repeated.append(Skipped(entry.clip or str(entry.written), reason))
    return list(first.values()), repeated


def _names(entries: Sequence[_Entry]) -> list[str]:
    """Each clip's given name, else the shortest end of its path that no other clip has."""
    candidates = [[*_candidates(entry)] for entry in entries]
    counts = Counter(name for names in candidates for name in dict.fromkeys(names))
    return [next((name for name in names if counts[name] == 1), names[-1]) for names in candidates]


def _candidates(entry: _Entry) -> Iterator[str]:
    if entry.clip:
        yield take_key(entry.clip) or entry.clip
        return
    start, end = entry.stretch
    cut = "" if start is end is None else f"@{start or 0:g}-{'' if end is None else f'{end:g}'}"
    stem = take_key(entry.written.stem) or entry.written.stem
    whole = entry.written
    for name in (stem, whole.with_suffix("").as_posix(), whole.as_posix()):
        yield from (name, f"{name}{cut}")


def _refuse_shared_names(table: Path, entries: Sequence[_Entry], names: Sequence[str]) -> None:
    line_of: dict[str, int] = {}
    for entry, name in zip(entries, names, strict=True):
        if line_of.setdefault(name, entry.line) != entry.line:
            raise DatasetError(
                f"{table} names two clips {name!r} (lines {line_of[name]} and {entry.line}); "
                "expected each name once: mend the column clip"
            )


def _clip(entry: _Entry, name: str) -> Clip:
    start, end = entry.stretch
    return Clip(
        id=name,
        emotion=entry.emotion,
        speaker=entry.speaker,
        corpus=entry.corpus,
        audio=entry.audio,
        video=entry.video,
        start_s=start,
        end_s=end,
        attributes=entry.attributes,
        targets=entry.targets,
    )


def _why_nothing(table: Path, rows: Sequence[Row], skipped: Sequence[Skipped]) -> str:
    if not skipped:
        return f"{table} has a header but no rows; expected one row per clip"
    texts = "" if any(row.word("emotion") for row in rows) else _texts_instead(rows)
    return (
        f"{none_of(len(skipped), 'row')} of {table} can be used "
        f"(first: {skipped[0].name}: {skipped[0].reason}){texts}; expected at least one clip: "
        "mend the table"
    )
