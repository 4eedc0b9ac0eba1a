"""Transfer matrix: trained on each corpus, tested on each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from affuse.errors import ConfigError
from affuse.plot.axes import BLUE, axes_or_new, shaded_cell, without_frame
from affuse.tasks.figures import bounds, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from affuse.evaluation.transfer import Cell
    from affuse.evaluation.transfer_matrix import TransferMatrix

_HEIGHT = 0.92


def transfer_matrix(
    found: TransferMatrix,
    system: str | None = None,
    *,
    axes: Axes | None = None,
    colour: str = BLUE,
) -> Axes:
    """UAR of one system from each corpus to each other, with interval and chance.

    Parameters
    ----------
    found : TransferMatrix
        Of `affuse.transfer`.
    system : str, optional
        One of ``found.systems``; the first by default.
    axes : matplotlib.axes.Axes, optional
    colour : str
        The more opaque, the further a figure lies between chance and 100 %.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ConfigError
        There is no such system.
    MissingDependency
        matplotlib is not installed.

    Examples
    --------
    >>> import affuse
    >>> config = affuse.load_config("transfer", overrides={"data.path": ["a", "b"]})
    >>> affuse.plot.transfer_matrix(affuse.transfer(config))            # doctest: +SKIP
    """
    chosen = found.systems[0] if system is None else system
    if chosen not in found.systems:
        raise ConfigError(
            f"system {chosen!r} was given; expected one of {', '.join(found.systems)}"
        )
    n_columns, n_rows = len(found.corpora), len(found.sources)
    drawn = axes_or_new(axes, 2.4 + 1.05 * n_columns, 1.5 + 0.75 * n_rows)
    corpora = [size.corpus for size in found.corpora]
    draw_cells(drawn, found.matrix(chosen), (corpora, found.sources), colour)
    name_axes(drawn, corpora, list(found.sources))
    return drawn


def draw_cells(
    axes: Axes,
    cells: dict[tuple[str, str], Cell],
    names: tuple[list[str], tuple[str, ...]],
    colour: str,
    ink: str = "black",
) -> None:
    """Draw the cells of one system, a row for each source, a column for each corpus.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    cells : dict of (str, str) to Cell
        By what trained and what is tested.
    names : (list of str, tuple of str)
        Of columns and rows.
    colour, ink : str
    """
    columns, rows = names
    for (source, target), cell in cells.items():
        _draw_cell(axes, columns.index(target), rows.index(source), cell, (colour, ink))


def name_axes(axes: Axes, columns: list[str], rows: list[str]) -> None:
    """Names of the corpora above and beside the cells.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    columns, rows : list of str
    """
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel("tested on")
    axes.set_ylabel("trained on")
    without_frame(axes)


def _draw_cell(axes: Axes, column: int, row: int, cell: Cell, colours: tuple[str, str]) -> None:
    from matplotlib.patches import Rectangle

    colour, ink = colours
    share = max(0.0, (cell.uar - cell.chance) / (1 - cell.chance))
    own = cell.trained_on == cell.tested_on
    shaded_cell(axes, column, row, share, colour, _HEIGHT)
    if own:
        corner = (column - 0.48, row - _HEIGHT / 2)
        axes.add_patch(Rectangle(corner, 0.96, _HEIGHT, fill=False, edgecolor=ink))
    lines = (
        (-0.22, points(cell.uar) + ("*" if cell.leaky else ""), 11),
        (0.06, bounds(cell.uar_low, cell.uar_high), 8),
        (0.3, f"chance {points(cell.chance)}", 8),
    )
    for down, text, size in lines:
        weight = "bold" if own and size > 10 else "normal"
        axes.text(column, row + down, text, ha="center", va="center", fontsize=size, weight=weight)
