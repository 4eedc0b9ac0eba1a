"""Errors and interrupts -> one line and an exit code."""

from __future__ import annotations

import errno
import functools
from collections.abc import Callable
from typing import ParamSpec

import typer

from affuse.cli.interrupts import interrupted
from affuse.cli.saying import say
from affuse.errors import AffuseError

P = ParamSpec("P")

BAD_INPUT = 2
INTERRUPTED = 130

_LONGEST_NAME = 120


def one_line_errors(command: Callable[P, None]) -> Callable[P, None]:
    """End a command with one line: exit code 2 on bad input, 130 or 143 when interrupted.

    Parameters
    ----------
    command : callable

    Returns
    -------
    callable
    """

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (typer.Exit, SystemExit):
            raise
        except BaseException as error:
            ending = _ending(error)
            if ending is None:
                raise
            raise ending from error

    return guarded


def _ending(error: BaseException) -> typer.Exit | None:
    """How a command ends by an error; None for an unforeseen one."""
    ending = interrupted()
    if ending is None and isinstance(error, KeyboardInterrupt):
        ending = "interrupted", INTERRUPTED
    if ending is not None:
        say(
            f"affuse: {ending[0]}; what is done is kept, the same command goes on from there",
            err=True,
        )
        return typer.Exit(ending[1])
    if isinstance(error, AffuseError):
        return complaint(str(error))
    # A closed pipe means that the reader of the output has seen enough: no error.
    if isinstance(error, OSError) and error.errno != errno.EPIPE:
        return complaint(_refused_by_system(error))
    return None


def complaint(text: str) -> typer.Exit:
    """Say in one line what is wrong, and how the command ends.

    Parameters
    ----------
    text : str

    Returns
    -------
    typer.Exit
        Of bad input, to be raised.
    """
    say(f"affuse: {' '.join(text.split())}", err=True)
    return typer.Exit(BAD_INPUT)


def _refused_by_system(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.filename is None:
        return f"the system refused to read or write ({reason}); mend that, then try again"
    name = str(error.filename)
    shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
    return f"{shown} cannot be used ({reason}); expected a path that you may use: check it"
