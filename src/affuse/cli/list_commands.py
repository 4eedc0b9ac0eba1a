"""Commands that list what affuse knows by name: corpora, folds, recipes, settings."""

from __future__ import annotations

from typing import Annotated

import typer

from affuse.cli import completing
from affuse.cli.errors import one_line_errors


@one_line_errors
def list_corpora(
    name: Annotated[
        str,
        typer.Argument(
            autocompletion=completing.corpora,
            help="One of them: where to get it, whom to cite, how it looks.",
        ),
    ] = "",
) -> None:
    """List the corpora that affuse reads, or tell of one."""
    from affuse.cli.corpus_listing import print_corpora

    print_corpora(name)


@one_line_errors
def list_folds(
    name: Annotated[
        str,
        typer.Argument(
            autocompletion=completing.fold_sets, help="One set, such as emobox; all by default."
        ),
    ] = "",
) -> None:
    """List published folds, and whether they keep speakers apart."""
    from affuse.cli.folds import print_folds

    print_folds(name)


@one_line_errors
def list_recipes(
    name: Annotated[
        str,
        typer.Argument(
            autocompletion=completing.recipes, help="One of them: its text in TOML is printed."
        ),
    ] = "",
) -> None:
    """List the recipes that come with affuse, or print one."""
    from affuse.cli.listing import print_recipes

    print_recipes(name)


@one_line_errors
def list_settings(
    name: Annotated[
        str,
        typer.Argument(
            autocompletion=completing.settings, help="A setting or a group, such as features.mfcc."
        ),
    ] = "",
) -> None:
    """List every setting with its default and its meaning."""
    from affuse.cli.listing import print_settings

    print_settings(name)
