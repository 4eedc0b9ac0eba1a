"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from affuse.cli import completing
from affuse.errors import BundleError
from affuse.registries import EXPORTS

Data = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA...",
        help="Folder of a corpus, or a CSV with path,emotion,speaker; several are taken together.",
    ),
]
Corpus = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        autocompletion=completing.corpora,
        help="Corpus of the files; recognised by their names by default.",
    ),
]
Recipe = Annotated[
    str,
    typer.Option(
        autocompletion=completing.recipes, help="Name of a recipe, or path of a TOML file."
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        autocompletion=completing.assignments,
        help="Override one field, such as seed=3.",
    ),
]
Features = Annotated[
    list[str] | None,
    typer.Option(
        "--features",
        metavar="MODALITY=NAME|FILE.csv",
        help="Extractor or table of features for a modality; MODALITY=none leaves it out.",
    ),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        metavar="COLUMN",
        autocompletion=completing.groups,
        help="Figures for each group apart: sex, age, language, corpus, or a column of the table.",
    ),
]
Tables = Annotated[
    list[str] | None,
    typer.Option(
        "--features",
        metavar="MODALITY=FILE.csv",
        help="Table of the recordings' features, for a bundle of a run that had one.",
    ),
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Processes; one per core by default.")]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="cpu|cuda",
        autocompletion=completing.devices,
        help="What computes VGG16 and encoders; the cpu by default.",
    ),
]
Folds = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE.csv",
        autocompletion=completing.fold_sets,
        help="Published folds (affuse folds lists them), or a CSV of clip,fold or speaker,fold.",
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Choose settings of networks on the training clips for so long, e.g. 30m or 1h.",
    ),
]
Coverage = Annotated[
    float | None,
    typer.Option(
        "--coverage",
        min=0.5,
        max=0.999,
        help="Give each clip the set of emotions that holds the true one this often, e.g. 0.9.",
    ),
]
Importance = Annotated[
    bool,
    typer.Option(
        "--importance", help="Measure how far the best system drops without each group of features."
    ),
]
Occlusion = Annotated[
    int | None,
    typer.Option(
        "--occlusion",
        min=1,
        max=1000,
        help="Map where in sound and face the best system finds each emotion, on so many clips.",
    ),
]
FoldsOfARun = Annotated[str | None, typer.Option("--folds", hidden=True)]
ByOfARun = Annotated[list[str] | None, typer.Option("--by", hidden=True)]
CoverageOfARun = Annotated[float | None, typer.Option("--coverage", hidden=True)]
"""Options of `affuse run` that another command refuses in a line of its own."""


def _bundle_folder(given: str) -> Path:
    """Folder of the bundle that was typed: its path, or the name of one that comes with affuse."""
    from affuse.bundle.named import bundle_folder

    try:
        return bundle_folder(given)
    except BundleError as error:
        raise typer.BadParameter(str(error)) from None


BundleFolder = Annotated[
    Path | None,
    typer.Option(
        parser=_bundle_folder,
        metavar="NAME|DIR",
        autocompletion=completing.bundles,
        help="shipped (the default), open (commercial use too), or the folder of a bundle.",
    ),
]
LocalWorkers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Work in so many processes of a local Dask cluster."),
]
Cluster = Annotated[
    str | None,
    typer.Option("--cluster", metavar="tcp://HOST:PORT", help="Work on a running Dask cluster."),
]
Media = Annotated[list[str], typer.Argument(help="Recordings; of a folder every media file in it.")]
Window = Annotated[
    float | None, typer.Option(help="Seconds that are analysed at a time; 5 by default.")
]
Hop = Annotated[
    float | None, typer.Option(help="Seconds between windows; half a window by default.")
]
Faces = Annotated[
    str,
    typer.Option(autocompletion=completing.faces, help="largest, or all: a timeline for each."),
]
Threshold = Annotated[
    float | None,
    typer.Option(help="Probability below which no emotion is named; the bundle's by default."),
]
Format = Annotated[
    str | None,
    typer.Option(
        autocompletion=completing.formats,
        help=f"{', '.join(EXPORTS.names())}; as --out ends by default.",
    ),
]
Printed = Annotated[Path | None, typer.Option(help="File or folder; printed without it.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the files that have no answer yet.")
]
AudioTrack = Annotated[
    int | None, typer.Option(min=1, help="Which of several; the file's default track.")
]
MaxDuration = Annotated[float | None, typer.Option(help="Seconds; a longer recording is refused.")]
Explain = Annotated[
    bool,
    typer.Option("--explain", help="How much voice and face moved the answer, and when most."),
]
People = Annotated[
    str | None,
    typer.Option(
        "--people",
        metavar="[N]",
        help="A timeline for each person, face and voice joined; N: how many there are.",
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Option("--name", metavar="N=NAME", help="What a person is called, such as 1=Anna."),
]
FaceEmbedding = Annotated[
    str | None,
    typer.Option(metavar="onnx:FILE", help="What tells the faces of two people apart."),
]
VoiceEmbedding = Annotated[
    str | None,
    typer.Option(metavar="onnx:FILE", help="What tells the voices of two people apart."),
]
