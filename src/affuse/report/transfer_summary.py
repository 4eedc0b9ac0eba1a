"""The first screen of a transfer report: what was tested, how good it is, whether to trust it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from affuse.evaluation.transfer import ACROSS, ALL_OTHERS, LEFT_OUT, Cell, MeanLost
from affuse.evaluation.transfer_matrix import TransferMatrix
from affuse.report.summary import Summary, stated
from affuse.report.words import joined_names
from affuse.storage.plain_text import counted
from affuse.tasks.headline import UAR

_MOST_NAMED = 4
"""Corpora that are named with their sizes; more are counted, and stand in a table below."""


def transfer_summary(found: TransferMatrix) -> Summary:
    """Answers to the questions of a first-time reader.

    Parameters
    ----------
    found : TransferMatrix

    Returns
    -------
    Summary
    """
    tested = tuple(_tested(found))
    best = max(_means(found, ACROSS), key=lambda lost: lost.across, default=None)
    if best is None:
        return Summary("", tested, "", "", (), (_NOTHING,), tuple(_trust(found, None)))
    return Summary(
        "",
        tested,
        stated(UAR, best.across),
        _value_text(found, best),
        (),
        tuple(_quality(found, best)),
        tuple(_trust(found, best)),
    )


_NOTHING = "No figure across corpora counts: each of them is leaky, see the reason beside it."


def _means(found: TransferMatrix, protocol: str) -> list[MeanLost]:
    return [lost for lost in found.means if lost.protocol == protocol]


def _across(found: TransferMatrix, system: str | None = None) -> list[Cell]:
    """Cells from one corpus to another that do not leak, of all systems or of one."""
    return [
        cell
        for cell in found.cells
        if cell.protocol == ACROSS and not cell.leaky and system in (None, cell.system)
    ]


def _tested(found: TransferMatrix) -> Iterator[str]:
    n_clips = sum(size.n_clips for size in found.corpora)
    n_speakers = sum(size.n_speakers for size in found.corpora)
    yield (
        f"{counted(n_clips, 'clip')} of {counted(n_speakers, 'speaker')} in "
        f"{len(found.corpora)} corpora: {_corpora(found)}."
    )
    features = "; ".join(f"{modality} by {words}" for modality, words in found.features.items())
    yield f"{counted(len(found.systems), 'system')}{f': {features}' if features else ''}."
    others = " or on all others together" if ALL_OTHERS in found.sources else ""
    yield (
        f"Each was trained on one corpus{others} and tested on another, over the emotions that "
        "both show."
    )


def _corpora(found: TransferMatrix) -> str:
    if len(found.corpora) > _MOST_NAMED:
        return joined_names([size.corpus for size in found.corpora])
    return joined_names(
        [f"{size.corpus} ({size.n_clips:,} of {size.n_speakers})" for size in found.corpora]
    )


def _value_text(found: TransferMatrix, best: MeanLost) -> str:
    chance = _mean([cell.chance for cell in _across(found, best.system)])
    return (
        f"mean UAR of {best.system} between two corpora ({counted(best.n_cells, 'pair')}); a guess "
        f"has {stated(UAR, chance)}."
    )


def _mean(figures: Sequence[float]) -> float:
    return sum(figures) / len(figures) if figures else math.nan


def _quality(found: TransferMatrix, best: MeanLost) -> Iterator[str]:
    bounds = UAR.bounds(best.low, best.high)
    lost = f"{UAR.value(best.lost)}{f' {bounds}' if bounds else ''}"
    yield (
        f"Unseen speakers of the tested corpora themselves: {stated(UAR, best.within)}. Points "
        f"lost on the way to another corpus: {lost}."
    )
    joint = max(_means(found, LEFT_OUT), key=lambda lost: lost.across, default=None)
    if joint is not None:
        yield f"Trained on all others together: {stated(UAR, joint.across)} ({joint.system})."


def _trust(found: TransferMatrix, best: MeanLost | None) -> Iterator[str]:
    if best is not None:
        yield "Each clip was tested by a system that was not trained on its corpus."
        yield from _range(_across(found, best.system))
    known = [cell for cell in _across(found) if not math.isnan(cell.uar_low)]
    if known:
        above = sum(cell.above_chance for cell in known)
        yield f"{above} of {len(known)} figures lie above chance with their whole 95 % interval."
    if best is not None and len(_means(found, ACROSS)) > 1:
        yield (
            f"It was picked as the best of {len(_means(found, ACROSS))} after all were measured, "
            "which flatters its figure a little."
        )
    n_leaky = sum(cell.leaky for cell in found.cells)
    if n_leaky:
        yield f"{counted(n_leaky, 'figure')} marked with a star leak and are in no mean."


def _range(cells: Sequence[Cell]) -> Iterator[str]:
    if len(cells) < 2:
        return
    worst, top = (pick(cells, key=lambda cell: cell.uar - cell.chance) for pick in (min, max))
    yield (
        f"It depends on the pair: from {stated(UAR, worst.uar)} ({_pair(worst)}) to "
        f"{stated(UAR, top.uar)} ({_pair(top)}), seen from chance."
    )


def _pair(cell: Cell) -> str:
    return f"{cell.trained_on} to {cell.tested_on}"
