"""The commands. Each one parses, calls one public function and prints what came back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from affuse.cli.errors import one_line_errors

app = typer.Typer(
    name="affuse",
    help="Recognise emotion from face and voice together.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
download_app = typer.Typer(no_args_is_help=True, help="Fetch a public corpus or network.")
app.add_typer(download_app, name="download")
export_app = typer.Typer(no_args_is_help=True, help="Write what was predicted in other forms.")
app.add_typer(export_app, name="export")
cache_app = typer.Typer(
    invoke_without_command=True, help="Say what is kept to be reused, or drop it."
)
app.add_typer(cache_app, name="cache")
train_app = typer.Typer(no_args_is_help=True, help="Train the networks that come with affuse.")
app.add_typer(train_app, name="train")

Data = Annotated[
    str, typer.Argument(help="Folder of RAVDESS files, or a CSV with path,emotion,speaker.")
]
Recipe = Annotated[str, typer.Option(help="Name of a recipe, or path of a TOML file.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override one field, such as seed=3."),
]
Features = Annotated[
    list[str] | None,
    typer.Option(
        "--features",
        metavar="MODALITY=NAME|FILE.csv",
        help="Extractor or table of features for a modality; MODALITY=none leaves it out.",
    ),
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Processes; one per core by default.")]
Device = Annotated[
    str | None, typer.Option(metavar="cpu|cuda", help="What computes VGG16; the cpu by default.")
]
LocalWorkers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Work in so many processes of a local Dask cluster."),
]
Cluster = Annotated[
    str | None,
    typer.Option("--cluster", metavar="tcp://HOST:PORT", help="Work on a running Dask cluster."),
]


@app.command()
@one_line_errors
def run(
    data: Data,
    recipe: Recipe = "quick",
    settings: Settings = None,
    features: Features = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; must not exist yet.")] = None,
    jobs: Jobs = None,
    device: Device = None,
    workers: LocalWorkers = None,
    cluster: Cluster = None,
) -> None:
    """Train and evaluate audio, video and fused systems; print the table, write a run folder."""
    from affuse.cli.running import configure, run_and_print
    from affuse.cli.working import Work

    work = Work(jobs, workers, cluster)
    run_and_print(configure(data, recipe, settings, features, jobs, device), out, work)


@app.command()
@one_line_errors
def predict(
    media: Annotated[
        list[str], typer.Argument(help="Recordings; of a folder every media file in it.")
    ],
    bundle: Annotated[
        Path | None, typer.Option(help="Folder of a bundle; the shipped one by default.")
    ] = None,
    window: Annotated[
        float | None, typer.Option(help="Seconds that are judged at a time; 5 by default.")
    ] = None,
    hop: Annotated[
        float | None, typer.Option(help="Seconds between windows; half a window by default.")
    ] = None,
    faces: Annotated[str, typer.Option(help="largest, or all: a timeline for each.")] = "largest",
    threshold: Annotated[
        float | None,
        typer.Option(help="Probability below which no emotion is named; the bundle's by default."),
    ] = None,
    format: Annotated[
        str, typer.Option(help="table, json, csv, vtt, eaf, textgrid or audformat.")
    ] = "table",
    out: Annotated[Path | None, typer.Option(help="File or folder; printed without it.")] = None,
    jobs: Jobs = None,
    workers: LocalWorkers = None,
    cluster: Cluster = None,
) -> None:
    """Say what emotion voice and face show in recordings. Exit code 2: one could not be read."""
    from affuse.cli.predicting import Output, faces_named, predict_and_print
    from affuse.cli.working import Work
    from affuse.predict.settings import settings_of

    settings = settings_of(window, hop, faces=faces_named(faces), threshold=threshold)
    work = Work(jobs, workers, cluster)
    predict_and_print(media, settings, Output(format, out), bundle=bundle, work=work)


@app.command()
@one_line_errors
def demo(
    folder: Annotated[Path, typer.Option(help="Where the corpus and the run go.")] = Path("demo"),
    jobs: Jobs = None,
) -> None:
    """Make the embedded corpus as real mp4 files and run the lecture's whole system on it."""
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
    bundle: Annotated[
        Path | None, typer.Option(help="Folder of a bundle; the shipped one by default.")
    ] = None,
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
    """Open a page on this machine: upload, record or go live, and look at the timeline."""
    from affuse.cli.serving import serve_and_print
    from affuse.serve.settings import Limits, ServerSettings, bytes_of, token_for

    limits = Limits(bytes_of(max_size), max_duration, max_queue=queue, keep_s=keep)
    limits = limits if jobs is None else replace(limits, max_jobs=jobs)
    settings = ServerSettings(host, port, runs, bundle, limits, token_for(host))
    serve_and_print(settings, open_page=open_page)


@app.command()
@one_line_errors
def report(
    runs: Annotated[list[Path], typer.Argument(help="Run folder; several are compared.")],
    out: Annotated[
        Path | None, typer.Option(help="File; report.html in the run folder, or comparison.html.")
    ] = None,
) -> None:
    """Make the report of a run anew, or compare several runs, as one HTML file."""
    from affuse.cli.reporting import report_and_print

    report_and_print(runs, out)


@app.command()
@one_line_errors
def doctor() -> None:
    """Look at what this machine has of that which affuse can use. Exit code 2: something broken."""
    from affuse.cli.doctoring import check_and_print

    check_and_print()


@app.command()
@one_line_errors
def index(
    data: Data,
    out: Annotated[Path | None, typer.Option(help="Write the index as CSV.")] = None,
    duplicates: Annotated[
        bool, typer.Option(help="Decode every clip and list those with identical samples.")
    ] = False,
) -> None:
    """List what a folder or table holds, and what was left out and why."""
    from affuse.cli.corpora import print_index

    print_index(data, out, duplicates)


@app.command(name="features")
@one_line_errors
def extract(
    data: Data,
    recipe: Recipe = "quick",
    settings: Settings = None,
    features: Features = None,
    jobs: Jobs = None,
    device: Device = None,
    workers: LocalWorkers = None,
    cluster: Cluster = None,
) -> None:
    """Compute and store the features of every clip, ready for later runs."""
    from affuse.cli.running import configure, extract_and_print
    from affuse.cli.working import Work

    config = configure(data, recipe, settings, features, jobs, device)
    extract_and_print(config, Work(jobs, workers, cluster))


@app.command()
@one_line_errors
def audit(
    data: Data,
    folds: Annotated[
        Path | None,
        typer.Option(help="CSV of your own folds: columns clip,fold or speaker,fold."),
    ] = None,
    recipe: Recipe = "quick",
    settings: Settings = None,
    features: Features = None,
    permutations: Annotated[
        int, typer.Option(min=0, help="Of the label permutation test; 0 leaves it out.")
    ] = 99,
    out: Annotated[Path | None, typer.Option(help="Write the same as JSON.")] = None,
    jobs: Jobs = None,
) -> None:
    """Print what would leak: duplicates, speakers on both sides, labels. Exit code 1: a leak."""
    from affuse.cli.auditing import audit_and_print
    from affuse.cli.running import configure

    config = configure(data, recipe, settings, features, jobs)
    audit_and_print(config, folds, permutations, out)


@app.command()
@one_line_errors
def split(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for audio_only/ and video_only/.")],
) -> None:
    """Write the lecture's two folders: sound alone as wav, picture alone as mp4."""
    from affuse.cli.corpora import split_and_print

    split_and_print(data, out)


@app.command()
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
    like: Annotated[str, typer.Option(help="Re-enact this corpus: its voices, drawn faces.")] = "",
    action_units: Annotated[
        Path | None, typer.Option(help="CSV of action units measured on the corpus of --like.")
    ] = None,
    jobs: Jobs = None,
) -> None:
    """Make the embedded corpus: drawn faces and synthesised voices in real mp4 files."""
    from affuse.cli import corpora

    names, kinds = corpora.words(emotions), corpora.words(channels)
    what = corpora.Wanted(speakers, names, kinds, takes, seed)
    if like or action_units:
        corpora.reenact_and_print(out, like, action_units, what, jobs)
    else:
        corpora.synthesise_and_print(out, what, jobs)


@download_app.command()
@one_line_errors
def ravdess(
    out: Annotated[Path, typer.Argument(help="Folder that receives the corpus.")] = Path("ravdess"),
    actors: Annotated[str, typer.Option(help="Such as 1-4,7; all 24 by default.")] = "",
    part: Annotated[str, typer.Option(help="speech, song or speech,song.")] = "speech",
    modality: Annotated[str, typer.Option(help="audio, video or audio,video.")] = "audio",
) -> None:
    """Fetch RAVDESS from its public archive; resumes after a cut, checks every file."""
    from affuse.cli.corpora import download_and_print

    download_and_print(out, actors, part, modality)


@download_app.command()
@one_line_errors
def yunet() -> None:
    """Fetch YuNet, a better face detector, into the cache (0.2 MB); used from then on."""
    from affuse.cli.detectors import download_yunet_and_print

    download_yunet_and_print()


@export_app.command()
@one_line_errors
def video(
    media: Annotated[Path, typer.Argument(help="A video file.")],
    out: Annotated[Path, typer.Option(help="The new file; must end in .mp4.")],
    prediction: Annotated[
        Path | None,
        typer.Option(help="JSON of affuse predict for this file; predicted anew without it."),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Folder of a bundle; the shipped one by default.")
    ] = None,
) -> None:
    """Write a clip with its timeline burnt in: emotions, probabilities, faces."""
    from affuse.cli.exporting import annotate_and_print

    annotate_and_print(media, out, prediction, bundle)


@train_app.command()
@one_line_errors
def face(
    data: Annotated[Path, typer.Argument(help="FER2013: folder or zip with train/ and val/.")],
    out: Annotated[Path, typer.Option(help="Folder for the graph, its figures, what goes on.")],
    architecture: Annotated[str, typer.Option(help="small, or large for a GPU.")] = "small",
    epochs: Annotated[int | None, typer.Option(min=1, help="Rounds before the calm ones.")] = None,
    networks: Annotated[int, typer.Option(min=1, help="How many share the judgement.")] = 2,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same networks.")] = 0,
) -> None:
    """Train the networks that read faces; a second call goes on where one was stopped."""
    from affuse.cli.training import train_face_and_print
    from affuse.models.face_training import FaceTraining

    settings = FaceTraining(architecture=architecture, device=device, seed=seed)
    lasting = settings if epochs is None else settings.lasting(epochs)
    train_face_and_print(data, out, lasting, networks)


@train_app.command()
@one_line_errors
def voice(
    data: Annotated[Path, typer.Argument(help="RAVDESS, speech and song.")],
    out: Annotated[Path, typer.Option(help="Folder for the graph, its figures, what goes on.")],
    epochs: Annotated[int | None, typer.Option(min=1, help="Rounds over the clips.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same model.")] = 0,
    jobs: Jobs = None,
) -> None:
    """Train the model that listens to voices; finished folds are not trained again."""
    from affuse.cli.training import train_voice_and_print

    train_voice_and_print(data, out, epochs, seed, jobs)


@train_app.command()
@one_line_errors
def bundle(
    face: Annotated[Path, typer.Argument(help="Folder of affuse train face.")],
    voice: Annotated[Path, typer.Argument(help="Folder of affuse train voice.")],
    out: Annotated[Path, typer.Option(help="New folder for the bundle.")],
) -> None:
    """Join both into a bundle, as the one that comes with affuse."""
    from affuse.cli.training import ship_and_print

    ship_and_print(face, voice, out)


@train_app.command()
@one_line_errors
def fusion(
    faces: Annotated[Path, typer.Argument(help="FER2013: folder or zip with val/.")],
    tables: Annotated[list[Path], typer.Argument(help="CSV of voices, path,emotion,speaker.")],
    out: Annotated[Path, typer.Option(help="New folder for the bundle.")],
    bundle: Annotated[
        Path | None, typer.Option(help="Folder of a bundle; the shipped one by default.")
    ] = None,
) -> None:
    """Fit anew how much face and voice count, on people whom the networks have not met."""
    from affuse.cli.training import refit_and_print

    refit_and_print(faces, tables, bundle, out)


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
