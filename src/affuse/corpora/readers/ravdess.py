"""RAVDESS: the Ryerson Audio-Visual Database of Emotional Speech and Song.

24 actors, 7,356 files. A name has seven fields of two digits: modality, channel, emotion,
intensity, statement, repetition, actor. Without the first field it is the take key: the
files ``01-`` (sound and picture), ``02-`` (picture) and ``03-`` (sound) of a take are one
performance, and one clip here.

Source: Livingstone & Russo 2018, PLOS ONE 13(5): e0196391.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from affuse.corpora.drawn import with_drawn_corpus
from affuse.corpora.index import Index
from affuse.corpora.media_files import (
    AUDIO_SUFFIXES,
    EMPTY,
    MEDIA_SUFFIXES,
    NO_FILE,
    first_media_names,
    folder_contents,
)
from affuse.corpora.published.ravdess import speech_references
from affuse.corpora.reader import Reader
from affuse.errors import DatasetError
from affuse.records import RAVDESS_EMOTIONS, Clip, Modality, Skipped
from affuse.storage.remote import is_file, is_folder, local_path

TITLE = "RAVDESS"
N_ACTORS = 24
EXAMPLE_NAME = "03-01-06-01-02-01-12.wav"

_AUDIO_VIDEO, _VIDEO_ONLY, _AUDIO_ONLY = "01", "02", "03"
_WITHOUT_SONG = "18"
_SONG_EMOTIONS = RAVDESS_EMOTIONS[:6]
_SUFFIX_ORDER = (".wav", ".flac", ".mp4")

_FIELDS = {
    "modality": {_AUDIO_VIDEO: "audio+video", _VIDEO_ONLY: "video", _AUDIO_ONLY: "audio"},
    "channel": {"01": "speech", "02": "song"},
    "emotion": {f"{code:02d}": name for code, name in enumerate(RAVDESS_EMOTIONS, start=1)},
    "intensity": {"01": "normal", "02": "strong"},
    "statement": {"01": "kids", "02": "dogs"},
    "repetition": {"01": "1", "02": "2"},
    "actor": {f"{number:02d}": str(number) for number in range(1, N_ACTORS + 1)},
}


@dataclass(frozen=True, slots=True)
class RavdessName:
    """What the name of a RAVDESS file says.

    `modality_code` is ``01`` (sound and picture), ``02`` (picture) or ``03`` (sound);
    `take_key` the name without it; `actor` a number from 1 to 24.
    """

    modality_code: str
    take_key: str
    channel: str
    emotion: str
    intensity: str
    statement: str
    repetition: str
    actor: str


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    place: str
    name: RavdessName

    @property
    def has_audio(self) -> bool:
        return self.name.modality_code != _VIDEO_ONLY

    @property
    def has_video(self) -> bool:
        return self.name.modality_code != _AUDIO_ONLY and not self.is_audio_file

    @property
    def is_audio_file(self) -> bool:
        return self.path.suffix.lower() in AUDIO_SUFFIXES

    @property
    def order(self) -> tuple[int, int, str]:
        """Lossless before lossy, high in the tree before low, then by name."""
        suffix = self.path.suffix.lower()
        known = suffix in _SUFFIX_ORDER
        rank = _SUFFIX_ORDER.index(suffix) if known else len(_SUFFIX_ORDER)
        return rank, self.place.count("/"), self.place


def parse_name(stem: str) -> RavdessName:
    """What the name of a RAVDESS file says.

    Parameters
    ----------
    stem : str
        File name without folder and suffix.

    Raises
    ------
    DatasetError
        The name does not have seven fields of two digits, a code has no meaning, or no such
        recording was made (says which).

    Examples
    --------
    >>> parse_name("03-01-06-01-02-01-12").emotion
    'fearful'
    """
    if not re.fullmatch("[0-9]{2}(-[0-9]{2}){6}", stem):
        raise DatasetError(
            f"name {stem!r} does not have RAVDESS's seven fields of two digits; "
            f"expected one such as {EXAMPLE_NAME}"
        )
    values = {}
    for (field, meanings), code in zip(_FIELDS.items(), stem.split("-"), strict=True):
        if code not in meanings:
            raise DatasetError(
                f"{field} code {code} in {stem!r}; expected {min(meanings)} to {max(meanings)}"
            )
        values[field] = meanings[code]
    del values["modality"]
    modality_code, _, take = stem.partition("-")
    name = RavdessName(modality_code, take, **values)
    _refuse_unrecorded(name)
    return name


def take_key(name: str) -> str | None:
    """Take key that a RAVDESS name stands for, None for any other name.

    Parameters
    ----------
    name : str
        A file's name or stem, or a take key itself.

    Examples
    --------
    >>> take_key("01-01-06-01-02-01-12.mp4"), take_key("01-06-01-02-01-12"), take_key("holiday")
    ('01-06-01-02-01-12', '01-06-01-02-01-12', None)
    """
    stem = Path(name).stem if Path(name).suffix.lower() in MEDIA_SUFFIXES else name
    for text in (stem, f"{_AUDIO_VIDEO}-{stem}"):
        try:
            return parse_name(text).take_key
        except DatasetError:
            continue
    return None


def part_name(take: str, modality: Modality) -> str:
    """Name of the file of a take that holds one modality alone, without suffix.

    Parameters
    ----------
    take : str
        Take key.
    modality : {"audio", "video"}

    Returns
    -------
    str

    Examples
    --------
    >>> part_name("01-06-01-02-01-12", "audio")
    '03-01-06-01-02-01-12'
    """
    return f"{_AUDIO_ONLY if modality == 'audio' else _VIDEO_ONLY}-{take}"


def speaker_of(name: str) -> str | None:
    """Actor whose take bears a name, None where it is none of RAVDESS.

    Parameters
    ----------
    name : str
        As `take_key` takes it.

    Examples
    --------
    >>> speaker_of("01-06-01-02-01-12"), speaker_of("holiday")
    ('12', None)
    """
    take = take_key(name)
    return None if take is None else str(int(take[-2:]))


def read_ravdess(root: str | Path) -> Index:
    """Index of the RAVDESS files below a folder, in whatever layout.

    Files of one take are one clip. Its sound comes from the audio-only file if there is one
    (wav before flac before mp4), else from the audio-video file; its picture from the
    audio-video file, else from the video-only one. Files that are not used because another
    holds the same modality of the same take, and media files whose names say nothing that
    RAVDESS recorded, are listed in `Index.skipped`.

    Parameters
    ----------
    root : str or Path
        The official archives unpacked beside each other, one flat folder, or any mixture.

    Returns
    -------
    Index
        Clip ids are take keys, speakers ``"1"`` to ``"24"``; attributes ``channel``
        (speech, song), ``intensity`` (normal, strong), ``statement`` (kids, dogs),
        ``repetition`` (1, 2) and ``gender``. Their corpus is ``RAVDESS``; of drawn people, whose
        files bear the same names, it is the embedded corpus of affuse.

    Raises
    ------
    DatasetError
        `root` is no folder, or no name below it is one of RAVDESS.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("03-01-06-01-02-01-12.wav", "02-01-06-01-02-01-12.mp4"):
    ...     _ = (folder / name).write_bytes(b"0")
    >>> [(clip.id, clip.emotion, clip.speaker) for clip in read_ravdess(folder)]
    [('01-06-01-02-01-12', 'fearful', '12')]
    """
    folder = local_path(str(root))
    if not is_folder(folder):
        kind = "is a file" if is_file(folder) else "does not exist"
        raise DatasetError(
            f"{root} {kind}; expected a folder of RAVDESS files "
            "(a CSV with path,emotion,speaker is read by read_table)"
        )
    contents = folder_contents(folder)
    paths = contents.files
    files, strangers = _sorted_out(folder, paths)
    if not files:
        raise DatasetError(_why_nothing(folder, paths, strangers))
    takes = defaultdict(list)
    for file in files:
        takes[file.name.take_key].append(file)
    joined = [_joined(take) for take in takes.values()]
    clips = with_drawn_corpus([clip for clip, _ in joined])
    unused = [skip for _, repeats in joined for skip in repeats]
    unreadable = [skip for skip in contents.passed_over if skip.reason in (EMPTY, NO_FILE)]
    skipped = sorted([*strangers, *unused, *unreadable], key=lambda skip: skip.name)
    others = tuple(skip for skip in contents.passed_over if skip not in unreadable)
    return Index(clips, tuple(skipped), passed_over=others)


def _refuse_unrecorded(name: RavdessName) -> None:
    if name.emotion == "neutral" and name.intensity == "strong":
        raise DatasetError(f"take {name.take_key}: neutral has no strong intensity in RAVDESS")
    if name.channel == "song" and name.emotion not in _SONG_EMOTIONS:
        raise DatasetError(f"take {name.take_key}: song has no {name.emotion} in RAVDESS")
    if name.channel == "song" and name.actor == _WITHOUT_SONG:
        raise DatasetError(f"take {name.take_key}: actor 18 recorded no song in RAVDESS")


def _sorted_out(folder: Path, paths: Iterable[Path]) -> tuple[list[_File], list[Skipped]]:
    files, strangers = [], []
    for path in paths:
        place = path.relative_to(folder).as_posix()
        try:
            file = _File(path, place, parse_name(path.stem))
        except DatasetError as error:
            strangers.append(Skipped(place, str(error)))
            continue
        if file.has_audio or file.has_video:
            files.append(file)
        else:
            reason = f"modality code 02 says picture alone, but {path.suffix} holds sound alone"
            strangers.append(Skipped(place, reason))
    return files, strangers


def _joined(take: Sequence[_File]) -> tuple[Clip, list[Skipped]]:
    """The clip of a take, and its files that repeat others of the same modality code."""
    audio = min(
        (file for file in take if file.has_audio),
        key=lambda file: (file.name.modality_code != _AUDIO_ONLY, file.order),
        default=None,
    )
    video = min(
        (file for file in take if file.has_video),
        key=lambda file: (file.name.modality_code, file.order),
        default=None,
    )
    used = [file for file in (video, audio) if file is not None]
    name = take[0].name
    clip = Clip(
        id=name.take_key,
        emotion=name.emotion,
        speaker=name.actor,
        audio=audio.path if audio else None,
        video=video.path if video else None,
        attributes={
            "channel": name.channel,
            "intensity": name.intensity,
            "statement": name.statement,
            "repetition": name.repetition,
            "gender": "male" if int(name.actor) % 2 else "female",
        },
        corpus=TITLE,
    )
    return clip, _repeats(take, used)


def _repeats(take: Sequence[_File], used: Sequence[_File]) -> list[Skipped]:
    repeats = []
    for code in (_AUDIO_VIDEO, _VIDEO_ONLY, _AUDIO_ONLY):
        same = sorted((f for f in take if f.name.modality_code == code), key=lambda f: f.order)
        first = next((file for file in used if file in same), same[0] if same else None)
        repeats += [
            Skipped(file.place, f"same take and modality as {first.place}, which stands for both")
            for file in same
            if first is not None and file is not first and file not in used
        ]
    return repeats


def _why_nothing(folder: Path, paths: Sequence[Path], strangers: Sequence[Skipped]) -> str:
    expected = f"expected names such as {EXAMPLE_NAME}"
    advice = "for clips of your own write a CSV with the columns path,emotion,speaker and give that"
    if paths:
        return (
            f"none of {len(paths)} media files in {folder} is named as in RAVDESS "
            f"(first: {strangers[0].name}: {strangers[0].reason}); {expected}: {advice}"
        )
    archives = sum(1 for _ in folder.rglob("*.zip"))
    if archives:
        return (
            f"{folder} holds {archives} zip archives but no media file; {expected}: "
            "unpack the archives first"
        )
    return f"{folder} holds no media file (wav, flac, mp4 ...); {expected}: {advice}"


def _recognises(path: Path) -> bool:
    return any(take_key(name) is not None for name in first_media_names(path))


READER = Reader(
    title=TITLE,
    recognises=_recognises,
    read=read_ravdess,
    emotions=RAVDESS_EMOTIONS,
    emotion_map=_FIELDS["emotion"],
    attributes={
        "channel": "speech, song",
        "intensity": "normal, strong",
        "statement": "kids, dogs",
        "repetition": "1, 2",
        "gender": "female, male",
    },
    citation=(
        "Livingstone & Russo 2018: The Ryerson Audio-Visual Database of Emotional Speech and Song "
        "(RAVDESS). PLOS ONE 13(5): e0196391"
    ),
    licence="CC BY-NC-SA 4.0",
    terms=(
        "The recordings of RAVDESS are under CC BY-NC-SA 4.0 (Livingstone & Russo 2018); what was "
        "trained on them is offered under the same terms: name the source, no commercial use."
    ),
    source="https://zenodo.org/records/1188976 (affuse download ravdess fetches it)",
    example=f"Actor_12/{EXAMPLE_NAME}",
    layout="modality, channel, emotion, intensity, statement, repetition, actor; in any folders",
    take_key=take_key,
    part_name=part_name,
    speaker_of=speaker_of,
    references=speech_references,
)
