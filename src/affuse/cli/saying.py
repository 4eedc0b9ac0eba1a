"""Output of commands: text that steers no terminal, whoever named the files in it."""

from __future__ import annotations

import typer

from affuse.storage.plain_text import printable


def say(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print lines of text, with control characters except line feeds escaped.

    Parameters
    ----------
    text : object
    err : bool
        To standard error.
    nl : bool
        End with a line feed.
    """
    lines = str(text).split("\n")
    typer.echo("\n".join(_shown(line) for line in lines), err=err, nl=nl)


def _shown(line: str) -> str:
    """A line with its tabs, which part columns."""
    return "\t".join(map(printable, line.split("\t")))
