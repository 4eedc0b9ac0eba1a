"""Files beside some corpora's media that give the sex and age of their speakers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from affuse.corpora.attributes import standard_attributes
from affuse.corpora.media_files import FolderContents
from affuse.corpora.speakers import speaker_order
from affuse.records import Clip
from affuse.storage.csv_rows import read_rows
from affuse.storage.plain_text import first_few
from affuse.storage.remote import local_copy, url_of

_COLUMNS = ("sex", "gender", "age")
_FACTS = ("sex", "age")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class SpeakerList:
    """Where a corpus describes its speakers.

    Attributes
    ----------
    name : str
        Of a CSV with one row for each speaker.
    speaker : str
        Its column with the speaker (lower case); ``sex`` or ``gender`` and ``age`` are others.
    """

    name: str
    speaker: str


@dataclass(frozen=True, slots=True)
class ListedSpeakers:
    """The content of a list of speakers.

    Attributes
    ----------
    wanted : SpeakerList or None
        None: the corpus has no such list.
    file : Path or None
        The list; None where none was found.
    used : frozenset of str
        The list, by its place below the folder of the corpus; none where it lies beside that.
    columns : tuple of str
        Of the list.
    speakers : mapping of str to mapping of str to str
        Speaker -> ``sex`` and ``age``, as far as the list has them.
    """

    wanted: SpeakerList | None = None
    file: Path | None = None
    used: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()
    speakers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def notes(self, clips: Iterable[Clip]) -> Iterator[str]:
        """Notes on speakers whose sex or age the list does not give.

        Parameters
        ----------
        clips : iterable of Clip
            With what the list says of their speakers.

        Yields
        ------
        str
            One sentence at most.
        """
        if self.wanted is None:
            return
        known = {clip.speaker: all(map(clip.attributes.get, _FACTS)) for clip in clips}
        lacking = sorted((name for name, whole in known.items() if not whole), key=speaker_order)
        name, column = self.wanted.name, self.wanted.speaker
        if not lacking:
            return
        if self.file is None:
            yield (
                f"Sex and age of the speakers are not known: no {name} lies in the folder or "
                "beside it. It comes with the corpus; put it there."
            )
        elif column not in self.columns:
            yield (
                f"Sex and age of the speakers are not known: {name} has the columns "
                f"{first_few(self.columns, _SHOWN)}; expected {column}, sex and age. Fetch it "
                "again from where the corpus is."
            )
        else:
            yield (
                f"{name} does not say both sex and age of {len(lacking)} of {len(known)} speakers "
                f"({first_few(lacking, _SHOWN)}): what it does not say is not known of them."
            )


def listed_speakers(
    folder: Path, contents: FolderContents, wanted: SpeakerList | None
) -> ListedSpeakers:
    """Attributes that a list gives for each speaker.

    Parameters
    ----------
    folder : Path
        Of the corpus, or a folder in it: the list may lie beside what was given.
    contents : FolderContents
        Of `folder`.
    wanted : SpeakerList or None

    Returns
    -------
    ListedSpeakers

    Raises
    ------
    DatasetError
        The list is no CSV.
    """
    file = None if wanted is None else _found(folder, contents, wanted.name)
    if wanted is None or file is None:
        return ListedSpeakers(wanted)
    with local_copy(file) as copy:
        rows = read_rows(copy, expected=f"{wanted.speaker},sex,age")
    speakers = {
        row[wanted.speaker]: standard_attributes({each: row[each] for each in _COLUMNS})
        for row in rows.rows
    }
    inside = file.is_relative_to(folder)
    used = frozenset([file.relative_to(folder).as_posix()] if inside else [])
    return ListedSpeakers(wanted, file, used, rows.columns, speakers)


def _found(folder: Path, contents: FolderContents, name: str) -> Path | None:
    """The topmost such list in the folder, else the one beside it."""
    below = [Path(other.name) for other in contents.passed_over if Path(other.name).name == name]
    if below:
        return folder / min(below, key=lambda place: (len(place.parts), place))
    beside = folder.absolute().parent / name
    return beside if url_of(folder) is None and beside.is_file() else None
