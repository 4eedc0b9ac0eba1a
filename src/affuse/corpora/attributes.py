"""Attributes of clips and speakers that mean the same in every corpus: sex, age, language."""

from __future__ import annotations

import re
from collections.abc import Mapping

FORMER_NAMES: Mapping[str, str] = {"gender": "sex"}
"""What an attribute was called, in tables too -> what it is called."""

OF_SPEAKERS = ("sex", *FORMER_NAMES, "age", "language")
"""Columns that describe the speaker of a clip, in words or in numbers."""

_SEXES = {
    "female": ("f", "w", "female", "woman", "weiblich"),
    "male": ("m", "male", "man", "männlich"),
}
_SEX_OF = {word: sex for sex, words in _SEXES.items() for word in words}
_LANGUAGES = {
    "am": ("amh", "amharic"), "bn": ("ben", "bengali", "bangla"), "de": ("deu", "ger", "german"),
    "el": ("ell", "gre", "greek"), "en": ("eng", "english"), "es": ("spa", "spanish"),
    "fa": ("fas", "per", "persian"), "fr": ("fra", "fre", "french"), "it": ("ita", "italian"),
    "pl": ("pol", "polish"), "ur": ("urd", "urdu"), "zh": ("zho", "chi", "chinese", "mandarin"),
}  # fmt: skip
_LANGUAGE_OF = {word: code for code, words in _LANGUAGES.items() for word in words}
_WHOLE = re.compile(r"0*(\d+?)(?:[.,]0*)?")


def standard_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes under standard names and, where they are known, in standard words.

    Parameters
    ----------
    attributes : mapping of str to str
        As a table or a corpus has them.

    Returns
    -------
    dict of str to str
        ``sex`` is female or male, ``age`` whole years, ``language`` a code of ISO 639-1; other
        words for one of them stay, and so do other attributes; blank ones are left out.

    Examples
    --------
    >>> standard_attributes({"gender": "F", "age": "34.0", "language": "German", "mood": "F"})
    {'sex': 'female', 'age': '34', 'language': 'de', 'mood': 'F'}
    """
    given = {name: value for name, value in attributes.items() if value}
    named = {
        name if FORMER_NAMES.get(name, name) in given else FORMER_NAMES.get(name, name): value
        for name, value in given.items()
    }
    return {name: _standard(name, value) for name, value in named.items()}


def _standard(name: str, value: str) -> str:
    word = value.strip().casefold()
    if name == "sex":
        return _SEX_OF.get(word, value)
    if name == "language":
        return _LANGUAGE_OF.get(word, word if len(word) == 2 else value)
    whole = _WHOLE.fullmatch(word) if name == "age" else None
    return whole[1] if whole else value
