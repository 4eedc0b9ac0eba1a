"""The commands about bundles: adapt one to clips of one's own, print its card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from affuse.cli import completing
from affuse.cli.errors import one_line_errors
from affuse.cli.options import Corpus, Data, Jobs
from affuse.cli.saying import say


@one_line_errors
def adapt(
    bundle: Annotated[
        str,
        typer.Argument(
            metavar="BUNDLE",
            autocompletion=completing.bundles,
            help="shipped, open, or the folder of a bundle.",
        ),
    ],
    data: Data,
    out: Annotated[
        Path | None, typer.Option("--out", "--output", help="New folder for the adapted bundle.")
    ] = None,
    emotions: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Only clips of these; of all by default.")
    ] = None,
    corpus: Corpus = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Write it though it is not known to help.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of folds and bootstrap.")] = 0,
    jobs: Jobs = None,
) -> None:
    """Fit a bundle's decisions to your own clips. Exit code 1: too few to help.

    Calibration, fusion and how probable each emotion is; never the networks.
    """
    from affuse.cli.adapting import adapt_and_print

    named = None if emotions is None else [name.strip() for name in emotions.split(",")]
    adapt_and_print(
        bundle, data, out,
        corpus=corpus, emotions=named, anyway=anyway, seed=seed, jobs=jobs,
    )  # fmt: skip


@one_line_errors
def card(
    bundle: Annotated[
        str,
        typer.Argument(
            metavar="NAME|DIR",
            autocompletion=completing.bundles,
            help="shipped, open, or the folder of a bundle.",
        ),
    ] = "shipped",
) -> None:
    """Print a bundle's card: its use, its figures, whom it fails."""
    from affuse.bundle.named import bundle_folder
    from affuse.bundle.reader import read_bundle

    say(read_bundle(bundle_folder(bundle)).card, nl=False)
