"""The command line: parse, call, print. ``affuse --help`` imports none of the heavy packages."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command.

    Exits with 0, 1 (audit: something leaks), 2 (bad input), 130 (Ctrl-C) or 143 (SIGTERM).

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process by default.
    """
    from affuse.cli.interrupts import interrupted, interrupts_handled

    with interrupts_handled(until_exit=argv is None):
        try:
            from affuse.cli.app import app
            from affuse.cli.usage import with_one_command

            typed = sys.argv[1:] if argv is None else list(argv)
            with_one_command(app, typed)(args=typed, prog_name="affuse")
        except BaseException as error:
            # A signal before or after the command has not been reported; a library whose loading it
            # interrupted may turn it into any error.
            ending = interrupted()
            if ending is None:
                raise
            raise SystemExit(ending[1]) from error
