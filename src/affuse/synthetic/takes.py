"""Which takes the embedded corpus holds, and their RAVDESS names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from affuse.corpora.ravdess.names import parse_name, take_key
from affuse.errors import ConfigError
from affuse.records import RAVDESS_EMOTIONS

CHANNELS = ("speech", "song")
INTENSITY_NAMES = ("normal", "strong")
STATEMENTS = ("kids", "dogs")
MAX_SPEAKERS = 99

_SUNG_EMOTIONS = RAVDESS_EMOTIONS[:6]
_DOES_NOT_SING = 18
_VARIETY = (("normal", "kids"), ("strong", "dogs"), ("normal", "dogs"), ("strong", "kids"))


@dataclass(frozen=True, slots=True)
class Take:
    """One performance. `speaker` and `repetition` count from 1."""

    channel: str
    emotion: str
    intensity: str
    statement: str
    repetition: int
    speaker: int

    @property
    def codes(self) -> tuple[int, int, int, int, int, int]:
        """The fields of its RAVDESS name after the modality."""
        return (
            CHANNELS.index(self.channel) + 1,
            RAVDESS_EMOTIONS.index(self.emotion) + 1,
            INTENSITY_NAMES.index(self.intensity) + 1,
            STATEMENTS.index(self.statement) + 1,
            self.repetition,
            self.speaker,
        )

    @property
    def variety(self) -> tuple[int, int]:
        """Sorts takes of one emotion so that any first few of them are varied."""
        return self.repetition, _VARIETY.index((self.intensity, self.statement))

    @property
    def path(self) -> Path:
        """Where its file goes in a corpus, such as ``Actor_02/01-01-05-02-01-01-02.mp4``."""
        name = "-".join(f"{code:02d}" for code in (1, *self.codes))
        return Path(f"Actor_{self.speaker:02d}") / f"{name}.mp4"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a corpus is to hold; the fields are those of `corpus.synthesise`."""

    speakers: int
    emotions: Sequence[str]
    channels: Sequence[str]
    intensities: Sequence[str]
    statements: Sequence[str]
    repetitions: int
    takes: int | None


def read_take(clip: str) -> Take | None:
    """Take that a clip's id or file name stands for, None where RAVDESS's scheme does not fit.

    Parameters
    ----------
    clip : str

    Returns
    -------
    Take or None
    """
    key = take_key(clip)
    if key is None:
        return None
    name = parse_name(f"01-{key}")
    return Take(
        name.channel,
        name.emotion,
        name.intensity,
        name.statement,
        int(name.repetition),
        int(name.actor),
    )


def list_takes(plan: Plan) -> tuple[Take, ...]:
    """All takes of a plan, by speaker, channel and emotion.

    As in RAVDESS, neutral has no strong intensity, song knows neither disgust nor surprise,
    and speaker 18 does not sing.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    tuple of Take

    Raises
    ------
    ConfigError
        A name or number does not fit, or no take is left.
    """
    _check(plan)
    takes: list[Take] = []
    speakers = range(1, plan.speakers + 1)
    for speaker, channel, emotion in product(speakers, plan.channels, plan.emotions):
        if channel == "song" and (emotion not in _SUNG_EMOTIONS or speaker == _DOES_NOT_SING):
            continue
        takes += _takes_of(plan, speaker, channel, emotion)[: plan.takes]
    if not takes:
        raise ConfigError(
            f"no take is left of emotions {', '.join(plan.emotions)} and channels "
            f"{', '.join(plan.channels)}: RAVDESS has no strong neutral, no disgust or surprise "
            "in song; add an emotion, an intensity or the channel speech"
        )
    return tuple(takes)


def _takes_of(plan: Plan, speaker: int, channel: str, emotion: str) -> list[Take]:
    """Takes of one emotion, ordered so that any first few are varied."""
    varied = product(range(1, plan.repetitions + 1), plan.statements, plan.intensities)
    takes = [
        Take(channel, emotion, intensity, statement, repetition, speaker)
        for repetition, statement, intensity in varied
        if (emotion, intensity) != ("neutral", "strong")
    ]
    return sorted(takes, key=lambda take: take.variety)


def _check(plan: Plan) -> None:
    if not 1 <= plan.speakers <= MAX_SPEAKERS:
        raise ConfigError(
            f"{plan.speakers} speakers were asked for; expected 1 to {MAX_SPEAKERS}, as a RAVDESS "
            "name has two digits for the speaker"
        )
    if not 1 <= plan.repetitions <= MAX_SPEAKERS:
        raise ConfigError(
            f"{plan.repetitions} repetitions were asked for; expected 1 to {MAX_SPEAKERS}"
        )
    if plan.takes is not None and plan.takes < 1:
        raise ConfigError(f"{plan.takes} takes per emotion were asked for; expected at least 1")
    _check_names("emotions", plan.emotions, RAVDESS_EMOTIONS)
    _check_names("channels", plan.channels, CHANNELS)
    _check_names("intensities", plan.intensities, INTENSITY_NAMES)
    _check_names("statements", plan.statements, STATEMENTS)


def _check_names(what: str, given: Sequence[str], legal: Sequence[str]) -> None:
    unknown = [name for name in given if name not in legal]
    if unknown or not given or len(set(given)) != len(given):
        raise ConfigError(
            f"{what} {', '.join(given) or '(none)'} were asked for; "
            f"expected some of {', '.join(legal)}, each once"
        )
