"""Sentences that carry a code and values, so that a page can say them in another language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

Value = str | int | float | Sequence[str]

_NONE: Mapping[str, Value] = MappingProxyType({})
_DIGITS = 6


class Message(str):
    """A sentence in English, and what another language needs to say it.

    It is a `str` like any other, so that records, files and programs go on as with plain text.

    Parameters
    ----------
    text : str
    code : str
        Stays as it is when the wording changes.
    values : mapping of str to (str, int, float or sequence of str)
        What is filled in. Names that end in ``_s`` are seconds, in ``_share`` shares in [0, 1];
        ``emotion`` is one. A value may be a message itself.
    """

    code: str
    values: Mapping[str, Value]

    def __new__(cls, text: str, code: str = "", values: Mapping[str, Value] = _NONE) -> Self:
        """Make the text, and note what it was made of."""
        made = super().__new__(cls, text)
        made.code, made.values = code, dict(values)
        return made

    def renamed(self, old: str, new: str) -> Message:
        """The same with another name for a file.

        Parameters
        ----------
        old, new : str

        Returns
        -------
        Message
        """
        values = {
            name: renamed(value, old, new) if isinstance(value, str) else value
            for name, value in self.values.items()
        }
        return Message(self.replace(old, new), self.code, values)


def message(code: str, template: str, /, **values: Value) -> Message:
    """A message.

    Parameters
    ----------
    code : str
    template : str
        In English, with places as `str.format` fills them.
    **values
        Of the places.

    Returns
    -------
    Message

    Examples
    --------
    >>> found = message("speech.little", "only {speech_s:.1f} s of speech", speech_s=1.25)
    >>> found, found.code, found.values
    ('only 1.2 s of speech', 'speech.little', {'speech_s': 1.25})
    """
    return Message(template.format(**values), code, values)


def joined(parts: Sequence[str]) -> str:
    """Several reasons as one.

    Parameters
    ----------
    parts : sequence of str

    Returns
    -------
    str
        A message of messages, where there are several.

    Examples
    --------
    >>> joined(["no speech", "no face"])
    'no speech, and no face'
    """
    if len(parts) == 1:
        return parts[0]
    return Message(", and ".join(parts), "all", {"parts": tuple(parts)}) if parts else ""


def renamed(text: str, old: str, new: str) -> str:
    """A sentence with another name for a file; a message stays one.

    Parameters
    ----------
    text, old, new : str

    Returns
    -------
    str
    """
    return text.renamed(old, new) if isinstance(text, Message) else text.replace(old, new)


def reason_of(error: Exception) -> str:
    """What an error says: the message that it was made of, where it was made of one.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    str
    """
    first = error.args[0] if error.args else None
    return first if isinstance(first, Message) else str(error)


def coded(text: str) -> dict[str, Any] | None:
    """Code and values of a message, ready for JSON; None of a plain sentence.

    Parameters
    ----------
    text : str

    Returns
    -------
    dict or None
    """
    if not isinstance(text, Message):
        return None
    return {"code": text.code, "values": {name: _plain(v) for name, v in text.values.items()}}


def read_message(text: str, found: object) -> str:
    """The message that `coded` was given.

    Parameters
    ----------
    text : str
    found : object
        What `coded` made of it; the text stays plain where it is anything else.

    Returns
    -------
    str

    Examples
    --------
    >>> little = message("speech.little", "only {speech_s:.1f} s of speech", speech_s=1.25)
    >>> read_message(str(little), coded(little)).code
    'speech.little'
    """
    if not isinstance(found, Mapping) or not isinstance(found.get("values"), Mapping):
        return text
    values = {str(name): _read(value) for name, value in found["values"].items()}
    return Message(text, str(found.get("code", "")), values)


def _read(value: Any) -> Any:
    """A value; of a message within a message the words are not kept, nor needed."""
    if isinstance(value, list):
        return tuple(_read(each) for each in value)
    return read_message("", value) if isinstance(value, Mapping) else value


def _plain(value: Value) -> Any:
    if isinstance(value, str):
        return coded(value) or str(value)
    if isinstance(value, float):
        return round(float(value), _DIGITS)
    return value if isinstance(value, int) else [_plain(each) for each in value]
