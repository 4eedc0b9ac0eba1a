"""Identity of speakers: one person under several spellings is one person everywhere."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from affuse.records import Clip
from affuse.storage.plain_text import counted, first_few

_NUMBER = re.compile(r"([+-]?)(\d+)(?:[.,]0*)?")
_LARGE = re.compile(r"\d(?:[.,]\d+)?e\+\d\d")
_BETWEEN_WORDS = re.compile(r"[\s_\-\u2010-\u2015]+")
_LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_LETTER_FROM_DIGIT = re.compile(r"(?<=[^\W\d_]) (?=\d)|(?<=\d) (?=[^\W\d_])")
_SHOWN = 8


@lru_cache(maxsize=1 << 14)
def speaker_key(name: str) -> str:
    """One key for all spellings of a speaker's name.

    Numbers count by value (01 = 1 = 1.0, s01 = s1); letters by what they are, not by their case
    or by how Unicode composes them; blanks, hyphens and underscores part words alike, part no
    letters from digits, and at the ends count as little as format characters do. A number below 0
    is another than its positive: -1 stands for nobody in many tables.

    Parameters
    ----------
    name : str

    Returns
    -------
    str

    Examples
    --------
    >>> speaker_key("01"), speaker_key("1.0"), speaker_key(" Anna  B "), speaker_key("Actor_07")
    ('1', '1', 'anna b', 'actor7')
    """
    seen = "".join(c for c in name if unicodedata.category(c) != "Cf")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    bare = folded.strip()
    if _LARGE.fullmatch(bare) and float(bare.replace(",", ".")).is_integer():
        return str(int(float(bare.replace(",", "."))))  # As R writes 100000.
    whole = _NUMBER.fullmatch(bare.replace("\u2212", "-"))
    if whole:
        value = "".join(str(unicodedata.decimal(c)) for c in whole[2]).lstrip("0") or "0"
        return f"-{value}" if whole[1] == "-" and value != "0" else value
    spelling = " ".join(_BETWEEN_WORDS.sub(" ", folded).split()) or folded
    return _LEADING_ZEROS.sub("", _LETTER_FROM_DIGIT.sub("", spelling))


def speaker_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Key that sorts names with numbers by value: 2 before 10, s2 before s10.

    Parameters
    ----------
    name : str

    Returns
    -------
    tuple
        Of numbers and letters, comparable to those of other names.
    """
    pieces = re.findall("[0-9]+|[^0-9]+", name)
    return tuple(
        (0, int(piece), piece) if piece[0] in "0123456789" else (1, 0, piece) for piece in pieces
    )


def spellings(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Spellings of each speaker who has several, the first one to occur first.

    Parameters
    ----------
    names : iterable of str
        In any number.

    Returns
    -------
    tuple of tuple of str

    Examples
    --------
    >>> spellings(["01", "anna", "1", "Anna", "ben"])
    (('01', '1'), ('anna', 'Anna'))
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        groups[speaker_key(name)].append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def spellings_by_corpus(clips: Sequence[Clip]) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Spellings of each speaker who has several, by corpus; corpora without any are left out.

    Parameters
    ----------
    clips : sequence of Clip

    Returns
    -------
    dict of str to tuple of tuple of str
        Corpus -> groups as `spellings` has them.

    Examples
    --------
    >>> spellings_by_corpus([Clip("a", "sad", "01", corpus="A"), Clip("b", "sad", "1", corpus="B")])
    {}
    """
    names: dict[str, list[str]] = defaultdict(list)
    for clip in clips:
        names[clip.corpus].append(own_name(clip))
    found = {corpus: spellings(own) for corpus, own in names.items()}
    return {corpus: groups for corpus, groups in found.items() if groups}


def own_name(clip: Clip) -> str:
    """Name of a clip's speaker within their corpus.

    Parameters
    ----------
    clip : Clip

    Returns
    -------
    str

    Examples
    --------
    >>> own_name(Clip("a", "sad", "EMO-DB/03", corpus="EMO-DB"))
    '03'
    """
    return clip.speaker.removeprefix(f"{clip.corpus}/") if clip.corpus else clip.speaker


def with_unique_speakers(clips: Sequence[Clip]) -> tuple[Clip, ...]:
    """The clips, with speaker names that are unique across corpora.

    Parameters
    ----------
    clips : sequence of Clip

    Returns
    -------
    tuple of Clip
        With the first spelling of each speaker, joined within a corpus alone. Of several corpora,
        the corpus stands before the name: ``EMO-DB/03``.

    Examples
    --------
    >>> clips = [Clip("a", "sad", "01", corpus="A"), Clip("b", "sad", "1", corpus="B")]
    >>> [clip.speaker for clip in with_unique_speakers(clips)]
    ['A/01', 'B/1']
    >>> with_unique_speakers(clips[:1])[0].speaker
    '01'
    """
    first = {
        (corpus, other): group[0]
        for corpus, groups in spellings_by_corpus(clips).items()
        for group in groups
        for other in group
    }
    several = len({clip.corpus for clip in clips}) > 1
    return tuple(_named(clip, first, several) for clip in clips)


def _named(clip: Clip, first: Mapping[tuple[str, str], str], several: bool) -> Clip:
    own = own_name(clip)
    name = first.get((clip.corpus, own), own)
    name = f"{clip.corpus}/{name}" if several and clip.corpus else name
    return clip if name == clip.speaker else replace(clip, speaker=name)


def of_two_sexes(clips: Iterable[Clip]) -> Iterator[str]:
    """A note on speakers to whom their clips assign both sexes.

    Parameters
    ----------
    clips : iterable of Clip

    Yields
    ------
    str
        One sentence at most.

    Examples
    --------
    >>> known = {"a": "female", "b": "male", "c": "male"}
    >>> clips = [Clip(name, "sad", "7", attributes={"sex": known[name]}) for name in known]
    >>> next(of_two_sexes(clips))[:61]
    'Clips of 1 speaker say two sexes (7: 2 male and 1 female): by'
    """
    both = [
        f"{name}: {' and '.join(f'{n} {sex}' for sex, n in sexes.most_common())}"
        for name, sexes in two_sexes(clips).items()
    ]
    if both:
        yield (
            f"Clips of {counted(len(both), 'speaker')} say two sexes "
            f"({first_few(both, _SHOWN)}): by sex such a speaker stands in both groups."
        )


def two_sexes(clips: Iterable[Clip]) -> dict[str, Counter[str]]:
    """Speakers of whom their clips say both sexes.

    Parameters
    ----------
    clips : iterable of Clip

    Returns
    -------
    dict of str to Counter
        Speaker, in order -> clips of each sex.
    """
    sexes: dict[str, Counter[str]] = defaultdict(Counter)
    for clip in clips:
        if clip.attributes.get("sex"):
            sexes[clip.speaker][clip.attributes["sex"]] += 1
    return {n: sexes[n] for n in sorted(sexes, key=speaker_order) if len(sexes[n]) > 1}


def spellings_note(groups: Sequence[Sequence[str]]) -> str:
    """A note on spellings that were joined; empty where none was.

    Parameters
    ----------
    groups : sequence of sequence of str
        As `spellings` has them.

    Returns
    -------
    str
        One sentence.

    Examples
    --------
    >>> spellings_note([("01", "1"), ("anna", "Anna")])
    'Speakers who are written in several ways count as one each: 01 = 1, anna = Anna.'
    """
    if not groups:
        return ""
    joined = first_few([" = ".join(group) for group in groups], _SHOWN)
    return f"Speakers who are written in several ways count as one each: {joined}."
