"""The commands about files: export a clip, look after the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from affuse.cli.errors import one_line_errors
from affuse.cli.options import BundleFolder, Names, People
from affuse.cli.people_options import WithPeople

export_app = typer.Typer(no_args_is_help=True, help="Write what was predicted in other forms.")
cache_app = typer.Typer(
    invoke_without_command=True, help="Say what is kept to be reused, or drop it."
)


@export_app.command(cls=WithPeople)
@one_line_errors
def video(
    media: Annotated[Path, typer.Argument(help="A video file.")],
    out: Annotated[Path, typer.Option(help="The new file; must end in .mp4.")],
    prediction: Annotated[
        Path | None,
        typer.Option(help="JSON of affuse predict for this file; predicted anew without it."),
    ] = None,
    bundle: BundleFolder = None,
    people: People = None,
    names: Names = None,
) -> None:
    """Write a clip with its timeline burnt in."""
    from affuse.cli.exporting import annotate_and_print
    from affuse.cli.people_options import people_settings
    from affuse.predict.settings import settings_of

    settings = settings_of(**people_settings(people, names))
    annotate_and_print(media, out, prediction, bundle, settings)


@cache_app.callback()
@one_line_errors
def cache(context: typer.Context) -> None:
    """Say where the cache is and what it holds."""
    if context.invoked_subcommand is None:
        from affuse.cli.caching import print_cache

        print_cache()


@cache_app.command(name="prune")
@one_line_errors
def prune_cache(
    older_than: Annotated[float, typer.Option(help="Days: younger files stay.")] = 30.0,
    fetched: Annotated[bool, typer.Option("--fetched", help="Downloaded networks too.")] = False,
) -> None:
    """Remove what can be computed again."""
    from affuse.cli.caching import prune_and_print

    prune_and_print(older_than, fetched=fetched)
