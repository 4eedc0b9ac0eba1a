"""Annotated recordings below a folder -> Index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from affuse.corpora.annotations.documents import is_document, read_document
from affuse.corpora.annotations.elan import read_elan
from affuse.corpora.annotations.textgrid import read_textgrid
from affuse.corpora.annotations.tiers import Annotated, Stretch, Tier, emotion_tiers, speaker_of
from affuse.corpora.emotions import COMMON_EMOTIONS, emotion_name
from affuse.corpora.found_files import found_file
from affuse.corpora.index import Index
from affuse.corpora.media_files import AUDIO_SUFFIXES, MEDIA_SUFFIXES, folder_contents
from affuse.corpora.stretches import cut_name
from affuse.errors import DatasetError
from affuse.records import Clip, Skipped
from affuse.storage.plain_text import first_few, none_of
from affuse.storage.remote import is_file, is_folder, local_path

_READ: Mapping[str, Callable[[Path], tuple[Annotated, ...]]] = {
    ".eaf": read_elan,
    ".textgrid": read_textgrid,
    ".json": read_document,
}
ANNOTATION_SUFFIXES = frozenset(_READ)
_SHOWN = 5
_EXPECTED = "an ELAN document (.eaf), a TextGrid or affuse's JSON"


@dataclass(frozen=True, slots=True)
class _Recording:
    """One recording: its place below the folder, its files and its annotations."""

    place: str
    files: tuple[Path, ...]
    annotated: Annotated


@dataclass(slots=True)
class _Found:
    """Clips found so far, what was skipped, and recordings without a named speaker."""

    clips: dict[str, Clip] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    nameless: list[str] = field(default_factory=list)


def read_annotated(root: str | Path) -> Index:
    """Index of the stretches of recordings that people have labelled.

    An annotation lies beside its recording under the same name, or says itself where that lies. The
    tier that is named ``emotion`` counts (``emotion@Ann`` and so on where each person has one),
    else affuse's own (``fused``), else the only one. Labels take their common names. A speaker is
    the tier's participant, else what its name says, else the recording.

    Parameters
    ----------
    root : str or Path
        A folder, or one file of annotations.

    Returns
    -------
    Index
        Clips with start and end; the corpus is called by the folder. Labels that are no emotions,
        recordings without annotation and annotations without recording are in `Index.skipped`.

    Raises
    ------
    DatasetError
        Nothing there; several tiers and none named so; a recording with two annotations; a file
        that cannot be read; or no clip.
    MissingDependency
        What reads this form of annotation is not installed.
    """
    place = local_path(str(root))
    folder = place if is_folder(place) else place.parent
    if place != folder and not (is_file(place) and place.suffix.lower() in _READ):
        kind = "is no annotation" if is_file(place) else "does not exist"
        raise DatasetError(f"{root} {kind}; expected recordings and {_EXPECTED} beside them")
    contents = folder_contents(folder)
    sources = [place] if place != folder else list(_sources(folder, contents.passed_over))
    recordings, skipped = _recordings(folder, sources, contents.files)
    _refuse_two(recordings)
    found = _Found(skipped=skipped)
    corpus = folder.absolute().name
    for recording in recordings:
        _add(found, recording, corpus)
    if place == folder:
        found.skipped += _without(folder, contents.files, recordings)
    if not found.clips:
        raise DatasetError(_why_nothing(folder, sources, found.skipped))
    taken = {source.relative_to(folder).as_posix() for source in sources}
    others = tuple(other for other in contents.passed_over if other.name not in taken)
    return Index(
        tuple(found.clips.values()),
        tuple(sorted(found.skipped, key=lambda skip: skip.name)),
        others if place == folder else (),
        tuple(_notes(recordings, found.nameless)),
    )


def is_annotated(path: Path, files: Sequence[Path]) -> bool:
    """Whether a path is a file of annotations, or files below it are annotated.

    Parameters
    ----------
    path : Path
    files : sequence of Path
        The first ones below it; names decide, and for JSON how it begins.

    Returns
    -------
    bool
    """
    if is_file(path):
        return path.suffix.lower() in ANNOTATION_SUFFIXES
    media = {file.with_suffix("") for file in files if file.suffix.lower() in MEDIA_SUFFIXES}
    return any(
        suffix == ".eaf"
        or (suffix == ".textgrid" and file.with_suffix("") in media)
        or (suffix == ".json" and is_document(file))
        for file in files
        for suffix in (file.suffix.lower(),)
    )


def _sources(folder: Path, others: Sequence[Skipped]) -> Iterator[Path]:
    for other in others:
        path = folder / other.name
        suffix = path.suffix.lower()
        if suffix in _READ and (suffix != ".json" or is_document(path)):
            yield path


def _recordings(
    folder: Path, sources: Sequence[Path], media: Sequence[Path]
) -> tuple[list[_Recording], list[Skipped]]:
    """Recordings that have a file; the others, with the reason."""
    beside: dict[Path, list[Path]] = defaultdict(list)
    for path in media:
        beside[path.with_suffix("")].append(path)
    found, skipped = [], []
    for source in sources:
        for annotated in _READ[source.suffix.lower()](source):
            files = _files(annotated, beside)
            place = source.relative_to(folder).as_posix()
            if not annotated.tiers:
                skipped.append(Skipped(place, "holds no tier with labels over stretches of time"))
            elif files:
                found.append(_Recording(_place(folder, files[0]), files, annotated))
            else:
                named = f" ({annotated.links[0].name})" if annotated.links else ""
                skipped.append(Skipped(place, f"its recording{named} does not lie beside it"))
    return found, skipped


def _files(annotated: Annotated, beside: Mapping[Path, Sequence[Path]]) -> tuple[Path, ...]:
    """Media files of a recording: those of the same name, else those it links to."""
    same = beside.get(annotated.source.with_suffix(""), ())
    if same and annotated.source.suffix.lower() != ".json":
        return tuple(same)
    elsewhere = [
        link for link in annotated.links for link in (link, annotated.source.parent / link.name)
    ]
    linked = [found_file(link) for link in elsewhere if link.suffix.lower() in MEDIA_SUFFIXES]
    first = next((link for link in linked if link is not None), None)
    return () if first is None else (first,)


def _place(folder: Path, media: Path) -> str:
    inside = media.relative_to(folder) if media.is_relative_to(folder) else Path(media.name)
    return inside.with_suffix("").as_posix()


def _refuse_two(recordings: Sequence[_Recording]) -> None:
    sources: dict[Path, list[str]] = defaultdict(list)
    for recording in recordings:
        sources[recording.files[0]].append(str(recording.annotated.source))
    for media, names in sources.items():
        if len(names) > 1:
            raise DatasetError(
                f"{media} is annotated in {' and in '.join(names)}; expected one annotation of "
                "each recording: move the others out of the folder"
            )


def _add(found: _Found, recording: _Recording, corpus: str) -> None:
    tiers = emotion_tiers(recording.annotated.source, recording.annotated.tiers)
    for tier in tiers:
        named = speaker_of(tier, recording.place)
        found.nameless += [] if named else [recording.place]
        speaker = named or recording.place
        for stretch in tier.stretches:
            name = _name(recording.place, stretch, speaker if len(tiers) > 1 else "")
            reason = "labelled twice" if name in found.clips else _unusable(stretch)
            if reason:
                found.skipped.append(Skipped(name, reason))
            else:
                clip = _clip(recording, tier, stretch, name)
                found.clips[name] = replace(clip, speaker=speaker, corpus=corpus)


def _name(place: str, stretch: Stretch, speaker: str) -> str:
    return f"{cut_name(place, stretch.start_s, stretch.end_s)} {speaker}".rstrip()


def _unusable(stretch: Stretch) -> str:
    start, end = stretch.start_s or 0.0, stretch.end_s
    if end is not None and end <= start:
        return f"end {end:g} s is not after start {start:g} s"
    if not stretch.label:
        return "" if stretch.targets else stretch.missing or "its label is empty"
    if emotion_name(stretch.label) not in COMMON_EMOTIONS:
        return (
            f"its label {stretch.label!r} is no emotion that affuse knows; expected one of "
            f"{', '.join(COMMON_EMOTIONS)}, or a usual synonym"
        )
    return ""


def _clip(recording: _Recording, tier: Tier, stretch: Stretch, name: str) -> Clip:
    """The clip of one stretch, before its speaker and corpus are known."""
    sound = [path for path in recording.files if path.suffix.lower() in AUDIO_SUFFIXES]
    picture = [path for path in recording.files if path not in sound]
    return Clip(
        id=name,
        emotion=emotion_name(stretch.label) if stretch.label else "",
        speaker="",
        audio=(sound or picture)[0],
        video=picture[0] if picture else None,
        start_s=stretch.start_s,
        end_s=stretch.end_s,
        attributes={"tier": tier.name},
        targets=stretch.targets,
    )


def _without(
    folder: Path, media: Sequence[Path], recordings: Sequence[_Recording]
) -> Iterator[Skipped]:
    taken = {path for recording in recordings for path in recording.files}
    for path in media:
        if path not in taken:
            yield Skipped(path.relative_to(folder).as_posix(), "no annotation lies beside it")


def _notes(recordings: Sequence[_Recording], nameless: Sequence[str]) -> Iterator[str]:
    yield from dict.fromkeys(each.annotated.note for each in recordings if each.annotated.note)
    places = list(dict.fromkeys(nameless))
    if places:
        yield (
            f"Nothing says who speaks in {first_few(places, _SHOWN)}: each recording counts as a "
            "speaker of its own. Where one person is in several, name them: as participant of the "
            "tier in ELAN, or as emotion@NAME."
        )


def _why_nothing(folder: Path, sources: Sequence[Path], skipped: Sequence[Skipped]) -> str:
    if not sources:
        return f"{folder} holds no annotation; expected recordings and {_EXPECTED} beside them"
    first = f" (first: {skipped[0].name}: {skipped[0].reason})" if skipped else ""
    return (
        f"{none_of(len(sources), 'annotation')} in {folder} gives a labelled clip{first}; expected "
        "emotions in a tier named emotion, and each recording beside its annotation"
    )
