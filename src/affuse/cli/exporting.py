"""``affuse export``: predict, or read a prediction, and write the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from affuse.cli.progress import progress_bars
from affuse.cli.saying import say
from affuse.errors import ConfigError, OutputError
from affuse.records import Prediction

if TYPE_CHECKING:
    from affuse.predict.settings import Settings


def annotate_and_print(
    media: Path, out: Path, prediction: Path | None, bundle: Path | None, settings: Settings
) -> None:
    """Write the clip with its timeline burnt in, and print where it is.

    Parameters
    ----------
    media : Path
        The recording.
    out : Path
        The new film.
    prediction : Path or None
        JSON of a prediction; the clip is predicted anew without it.
    bundle : Path or None
        Folder; the shipped one by default.
    settings : Settings
        How it is predicted anew.
    """
    from affuse.export.video import annotate, check_target

    check_target(out)
    if prediction is None:
        found = _predict(media, bundle, settings)
    elif settings.people is None:
        found = _read(media, prediction)
    else:
        raise ConfigError(
            "--people and --prediction were given; expected one of them: what was predicted holds "
            "its people"
        )
    with progress_bars(Console(stderr=True)) as progress:
        annotate(media, found, out, progress=progress)
    say(f"Written to {out}.")


def _predict(media: Path, bundle: Path | None, settings: Settings) -> Prediction:
    import affuse

    found: Prediction = affuse.load(bundle).judge(media, settings)
    return found


def _read(media: Path, path: Path) -> Prediction:
    """The one prediction of a JSON document that is about a file of this name."""
    from affuse.export.document import read_json

    predictions = read_json(path)
    found = [prediction for prediction in predictions if Path(prediction.path).name == media.name]
    if len(found) != 1:
        names = ", ".join(Path(prediction.path).name for prediction in predictions)
        raise OutputError(
            f"{path} has {len(found)} predictions of {media.name} (it has: {names}); expected "
            "one: write it again with affuse predict for this file alone"
        )
    return found[0]
