"""What `affuse recipes` and `affuse settings` print: lines of 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from affuse.cli.saying import say
from affuse.config.described import Setting, recipe_named, recipes, settings, settings_named

_WIDTH, _NAMES, _VALUES = 100, 13, 46


def print_recipes(name: str) -> None:
    """Print every recipe and its purpose; or the text of one.

    Parameters
    ----------
    name : str
        Empty: all.
    """
    if name:
        say(recipe_named(name).text.rstrip())
        return
    for recipe in recipes():
        say(beside(recipe.name, recipe.meaning, _NAMES))
    say(
        "\nquick is taken where no other is named. Next: affuse run DATA --recipe NAME\n"
        "affuse recipes NAME prints one: save it, change it, and give the file to --recipe."
    )


def print_settings(name: str) -> None:
    """Print every setting with default and meaning; for a name or group, the allowed values too.

    Parameters
    ----------
    name : str
        Empty: all.
    """
    if name:
        say("\n\n".join(_entry(setting) for setting in settings_named(name)))
        return
    say("\n".join(_lines(settings())))
    say(
        "\nThe values are defaults; a recipe sets some otherwise (affuse recipes NAME).\n"
        "Next: affuse run DATA --set NAME=VALUE; affuse settings NAME says what a value may be."
    )


def _lines(every: Sequence[Setting]) -> Iterator[str]:
    """One setting a line, groups set apart."""
    group = ""
    for setting in every:
        own = setting.name.rpartition(".")[0]
        if own != group:
            yield ""
        group = own
        yield beside(_assigned(setting), setting.meaning, _VALUES)


def _entry(setting: Setting) -> str:
    """Everything that is known of a setting."""
    lines = [_assigned(setting), setting.meaning, f"May be: {setting.allowed}."]
    wrapped = [textwrap.fill(line, _WIDTH - 2, break_on_hyphens=False) for line in lines]
    return "\n".join([wrapped[0], *(textwrap.indent(line, "  ") for line in wrapped[1:])])


def _assigned(setting: Setting) -> str:
    return f"{setting.name} = {setting.default}" if setting.default else setting.name


def beside(name: str, meaning: str, column: int) -> str:
    """A name and its meaning from a column on; on the next line where the name is long.

    Parameters
    ----------
    name, meaning : str
    column : int

    Returns
    -------
    str
        Lines of 100 columns at most.
    """
    lead = name.ljust(column)
    wrapped = textwrap.wrap(
        meaning, _WIDTH - column, break_on_hyphens=False, break_long_words=False
    )
    description = f"\n{' ' * column}".join(wrapped)
    return f"{lead}{description}" if lead.endswith(" ") else f"{name}\n{' ' * column}{description}"
