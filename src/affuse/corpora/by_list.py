"""What readers share whose labels stand in files beside the media: list -> labels -> clips.

A reader states a `Listing` and gives it to `read_listed` and `recognises_list`:

    def labels(file: Path) -> Iterator[Label]:
        for row in read_rows(file).rows:
            yield Label(row["clip"], row["emotion"], row["speaker"])

    LISTING = Listing(
        title="NAME",
        example="clips/7.mp4",
        lists=("labels.csv",),
        labels=labels,
        emotions={"joy": "happy", "sorrow": "sad"},
    )
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.joined_files import NamedFile, index_of, media_below
from affuse.corpora.media_files import AUDIO_SUFFIXES, first_files
from affuse.corpora.speaker_lists import SpeakerList, listed_speakers
from affuse.errors import DatasetError
from affuse.records import Modality, Skipped
from affuse.storage.plain_text import first_few
from affuse.storage.remote import local_copy

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Label:
    """One clip as a list describes it.

    Attributes
    ----------
    file : str
        Name of its media file, or files, without suffix; folders before it as far as need be.
    emotion, speaker : str
        The corpus's own label; who is heard or seen.
    clip_id : str
        Empty: `file`.
    attributes : mapping of str to str
    start_s, end_s : float or None
        As in `Clip`.
    targets : mapping of str to float
    folder : str
        Pattern, such as ``train*``, of the name of one folder above the file, below that of the
        corpus; empty: any.
    """

    file: str
    emotion: str
    speaker: str
    clip_id: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    start_s: float | None = None
    end_s: float | None = None
    targets: Mapping[str, float] = field(default_factory=dict)
    folder: str = ""

    @property
    def name(self) -> str:
        """Id of the clip."""
        return self.clip_id or self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Where the labels of a corpus stand, and what they mean.

    Attributes
    ----------
    title, example : str
        As in `Reader`.
    lists : tuple of str
        Patterns of the names of its lists, such as ``*_sent_emo.csv``, with folders above them
        where these matter: ``EmoEvaluation/*.txt``.
    labels : callable
        Path of a list -> its labels, and `Skipped` for lines that say nothing that can be used. The
        path is local: a remote list is fetched under its own name.
    emotions : mapping of str to str
        The corpus's own labels (lower case) -> common names; empty: no emotion, but numbers. A
        clip with another is skipped.
    speakers : mapping of str to mapping of str to str
        Speaker -> attributes.
    always : mapping of str to str
        Attributes of every clip, such as its language.
    modalities : tuple of {"audio", "video"}
        As `Reader.modalities`.
    speaker_list : SpeakerList or None
        Of a list that says more of the speakers.
    """

    title: str
    example: str
    lists: tuple[str, ...]
    labels: Callable[[Path], Iterable[Label | Skipped]]
    emotions: Mapping[str, str]
    speakers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    always: Mapping[str, str] = field(default_factory=dict)
    modalities: tuple[Modality, ...] = ("audio",)
    speaker_list: SpeakerList | None = None


def read_listed(root: str | Path, listing: Listing) -> Index:
    """Index of the clips that the lists in a folder name and whose files lie in it.

    Parameters
    ----------
    root : str or Path
    listing : Listing

    Returns
    -------
    Index
        Labels without a file, files without a label, labels that mean nothing, and copies are
        listed in `Index.skipped`; `Index.notes` say of whom a list of speakers does not tell.

    Raises
    ------
    DatasetError
        `root` is no folder, no list lies in it, or none of its media files has a label.
    """
    folder, contents = media_below(root, listing.title, listing.example)
    lists = [folder / other.name for other in contents.passed_over if _is_list(other.name, listing)]
    if not lists:
        raise DatasetError(
            f"no file named {' or '.join(listing.lists)} lies in {folder}; expected the labels of "
            f"{listing.title} beside its media files: give the folder that holds both"
        )
    labels, skipped = _labels(lists, listing)
    paths = [path for path in contents.files if _may_hold(path, listing)]
    found, without = _with_files(labels, paths, folder)
    skipped += [
        Skipped(label.name, f"labelled in {source}, but there is no file {label.file}")
        for label, source in without
    ]
    unlabelled = set(contents.files).difference(path for path, _ in found)
    names = first_few([path.name for path in lists], _SHOWN)
    listed = listed_speakers(folder, contents, listing.speaker_list)
    tables = {source.relative_to(folder).as_posix() for source in lists}
    index = index_of(
        folder,
        contents,
        [_named(path, label, listing, listed.speakers) for path, label in found],
        dict.fromkeys(sorted(unlabelled), f"no label of it in {names}"),
        title=listing.title,
        example=listing.example,
        others=skipped,
        used=tables | listed.used,
    )
    notes = (*_without_emotion(index), *listed.notes(index))
    return replace(index, notes=(*index.notes, *notes))


def _without_emotion(index: Index) -> Iterator[str]:
    """A note on clips that have numbers but no emotion."""
    n_silent = sum(1 for clip in index if not clip.emotion)
    if n_silent:
        yield (
            f"numbers but no emotion for {n_silent} of {len(index)} clips: those who labelled "
            "them did not agree on one, or named another."
        )


def recognises_list(path: Path, listing: Listing) -> bool:
    """Whether a folder has such a list among the first few hundred files.

    Parameters
    ----------
    path : Path
    listing : Listing

    Returns
    -------
    bool
    """
    return any(_is_list(file.as_posix(), listing) for file in first_files(path))


def _is_list(place: str, listing: Listing) -> bool:
    parts = place.split("/")
    patterns = (each.split("/") for each in listing.lists)
    return not parts[-1].startswith(".") and any(_ends_as(parts, each) for each in patterns)


def _ends_as(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    last = parts[-len(patterns) :]
    return len(last) == len(patterns) and all(map(fnmatchcase, last, patterns))


def _may_hold(path: Path, listing: Listing) -> bool:
    return "video" in listing.modalities or path.suffix.lower() in AUDIO_SUFFIXES


def _labels(
    lists: Sequence[Path], listing: Listing
) -> tuple[list[tuple[Label, str]], list[Skipped]]:
    """Usable labels, each with the name of its list; the others."""
    usable: dict[str, tuple[Label, str]] = {}
    skipped: list[Skipped] = []
    for source in lists:
        with local_copy(source) as file:
            found = list(listing.labels(file))
        for label in found:
            if isinstance(label, Skipped):
                skipped.append(label)
            elif label.emotion.casefold() not in listing.emotions:
                known = ", ".join(filter(None, dict.fromkeys(listing.emotions.values())))
                reason = f"its label {label.emotion!r} is none of {listing.title}: {known}"
                skipped.append(Skipped(label.name, reason))
            elif usable.setdefault(label.name, (label, source.name))[0] is not label:
                skipped.append(Skipped(label.name, f"labelled once more in {source.name}"))
    return list(usable.values()), skipped


def _with_files(
    labels: Sequence[tuple[Label, str]], paths: Sequence[Path], root: Path
) -> tuple[list[tuple[Path, Label]], list[tuple[Label, str]]]:
    """Each file with each of its labels; labels without a file."""
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        by_stem[path.stem].append(path)
    found: list[tuple[Path, Label]] = []
    without = []
    for label, source in labels:
        files = list(_files(label, by_stem, root))
        found += [(path, label) for path in files]
        if not files:
            without.append((label, source))
    return found, without


def _files(label: Label, by_stem: Mapping[str, Sequence[Path]], root: Path) -> Iterator[Path]:
    parts = tuple(label.file.split("/"))
    for path in by_stem.get(parts[-1], ()):
        folders = path.relative_to(root).parts[:-1]
        near = not label.folder or any(fnmatchcase(each, label.folder) for each in folders)
        if near and path.with_suffix("").parts[-len(parts) :] == parts:
            yield path


def _named(
    path: Path, label: Label, listing: Listing, listed: Mapping[str, Mapping[str, str]]
) -> NamedFile:
    of_speaker = {**listing.speakers.get(label.speaker, {}), **listed.get(label.speaker, {})}
    return NamedFile(
        path,
        label.name,
        listing.emotions[label.emotion.casefold()],
        label.speaker,
        {**listing.always, **of_speaker, **label.attributes},
        label.start_s,
        label.end_s,
        label.targets,
    )
