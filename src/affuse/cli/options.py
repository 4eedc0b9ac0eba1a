"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA...",
        help="Folder of a corpus, or a CSV with path,emotion,speaker; several are taken together.",
    ),
]
Corpus = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Whose files they are; as they look by default."),
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
BundleFolder = Annotated[
    Path | None, typer.Option(help="Folder of a bundle; the shipped one by default.")
]
LocalWorkers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Work in so many processes of a local Dask cluster."),
]
Cluster = Annotated[
    str | None,
    typer.Option("--cluster", metavar="tcp://HOST:PORT", help="Work on a running Dask cluster."),
]
