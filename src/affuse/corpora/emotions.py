"""Emotion map: labels and their usual synonyms -> the common list of emotions."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from affuse.storage.plain_text import counted, first_few

_BASIC = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
"""Those that stand first among the classes, in this order."""

COMMON_EMOTIONS = (*_BASIC, "boredom", "contempt", "excited", "frustrated")
"""Names under which emotions are known, whatever a corpus calls them."""

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "neutral": ("neutrality", "neu"),
    "calm": ("calmness",),
    "happy": ("happiness", "joy", "joyful", "hap"),
    "sad": ("sadness", "sorrow"),
    "angry": ("anger", "ang"),
    "fearful": ("fear", "scared", "afraid", "frightened", "fea"),
    "disgust": ("disgusted", "dis"),
    "surprised": ("surprise", "pleasant surprise", "sur"),
    "boredom": ("bored",),
    "contempt": ("contemptuous",),
    "excited": ("excitement", "exc"),
    "frustrated": ("frustration", "fru"),
}
"""Common name -> what else it is called in corpora and tables; short forms as IEMOCAP and CREMA-D
have them."""

_COMMON = {name: name for name in COMMON_EMOTIONS} | {
    other: name for name, others in SYNONYMS.items() for other in others
}
_CODE = re.compile(r"0*(\d+?)(?:[.,]0*)?")
"""A label that is a whole number, as programs write it: 3, 03, 3.0."""
_SHOWN = 8


def emotion_name(label: str) -> str:
    """The common name of a label; the label itself, in lower case, where it has none.

    Parameters
    ----------
    label : str
        As a corpus or table has it.

    Returns
    -------
    str

    Examples
    --------
    >>> emotion_name("Anger"), emotion_name("fear "), emotion_name("Awe"), emotion_name("03.0")
    ('angry', 'fearful', 'awe', '3')
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    spelling = " ".join(folded.split())
    code = _CODE.fullmatch(spelling)
    if code:
        return code[1]
    return _COMMON.get(" ".join(spelling.replace("_", " ").replace("-", " ").split()), spelling)


def in_class_order(emotions: Iterable[str]) -> tuple[str, ...]:
    """Emotions, each once, in the order of classes: the basic ones first, others by name.

    Parameters
    ----------
    emotions : iterable of str
        Common names.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> in_class_order(["awe", "sad", "neutral", "sad"])
    ('neutral', 'sad', 'awe')
    """
    present = set(emotions)
    basic = tuple(name for name in _BASIC if name in present)
    return basic + tuple(sorted(present.difference(basic)))


def renamed_note(labels: Iterable[str]) -> str:
    """A note on labels that were renamed; empty where none was.

    Parameters
    ----------
    labels : iterable of str
        One for each clip, as written.

    Returns
    -------
    str
        One sentence.

    Examples
    --------
    >>> renamed_note(["Happy", "joy", "Joy", "sad"])
    'Emotions under other names: joy is happy (2 clips).'
    """
    written = Counter(" ".join(label.casefold().split()) for label in labels)
    renamed = [
        f"{label} is {emotion_name(label)} ({counted(number, 'clip')})"
        for label, number in written.items()
        if emotion_name(label) != label
    ]
    return f"Emotions under other names: {first_few(renamed, _SHOWN)}." if renamed else ""
