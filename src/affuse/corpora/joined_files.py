"""Files whose clips are known -> Index: sound and picture of one id joined, the rest listed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.media_files import (
    AUDIO_SUFFIXES,
    EMPTY,
    NO_FILE,
    FolderContents,
    folder_contents,
)
from affuse.errors import DatasetError
from affuse.records import Clip, Skipped
from affuse.storage.plain_text import none_of
from affuse.storage.remote import is_file, is_folder, local_path

_LOSSLESS = (".wav", ".flac")
_UNREADABLE = (EMPTY, NO_FILE)


@dataclass(frozen=True, slots=True)
class NamedFile:
    """One media file, and the clip whose sound, picture or both it holds.

    Attributes
    ----------
    path : Path
    clip_id, emotion, speaker : str
    attributes : mapping of str to str
    start_s, end_s : float or None
        As in `Clip`.
    targets : mapping of str to float
    """

    path: Path
    clip_id: str
    emotion: str
    speaker: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    start_s: float | None = None
    end_s: float | None = None
    targets: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_audio(self) -> bool:
        """Whether a file holds sound alone, by its suffix."""
        return self.path.suffix.lower() in AUDIO_SUFFIXES

    @property
    def order(self) -> tuple[bool, int, str]:
        """Lossless before lossy, high in the tree before low, then by name."""
        return self.path.suffix.lower() not in _LOSSLESS, len(self.path.parts), str(self.path)


def media_below(root: str | Path, title: str, example: str) -> tuple[Path, FolderContents]:
    """The folder at a path, and what lies below it.

    Parameters
    ----------
    root : str or Path
    title, example : str
        As the reader has them.

    Returns
    -------
    tuple of Path and FolderContents

    Raises
    ------
    DatasetError
        `root` is no folder.
    """
    folder = local_path(str(root))
    if not is_folder(folder):
        kind = "is a file" if is_file(folder) else "does not exist"
        raise DatasetError(
            f"{root} {kind}; expected a folder of {title} files, named such as {example}"
        )
    return folder, folder_contents(folder)


def index_of(
    folder: Path,
    contents: FolderContents,
    files: Iterable[NamedFile],
    reasons: Mapping[Path, str],
    *,
    title: str,
    example: str,
    others: Sequence[Skipped] = (),
    used: Collection[str] = (),
) -> Index:
    """Index of files whose clips are known, with the reason why each other media file is none.

    Parameters
    ----------
    folder : Path
    contents : FolderContents
        Of `folder`.
    files : iterable of NamedFile
        Several with one id are one clip: sound from a file of sound if there is one, picture from
        one of picture, copies left out.
    reasons : mapping of Path to str
        Media file that is no clip -> why.
    title, example : str
        As the reader has them.
    others : sequence of Skipped
        What else did not become a clip, such as rows of a list.
    used : collection of str
        Of what the folder holds beside media files, by the place below it: what was read.

    Returns
    -------
    Index

    Raises
    ------
    DatasetError
        There is no clip.
    """
    takes: dict[str, list[NamedFile]] = defaultdict(list)
    for file in files:
        takes[file.clip_id].append(file)
    if not takes:
        raise DatasetError(_why_nothing(folder, contents, reasons, title, example))
    joined = [_joined(folder, take, title) for take in takes.values()]
    unreadable = [skip for skip in contents.passed_over if skip.reason in _UNREADABLE]
    passed_over = (
        skip
        for skip in contents.passed_over
        if skip.reason not in _UNREADABLE and skip.name not in used
    )
    strangers = [Skipped(_place(path, folder), reason) for path, reason in reasons.items()]
    skipped = [*strangers, *others, *unreadable, *(skip for _, copies in joined for skip in copies)]
    return Index(
        tuple(clip for clip, _ in joined),
        tuple(sorted(skipped, key=lambda skip: skip.name)),
        passed_over=tuple(passed_over),
    )


def not_named(title: str, example: str) -> str:
    """Why a file does not belong to a corpus that is recognised by its file names.

    Parameters
    ----------
    title, example : str
        As the reader has them.

    Returns
    -------
    str
        More may follow after a colon.
    """
    return f"not named as in {title}, such as {example}"


def _joined(folder: Path, take: Sequence[NamedFile], title: str) -> tuple[Clip, list[Skipped]]:
    """The clip of all files with one id, and those of them that are copies."""
    ordered = sorted(take, key=lambda file: file.order)
    sound = next((file for file in ordered if file.is_audio), None)
    picture = next((file for file in ordered if not file.is_audio), None)
    first = sound or picture or ordered[0]
    clip = Clip(
        id=first.clip_id,
        emotion=first.emotion,
        speaker=first.speaker,
        audio=first.path,
        video=picture.path if picture else None,
        start_s=first.start_s,
        end_s=first.end_s,
        attributes=first.attributes,
        corpus=title,
        targets=first.targets,
    )
    copies = [
        Skipped(
            _place(file.path, folder), f"same name as {_place(stands.path, folder)}, which is taken"
        )
        for file in ordered
        for stands in (sound if file.is_audio else picture,)
        if stands is not None and file is not stands
    ]
    return clip, copies


def _place(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _why_nothing(
    folder: Path, contents: FolderContents, reasons: Mapping[Path, str], title: str, example: str
) -> str:
    advice = "for clips of your own write a CSV with the columns path,emotion,speaker and give that"
    if contents.files:
        path, reason = next(iter(sorted(reasons.items())), (contents.files[0], "unknown"))
        # What names are expected is said once, by the reason or here.
        more = reason.removeprefix(not_named(title, example)).removeprefix(": ")
        first = ": ".join(filter(None, (_place(path, folder), more)))
        expected = "" if example in more else f"; expected names such as {example}"
        return (
            f"{none_of(len(contents.files), 'media file')} in {folder} is named as in {title} "
            f"(first: {first}){expected}: {advice}"
        )
    return (
        f"no media file lies in {folder} that is named as in {title}; expected names such as "
        f"{example}: {advice}"
    )
