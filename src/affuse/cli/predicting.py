"""``affuse predict``: predict recordings, print or write the predictions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from affuse.cli.errors import BAD_INPUT, INTERRUPTED
from affuse.cli.interrupts import interrupted
from affuse.cli.progress import progress_bars
from affuse.cli.saying import say
from affuse.cli.working import Work
from affuse.corpora.media_files import folder_contents, passed_over_text
from affuse.errors import ConfigError, MediaError, OutputError
from affuse.records import Modality, Prediction, Skipped
from affuse.storage.locks import claimed, remove_free_locks
from affuse.storage.remote import is_folder, local_path, url_of
from affuse.storage.whole import atomic_file, refuse_existing, remove_leftovers
from affuse.storage.written import is_own, other_sources, remember

if TYPE_CHECKING:
    from affuse.cli.people_options import PeopleSettings
    from affuse.predict.settings import Faces, Settings


@dataclass(frozen=True, slots=True)
class TypedPrediction:
    """What was typed about how recordings are judged; None stands for what was left out."""

    window_s: float | None
    hop_s: float | None
    faces: str
    threshold: float | None
    audio_track: int | None
    max_duration_s: float | None
    explain: bool
    people: PeopleSettings

    def settings(self) -> Settings:
        """The settings that it means.

        Returns
        -------
        Settings

        Raises
        ------
        ConfigError
            A value is out of range.
        """
        from affuse.predict.settings import settings_of

        return settings_of(
            self.window_s,
            self.hop_s,
            faces=_faces_named(self.faces),
            threshold=self.threshold,
            audio_track=self.audio_track,
            max_duration_s=self.max_duration_s,
            explain=self.explain,
            **self.people,
        )


def _faces_named(word: str) -> Faces:
    words: dict[str, Faces] = {"largest": "largest", "all": "all"}
    if word in words:
        return words[word]
    raise ConfigError(f"--faces {word!r} was given; expected largest or all")


def files_in(media: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Files as named, every media file in the folders named, and what was left out.

    Parameters
    ----------
    media : sequence of str
        Files, folders, URLs.

    Returns
    -------
    files : tuple of str
    passed_over : tuple of str
        A line for each folder of which something was not taken: how much, and why.

    Raises
    ------
    MediaError
        Nothing but a folder was named, and it holds no media file; or a name is empty.
    """
    files: list[str] = []
    passed_over = []
    for name in media:
        if not name:
            raise MediaError(
                "an empty name was given; expected a recording or a folder: check the variable "
                "that it came from"
            )
        place = local_path(name)
        if not is_folder(place):
            files.append(name)
            continue
        inside = folder_contents(place)
        reasons = passed_over_text(inside.passed_over)
        if not inside.files and len(media) == 1:
            raise MediaError(
                f"folder {name} holds no media file{f' ({reasons})' if reasons else ''}; expected "
                "sound or video files such as wav, mp4 or webm: check the path"
            )
        if not inside.files:
            # As with any file that cannot be read: one line at the end, and the others are
            # predicted.
            files.append(name)
            passed_over += [] if reasons else [f"{name}: no media file in it"]
        files += [url_of(path) or str(path) for path in inside.files]
        passed_over += [f"{name}: {reasons}"] if reasons else []
    return tuple(dict.fromkeys(files)), tuple(passed_over)


@dataclass(frozen=True, slots=True)
class Output:
    """Where predictions go, and in which format.

    Attributes
    ----------
    format : str
    out : Path or None
        None: to standard output.
    resume : bool
        Files that affuse wrote may be there: they are replaced.
    """

    format: str
    out: Path | None
    resume: bool = False

    @classmethod
    def in_format(cls, out: Path | None, format: str | None, *, resume: bool = False) -> Output:
        """An output in the format that was named, or else that of the suffix.

        Parameters
        ----------
        out : Path or None
        format : str or None
        resume : bool

        Returns
        -------
        Output

        Raises
        ------
        ConfigError
            No format has that name or suffix, or the two contradict each other.
        """
        from affuse.export.registry import format_of

        return cls(format_of(out, format), out, resume)

    @contextmanager
    def begun(self, paths: Sequence[str]) -> Iterator[Writing]:
        """A place for the predictions; refuses, before the work, one that could not be written.

        Parameters
        ----------
        paths : sequence of str
            All recordings, in their order.

        Yields
        ------
        Writing
        """
        from affuse.export.registry import check_text, targets

        if self.out is None:
            check_text(paths, self.format)
            yield Writing(self, ())
            return
        files = targets(paths, self.format, self.out, check=partial(self._check, paths))
        if files != (self.out,) and len(paths) > 1:
            # One of several may be left: it belongs in the folder all the same.
            self.out.mkdir(parents=True, exist_ok=True)
        for folder in {file.parent for file in files}:
            remove_leftovers(folder)
            remove_free_locks(folder)
        with claimed(files[0]) if len(files) == 1 else nullcontext():
            yield Writing(self, files)

    def _check(self, paths: Sequence[str], path: Path) -> None:
        if not (self.resume and is_own(path)):
            refuse_existing(path)
        unnamed = other_sources(path, map(_place, paths)) if path.exists() else ()
        if unnamed:
            rest = f" and {len(unnamed) - 1} more" if len(unnamed) > 1 else ""
            raise OutputError(
                f"{path} tells of other recordings than these ({unnamed[0]}{rest}); expected all "
                "that it tells of, since it is replaced: name them too, or another --out"
            )


@dataclass(frozen=True, slots=True)
class Writing:
    """Predictions on their way to files, each written whole: at once where every one has its own.

    Attributes
    ----------
    output : Output
    files : tuple of Path
        Of each recording, or one for all; none for standard output.
    """

    output: Output
    files: tuple[Path, ...]

    def take(self, number: int, outcome: Prediction | Skipped) -> None:
        """Write the prediction of one recording, where it has a file of its own.

        Parameters
        ----------
        number : int
            Of the recording, from 0.
        outcome : Prediction or Skipped
        """
        if len(self.files) > 1 and isinstance(outcome, Prediction):
            self._write([outcome], self.files[number])

    def finish(self, outcomes: Sequence[Prediction | Skipped]) -> None:
        """Print or write what is for all recordings together, and print where it is.

        Parameters
        ----------
        outcomes : sequence of Prediction or Skipped
            Of all recordings, in their order.
        """
        from affuse.export.registry import text

        predictions = [outcome for outcome in outcomes if isinstance(outcome, Prediction)]
        if not predictions:
            return
        if not self.files:
            say(text(predictions, self.output.format), nl=False)
            return
        if len(self.files) == 1:
            self._write(predictions, self.files[0])
            written: Path | None = self.files[0]
        else:
            pairs = zip(self.files, outcomes, strict=True)
            own = [file for file, outcome in pairs if isinstance(outcome, Prediction)]
            written = own[0] if len(own) == 1 else self.output.out
        say(f"Written to {written}.")

    def _write(self, predictions: Sequence[Prediction], file: Path) -> None:
        from affuse.export.registry import export

        if self.output.resume and is_own(file):
            with atomic_file(file) as temporary:
                export(predictions, self.output.format, temporary)
        else:
            export(predictions, self.output.format, file)
        if file.is_file():
            remember(file, [_place(prediction.path) for prediction in predictions])


def _place(recording: str) -> str:
    return url_of(recording) or os.path.realpath(local_path(recording))


def predict_and_print(
    media: Sequence[str],
    settings: Settings,
    output: Output,
    *,
    bundle: Path | None,
    features: Mapping[Modality, str | None],
    work: Work,
) -> None:
    """Predict all files; exit with 2 when one of them could not be read.

    Parameters
    ----------
    media : sequence of str
        Files, folders, URLs.
    settings : Settings
    output : Output
    bundle : Path or None
        None: the bundle that comes with affuse.
    features : mapping of modality to str or None
        As `affuse.cli.feature_tables.tables_named` gives them.
    work : Work
        Who does it: processes or a cluster.
    """
    paths, passed_over = files_in(media)
    for line in passed_over:
        say(line, err=True)
    done: dict[int, Prediction | Skipped] = {}
    try:
        _refuse_numbers(output.format, bundle)
        if settings.explain:
            _refuse_unexplained(output.format, bundle)
        with output.begun(paths) as writing:
            asked = (paths, settings, writing, done)
            _judge(*asked, bundle=bundle, features=features, work=work)
            writing.finish([done[number] for number in range(len(paths))])
    except BaseException as error:
        ending = interrupted()
        if ending is None and not isinstance(error, KeyboardInterrupt):
            raise
        word, code = ending or ("interrupted", INTERRUPTED)
        _tell_skipped(done)
        say(f"affuse: {word}; {_kept(done, len(paths))}", err=True)
        raise typer.Exit(code) from error
    if _tell_skipped(done):
        raise typer.Exit(BAD_INPUT)


def _refuse_numbers(format: str, bundle: Path | None) -> None:
    """Refuse, before the work, a format of emotions for a bundle that gives numbers."""
    from affuse.registries import EXPORTS

    if bundle is None or EXPORTS.get(format).numbers:
        return
    from affuse.bundle.reader import read_bundle
    from affuse.export.registry import check_numbers

    if read_bundle(bundle).manifest.targets:
        check_numbers(format)


def _refuse_unexplained(format: str, bundle: Path | None) -> None:
    """Refuse, before the work, a format or a bundle that explains nothing."""
    from affuse.bundle.reader import read_bundle
    from affuse.export.registry import check_explains
    from affuse.predict.explaining import refuse_unexplained

    check_explains(format)
    if bundle is not None:
        refuse_unexplained(read_bundle(bundle).manifest)


def _judge(
    paths: Sequence[str],
    settings: Settings,
    writing: Writing,
    done: dict[int, Prediction | Skipped],
    *,
    bundle: Path | None,
    features: Mapping[Modality, str | None],
    work: Work,
) -> None:
    from affuse.predict.answers import default_answers
    from affuse.predict.many import predict_many

    def take(number: int, outcome: Prediction | Skipped) -> None:
        writing.take(number, outcome)
        done[number] = outcome

    several, resume = len(paths) > 1, writing.output.resume
    answers = default_answers() if several or resume else None
    if answers is not None:
        answers.sweep()
    # A bar for a single file would only ever be empty or full.
    bars = progress_bars(Console(stderr=True)) if several else nullcontext()
    with work.begun() as workers, bars as progress:
        predict_many(
            paths,
            settings,
            bundle_dir=bundle,
            features=features,
            jobs=work.jobs,
            workers=workers,
            progress=progress,
            answers=answers,
            resume=resume,
            on_outcome=take,
        )


def _tell_skipped(done: dict[int, Prediction | Skipped]) -> int:
    """Print a line for each file that has no prediction, in order; return their number."""
    skipped = [done[number] for number in sorted(done)]
    reasons = [outcome.reason for outcome in skipped if isinstance(outcome, Skipped)]
    for reason in reasons:
        say(f"affuse: {' '.join(reason.split())}", err=True)
    return len(reasons)


def _kept(done: dict[int, Prediction | Skipped], n_files: int) -> str:
    n_kept = sum(isinstance(outcome, Prediction) for outcome in done.values())
    if not n_kept or n_files == 1:
        return "nothing was written"
    return (
        f"{n_kept} of {n_files} recordings are kept: the same command with --resume goes on from "
        "there"
    )
