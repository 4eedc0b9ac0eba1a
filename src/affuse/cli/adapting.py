"""``affuse adapt``: fit a bundle to labelled clips, print what changes, write it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from affuse.bundle.writer import check_bundle_place
from affuse.cli.progress import progress_bars
from affuse.cli.running import free_folder
from affuse.cli.saying import say
from affuse.cli.tables import in_columns
from affuse.corpora.registry import AUTO
from affuse.storage.plain_text import counted

if TYPE_CHECKING:
    from affuse.adaptation.adapting import Adaptation

NOT_WRITTEN = 1
"""Exit code where there are too few clips to help."""

_PLACE = Path("adapted")


def adapt_and_print(
    bundle: str,
    data: Sequence[str],
    output: Path | None,
    *,
    corpus: str | None,
    emotions: Sequence[str] | None,
    anyway: bool,
    seed: int,
    jobs: int | None,
) -> None:
    """Adapt a bundle, print figures before and after, and write it where it helps.

    Parameters
    ----------
    bundle : str
        Name or folder.
    data : sequence of str
        Labelled clips.
    output : Path or None
        Of the adapted bundle; a new folder under ``adapted`` by default.
    corpus : str or None
        Name of the corpus; recognised by the files' names by default.
    emotions : sequence of str or None
        Only clips of these.
    anyway : bool
        Write it though it is not known to help.
    seed : int
    jobs : int or None
    """
    from affuse.adaptation.adapting import adapt

    check_bundle_place(output or free_folder(_PLACE / "new"))
    with progress_bars(Console(stderr=True)) as progress:
        made = adapt(
            bundle, data,
            corpus=corpus or AUTO, emotions=emotions, jobs=jobs, seed=seed, progress=progress,
        )  # fmt: skip
    say("\n".join(_lines(made)))
    if not (made.helps or anyway):
        say("Nothing was written: add clips, or write it all the same with --anyway.")
        raise typer.Exit(NOT_WRITTEN)
    place = output or free_folder(_PLACE / f"{date.today()}-{made.data}")
    made.write(place)
    say(f"Written to {place}.\nNext: affuse predict my.mp4 --bundle {quote(str(place))}")


def _lines(made: Adaptation) -> Iterator[str]:
    from affuse.adaptation.making import loss_text, points_text

    counts = ", ".join(f"{name} {n}" for name, n in made.emotions.items())
    n_clips = sum(made.emotions.values())
    apart = "speakers" if made.n_speakers > 1 else "clips of one speaker"
    yield f"{made.before.title} adapted to {made.data}"
    yield (
        f"{counted(n_clips, 'clip')}   {counted(made.n_speakers, 'speaker')}   "
        f"{made.n_folds} folds, {apart} kept apart   {counts}"
    )
    yield ""
    yield from _table(made)
    yield ""
    yield from made.notes
    if made.n_speakers < 2:
        yield "These figures are optimistic: of other people it may say less."
    answer = made.decisive
    if made.reasons or answer is None:
        yield f"Not known to help: {'; '.join(made.reasons)}."
    else:
        gain, loss = points_text(answer), loss_text(answer)
        if answer.low > 0:
            yield f"It helps: {gain} points of UAR on people it was not fitted to."
        else:
            yield (
                f"It helps its probabilities: {loss} of log loss on people it was not fitted to. "
                f"Whether more answers are right is not sure: {gain} points of UAR."
            )


def _table(made: Adaptation) -> Iterator[str]:
    from affuse.adaptation.making import loss_text, points_text

    over = "speakers" if made.n_speakers > 1 else "clips"
    rows = [
        (
            "",
            "clips",
            "UAR",
            f"points, 95 % over {over}",
            "log loss",
            "change, less is better",
            "ECE",
        )
    ]
    rows += [
        (
            change.part,
            f"{change.n_clips}",
            f"{100 * change.before:.1f} -> {100 * change.after:.1f}",
            points_text(change),
            f"{change.loss_before:.2f} -> {change.loss_after:.2f}",
            loss_text(change),
            f"{change.ece_before:.3f} -> {change.ece_after:.3f}",
        )
        for change in made.changes
    ]
    yield from in_columns(rows)
