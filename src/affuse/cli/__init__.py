"""The command line: parse, call, print. ``affuse --help`` imports none of the heavy packages."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command; exits with 0, 1 (audit: something leaks), 2 (bad input) or 130.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process by default.
    """
    from affuse.cli.app import app

    app(args=None if argv is None else list(argv), prog_name="affuse")
