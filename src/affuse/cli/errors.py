"""Errors and interrupts -> one line and an exit code."""

from __future__ import annotations

import errno
import functools
from collections.abc import Callable
from typing import ParamSpec

import typer

from affuse.errors import AffuseError

P = ParamSpec("P")

BAD_INPUT = 2
INTERRUPTED = 130

_LONGEST_NAME = 120


def one_line_errors(command: Callable[P, None]) -> Callable[P, None]:
    """A command that ends with one line and exit code 2 on bad input, 130 when interrupted."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except AffuseError as error:
            raise _complaint(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                # Whoever read the output has seen enough: that is no complaint.
                raise
            raise _complaint(_refused_by_system(error)) from error
        except KeyboardInterrupt as error:
            typer.echo(
                "affuse: interrupted; what is done is kept, the same command goes on from there",
                err=True,
            )
            raise typer.Exit(INTERRUPTED) from error

    return guarded


def _complaint(text: str) -> typer.Exit:
    typer.echo(f"affuse: {' '.join(text.split())}", err=True)
    return typer.Exit(BAD_INPUT)


def _refused_by_system(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.filename is None:
        return f"the system refused to read or write ({reason}); mend that, then try again"
    name = str(error.filename)
    shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
    return f"{shown} cannot be used ({reason}); expected a path that you may use: check it"
