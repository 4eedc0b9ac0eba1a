"""Predictions in a named format: as text, or as new files."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from affuse.errors import ConfigError, OutputError
from affuse.export.format import Format
from affuse.records import Prediction
from affuse.registries import EXPORTS
from affuse.storage.whole import new_path, refuse_existing, write_new_text

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def format_of(out: str | Path | None, format: str | None = None) -> str:
    """The format meant by a name for the output, a name of a format, or both.

    Parameters
    ----------
    out : str or Path, optional
        File or folder.
    format : str, optional
        Name of a format, where it was named.

    Returns
    -------
    str
        `format`, or what the suffix of `out` stands for; ``table`` without either.

    Raises
    ------
    ConfigError
        No format has that name or suffix, or the two contradict each other.

    Examples
    --------
    >>> format_of("talk.eaf"), format_of("talk.TextGrid"), format_of("folder"), format_of(None)
    ('eaf', 'textgrid', 'table', 'table')
    """
    place = None if out is None else Path(out)
    if format is not None:
        _form(format)
        if place is not None:
            _refuse_contradiction(format, place)
        return format
    if place is None or not place.suffix or place.is_dir():
        return "table"
    meant = _format_of_suffix(place)
    if meant is None:
        known = ", ".join(form.suffix for form in _formats().values() if form.suffix)
        raise ConfigError(
            f"--out {place} ends in {place.suffix}, which is no suffix of a format; expected one "
            f"of {known}: rename it, name its --format, or make the folder first if it is one"
        )
    return meant


def export(predictions: Sequence[Prediction], format: str, out: str | Path) -> tuple[Path, ...]:
    """Write predictions in one format; returns the files written.

    Files are new and whole: nothing is overwritten, and one that cannot be written to its end is
    not there at all. See `targets` for their names.

    Parameters
    ----------
    predictions : sequence of Prediction
    format : str
        Name of a format.
    out : str or Path
        File or folder.

    Returns
    -------
    tuple of Path
        One for each clip, or one for all.

    Raises
    ------
    ConfigError
        No format has that name, or another package's cannot be loaded.
    OutputError
        There is nothing to write, a name is taken, or the folder cannot be written.
    MissingDependency
        The format needs a package that is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from affuse.records import Prediction
    >>> heard = Prediction("ann.wav", 1.5, "calm", 0.8, {}, (), ("calm", "sad"), "affuse 1f2e")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in export([heard], "csv", folder)]
    ['ann.csv']
    """
    form = _form(format)
    _refuse_numbers(form, format, predictions)
    paths = targets([prediction.path for prediction in predictions], format, out)
    if form.holds == "folder":
        with new_path(paths[0]) as temporary:
            form.write(predictions, temporary, paths[0])
    elif len(paths) < len(predictions):
        write_new_text(paths[0], form.write(predictions))
    else:
        for prediction, path in zip(predictions, paths, strict=True):
            write_new_text(path, _text(form, prediction, path.parent))
    return paths


def text(predictions: Sequence[Prediction], format: str) -> str:
    """Predictions in one format as text, for the terminal or a pipe.

    Parameters
    ----------
    predictions : sequence of Prediction
    format : str
        Name of a format.

    Returns
    -------
    str

    Raises
    ------
    ConfigError
        No format has that name, or another package's cannot be loaded.
    OutputError
        There is nothing to show, or the format cannot hold that many clips in one text.
    """
    check_text([prediction.path for prediction in predictions], format)
    form = _form(format)
    _refuse_numbers(form, format, predictions)
    shown = form.write(predictions) if form.holds == "many" else _text(form, predictions[0], Path())
    return str(shown).encode("utf-8", "backslashreplace").decode("utf-8")


def check_numbers(format: str) -> None:
    """Refuse (ConfigError) a format that holds emotions alone, for bundles of numbers.

    Parameters
    ----------
    format : str
        Name of an entry of `EXPORTS`.

    Raises
    ------
    ConfigError
        It does; lists those that hold numbers.
    """
    if not _form(format).numbers:
        legal = ", ".join(name for name, form in _formats().items() if form.numbers)
        raise ConfigError(
            f"format {format!r} was given for a bundle that gives numbers, and holds emotions "
            f"alone; expected one of {legal}"
        )


def check_explains(format: str) -> None:
    """Refuse a format that cannot hold explanations.

    Parameters
    ----------
    format : str
        Name of an entry of `EXPORTS`.

    Raises
    ------
    ConfigError
        It cannot; lists those that can.
    """
    if not _form(format).explains:
        legal = ", ".join(name for name, form in _formats().items() if form.explains)
        raise ConfigError(
            f"format {format!r} was given with --explain, but has no place for what an answer "
            f"rests on; expected one of {legal}: name one, or leave --explain out"
        )


def _refuse_numbers(form: Format, format: str, predictions: Sequence[Prediction]) -> None:
    if not form.numbers and any(prediction.values for prediction in predictions):
        check_numbers(format)


def check_text(paths: Sequence[str], format: str) -> None:
    """Check, before a long run, that `text` can show the predictions of these clips.

    Parameters
    ----------
    paths : sequence of str
        Of the clips.
    format : str

    Raises
    ------
    ConfigError, OutputError
        As `text`.
    """
    form = _form(format)
    _refuse_nothing(paths)
    if form.holds == "folder":
        raise OutputError(
            f"format {format!r} is a folder and cannot be shown as text; expected a name for it: "
            "add --out FOLDER"
        )
    if form.holds != "many" and len(paths) > 1:
        raise OutputError(
            f"{len(paths)} clips were given, but a document in format {format!r} describes "
            "one; expected one clip, or a folder for the documents: add --out FOLDER"
        )


def targets(
    paths: Sequence[str],
    format: str,
    out: str | Path,
    *,
    check: Callable[[Path], None] = refuse_existing,
) -> tuple[Path, ...]:
    """Where `export` will write the predictions of these clips; to be asked before a long run.

    One clip: the file `out`, or a file in `out` where that is a folder. Several: one file each in
    the folder `out`, named after the clips, those of the same name numbered; or, where `out` ends
    in the format's own suffix and one document holds them all (table, json, csv), that one file.
    A format that is a folder itself (audformat): the folder `out` for all. `check` raises where a
    name is taken.

    Parameters
    ----------
    paths : sequence of str
        Of the clips.
    format : str
        Name of a format.
    out : str or Path
        File or folder.
    check : callable
        Path -> None.

    Returns
    -------
    tuple of Path
        One for each clip, or one for all.

    Raises
    ------
    ConfigError, OutputError, MissingDependency
        As `export`.
    """
    form, place = _form(format), Path(out)
    _refuse_nothing(paths)
    _refuse_contradiction(format, place)
    if form.check is not None:
        form.check(paths)
    if form.holds == "folder":
        found: tuple[Path, ...] = (place,)
    elif place.suffix.lower() == form.suffix.lower() and not place.is_dir():
        found = (place,)
        _refuse_several(paths, format, place)
    elif len(paths) == 1 and not place.is_dir():
        found = (place,)
    else:
        _refuse_file(paths, place)
        found = tuple(place / name for name in _unique_names(paths, form.suffix))
    for path in found:
        check(path)
    return found


def _formats() -> dict[str, Format]:
    """Every format that can be loaded, by name."""
    return dict(EXPORTS.load_all().entries)


def _form(name: str) -> Format:
    form: Format = EXPORTS.get(name)
    return form


def _format_of_suffix(place: Path) -> str | None:
    suffix = place.suffix.lower()
    names = (name for name, form in _formats().items() if suffix and form.suffix.lower() == suffix)
    return next(names, None)


def _refuse_contradiction(format: str, place: Path) -> None:
    meant = _format_of_suffix(place)
    if meant not in (None, format) and not place.is_dir():
        raise ConfigError(
            f"format {format!r} and the name {place} were given, but {place.suffix} stands for "
            f"{meant!r}; expected two that agree: leave the format out, or rename the output"
        )


def _text(form: Format, prediction: Prediction, folder: Path) -> str:
    if form.holds == "many":
        return str(form.write([prediction]))
    return str(form.write(prediction, folder) if form.holds == "linked" else form.write(prediction))


def _refuse_nothing(paths: Sequence[str]) -> None:
    if not paths:
        raise OutputError(
            "no prediction was given to write; expected at least one: name clips that can be read"
        )


def _refuse_several(paths: Sequence[str], format: str, place: Path) -> None:
    if len(paths) > 1 and _form(format).holds != "many":
        raise OutputError(
            f"{place} was given for {len(paths)} clips, but a document in format {format!r} "
            "describes one; expected a folder, which then gets one file each: name a folder"
        )


def _refuse_file(paths: Sequence[str], place: Path) -> None:
    if place.exists() and not place.is_dir():
        raise OutputError(
            f"{place} is a file, but {len(paths)} clips were given; expected a folder for one "
            "file each: name a folder"
        )


def _unique_names(paths: Sequence[str], suffix: str) -> list[str]:
    """File names after the clips; equal ones, ignoring case, get numbers."""
    names: dict[str, str] = {}
    for path in paths:
        stem = _UNSAFE.sub("_", Path(path).stem) or "clip"
        name, number = stem, 1
        while name.casefold() in names:
            number += 1
            name = f"{stem}-{number}"
        names[name.casefold()] = name + suffix
    return list(names.values())
