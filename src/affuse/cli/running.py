"""What the commands that run things do: configure, run, print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import typer
from rich.console import Console

from affuse.cli.curves import robustness_text
from affuse.cli.progress import progress_bars
from affuse.cli.tables import listed, result_text
from affuse.cli.working import Work
from affuse.config import Config, load_config
from affuse.errors import ConfigError
from affuse.records import MODALITIES, Skipped

DEMO_SPEAKERS = 6
DEMO_EMOTIONS = ("calm", "happy", "sad", "angry")
DEMO_TAKES = 2
SHOWN = 5


def configure(
    data: str,
    recipe: str,
    settings: Sequence[str] | None,
    features: Sequence[str] | None,
    jobs: int | None,
    device: str | None = None,
) -> Config:
    """Configuration from what was typed."""
    overrides: dict[str, object] = {"data.path": data}
    if jobs is not None:
        overrides["jobs"] = jobs
    if device is not None:
        overrides["features.vgg_face.device"] = device
    for item in features or ():
        modality, equals, name = item.partition("=")
        if modality not in MODALITIES or not equals or not name:
            raise ConfigError(
                f"--features {item!r} was given; expected MODALITY=NAME or MODALITY=FILE.csv, "
                f"where MODALITY is one of {', '.join(MODALITIES)}"
            )
        overrides[f"features.{modality}"] = name
    return load_config(recipe, settings or (), overrides)


def run_and_print(config: Config, out: Path | None, work: Work) -> None:
    """Run, print the table, and say where the run folder is."""
    from affuse.experiment import run

    folder = out or Path(config.out or _free_folder(config))
    config = config.model_copy(update={"out": str(folder)})
    with work.begun() as workers, progress_bars(Console(stderr=True)) as progress:
        result = run(config, workers=workers, progress=progress)
    typer.echo(f"{config.recipe} recipe on {Path(config.data.path).name or config.data.path}")
    typer.echo(result_text(result))
    if result.curves:
        typer.echo(f"\n{robustness_text(result)}")
    typer.echo(_ending(result.skipped, f"Written to {folder}"))


def run_demo(folder: Path, jobs: int | None) -> None:
    """Make the embedded corpus where it is missing, then run the demo recipe on it."""
    from affuse.synthetic.corpus import synthesise

    corpus = folder / "corpus"
    with progress_bars(Console(stderr=True)) as progress:
        synthesise(
            corpus,
            speakers=DEMO_SPEAKERS,
            emotions=DEMO_EMOTIONS,
            takes=DEMO_TAKES,
            jobs=jobs,
            progress=progress,
        )
    config = configure(str(corpus), "demo", None, None, jobs)
    run_and_print(config, _free(folder / "run"), Work(jobs))


def extract_and_print(config: Config, work: Work) -> None:
    """Extract and store all features; say what there is now."""
    from affuse.experiment import extract

    with work.begun() as workers, progress_bars(Console(stderr=True)) as progress:
        extraction, sources = extract(config, workers=workers, progress=progress)
    for modality, source in sources.items():
        present = extraction.table.present.get(modality)
        n_clips = 0 if present is None else int(present.sum())
        shape = " x ".join(str(n) for n in source.shape)
        typer.echo(f"{modality:<6} {source.label:<24} {shape:<20} {n_clips:,} clips")
    typer.echo(_ending(extraction.skipped, "Stored for later runs"))


def _ending(skipped: Sequence[Skipped], done: str) -> str:
    reasons = (f"{item.name}: {item.reason}" for item in skipped)
    text = listed(f"{len(skipped)} left out:", reasons, SHOWN)
    return f"{text}\n\n{done}." if text else f"\n{done}."


def _free_folder(config: Config) -> Path:
    name = Path(config.data.path).resolve().stem
    return _free(Path("runs") / f"{date.today().isoformat()}-{name}")


def _free(folder: Path) -> Path:
    """The folder itself, or the first of name-2, name-3 ... that does not exist."""
    candidate, number = folder, 1
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return candidate
