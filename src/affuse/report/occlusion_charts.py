"""Charts of occlusion maps: where in sound and face the best system finds each emotion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affuse.plot.axes import shaded_cell
from affuse.report.chart import COLOURS, FAINT, INK, NARROW, Chart, chart_of, drawing, short
from affuse.report.reading import RunFolder
from affuse.tasks.figures import points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BESIDE = 2
"""Maps in a row of a chart: they can be read on a telephone."""
_LEAST = 0.01
"""Drop that the fullest colour stands for at least, so that noise is not blown up."""


def occlusion_charts(run: RunFolder) -> tuple[Chart, ...]:
    """One chart per modality, with a map for each emotion.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    tuple of Chart
        Empty where nothing was hidden.
    """
    table = run.table("occlusion")
    if not len(table):
        return ()
    return tuple(_chart(str(name), own) for name, own in table.groupby("modality", sort=False))


def _chart(modality: str, table: pd.DataFrame) -> Chart:
    maps = {str(emotion): own for emotion, own in table.groupby("emotion", sort=False)}
    strongest = max(table["drop"].max(), _LEAST)
    n_rows = -(-len(maps) // _BESIDE)
    with drawing(NARROW, 0.4 + (2.1 if modality == "audio" else 2.6) * n_rows) as figure:
        places = figure.subplots(n_rows, _BESIDE, squeeze=False).ravel()
        for axes, (emotion, own) in zip(places, maps.items(), strict=False):
            _map(axes, _drops(own), strongest, COLOURS[modality])
            axes.set_title(f"{short(emotion)}, {points(own['drop'].max())}")
            if modality == "audio":
                _time_and_band(axes, own)
            else:
                _outline(axes, float(own["face_share"].iloc[0]), _drops(own).shape)
        for axes in places[len(maps) :]:
            axes.set_axis_off()
        title = f"Where the best system finds emotions: {_part(modality, table)}"
        return chart_of(figure, title, _text(maps, strongest), _numbers(table))


def _part(modality: str, table: pd.DataFrame) -> str:
    if modality == "audio":
        return "sound"
    return "face" if table["face_share"].iloc[0] else "picture"


def _drops(own: pd.DataFrame) -> NDArray[np.float64]:
    """The map of one emotion, rows and columns in their order."""
    shape = own["row"].nunique(), own["column"].nunique()
    return np.asarray(own["drop"], np.float64).reshape(shape)


def _map(axes: Axes, drops: NDArray[np.float64], strongest: float, colour: str) -> None:
    """Cells of fuller colour where more is lost; a frame around the fullest."""
    from matplotlib.patches import Rectangle

    for (row, column), drop in np.ndenumerate(drops):
        shaded_cell(axes, column, row, max(drop, 0.0) / strongest, colour)
    row, column = (int(n) for n in np.unravel_index(drops.argmax(), drops.shape))
    frame = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=INK, linewidth=1.5)
    axes.add_patch(frame)
    n_rows, n_columns = drops.shape
    axes.set_xlim(-0.55, n_columns - 0.45)
    axes.set_ylim(n_rows - 0.45, -0.55)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)


def _time_and_band(axes: Axes, own: pd.DataFrame) -> None:
    """Time to the right and frequency upwards, with their ends."""
    n_rows, n_columns = own["row"].nunique(), own["column"].nunique()
    axes.set_ylim(-0.55, n_rows - 0.45)
    axes.set_xticks([-0.5, n_columns - 0.5], ["begin", "end"])
    highest = str(own["row"].iloc[-1]).partition(" to ")[2]
    axes.set_yticks([-0.5, n_rows - 0.5], ["0 Hz" if highest else "low", highest or "high"])


def _outline(axes: Axes, face_share: float, shape: tuple[int, ...]) -> None:
    """A plain face behind the map, where the picture is a crop of one."""
    from matplotlib.patches import Arc, Ellipse

    axes.set_aspect("equal" if face_share else "auto")
    if not face_share:
        return
    n_rows, n_columns = shape

    def place(x: float, y: float) -> tuple[float, float]:
        """From shares of the face's box, which lies in the middle of the picture."""
        across, down = (0.5 + face_share * (n - 0.5) for n in (x, y))
        return n_columns * across - 0.5, n_rows * down - 0.5

    def size(width: float, height: float) -> tuple[float, float]:
        return n_columns * face_share * width, n_rows * face_share * height

    line: dict[str, Any] = {"fill": False, "edgecolor": FAINT, "linewidth": 1.2}
    axes.add_patch(Ellipse(place(0.5, 0.5), *size(0.94, 1.12), **line))
    for x in (0.3, 0.7):
        axes.add_patch(Ellipse(place(x, 0.4), *size(0.18, 0.08), **line))
        brow = Arc(place(x, 0.34), *size(0.26, 0.14), theta1=200, theta2=340, color=FAINT)
        axes.add_patch(brow)
    axes.plot(
        *zip(place(0.5, 0.45), place(0.46, 0.62), place(0.53, 0.62), strict=True), color=FAINT
    )
    axes.add_patch(Ellipse(place(0.5, 0.79), *size(0.34, 0.09), **line))


def _text(maps: dict[str, pd.DataFrame], strongest: float) -> str:
    parts = []
    for emotion, own in maps.items():
        most = own.iloc[int(own["drop"].argmax())]
        parts.append(f"{emotion} {points(most['drop'])} ({most['row']}, {most['column']})")
    n_clips = [int(own["n_clips"].iloc[0]) for own in maps.values()]
    clips = (
        f"{min(n_clips)}" if min(n_clips) == max(n_clips) else f"{min(n_clips)} to {max(n_clips)}"
    )
    return (
        "Points by which the probability of the true emotion drops where a part of the clip is "
        f"hidden, mean of {clips} test clips of each emotion; the fullest colour is "
        f"{points(strongest)}. A frame is where most is lost: {'; '.join(parts)}."
    )


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    drop = (100 * table["drop"]).round(1)
    return table.assign(drop=drop)[["emotion", "row", "column", "drop"]]
