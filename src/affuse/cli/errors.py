"""Errors and interrupts -> one line and an exit code."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec

import typer

from affuse.errors import AffuseError

P = ParamSpec("P")

BAD_INPUT = 2
INTERRUPTED = 130


def one_line_errors(command: Callable[P, None]) -> Callable[P, None]:
    """A command that ends with one line and exit code 2 on bad input, 130 when interrupted."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except AffuseError as error:
            typer.echo(f"affuse: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(BAD_INPUT) from error
        except KeyboardInterrupt as error:
            typer.echo(
                "affuse: interrupted; what is done is kept, the same command goes on from there",
                err=True,
            )
            raise typer.Exit(INTERRUPTED) from error

    return guarded
