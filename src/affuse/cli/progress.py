"""Progress bars on the terminal, fed by ``(stage, done, total)`` callbacks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from affuse.records import ProgressCallback


@contextmanager
def progress_bars(console: Console) -> Iterator[ProgressCallback]:
    """One bar per stage on standard error; a line per finished stage where that is no terminal.

    Nothing is written before the first stage, so that what is refused has one line alone.

    Parameters
    ----------
    console : Console

    Yields
    ------
    callable
        Takes ``(stage, done, total)``.
    """
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    bars = Progress(*columns, console=console, transient=console.is_terminal)
    tasks: dict[str, TaskID] = {}
    with ExitStack() as opened:

        def report(stage: str, done: int, total: int) -> None:
            if not tasks:
                opened.enter_context(bars)
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report
