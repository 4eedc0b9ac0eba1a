"""What `affuse doctor` prints."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from affuse.cli.errors import BAD_INPUT
from affuse.cli.saying import say
from affuse.doctor import checkup

MARKS = {"good": "ok", "absent": "-", "broken": "BROKEN"}


def check_and_print() -> None:
    """Print each check; raise an error where something that is needed is broken."""
    checks = checkup()
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        table.add_row(MARKS[check.state], check.name, check.found)
    console = Console()
    if console.is_terminal:
        console.print(table, markup=False)
    else:
        for check in checks:
            say(f"{MARKS[check.state]}\t{check.name}\t{check.found}")
    broken = [check.name for check in checks if check.state == "broken"]
    if broken:
        named = ", ".join(broken)
        say(f"affuse: {named} broken; expected all but optional parts to work", err=True)
        raise typer.Exit(BAD_INPUT)
