"""``affuse audit``: look, print, write the findings as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from affuse.cli.outputs import check_folder, check_suffix
from affuse.cli.progress import progress_bars
from affuse.cli.running import refuse_missing_data
from affuse.cli.saying import say
from affuse.cli.tables import in_columns
from affuse.config import Config
from affuse.storage.plain_text import counted
from affuse.storage.whole import write_text

if TYPE_CHECKING:
    from affuse.audit.findings import Audit, Finding

LEAKS = 1
"""Exit code where something leaks."""

_WIDTH, _INDENT = 100, 26


def audit_and_print(config: Config, n_permutations: int, out: Path | None) -> None:
    """Audit and print what was found; exit with 1 where something leaks.

    Parameters
    ----------
    config : Config
        Folds that it names, of a file or published, are examined.
    n_permutations : int
        0: none.
    out : Path or None
        Receives JSON.
    """
    check_suffix(out, ".json")
    check_folder(out)
    refuse_missing_data(config)
    from affuse.audit.audit import audit

    with progress_bars(Console(stderr=True)) as progress:
        found = audit(config, n_permutations=n_permutations, progress=progress)
    say(audit_text(found))
    if out is not None:
        _write(found, out)
    if found.leaks:
        raise typer.Exit(LEAKS)


def audit_text(found: Audit) -> str:
    """The findings as text: lines of up to 100 columns, no final newline.

    Parameters
    ----------
    found : Audit

    Returns
    -------
    str
    """
    headline = (
        f"audit of {found.data}   {counted(found.n_clips, 'clip')}   "
        f"{counted(found.n_speakers, 'speaker')}   {counted(found.n_emotions, 'emotion')}   "
        f"{found.n_skipped} left out"
    )
    parts = [line for finding in found.findings for line in (*_lines(finding), "")]
    return "\n".join([headline, "", *parts, _ending(found)])


def _lines(finding: Finding) -> Iterator[str]:
    yield from textwrap.wrap(
        finding.statement,
        _WIDTH,
        initial_indent=f"{finding.verdict:<7}{finding.check:<{_INDENT - 7}}",
        subsequent_indent=" " * _INDENT,
        break_on_hyphens=False,
    )
    for line in in_columns(finding.rows):
        yield f"{' ' * 7}{line}"
    for detail in finding.details:
        yield from textwrap.wrap(
            detail,
            _WIDTH,
            initial_indent=" " * _INDENT,
            subsequent_indent=" " * (_INDENT + 2),
            break_on_hyphens=False,
        )


def _ending(found: Audit) -> str:
    if found.leaks:
        return f"Something leaks: {', '.join(found.leaks)}. Mend it before you trust a figure."
    return "Nothing leaks."


def _write(found: Audit, out: Path) -> None:
    write_text(out, json.dumps(found.as_json(), indent=2) + "\n")
    say(f"Written to {out}")
