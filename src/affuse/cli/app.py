"""The commands. Each one parses, calls one public function and prints what came back."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from affuse.cli.bundle_commands import adapt, card
from affuse.cli.corpus_commands import download_app, index, split, synthesise
from affuse.cli.errors import one_line_errors
from affuse.cli.file_commands import cache_app, export_app
from affuse.cli.list_commands import list_corpora, list_folds, list_recipes, list_settings
from affuse.cli.options import (
    AudioTrack,
    Budget,
    BundleFolder,
    By,
    ByOfARun,
    Cluster,
    Corpus,
    Coverage,
    CoverageOfARun,
    Data,
    Device,
    Explain,
    FaceEmbedding,
    Faces,
    Features,
    Folds,
    FoldsOfARun,
    Format,
    Hop,
    Importance,
    Jobs,
    LocalWorkers,
    MaxDuration,
    Media,
    Names,
    Occlusion,
    People,
    Printed,
    Recipe,
    Resume,
    Settings,
    Tables,
    Threshold,
    VoiceEmbedding,
    Window,
)
from affuse.cli.people_options import WithPeople
from affuse.cli.saying import say
from affuse.cli.train_commands import train_app
from affuse.cli.usage import Commands

app = typer.Typer(
    name="affuse",
    cls=Commands,
    help="Recognise emotion from face and voice together.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(download_app, name="download")
app.add_typer(export_app, name="export")
app.add_typer(cache_app, name="cache")
app.add_typer(train_app, name="train")


def _print_version(asked: bool) -> None:
    if asked:
        say(f"affuse {metadata.version('affuse')}")
        raise typer.Exit


@app.callback()
def affuse(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Recognise emotion from face and voice together."""


@app.command()
@one_line_errors
def run(
    data: Data,
    recipe: Recipe = "quick",
    settings: Settings = None,
    features: Features = None,
    corpus: Corpus = None,
    folds: Folds = None,
    by: By = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; must not exist yet.")] = None,
    jobs: Jobs = None,
    device: Device = None,
    coverage: Coverage = None,
    importance: Importance = False,
    occlusion: Occlusion = None,
    budget: Budget = None,
    workers: LocalWorkers = None,
    cluster: Cluster = None,
) -> None:
    """Train and evaluate audio, video and fused systems. Prints a table, writes a run folder."""
    from affuse.cli.running import TypedRun, configure, run_and_print
    from affuse.cli.working import Work

    work = Work(jobs, workers, cluster)
    typed = TypedRun(
        data,
        recipe,
        settings,
        features,
        corpus,
        jobs,
        device,
        by=by,
        coverage=coverage,
        folds=folds,
        budget=budget,
        importance=importance,
        occlusion=occlusion,
    )
    run_and_print(configure(typed), out, work)


@app.command()
@one_line_errors
def transfer(
    data: Data,
    recipe: Recipe = "transfer",
    settings: Settings = None,
    features: Features = None,
    corpus: Corpus = None,
    out: Annotated[Path | None, typer.Option(help="Folder; must not exist yet.")] = None,
    jobs: Jobs = None,
    device: Device = None,
    workers: LocalWorkers = None,
    cluster: Cluster = None,
    folds: FoldsOfARun = None,
    by: ByOfARun = None,
    coverage: CoverageOfARun = None,
) -> None:
    """Train on each corpus, test on each other. Prints a matrix with what is lost on the way."""
    from affuse.cli.running import TypedRun, configure
    from affuse.cli.transferring import transfer_and_print
    from affuse.cli.working import Work

    work = Work(jobs, workers, cluster)
    typed = TypedRun(
        data, recipe, settings, features, corpus, jobs, device, folds, by=by, coverage=coverage
    )
    transfer_and_print(configure(typed), out, work)


@app.command(cls=WithPeople)
@one_line_errors
def predict(
    media: Media,
    bundle: BundleFolder = None,
    features: Tables = None,
    window: Window = None,
    hop: Hop = None,
    faces: Faces = "largest",
    threshold: Threshold = None,
    format: Format = None,
    out: Printed = None,
    resume: Resume = False,
    audio_track: AudioTrack = None,
    max_duration: MaxDuration = None,
    explain: Explain = False,
    people: People = None,
    names: Names = None,
    face_embedding: FaceEmbedding = None,
    voice_embedding: VoiceEmbedding = None,
    jobs: Jobs = None,
    workers: LocalWorkers = None,
    cluster: Cluster = None,
) -> None:
    """Say what emotion voice and face show in recordings. Exit code 2: one could not be read."""
    from affuse.cli.threads import products_on_one_thread

    products_on_one_thread()
    from affuse.cli.feature_tables import tables_named
    from affuse.cli.people_options import people_settings
    from affuse.cli.predicting import Output, TypedPrediction, predict_and_print
    from affuse.cli.working import Work

    who = people_settings(people, names, face_embedding, voice_embedding)
    typed = TypedPrediction(window, hop, faces, threshold, audio_track, max_duration, explain, who)
    settings, output = typed.settings(), Output.in_format(out, format, resume=resume)
    tables, work = tables_named(features or ()), Work(jobs, workers, cluster)
    predict_and_print(media, settings, output, bundle=bundle, features=tables, work=work)


@app.command()
@one_line_errors
def demo(
    folder: Annotated[Path, typer.Option(help="Where the corpus and the run go.")] = Path("demo"),
    jobs: Jobs = None,
) -> None:
    """Run the whole system on drawn faces and synthesised voices."""
    from affuse.cli.running import run_demo

    run_demo(folder, jobs)


@app.command()
@one_line_errors
def serve(
    host: Annotated[
        str, typer.Option(help="Address; any but this machine's own needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8765,
    runs: Annotated[Path, typer.Option(help="Folder of run folders to list.")] = Path("runs"),
    bundle: BundleFolder = None,
    max_size: Annotated[str, typer.Option(help="Of one upload.")] = "500MB",
    max_duration: Annotated[float, typer.Option(help="Seconds of one recording.")] = 3600.0,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Recordings at a time; half the cores by default.")
    ] = None,
    queue: Annotated[int, typer.Option(min=1, help="Uploads that may wait.")] = 32,
    keep: Annotated[float, typer.Option(help="Seconds for which results stay.")] = 900.0,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser.")
    ] = True,
) -> None:
    """Open a page on this machine: upload, record or go live."""
    from affuse.cli.serving import serve_and_print
    from affuse.serve.settings import Limits, ServerSettings, bytes_of, token_for

    limits = Limits(bytes_of(max_size), max_duration, max_queue=queue, keep_s=keep)
    limits = limits if jobs is None else replace(limits, max_jobs=jobs)
    settings = ServerSettings(host, port, runs, bundle, limits, token_for(host))
    serve_and_print(settings, open_page=open_page)


@app.command()
@one_line_errors
def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run folder, or one of affuse transfer; several runs are compared."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="File; report.html in the run folder, or comparison.html.")
    ] = None,
    by: By = None,
) -> None:
    """Write one HTML file: the report of a run, or several compared."""
    from affuse.cli.reporting import report_and_print

    report_and_print(runs, out, by or ())


@app.command()
@one_line_errors
def doctor() -> None:
    """Check what affuse finds on this machine. Exit code 2: something broken."""
    from affuse.cli.doctoring import check_and_print

    check_and_print()


app.command()(adapt)
app.command()(card)
app.command()(index)


@app.command(name="features")
@one_line_errors
def extract(
    data: Data,
    recipe: Recipe = "quick",
    settings: Settings = None,
    features: Features = None,
    corpus: Corpus = None,
    jobs: Jobs = None,
    device: Device = None,
    workers: LocalWorkers = None,
    cluster: Cluster = None,
) -> None:
    """Compute and store the features of every clip."""
    from affuse.cli.running import TypedRun, configure, extract_and_print
    from affuse.cli.working import Work

    typed = TypedRun(data, recipe, settings, features, corpus, jobs, device)
    extract_and_print(configure(typed), Work(jobs, workers, cluster))


@app.command()
@one_line_errors
def audit(
    data: Data,
    folds: Folds = None,
    recipe: Recipe = "quick",
    settings: Settings = None,
    features: Features = None,
    corpus: Corpus = None,
    permutations: Annotated[
        int, typer.Option(min=0, help="Of the label permutation test; 0 leaves it out.")
    ] = 99,
    out: Annotated[Path | None, typer.Option(help="Write the same as JSON.")] = None,
    jobs: Jobs = None,
) -> None:
    """Print what would leak between training and test. Exit code 1: a leak.

    Duplicates, speakers on both sides, labels in features, what a random split adds.
    """
    from affuse.cli.auditing import audit_and_print
    from affuse.cli.running import TypedRun, configure

    config = configure(TypedRun(data, recipe, settings, features, corpus, jobs, folds=folds))
    audit_and_print(config, permutations, out)


app.command()(split)
app.command()(synthesise)
app.command(name="corpora")(list_corpora)
app.command(name="folds")(list_folds)
app.command(name="recipes")(list_recipes)
app.command(name="settings")(list_settings)
