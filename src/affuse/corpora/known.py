"""What all readers together know of names: takes, speakers, and a clip's corpus."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache

from affuse.corpora.reader import Reader, Size
from affuse.records import Clip, Modality
from affuse.registries import READERS, Loaded


@cache
def known_readers() -> Loaded:
    """Every reader that can be loaded; names are then asked for clip by clip.

    Returns
    -------
    Loaded
        Readers by entry name, and why others could not be loaded.
    """
    return READERS.load_all()


def reader_name(text: str) -> str:
    """Name of the reader that a text means, by its own name or the title of its corpus.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        The text itself where it names none.

    Examples
    --------
    >>> reader_name("EMO-DB"), reader_name("emodb"), reader_name("mine")
    ('emodb', 'emodb', 'mine')
    """
    if text in READERS:
        return text
    titles = ((name, reader.title) for name, reader in known_readers().entries.items())
    titled = (name for name, title in titles if title.casefold() == text.casefold())
    return next(titled, text)


def take_key(name: str) -> str | None:
    """Take key of a file name, by the corpus that such names are of; None for any other name.

    Parameters
    ----------
    name : str
        A file's name or stem, or a take key itself.

    Returns
    -------
    str or None

    Examples
    --------
    >>> take_key("01-01-06-01-02-01-12.mp4"), take_key("holiday")
    ('01-06-01-02-01-12', None)
    """
    keys = (reader.take_key(name) for reader in _readers() if reader.take_key is not None)
    return next((key for key in keys if key is not None), None)


def part_name(clip: Clip, modality: Modality) -> str:
    """File name for one modality of a clip, by which its reader recognises it again.

    Parameters
    ----------
    clip : Clip
    modality : {"audio", "video"}

    Returns
    -------
    str
        Without suffix; the clip's id where its corpus has one file for both modalities.

    Examples
    --------
    >>> part_name(Clip("01-06-01-02-01-12", "fearful", "12"), "video")
    '02-01-06-01-02-01-12'
    """
    reader = corpus_reader(clip)
    if reader is None or reader.part_name is None or take_key(clip.id) != clip.id:
        return clip.id
    return reader.part_name(clip.id, modality)


def corpus_reader(clip: Clip) -> Reader | None:
    """Reader of a clip's corpus: by the corpus, else by the clip's name, whatever table lists it.

    Parameters
    ----------
    clip : Clip

    Returns
    -------
    Reader or None
        None where no reader knows it.

    Examples
    --------
    >>> found = corpus_reader(Clip("01-06-01-02-01-12", "fearful", "12", corpus="mine"))
    >>> found.title, corpus_reader(Clip("me", "sad", "1", corpus="mine"))
    ('RAVDESS', None)
    """
    titled = (reader for reader in _readers() if clip.corpus and reader.title == clip.corpus)
    named = (reader for reader in _readers() if known_speaker(reader, clip) is not None)
    return next(titled, None) or next(named, None)


def label_set(corpus: str) -> tuple[str, ...]:
    """Emotions that a corpus can have at all; empty if unknown: then any.

    Parameters
    ----------
    corpus : str
        As clips have it.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> "calm" in label_set("RAVDESS"), "calm" in label_set("EMO-DB"), label_set("mine")
    (True, False, ())
    """
    titled = (reader.emotions for reader in _readers() if reader.title == corpus)
    return next(titled, ())


def outside_label_sets(clips: Iterable[Clip]) -> tuple[str, ...]:
    """Notes on clips whose emotion their corpus does not have.

    Parameters
    ----------
    clips : iterable of Clip

    Returns
    -------
    tuple of str
        One sentence for each such corpus.

    Examples
    --------
    >>> outside_label_sets([Clip("a", "calm", "03", corpus="EMO-DB")])
    ('1 clip of EMO-DB is calm, which that corpus does not have by itself: it is kept as it is.',)
    """
    numbers: dict[str, Counter[str]] = defaultdict(Counter)
    for clip in clips:
        numbers[clip.corpus][clip.emotion] += 1
    notes = []
    for corpus, emotions in numbers.items():
        known = label_set(corpus)
        others = {name: n for name, n in emotions.items() if known and name and name not in known}
        if others:
            n = sum(others.values())
            notes.append(
                f"{n} clip{' of' if n == 1 else 's of'} {corpus} {'is' if n == 1 else 'are'} "
                f"{' or '.join(others)}, which that corpus does not have by itself: "
                f"{'it is kept as it is' if n == 1 else 'they are kept as they are'}."
            )
    return tuple(notes)


def size_of(corpus: str) -> Size:
    """How large a whole corpus is; zeros if unknown.

    Parameters
    ----------
    corpus : str
        As clips have it.

    Returns
    -------
    Size

    Examples
    --------
    >>> size_of("EMO-DB").clips, size_of("mine").clips
    (535, 0)
    """
    return next((reader.size for reader in _readers() if reader.title == corpus), Size())


def languages_of(corpus: str) -> tuple[str, ...]:
    """Languages that are spoken in a corpus; empty if unknown.

    Parameters
    ----------
    corpus : str
        As clips have it.

    Returns
    -------
    tuple of str
        Codes of ISO 639-1.
    """
    return next((reader.languages for reader in _readers() if reader.title == corpus), ())


def terms_of(corpus: str) -> str:
    """What a corpus's licence implies for networks trained on it; empty if unknown.

    Parameters
    ----------
    corpus : str
        As clips have it.

    Returns
    -------
    str
        One sentence.
    """
    return next((reader.terms for reader in _readers() if reader.title == corpus), "")


def commercial_use_of(corpus: str) -> bool | None:
    """Whether a corpus's licence lets networks trained on it be used commercially.

    Parameters
    ----------
    corpus : str
        As clips have it.

    Returns
    -------
    bool or None
        None where nobody knows.

    Examples
    --------
    >>> commercial_use_of("CREMA-D"), commercial_use_of("RAVDESS"), commercial_use_of("mine")
    (True, False, None)
    """
    return next((reader.commercial_use for reader in _readers() if reader.title == corpus), None)


def known_speaker(reader: Reader, clip: Clip) -> str | None:
    """Speaker of a clip as its corpus names them, by the clip's name alone.

    Parameters
    ----------
    reader : Reader
    clip : Clip

    Returns
    -------
    str or None
        None where the name is not one of that corpus.
    """
    if reader.speaker_of is None:
        return None
    return reader.speaker_of(clip.id.removeprefix(f"{clip.corpus}/"))


def _readers() -> tuple[Reader, ...]:
    return tuple(known_readers().entries.values())
