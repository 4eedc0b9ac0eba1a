"""Text from elsewhere made safe to show: on terminals, in cells, in short messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import category

_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories: control, format, surrogate, separators of lines and paragraphs."""

JOINERS = "\u200c\u200d"
"""Signs that are not seen, and that words of some scripts need to be spelt rightly."""

_HARMLESS = f"{JOINERS}\ufeff\u00ad\n"
"""What cells may hold: such signs, and line feeds, which are quoted."""

_FORMULA = re.compile(r"[ \n]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|[+-]?(inf|nan)", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(?:\\|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[nrt])")
_SHORT = {"\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t"}
_MARK = "'"
"""Tells a spreadsheet that what follows is text."""


def first_few(names: Sequence[str], most: int = 5) -> str:
    """Names for a message: the first few, and how many more there are.

    Parameters
    ----------
    names : sequence of str
    most : int

    Returns
    -------
    str

    Examples
    --------
    >>> first_few(["ann", "ben", "cy"]), first_few(["ann", "ben", "cy"], 2)
    ('ann, ben, cy', 'ann, ben and 1 more')
    """
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def counted(number: int, what: str) -> str:
    """A number with its noun.

    Parameters
    ----------
    number : int
    what : str
        The noun, in the singular.

    Returns
    -------
    str

    Examples
    --------
    >>> counted(1, "clip"), counted(1080, "clip")
    ('1 clip', '1,080 clips')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def none_of(number: int, what: str) -> str:
    """None of so many, for a message on all of them.

    Parameters
    ----------
    number : int
    what : str
        The noun, in the singular.

    Returns
    -------
    str

    Examples
    --------
    >>> none_of(1, "clip"), none_of(3, "clip")
    ('no clip', 'none of 3 clips')
    """
    return f"no {what}" if number == 1 else f"none of {counted(number, what)}"


def steers(sign: str) -> bool:
    """Whether a character controls a terminal instead of being shown.

    Parameters
    ----------
    sign : str
        One character.

    Returns
    -------
    bool
    """
    return category(sign) in _STEERING


def printable(text: str) -> str:
    r"""Text on one line, with line breaks and control characters escaped; joiners stay.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> printable("a\x1b[31mb\n") == r"a\x1b[31mb\n"
    True
    """
    if text.isprintable():
        return text
    return "".join(
        _escaped(sign) if steers(sign) and sign not in JOINERS else sign for sign in text
    )


def name_key(name: str) -> str:
    r"""What two names have in common that nobody could tell apart: no capitals, no joiners.

    Parameters
    ----------
    name : str

    Returns
    -------
    str

    Examples
    --------
    >>> name_key("Anna") == name_key("an\u200dna")
    True
    """
    return name.casefold().translate(dict.fromkeys(map(ord, JOINERS)))


def shortened(value: object, most: int = 400) -> str:
    """Any value as one short, harmless line for a message.

    Parameters
    ----------
    value : object
        From elsewhere, of any length.
    most : int
        Characters that are shown.

    Returns
    -------
    str

    Examples
    --------
    >>> shortened("abcdef", 3), shortened(7)
    ('abc...', '7')
    """
    text = printable(str(value))
    return text if len(text) <= most else f"{text[:most]}..."


def csv_cell(text: str) -> str:
    r"""Text as a cell that is neither a spreadsheet's formula nor a terminal's command.

    What begins like a formula gets an apostrophe before it; so does what holds signs that steer,
    which become escapes, and what looks as if it had such an apostrophe already. Numbers and all
    other text stay as they are. `text_of_cell` gives back what was written.

    Source  OWASP, "CSV Injection"

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> [csv_cell(text) for text in ("=1+1", "-0.5", "-x", "'-x", "Ann")]
    ["'=1+1", '-0.5', "'-x", "''-x", 'Ann']
    """
    if not (_is_formula(text) or _is_marked(text) or any(map(_hurts, text))):
        return text
    return _MARK + "".join(
        _escaped(sign) if sign == "\\" or _hurts(sign) else sign for sign in text
    )


def text_of_cell(cell: str) -> str:
    r"""The text that `csv_cell` was given.

    Parameters
    ----------
    cell : str

    Returns
    -------
    str

    Examples
    --------
    >>> [text_of_cell(cell) for cell in ("'=1+1", "-0.5", "'-x", "''-x", "'tis")]
    ['=1+1', '-0.5', '-x', "'-x", "'tis"]
    """
    return _ESCAPE.sub(_sign, cell[1:]) if _is_marked(cell) else cell


def _is_formula(text: str) -> bool:
    return _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None


def _is_marked(cell: str) -> bool:
    if not cell.startswith(_MARK):
        return False
    return _is_formula(cell.lstrip(_MARK)) or _ESCAPE.search(cell) is not None


def _hurts(sign: str) -> bool:
    return not sign.isprintable() and steers(sign) and sign not in _HARMLESS


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def _sign(found: re.Match[str]) -> str:
    escape = found.group()
    return _SHORT.get(escape) or chr(int(escape[2:], 16))
