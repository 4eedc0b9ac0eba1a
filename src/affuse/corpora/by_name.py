"""What readers share whose file names describe the clips: name -> fields -> clip.

A reader states a `Naming` and gives it to `read_named` and `recognises`:

    NAMING = Naming(
        title="NAME",
        example="wav/anna_joy_1.wav",
        pattern=r"(?P<speaker>[a-z]+)_(?P<emotion>[a-z]+)_(?P<take>[0-9]+)",
        codes={"emotion": {"joy": "happy", "sorrow": "sad"}},
        speakers={"anna": {"sex": "female"}, "ben": {"sex": "male"}},
        always={"language": "en"},
    )
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.joined_files import NamedFile, index_of, media_below, not_named
from affuse.corpora.media_files import AUDIO_SUFFIXES, MEDIA_SUFFIXES, first_media_files
from affuse.corpora.speaker_lists import SpeakerList, listed_speakers
from affuse.errors import DatasetError
from affuse.records import Modality

_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How the file names of a corpus are made up.

    Attributes
    ----------
    title : str
        As `Reader.title`.
    example : str
        As `Reader.example`.
    pattern : str
        Regular expression of a whole name without suffix, folders before it as far as `n_folders`
        says (``folder/name``). Its groups are fields: ``emotion`` and ``speaker`` must be among
        them, every other is an attribute of the clip, if it is in the name at all; one whose name
        begins with ``_`` is left out.
    codes : mapping of str to mapping of str to str
        Field -> its codes -> what they mean; common names for ``emotion``. Fields without codes
        stand for themselves. A code that is not listed is refused: its file is skipped.
    n_folders : int
        Folders above the file that the pattern speaks of.
    speakers : mapping of str to mapping of str to str
        Speaker (meaning, not code) -> attributes. Empty: any speaker; else others are refused.
    always : mapping of str to str
        Attributes of every clip, such as its language.
    clip_id : str
        Form of the id, such as ``{speaker}_{emotion}_{take}``, of fields as they stand there;
        empty: the name without suffix. Files with one id hold one performance, as sound and as
        picture.
    modalities : tuple of {"audio", "video"}
        As `Reader.modalities`: files with picture are not taken for a corpus of sound alone.
    any_case : bool
        Whether letters count whatever their case; codes are then written in lower case.
    speaker_list : SpeakerList or None
        Of a list beside the media that says more of the speakers.
    tables : tuple of str
        Names of other tables of the corpus that are read where they are needed, such as votes.

    Raises
    ------
    ValueError
        The pattern lacks a field.
    """

    title: str
    example: str
    pattern: str
    codes: Mapping[str, Mapping[str, str]]
    n_folders: int = 0
    speakers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    always: Mapping[str, str] = field(default_factory=dict)
    clip_id: str = ""
    modalities: tuple[Modality, ...] = ("audio",)
    any_case: bool = False
    speaker_list: SpeakerList | None = None
    tables: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        missing = {"emotion", "speaker"}.difference(re.compile(self.pattern).groupindex)
        if missing:
            raise ValueError(f"pattern of {self.title} has no group {', '.join(sorted(missing))}")


def read_named(root: str | Path, naming: Naming) -> Index:
    """Index of the files below a folder, in any layout, by their names.

    Parameters
    ----------
    root : str or Path
    naming : Naming

    Returns
    -------
    Index
        Media files with other names, with codes that mean nothing, and copies of one name are
        listed in `Index.skipped`; `Index.notes` say of whom a list of speakers does not tell.

    Raises
    ------
    DatasetError
        `root` is no folder, no name below it is one of the corpus, or a list of speakers is no CSV.
    """
    folder, contents = media_below(root, naming.title, naming.example)
    listed = listed_speakers(folder, contents, naming.speaker_list)
    found: list[NamedFile] = []
    reasons: dict[Path, str] = {}
    for path in contents.files:
        try:
            found.append(named_file(path, naming, listed.speakers))
        except DatasetError as error:
            reasons[path] = str(error)
    others = (each.name for each in contents.passed_over)
    tables = {place for place in others if Path(place).name in naming.tables}
    index = index_of(
        folder,
        contents,
        found,
        reasons,
        title=naming.title,
        example=naming.example,
        used=tables | listed.used,
    )
    return replace(index, notes=(*index.notes, *listed.notes(index)))


def recognises(path: Path, naming: Naming) -> bool:
    """Whether one of the first few hundred files of a folder has such a name.

    Parameters
    ----------
    path : Path
    naming : Naming

    Returns
    -------
    bool
    """
    return any(_is_named(file, naming) for file in first_media_files(path))


def speaker_named(name: str, naming: Naming) -> str | None:
    """Speaker in a clip's name, None for a name of no such corpus (`Reader.speaker_of`).

    Parameters
    ----------
    name : str
        Without a suffix.
    naming : Naming

    Returns
    -------
    str or None
    """
    try:
        return _parsed(name, naming, name)["speaker"]
    except DatasetError:
        return None


def named_file(path: Path, naming: Naming, speakers: Mapping[str, Mapping[str, str]]) -> NamedFile:
    """The clip that the name of one file describes.

    Parameters
    ----------
    path : Path
    naming : Naming
    speakers : mapping of str to mapping of str to str
        More attributes of speakers.

    Returns
    -------
    NamedFile

    Raises
    ------
    DatasetError
        It is none of the corpus: says why.
    """
    if "video" not in naming.modalities and path.suffix.lower() not in AUDIO_SUFFIXES:
        raise DatasetError(
            f"{not_named(naming.title, naming.example)}: its recordings are sound alone"
        )
    text = _text_of(path, naming)
    meanings = _parsed(text, naming, path.stem)
    emotion, speaker = meanings.pop("emotion"), meanings.pop("speaker")
    of_speaker = {**naming.speakers.get(speaker, {}), **speakers.get(speaker, {})}
    attributes = {**naming.always, **of_speaker, **meanings}
    return NamedFile(path, _clip_id(text, naming, path), emotion, speaker, attributes)


def _text_of(path: Path, naming: Naming) -> str:
    """The folders and name that the pattern matches, without suffix."""
    return "/".join((*path.parts[-1 - naming.n_folders : -1], path.stem))


def _parsed(text: str, naming: Naming, name: str) -> dict[str, str]:
    """Field -> meaning; emotion and speaker among them."""
    fields = _match(text, naming)
    meanings: dict[str, str] = {}
    for key, code in fields.items():
        codes = naming.codes.get(key)
        if not code or key.startswith("_"):
            continue
        written = code.casefold() if naming.any_case and codes else code
        if codes is not None and written not in codes:
            _refuse(naming, key.replace("_", " "), code, codes)
        meanings[key] = codes[written] if codes is not None else code
    if naming.speakers and meanings["speaker"] not in naming.speakers:
        _refuse(naming, "speaker", meanings["speaker"], naming.speakers)
    return meanings


def _match(text: str, naming: Naming) -> dict[str, str]:
    found = re.fullmatch(naming.pattern, text, re.IGNORECASE if naming.any_case else 0)
    if found is None:
        raise DatasetError(not_named(naming.title, naming.example))
    return {key: code or "" for key, code in found.groupdict().items()}


def _refuse(naming: Naming, field_name: str, code: str, legal: Mapping[str, object]) -> None:
    listed = ", ".join([*legal][:_SHOWN]) + (" ..." if len(legal) > _SHOWN else "")
    raise DatasetError(
        f"{not_named(naming.title, naming.example)}: there is no {field_name} {code!r}; expected "
        f"one of {listed}"
    )


def _clip_id(text: str, naming: Naming, path: Path) -> str:
    return naming.clip_id.format_map(_match(text, naming)) if naming.clip_id else path.stem


def _is_named(path: Path, naming: Naming) -> bool:
    if path.suffix.lower() not in MEDIA_SUFFIXES:
        return False
    try:
        _parsed(_text_of(path, naming), naming, path.stem)
    except DatasetError:
        return False
    return True
