"""``affuse transfer``: train, test, print the matrix."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from affuse.cli.progress import progress_bars
from affuse.cli.running import free_folder, refuse_missing_data
from affuse.cli.saying import say
from affuse.cli.working import Work
from affuse.config import Config
from affuse.storage.run_files import REPORT, TRANSFER
from affuse.tasks.figures import points

if TYPE_CHECKING:
    from affuse.evaluation.transfer import Cell
    from affuse.evaluation.transfer_matrix import TransferMatrix

_COLUMNS = 7
"""Corpora beside each other in lines of 100 columns."""

_NAMES = 12


def transfer_and_print(config: Config, out: Path | None, work: Work) -> None:
    """Train on each corpus, test on each other, print the matrix and what it says.

    Parameters
    ----------
    config : Config
    out : Path or None
        Folder that receives the matrix; one in ``runs`` by default.
    work : Work
    """
    refuse_missing_data(config)
    from affuse.experiment import transfer

    named = Path("runs") / f"{date.today().isoformat()}-transfer-{config.data.stem}"
    folder = out or Path(config.out or free_folder(named))
    config = config.model_copy(update={"out": str(folder)})
    with work.begun() as workers, progress_bars(Console(stderr=True)) as progress:
        found = transfer(config, workers=workers, progress=progress)
    say(transfer_text(found))
    say(
        f"\nWritten to {folder}: {TRANSFER} has every figure with its interval.\n"
        f"Open {folder / REPORT} in a browser: it needs no network."
    )


def transfer_text(found: TransferMatrix) -> str:
    """The matrix of each system and the sentences about it: lines of up to 100 columns.

    Parameters
    ----------
    found : TransferMatrix

    Returns
    -------
    str
        Without a final newline.
    """
    lines = [_headline(found)]
    for system in found.systems:
        lines += ["", f"{system}: UAR in %, its 95 % interval over speakers, chance"]
        corpora = [size.corpus for size in found.corpora]
        for first in range(0, len(corpora), _COLUMNS):
            lines += [*_block(found, system, corpora[first : first + _COLUMNS]), ""]
        lines.pop()
    return "\n".join([*lines, "", *found.reading()])


def _headline(found: TransferMatrix) -> str:
    n_clips = sum(size.n_clips for size in found.corpora)
    n_speakers = sum(size.n_speakers for size in found.corpora)
    features = ", ".join(found.features.values())
    return (
        f"{len(found.corpora)} corpora   {n_clips:,} clips   {n_speakers} speakers   {features}   "
        "[ ] the corpus itself, speakers kept apart"
    )


def _block(found: TransferMatrix, system: str, tested: Sequence[str]) -> Iterator[str]:
    """Some columns of a matrix, three lines for each row."""
    cells = found.matrix(system)
    width = max(len(source) for source in (*found.sources, "trained on"))
    yield _line("trained on", [name[: _NAMES - 1] for name in tested], width)
    for source in found.sources:
        row = [cells.get((source, target)) for target in tested]
        if any(row):
            yield _line(source[:width], [_figure(cell) for cell in row], width)
            yield _line("", [_interval(cell) for cell in row], width)
            yield _line("", [f"{points(cell.chance)}" if cell else "" for cell in row], width)


def _line(name: str, cells: Sequence[str], width: int) -> str:
    return "".join([name.ljust(width), *(cell.rjust(_NAMES) for cell in cells)]).rstrip()


def _figure(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    shown = f"[{points(cell.uar)}]" if cell.trained_on == cell.tested_on else points(cell.uar)
    return f"{shown}*" if cell.leaky else shown


def _interval(cell: Cell | None) -> str:
    if cell is None:
        return ""
    if math.isnan(cell.uar_low):
        return "one speaker"
    return f"[{100 * cell.uar_low:.0f}, {100 * cell.uar_high:.0f}]"
