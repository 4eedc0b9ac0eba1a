"""Reader: how files of one corpus become an Index, and what is known of that corpus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.open_archives import OpenArchive
from affuse.corpora.reference import Reference
from affuse.corpora.votes import Votes
from affuse.records import Modality


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Size of a whole corpus, as published; 0 where unknown."""

    clips: int = 0
    speakers: int = 0
    hours: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One corpus (or one form of data), in a file of its own in ``affuse.corpora.readers``.

    Attributes
    ----------
    title : str
        Name of the corpus as people write it, such as "EMO-DB"; `Clip.corpus` of its clips.
    recognises : callable
        Path -> whether it holds this corpus. Names of files decide, of a few hundred at most;
        nothing is decoded.
    read : callable
        Path -> `Index`, every clip with its corpus.
    emotions : tuple of str
        Label set: common names of the emotions that the corpus can have at all; empty: any.
    emotion_map : mapping of str to str
        The corpus's own labels -> common names.
    attributes : mapping of str to str
        Attributes of its clips by which one may choose (``data.where``), each in a few words.
        In all corpora ``sex`` is female or male, ``age`` whole years, ``language`` a code of
        ISO 639-1.
    citation, licence : str
        Whom to cite, as "Authors YEAR: Title. Where, pages"; what one may do with the recordings.
    source : str
        Where the recordings are to be had.
    example : str
        Path of one of its files below the folder, as they are named.
    layout : str
        What that name says.
    terms : str
        What the licence means for what is trained on the recordings, for model cards; empty: the
        card says that it is not known.
    commercial_use : bool or None
        Whether the licence lets what is trained on the recordings be used commercially; None:
        nobody knows.
    take_key : callable, optional
        Name of a file -> the performance whatever its modality, None for other names; only of a
        corpus that keeps sound and picture of one performance in several files.
    part_name : callable, optional
        Take key and modality -> name of the file, without suffix, that holds this half of the take;
        beside `take_key`.
    speaker_of : callable, optional
        Name of a clip -> its speaker, None for other names: by it a clip of this corpus is known
        whatever table lists it. Only where names are so particular that others do not have them.
    speakers : mapping of str to mapping of str to str
        Speaker -> what is known of them: ``sex``, ``age`` ...; empty: nothing beyond the clips.
    languages : tuple of str
        Spoken in it, by ISO 639-1.
    modalities : tuple of {"audio", "video"}
        What its recordings hold.
    size : Size
        Of the whole corpus, so that half of one is known for it; clips as `read` counts them.
    get : str
        How to get it beyond `source`: free archive, form, mail ...; one or two sentences.
    archive : OpenArchive, optional
        From which anyone may fetch it (``affuse download``).
    references : callable, optional
        Index of clips of this corpus alone -> what people and published systems score on just
        these emotions and channels.
    votes : callable, optional
        Index of clips of this corpus alone and a modality ("audio", "video", "audio+video") -> how
        many people voted for each emotion of each clip by it; None where no votes lie beside the
        clips.

    Examples
    --------
    >>> from affuse.registries import READERS
    >>> READERS.get("emodb").title
    'EMO-DB'
    """

    title: str
    recognises: Callable[[Path], bool]
    read: Callable[[str | Path], Index]
    citation: str
    licence: str
    source: str
    example: str
    layout: str
    emotions: tuple[str, ...] = ()
    emotion_map: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    terms: str = ""
    commercial_use: bool | None = None
    take_key: Callable[[str], str | None] | None = None
    part_name: Callable[[str, Modality], str] | None = None
    speaker_of: Callable[[str], str | None] | None = None
    speakers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    modalities: tuple[Modality, ...] = ("audio",)
    size: Size = Size()
    get: str = ""
    archive: OpenArchive | None = None
    references: Callable[[Index], tuple[Reference, ...]] | None = None
    votes: Callable[[Index, str], Votes | None] | None = None
