"""The commands that train what comes with affuse: networks, bundle, fusion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from affuse.cli.errors import one_line_errors
from affuse.cli.options import BundleFolder, Jobs

train_app = typer.Typer(no_args_is_help=True, help="Train the networks that come with affuse.")


_Votes = Annotated[
    Path | None,
    typer.Option(help="CSV of people's votes on the training faces, learned beside labels."),
]
_Teachers = Annotated[
    list[Path] | None,
    typer.Option(help="Weights of a network whose answers are learned too. Repeatable."),
]
_Init = Annotated[
    Path | None, typer.Option(help="Weights to start from: npz, or face-checkpoint-N.npz.")
]
_Epochs = Annotated[
    int, typer.Option(min=0, help="Over the faces; 0: export the weights of --init.")
]
_LearningRate = Annotated[
    float, typer.Option(min=1e-6, max=1.0, help="The highest; less where --init is good.")
]


@train_app.command()
@one_line_errors
def face(
    data: Annotated[Path, typer.Argument(help="FER2013: folder or zip with train/ and val/.")],
    out: Annotated[Path, typer.Option(help="Folder for the graph, its figures, what goes on.")],
    votes: _Votes = None,
    teacher: _Teachers = None,
    init: _Init = None,
    origin: Annotated[str, typer.Option(help="Where those come from, for the card.")] = "",
    architecture: Annotated[str, typer.Option(help="small, or large for a GPU.")] = "small",
    epochs: _Epochs = 60,
    learning_rate: _LearningRate = 0.05,
    networks: Annotated[int, typer.Option(min=1, help="How many, whose mean decides.")] = 1,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same networks.")] = 0,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Threads; one per core by default.")
    ] = None,
) -> None:
    """Train the network that reads faces. A second call goes on where one was stopped."""
    from affuse.cli.training import train_face_and_print
    from affuse.models.face_settings import FaceTraining

    settings = FaceTraining(
        architecture=architecture,
        epochs=epochs,
        learning_rate=learning_rate,
        device=device,
        seed=seed,
    )
    train_face_and_print(
        data,
        out,
        settings,
        votes=votes,
        teachers=teacher or [],
        start=init,
        origin=origin,
        n_networks=networks,
        jobs=jobs,
    )


@train_app.command()
@one_line_errors
def voice(
    data: Annotated[
        list[Path], typer.Argument(help="Corpora: RAVDESS, speech and song, and others.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the graph, its figures, what goes on.")],
    without: Annotated[
        list[str] | None,
        typer.Option(help="Corpus to be left out in turn, to be measured on it. Repeatable."),
    ] = None,
    init: Annotated[
        Path | None, typer.Option(help="voice-NAME.npz of another training, to start from.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the clips.")] = 80,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same model.")] = 0,
    jobs: Jobs = None,
) -> None:
    """Train the model that listens to voices. A second call goes on where one was stopped."""
    from affuse.cli.training import train_voice_and_print
    from affuse.models.waveform_training import WaveformTraining

    settings = WaveformTraining(epochs=epochs, device=device)
    train_voice_and_print(data, out, settings, without or [], start=init, seed=seed, jobs=jobs)


@train_app.command()
@one_line_errors
def speaker(
    data: Annotated[list[Path], typer.Argument(help="Corpora, whatever their emotions.")],
    out: Annotated[Path, typer.Option(help="Folder for the graph, its figures, what goes on.")],
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the clips.")] = 36,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same network.")] = 0,
    jobs: Jobs = None,
) -> None:
    """Train the network that tells voices apart. A second call goes on where one was stopped."""
    from affuse.cli.training import train_speaker_and_print
    from affuse.models.speaker_training import SpeakerTraining

    settings = SpeakerTraining(epochs=epochs, device=device)
    train_speaker_and_print(data, out, settings, seed=seed, jobs=jobs)


@train_app.command()
@one_line_errors
def bundle(
    face: Annotated[Path, typer.Argument(help="Folder of affuse train face.")],
    out: Annotated[Path, typer.Option(help="New folder for the bundle.")],
    voice: Annotated[
        Path | None,
        typer.Argument(help="Folder of affuse train voice; without it the bundle's own stays."),
    ] = None,
    bundle: BundleFolder = None,
) -> None:
    """Join both into a bundle, as the one that comes with affuse."""
    from affuse.cli.training import ship_and_print

    ship_and_print(face, voice, bundle, out)


@train_app.command()
@one_line_errors
def fusion(
    faces: Annotated[Path, typer.Argument(help="FER2013: folder or zip with train/ and val/.")],
    out: Annotated[Path, typer.Option(help="New folder for the bundle.")],
    tables: Annotated[
        list[Path] | None,
        typer.Argument(help="Corpora of voices: folders, or CSVs as DATA of affuse run."),
    ] = None,
    voice: Annotated[
        Path | None,
        typer.Option(help="Folder of affuse train voice: its model replaces the bundle's."),
    ] = None,
    bundle: BundleFolder = None,
) -> None:
    """Fit anew how much face and voice count."""
    from affuse.cli.training import refit_and_print

    refit_and_print(faces, tables or [], voice, bundle, out)
