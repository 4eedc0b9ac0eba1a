"""What `affuse report` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from affuse.cli.outputs import check_suffix
from affuse.cli.saying import say
from affuse.errors import OutputError


def report_and_print(runs: Sequence[Path], out: Path | None) -> None:
    """Write the report of one run, or a page that compares several; say where it is.

    Parameters
    ----------
    runs : sequence of Path
        Run folders.
    out : Path or None
        Receives the page.
    """
    check_suffix(out, ".html", ".htm")
    if len(runs) == 1:
        from affuse.report.document import write_report

        written = write_report(runs[0], out)
    else:
        from affuse.report.compare import write_comparison

        target = out or Path("comparison.html")
        if out is None and target.exists():
            raise OutputError(
                f"{target} exists already; expected a new file: name one with --out, or that one "
                "to write over it"
            )
        written = write_comparison(runs, target)
    say(f"Written to {written}. It opens in any browser and needs no network.")
