"""What `affuse report` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from affuse.cli.outputs import check_suffix
from affuse.cli.saying import say
from affuse.errors import ConfigError, OutputError
from affuse.storage.run_files import TRANSFER_JSON


def report_and_print(runs: Sequence[Path], out: Path | None, by: Sequence[str] = ()) -> None:
    """Write the report of one run, or a page that compares several, and print where it is.

    Parameters
    ----------
    runs : sequence of Path
        Run folders, or one folder of a matrix from corpus to corpus.
    out : Path or None
        Receives the page.
    by : sequence of str
        Groups whose figures a report gives, from the stored predictions of one run.

    Raises
    ------
    ConfigError
        Groups of several runs, or of a matrix.
    """
    check_suffix(out, ".html", ".htm")
    if len(runs) == 1 and (runs[0] / TRANSFER_JSON).is_file():
        written = _of_matrix(runs[0], out, by)
    elif len(runs) == 1:
        from affuse.report.document import write_report
        from affuse.report.page import check_page

        if out is not None:
            check_page(out)
        if by:
            say(f"{_by_group(runs[0], by)}\n")
        written = write_report(runs[0], out, by)
    elif by:
        raise ConfigError(
            f"--by {by[0]} was given with {len(runs)} run folders; expected one: give it to each "
            "by itself"
        )
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


def _of_matrix(folder: Path, out: Path | None, by: Sequence[str]) -> Path:
    """The page of a folder of `affuse transfer`."""
    from affuse.report.transfer_report import write_transfer_report

    if by:
        raise ConfigError(
            f"--by {by[0]} was given with {folder}, a folder of affuse transfer, which has figures "
            "of corpora alone; expected a run folder: name one, or leave out --by"
        )
    return write_transfer_report(folder, out)


def _by_group(folder: Path, by: Sequence[str]) -> str:
    """The best row of a stored run for each group, as after a run."""
    from affuse.cli.by_group import groups_text
    from affuse.evaluation.group_tables import gap_sentence
    from affuse.report.group_charts import tables_of
    from affuse.report.reading import read_run
    from affuse.report.stored_groups import with_groups

    run = with_groups(read_run(folder), by)
    tables = tables_of(run)
    if tables is None or not len(run.honest):
        return f"{folder} has no row that keeps speakers apart: nothing says for whom it works."
    best, task = str(run.honest["system"].iloc[0]), run.task
    sentences = [gap_sentence(tables, best, each, task.headline) for each in dict.fromkeys(by)]
    return groups_text(tables, best, task, sentences)
