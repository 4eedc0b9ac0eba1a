"""What `affuse folds` prints: published fold sets, and who is on both sides of their folds."""

from __future__ import annotations

from collections.abc import Sequence

from affuse.cli.saying import say
from affuse.cli.tables import in_columns
from affuse.errors import FoldError
from affuse.splits.fold_sets import SOURCES, FoldSet, fold_sets

_HEADINGS = ("folds", "corpus", "folds", "clips", "speakers", "on both sides", "")


def print_folds(name: str) -> None:
    """Every published set with its figures; of one name, these sets alone.

    Parameters
    ----------
    name : str
        Empty: all.
    """
    shown = [each for each in fold_sets() if name in ("", each.name)]
    if not shown:
        raise FoldError(
            f"published folds {name!r} were asked for; expected one of {', '.join(SOURCES)}"
        )
    say(folds_text(shown))
    for each in dict.fromkeys(one.name for one in shown):
        say(f"{each}: {SOURCES[each]}")
    say(
        "\nOf a set with speakers on both sides, affuse run marks the rows leaky and gives its own "
        "folds\nbeside them. Next: affuse run DATA --folds NAME"
    )


def folds_text(shown: Sequence[FoldSet]) -> str:
    """A row for each set: folds, clips, speakers, and those on both sides of a fold.

    Parameters
    ----------
    shown : sequence of FoldSet

    Returns
    -------
    str
        Several lines.
    """
    rows = [_HEADINGS, *(_cells(one) for one in shown)]
    return "\n".join(in_columns(rows))


def _cells(one: FoldSet) -> tuple[str, ...]:
    n_both = len(one.on_both_sides())
    n_speakers = len(set(one.speakers()))
    both = f"{n_both} of {n_speakers}" if n_both else "0"
    figures = (f"{len(one.folds)}", f"{one.n_clips:,}", f"{n_speakers}", both)
    return one.name, one.corpus, *figures, "leaky" if n_both else ""
