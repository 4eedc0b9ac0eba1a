"""The embedded corpus: seeded talking faces as real mp4 files. A stand-in, not a benchmark."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from affuse.errors import ConfigError, OutputError, refuse_other_than_number
from affuse.records import RAVDESS_EMOTIONS, ProgressCallback
from affuse.synthetic.faces import Face, make_face
from affuse.synthetic.identity import make_identity
from affuse.synthetic.performance import face_habits, perform
from affuse.synthetic.takes import (
    CHANNELS,
    INTENSITY_NAMES,
    STATEMENTS,
    Plan,
    Take,
    list_takes,
)
from affuse.synthetic.voices import SAMPLE_RATE, make_speaker, speak
from affuse.synthetic.workers import run_batches
from affuse.synthetic.writer import made_by, write_clip

VERSION = 1
"""Changes whenever the same seed gives other clips."""
VERSION_OF_DIFFICULTY = 2
"""Changes whenever the same seed and a difficulty above 0 give other clips."""

_BATCH = 4
_VOICE_STREAM, _FACE_STREAM = 4, 5


@dataclass(frozen=True, slots=True)
class _Batch:
    """Takes of one speaker that one process makes."""

    out: Path
    seed: int
    difficulty: float
    takes: tuple[Take, ...]


def synthesise(
    out: str | Path,
    *,
    speakers: int = 6,
    emotions: Sequence[str] = RAVDESS_EMOTIONS,
    channels: Sequence[str] = CHANNELS[:1],
    intensities: Sequence[str] = INTENSITY_NAMES,
    statements: Sequence[str] = STATEMENTS,
    repetitions: int = 2,
    takes: int | None = None,
    seed: int = 0,
    difficulty: float = 0.0,
    jobs: int | None = 1,
    progress: ProgressCallback | None = None,
) -> list[Path]:
    """Paths of a corpus of talking faces, written as 1280x720 mp4 files with RAVDESS names.

    Files that an earlier call with the same seed and difficulty completed are left as they are.

    Parameters
    ----------
    out : str or Path
        Folder that receives ``Actor_01/01-01-05-02-01-01-01.mp4`` and so on.
    speakers : int
        How many, 1 to 99; odd numbers have male voices and faces, even ones female.
    emotions, channels, intensities, statements : sequence of str
        Of RAVDESS's eight; of ``speech``, ``song``; of ``normal``, ``strong``; of ``kids``,
        ``dogs``.
    repetitions : int
        How often each is said.
    takes : int, optional
        At most so many clips per speaker, channel and emotion.
    seed : int
        Same seed, same clips, whatever else the corpus holds.
    difficulty : float
        0 to 1: how weakly people express what is meant, how much of other emotions each take has
        besides, and how loud rooms are. Face and voice vary independently.
    jobs : int or None
        Processes; None: one per core. More than one needs a script to guard its main part
        with ``if __name__ == "__main__"``.
    progress : callable, optional
        Called with ``("synthesise", done, total)``.

    Returns
    -------
    list of Path
        One per clip, by speaker, channel and emotion.

    Raises
    ------
    ConfigError
        A name or number does not fit.
    OutputError
        The folder cannot be written, or holds another corpus's files under these names.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = synthesise(folder, speakers=1, emotions=["happy"], takes=1)
    ...     print(paths[0].name)
    01-01-03-01-01-01-01.mp4
    """
    _check_difficulty(difficulty)
    plan = Plan(speakers, emotions, channels, intensities, statements, repetitions, takes)
    wanted = list_takes(plan)
    folder, recipe = Path(out), _recipe(seed, difficulty)
    for speaker in range(1, speakers + 1):
        make_folder(folder / f"Actor_{speaker:02d}")
    missing = [take for take in wanted if not already_there(folder / take.path, recipe)]
    batches = [
        _Batch(folder, seed, difficulty, chunk)
        for speaker in range(1, speakers + 1)
        for chunk in _chunks([take for take in missing if take.speaker == speaker])
    ]
    sizes = [len(batch.takes) for batch in batches]
    run_batches(_make, batches, sizes, stage="synthesise", jobs=jobs, progress=progress)
    return [folder / take.path for take in wanted]


def make_folder(folder: Path) -> None:
    """Make a folder that files can be written to.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    OutputError
        It cannot be made or written.
    """
    probe = folder / ".writable.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written ({error.strerror}); expected a folder, new or with "
            "permission to write"
        ) from error


def already_there(path: Path, recipe: str) -> bool:
    """Whether a complete file of this very recipe is there.

    Parameters
    ----------
    path : Path
    recipe : str
        What its comment must be.

    Returns
    -------
    bool

    Raises
    ------
    OutputError
        A complete file of another origin has its name.
    """
    if not path.exists():
        return False
    found = made_by(path)
    if found is None or found == recipe:
        return found == recipe
    raise OutputError(
        f"{path} is there already and was not made with these settings (found {found!r}, "
        f"expected {recipe!r}); give an empty folder or the same settings"
    )


def _check_difficulty(difficulty: float) -> None:
    refuse_other_than_number("difficulty", difficulty)
    if not 0 <= difficulty <= 1:
        raise ConfigError(f"difficulty {difficulty} was given; expected a number from 0 to 1")


def _recipe(seed: int, difficulty: float) -> str:
    """Comment of a file; difficulty stands in it only where there is one."""
    made: dict[str, float] = {"seed": seed, "version": VERSION}
    if difficulty:
        made |= {"version": VERSION_OF_DIFFICULTY, "difficulty": difficulty}
    return "affuse embedded corpus " + json.dumps(made)


def _chunks(takes: Sequence[Take]) -> list[tuple[Take, ...]]:
    return [tuple(takes[start : start + _BATCH]) for start in range(0, len(takes), _BATCH)]


def _make(batch: _Batch) -> None:
    face = make_face(make_identity(batch.takes[0].speaker, batch.seed))
    for take in batch.takes:
        _make_clip(take, batch, face)


def _make_clip(take: Take, batch: _Batch, face: Face) -> None:
    spoken = speak(
        take.emotion,
        take.intensity,
        take.statement,
        make_speaker(take.speaker, batch.seed),
        np.random.default_rng([batch.seed, *take.codes, _VOICE_STREAM]),
        sung=take.channel == "song",
        difficulty=batch.difficulty,
    )
    shown = perform(
        take.emotion,
        take.intensity,
        spoken.opening,
        face_habits(take.speaker, batch.seed),
        np.random.default_rng([batch.seed, *take.codes, _FACE_STREAM]),
        difficulty=batch.difficulty,
    )
    frames = (face.draw(*moment) for moment in zip(shown.units, shown.poses, strict=True))
    recipe = _recipe(batch.seed, batch.difficulty)
    write_clip(batch.out / take.path, frames, spoken.signal, SAMPLE_RATE, recipe)
