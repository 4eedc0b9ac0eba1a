"""The commands about corpora: list, split, make, fetch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from affuse.cli.errors import one_line_errors
from affuse.cli.options import Corpus, Data, Jobs
from affuse.registries import READERS

_Out = Annotated[Path, typer.Argument(help="Folder that receives the corpus.")]


class _Corpora(TyperGroup):
    """A command for each corpus, also for one whose archive only its reader knows.

    A corpus may be called by its title too.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name; of a corpus that cannot be fetched, one that says so.

        Parameters
        ----------
        ctx : typer.Context
        cmd_name : str

        Returns
        -------
        TyperCommand or None
        """
        found = super().get_command(ctx, cmd_name)
        if found is not None:
            return found
        from affuse.corpora.known import reader_name

        name = reader_name(cmd_name)
        own = super().get_command(ctx, name)
        return own or (_fetching(name) if name in READERS else None)


def _fetching(name: str) -> Any:
    """The command that fetches a corpus from the archive that its reader names."""
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)

    @alone.command(name)
    @one_line_errors
    def fetch(out: _Out = Path(name)) -> None:
        """Fetch a corpus from its open archive."""
        from affuse.cli.corpora import download_corpus_and_print

        download_corpus_and_print(name, out)

    return get_command(alone)


download_app = typer.Typer(
    cls=_Corpora, no_args_is_help=True, help="Fetch a public corpus or network."
)


@one_line_errors
def index(
    data: Data,
    corpus: Corpus = None,
    out: Annotated[Path | None, typer.Option(help="Write the index as CSV.")] = None,
    duplicates: Annotated[
        bool, typer.Option(help="Decode every clip and list those with identical samples.")
    ] = False,
) -> None:
    """List what a folder or table holds, and what was left out."""
    from affuse.cli.corpora import print_index

    print_index(data, corpus, out, duplicates)


@one_line_errors
def split(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for audio_only/ and video_only/.")],
    corpus: Corpus = None,
) -> None:
    """Write two folders: sound alone as wav, picture alone as mp4."""
    from affuse.cli.corpora import split_and_print

    split_and_print(data, corpus, out)


@one_line_errors
def synthesise(
    out: Annotated[Path, typer.Argument(help="Folder that receives the mp4 files.")],
    speakers: Annotated[
        str, typer.Option(help="How many; with --like, which ones: such as 1-6,8.")
    ] = "",
    emotions: Annotated[str, typer.Option(help="Comma-separated emotions; all by default.")] = "",
    channels: Annotated[str, typer.Option(help="speech, song or speech,song.")] = "speech",
    takes: Annotated[int, typer.Option(min=1, help="Takes per speaker and emotion at most.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same corpus.")] = 0,
    difficulty: Annotated[
        float, typer.Option(min=0, max=1, help="0 to 1: weaker, more mixed expression; noise.")
    ] = 0.0,
    like: Annotated[str, typer.Option(help="Re-enact this corpus: its voices, drawn faces.")] = "",
    action_units: Annotated[
        Path | None, typer.Option(help="CSV of action units measured on the corpus of --like.")
    ] = None,
    corpus: Corpus = None,
    jobs: Jobs = None,
) -> None:
    """Make a corpus of drawn faces and synthesised voices (mp4)."""
    from affuse.cli import corpora

    names, kinds = corpora.words(emotions), corpora.words(channels)
    what = corpora.Wanted(speakers, names, kinds, takes, seed, difficulty)
    if like or action_units:
        corpora.reenact_and_print(out, corpora.Original(like, corpus, action_units), what, jobs)
    else:
        corpora.synthesise_and_print(out, what, jobs)


@download_app.command()
@one_line_errors
def ravdess(
    out: _Out = Path("ravdess"),
    actors: Annotated[str, typer.Option(help="Such as 1-4,7; all 24 by default.")] = "",
    part: Annotated[str, typer.Option(help="speech, song or speech,song.")] = "speech",
    modality: Annotated[str, typer.Option(help="audio, video or audio,video.")] = "audio",
) -> None:
    """Fetch RAVDESS from its public archive. Resumes after a cut, checks every file."""
    from affuse.cli.corpora import download_and_print

    download_and_print(out, actors, part, modality)


@download_app.command()
@one_line_errors
def emodb(
    out: _Out = Path("emodb"),
) -> None:
    """Fetch EMO-DB from the page of its authors. Resumes after a cut."""
    from affuse.cli.corpora import download_corpus_and_print

    download_corpus_and_print("emodb", out)


@download_app.command()
@one_line_errors
def tess(
    out: _Out = Path("tess"),
) -> None:
    """Fetch TESS from the Dataverse of its authors. Resumes after a cut, checks every file."""
    from affuse.cli.corpora import download_corpus_and_print

    download_corpus_and_print("tess", out)


@download_app.command()
@one_line_errors
def yunet() -> None:
    """Fetch YuNet, a better face detector (0.2 MB). It is used from then on."""
    from affuse.cli.detectors import download_yunet_and_print

    download_yunet_and_print()
