"""What is typed about the people in recordings: ``--people [N]``, ``--name 1=Anna``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

from typer.core import TyperCommand

from affuse.errors import ConfigError

_OPTION, _ANY = "--people", "any"
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class PeopleSettings(TypedDict):
    """What `affuse.predict.settings.settings_of` takes about people."""

    people: bool | int | None
    names: dict[int, str]
    face_embedding: str
    voice_embedding: str


class WithPeople(TyperCommand):
    """A command whose ``--people`` may be followed by a number, and by anything else is not."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what was typed.

        Parameters
        ----------
        ctx : click.Context
        args : list of str

        Returns
        -------
        list of str
            What is left.
        """
        return super().parse_args(ctx, joined_number(args))


def joined_number(arguments: Sequence[str]) -> list[str]:
    """Arguments with each ``--people`` and the number after it as one; without a number: any.

    Parameters
    ----------
    arguments : sequence of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> joined_number(["--people", "2", "a.mp4"]), joined_number(["--people", "a.mp4"])
    (['--people=2', 'a.mp4'], ['--people=any', 'a.mp4'])
    """
    return list(_joined(iter(arguments)))


def _joined(arguments: Iterator[str]) -> Iterator[str]:
    for argument in arguments:
        if argument == "--":
            yield argument
            yield from arguments
        elif argument != _OPTION:
            yield argument
        else:
            yield from _with_number(next(arguments, None), arguments)


def _with_number(following: str | None, rest: Iterator[str]) -> Iterator[str]:
    if following is not None and _NUMBER.fullmatch(following):
        yield f"{_OPTION}={following}"
        return
    yield f"{_OPTION}={_ANY}"
    if following is not None:
        yield from _joined(_before(following, rest))


def _before(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def people_settings(
    people: str | None,
    names: Sequence[str] | None,
    face_embedding: str | None = None,
    voice_embedding: str | None = None,
) -> PeopleSettings:
    """Settings of a prediction from what was typed about people; None: the option was not there.

    Parameters
    ----------
    people : str or None
        As typed for ``--people``.
    names : sequence of str or None
        As typed for ``--name``.
    face_embedding, voice_embedding : str or None

    Returns
    -------
    PeopleSettings

    Raises
    ------
    ConfigError
        One of the others was there, and ``--people`` was not; no number from 1, or no NUMBER=NAME.

    Examples
    --------
    >>> people_settings("2", ["1=Anna"])["names"]
    {1: 'Anna'}
    """
    others = {"name": names, "face-embedding": face_embedding, "voice-embedding": voice_embedding}
    given = next((option for option, value in others.items() if value), None)
    if people is None and given:
        raise ConfigError(
            f"--{given} was given without {_OPTION}; expected {_OPTION} beside it: add it"
        )
    return {
        "people": people_named(people),
        "names": names_named(names or ()),
        "face_embedding": face_embedding or "",
        "voice_embedding": voice_embedding or "",
    }


def people_named(word: str | None) -> bool | int | None:
    """The meaning of what was typed for ``--people``.

    Parameters
    ----------
    word : str or None
        None: the option was not there.

    Returns
    -------
    bool, int or None
        True: as many as are found.

    Raises
    ------
    ConfigError
        No number from 1.
    """
    if word is None:
        return None
    if word == _ANY:
        return True
    if _is_number(word):
        return int(word)
    raise ConfigError(
        f"{_OPTION} {word} was given; expected how many people there are, from 1, or {_OPTION} "
        "alone for as many as are found"
    )


def names_named(given: Sequence[str]) -> dict[int, str]:
    """Numbers of people and what they are called, as typed for ``--name``.

    Parameters
    ----------
    given : sequence of str
        Such as ``1=Anna``.

    Returns
    -------
    dict of int to str

    Raises
    ------
    ConfigError
        Not NUMBER=NAME, or a number or a name twice.
    """
    names: dict[int, str] = {}
    for item in given:
        number, parted, name = item.partition("=")
        if not (parted and _is_number(number)):
            raise ConfigError(
                f"--name {item!r} was given; expected NUMBER=NAME, such as 1=Anna, with the number "
                "that affuse gives a person"
            )
        if not name.strip():
            raise ConfigError(f"--name {item!r} was given; expected a name after the sign =")
        _refuse_twice(names, int(number), name.strip())
        names[int(number)] = name.strip()
    return names


def _is_number(word: str) -> bool:
    """Whether it is a number from 1 that somebody may have meant."""
    return word.isascii() and word.isdigit() and len(word) < 10 and int(word) > 0


def _refuse_twice(names: Mapping[int, str], number: int, name: str) -> None:
    if number in names:
        raise ConfigError(f"--name {number}= was given twice; expected one name for each person")
    if name in names.values():
        raise ConfigError(
            f"--name {name!r} was given for two people; expected names that tell them apart"
        )
