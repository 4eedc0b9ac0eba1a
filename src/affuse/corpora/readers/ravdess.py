"""RAVDESS: the Ryerson Audio-Visual Database of Emotional Speech and Song.

24 actors, speech and song. The files ``01-`` (sound and picture), ``02-`` (picture) and ``03-``
(sound) of a take are one performance, and one clip here.

Source: Livingstone & Russo 2018, PLOS ONE 13(5): e0196391.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from affuse.corpora.drawn import with_drawn_corpus
from affuse.corpora.index import Index
from affuse.corpora.media_files import (
    AUDIO_SUFFIXES,
    EMPTY,
    NO_FILE,
    first_media_names,
    folder_contents,
)
from affuse.corpora.ravdess.names import (
    AUDIO_ONLY,
    AUDIO_VIDEO,
    EXAMPLE_NAME,
    FIELDS,
    N_ACTORS,
    VIDEO_ONLY,
    RavdessName,
    parse_name,
    part_name,
    speaker_of,
    take_key,
)
from affuse.corpora.ravdess.references import speech_references
from affuse.corpora.reader import Reader, Size
from affuse.errors import DatasetError
from affuse.records import MODALITIES, RAVDESS_EMOTIONS, Clip, Skipped
from affuse.storage.plain_text import none_of
from affuse.storage.remote import is_file, is_folder, local_path

TITLE = "RAVDESS"

_SUFFIX_ORDER = (".wav", ".flac", ".mp4")
_SPEAKERS = {
    str(number): {"sex": "male" if number % 2 else "female"} for number in range(1, N_ACTORS + 1)
}


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    place: str
    name: RavdessName

    @property
    def has_audio(self) -> bool:
        return self.name.modality_code != VIDEO_ONLY

    @property
    def has_video(self) -> bool:
        return self.name.modality_code != AUDIO_ONLY and not self.is_audio_file

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
        ``repetition`` (1, 2), ``sex`` and ``language``. Their corpus is ``RAVDESS``; of drawn
        people, whose files bear the same names, it is the embedded corpus of affuse.

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
        key=lambda file: (file.name.modality_code != AUDIO_ONLY, file.order),
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
            **_SPEAKERS[name.actor],
            "language": "en",
        },
        corpus=TITLE,
    )
    return clip, _repeats(take, used)


def _repeats(take: Sequence[_File], used: Sequence[_File]) -> list[Skipped]:
    repeats = []
    for code in (AUDIO_VIDEO, VIDEO_ONLY, AUDIO_ONLY):
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
        first = f"{strangers[0].name}: {strangers[0].reason}"
        # The reason may have said it.
        wanted = "" if EXAMPLE_NAME in first else f"; {expected}"
        return (
            f"{none_of(len(paths), 'media file')} in {folder} is named as in RAVDESS "
            f"(first: {first}){wanted}: {advice}"
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
    emotion_map=FIELDS["emotion"],
    attributes={
        "channel": "speech, song",
        "intensity": "normal, strong",
        "statement": "kids, dogs",
        "repetition": "1, 2",
        "sex": "female, male",
        "language": "en",
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
    commercial_use=False,
    source="https://zenodo.org/records/1188976 (affuse download ravdess fetches it)",
    example=f"Actor_12/{EXAMPLE_NAME}",
    layout="modality, channel, emotion, intensity, statement, repetition, actor; in any folders",
    take_key=take_key,
    part_name=part_name,
    speaker_of=speaker_of,
    references=speech_references,
    speakers=_SPEAKERS,
    languages=("en",),
    modalities=MODALITIES,
    size=Size(clips=2452, speakers=N_ACTORS),
)
