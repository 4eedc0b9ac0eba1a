"""What ``affuse predict`` does: judge recordings, print or write what came out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from affuse.cli.errors import BAD_INPUT, INTERRUPTED
from affuse.cli.progress import progress_bars
from affuse.cli.working import Work
from affuse.datasets.media_files import media_files
from affuse.errors import ConfigError, MediaError
from affuse.records import Prediction, Skipped

if TYPE_CHECKING:
    from affuse.predict.settings import Faces, Settings


def faces_named(word: str) -> Faces:
    """What was typed for --faces.

    Raises
    ------
    ConfigError
        Neither of the two words.
    """
    words: dict[str, Faces] = {"largest": "largest", "all": "all"}
    if word in words:
        return words[word]
    raise ConfigError(f"--faces {word!r} was given; expected largest or all")


def files_in(media: Sequence[str]) -> tuple[str, ...]:
    """Files as they were named, and every media file in the folders that were.

    Raises
    ------
    MediaError
        A folder holds none.
    """
    found: list[str] = []
    for name in media:
        place = Path(name)
        inside = media_files(place) if place.is_dir() else (place,)
        if not inside:
            raise MediaError(
                f"folder {name} holds no media file; expected sound or video files such as wav, "
                "mp4 or webm: check the path"
            )
        found += [str(path) for path in inside] if place.is_dir() else [name]
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Output:
    """Where results go, and how they look. `out` None: to standard output."""

    format: str
    out: Path | None

    def check(self, paths: Sequence[str]) -> None:
        """Refuse what could not be written, before the work."""
        from affuse.export.registry import check_text, targets

        if self.out is None:
            check_text(paths, self.format)
        elif targets(paths, self.format, self.out) != (self.out,) and len(paths) > 1:
            # One of several may be left: it belongs in the folder all the same.
            self.out.mkdir(parents=True, exist_ok=True)

    def give(self, predictions: Sequence[Prediction]) -> None:
        """Write or print."""
        from affuse.export.registry import export, text

        if self.out is None:
            typer.echo(text(predictions, self.format), nl=False)
            return
        written = export(predictions, self.format, self.out)
        typer.echo(f"Written to {written[0] if len(written) == 1 else self.out}.")


def predict_and_print(
    media: Sequence[str],
    settings: Settings,
    output: Output,
    *,
    bundle: Path | None,
    work: Work,
) -> None:
    """Judge all files; exits with 2 when one of them could not be read."""
    from affuse.predict.many import predict_many

    paths = files_in(media)
    output.check(paths)
    # A bar for a single file would only ever be empty or full.
    bars = progress_bars(Console(stderr=True)) if len(paths) > 1 else nullcontext()
    try:
        with work.begun() as workers, bars as progress:
            outcomes = predict_many(
                paths,
                settings,
                bundle_dir=bundle,
                jobs=work.jobs,
                workers=workers,
                progress=progress,
            )
    except KeyboardInterrupt as error:
        typer.echo("affuse: interrupted; nothing was written", err=True)
        raise typer.Exit(INTERRUPTED) from error
    predictions = [outcome for outcome in outcomes if isinstance(outcome, Prediction)]
    if predictions:
        output.give(predictions)
    skipped = [outcome for outcome in outcomes if isinstance(outcome, Skipped)]
    for each in skipped:
        typer.echo(f"affuse: {' '.join(each.reason.split())}", err=True)
    if skipped:
        raise typer.Exit(BAD_INPUT)
