"""TransferMatrix -> one page: heat maps, a table of all cells, notes."""

from __future__ import annotations

import shlex
from pathlib import Path

from affuse.config import Config, load_config
from affuse.errors import OutputError
from affuse.evaluation.transfer import ALL_OTHERS, Cell
from affuse.evaluation.transfer_matrix import TransferMatrix
from affuse.plot.transfer import draw_cells, name_axes
from affuse.report.chart import FUSED, INK, Chart, chart_of, drawing, short
from affuse.report.document import settings_grid
from affuse.report.grid import SHOWN, Column, Grid
from affuse.report.page import render, write_page
from affuse.report.result_tables import ONE_SPEAKER
from affuse.report.transfer_summary import transfer_summary
from affuse.storage.plain_json import read_plain
from affuse.storage.run_files import CONFIG, REPORT, TRANSFER_JSON
from affuse.tasks.figures import bounds, points


def transfer_html(found: TransferMatrix, config: Config) -> str:
    """The report of a transfer matrix as one page of HTML.

    Parameters
    ----------
    found : TransferMatrix
    config : Config

    Returns
    -------
    str
        It needs no other file and no network.

    Raises
    ------
    MissingDependency
        The extra ``report`` is not installed.
    """
    settings = config.model_dump(mode="json", exclude_none=True)
    return render(
        "transfer.html.j2",
        heading=f"{' + '.join(size.corpus for size in found.corpora)}: from corpus to corpus",
        summary=transfer_summary(found),
        reading=found.reading(),
        charts=[heat_map(found, system) for system in found.systems],
        cells=_cell_grid(found),
        corpora=_corpus_grid(found),
        settings=settings_grid(settings, "Settings"),
        settings_text=config.to_toml(),
        again=f"affuse transfer {shlex.join(config.data.paths)} --recipe config.toml",
        environment=None,
    )


def write_transfer_report(folder: Path, out: Path | None = None) -> Path:
    """Write the report of a transfer matrix anew.

    Parameters
    ----------
    folder : Path
        As `affuse transfer` leaves it.
    out : Path, optional
        File; ``report.html`` in the folder by default.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        Its matrix cannot be read, or the file cannot be written.
    ConfigError
        Its configuration cannot be read.
    """
    file = folder / TRANSFER_JSON
    try:
        found = TransferMatrix.of_json(read_plain(file.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutputError(
            f"{file} cannot be read ({error}); expected it as affuse transfer wrote it: run that "
            "again (finished fits are kept)"
        ) from error
    config = load_config(folder / CONFIG)
    return write_page(transfer_html(found, config), out or folder / REPORT)


def heat_map(found: TransferMatrix, system: str) -> Chart:
    """One system's matrix: a row for each training corpus, a column for each tested one.

    Parameters
    ----------
    found : TransferMatrix
    system : str

    Returns
    -------
    Chart
        Colour says how far a figure lies between chance and 100 %.
    """
    cells = found.matrix(system)
    columns, rows = [size.corpus for size in found.corpora], found.sources
    with drawing(2.4 + 1.05 * len(columns), 1.5 + 0.75 * len(rows)) as figure:
        axes = figure.subplots()
        draw_cells(axes, cells, (columns, rows), FUSED, INK)
        name_axes(axes, [short(name) for name in columns], [short(name) for name in rows])
        return chart_of(figure, f"From corpus to corpus: {system}", _text(list(cells.values())))


def _text(cells: list[Cell]) -> str:
    across = [cell for cell in cells if cell.trained_on not in (cell.tested_on, ALL_OTHERS)]
    ends = ""
    if across:
        best = max(across, key=lambda cell: cell.uar - cell.chance)
        worst = min(across, key=lambda cell: cell.uar - cell.chance)
        ends = (
            f" Farthest above chance is {best.trained_on} to {best.tested_on} "
            f"({points(best.uar)} % over {len(best.emotions)} emotions), least {worst.trained_on} "
            f"to {worst.tested_on} ({points(worst.uar)} % over {len(worst.emotions)})."
        )
    leaky = " Starred figures are leaky." if any(cell.leaky for cell in cells) else ""
    return (
        "UAR in % over the emotions that both corpora show, with 95 % intervals over speakers of "
        "the tested corpus and the UAR of a guess. The stronger the colour, the farther above "
        f"chance. Framed: the same corpus, speakers kept apart.{ends}{leaky}"
    )


def _cell_grid(found: TransferMatrix) -> Grid:
    """Every cell of every system."""
    columns = (
        Column("system"), Column("trained on"), Column("tested on"), Column("UAR %", "strong"),
        Column("95 % over speakers", "range"), Column("chance %", "number"),
        Column("own %", "number"), Column("lost, points", "number"),
        Column("95 % of what is lost", "range"), Column("clips", "number"),
        Column("speakers", "number"), Column("emotions"), Column("leaky"),
    )  # fmt: skip
    rows = tuple(_row(cell) for cell in found.cells)
    return Grid("Trained on one corpus, tested on another", columns, rows, 2 * SHOWN, "figure")


def _row(cell: Cell) -> tuple[str, ...]:
    lost = cell.lost == cell.lost
    return (
        cell.system, cell.trained_on, cell.tested_on, points(cell.uar),
        bounds(cell.uar_low, cell.uar_high) or ONE_SPEAKER, points(cell.chance),
        points(cell.within) if cell.within == cell.within else "",
        points(cell.lost) if lost else "", bounds(cell.lost_low, cell.lost_high) if lost else "",
        f"{cell.n_clips}", f"{cell.n_speakers}", ", ".join(cell.emotions), cell.leak,
    )  # fmt: skip


def _corpus_grid(found: TransferMatrix) -> Grid:
    columns = (
        Column("corpus"), Column("clips", "number"), Column("speakers", "number"),
        Column("emotions"),
    )  # fmt: skip
    rows = tuple(
        (size.corpus, f"{size.n_clips}", f"{size.n_speakers}", ", ".join(size.emotions))
        for size in found.corpora
    )
    return Grid("What was trained on and tested", columns, rows)
