"""Conditions: kinds of degradation, each at its levels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from affuse.config import RobustnessConfig
from affuse.errors import ConfigError
from affuse.features.by_speaker import BySpeaker
from affuse.features.source import Extractor, Source
from affuse.media.degrade_picture import Blur, Darken, DropFrames
from affuse.media.degrade_sound import Babble, WhiteNoise
from affuse.records import Modality
from affuse.robustness.degraded import Degraded
from affuse.robustness.talkers import Talkers

UNITS = {
    "white noise": "dB SNR",
    "babble": "dB SNR",
    "blur": "sigma / height",
    "dark": "factor",
    "dropped frames": "share",
}
"""What the levels of a condition count."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One kind of degradation at one level.

    Attributes
    ----------
    name : str
        "clean", "no audio", "no video", or a key of `UNITS`.
    modality : {"audio", "video"} or None
        What is degraded; None: nothing.
    level : float or None
        In the unit of its name; None where there are no levels.
    """

    name: str
    modality: Modality | None = None
    level: float | None = None

    @property
    def gone(self) -> bool:
        """Whether the modality is absent altogether."""
        return self.name.startswith("no ")

    def __str__(self) -> str:
        return self.name if self.level is None else f"{self.name} {self.level:g}"


CLEAN = Condition("clean")


def conditions(
    asked: RobustnessConfig, sources: Mapping[Modality, Source]
) -> tuple[Condition, ...]:
    """All conditions that are asked for and possible, except `CLEAN`.

    Features from a table cannot be computed anew from a worse recording: such a modality can only
    be gone altogether, and with one modality alone there is nothing left then.

    Parameters
    ----------
    asked : RobustnessConfig
    sources : mapping of modality to Source
        What features come from.

    Returns
    -------
    tuple of Condition
        In the order of the settings.

    Raises
    ------
    ConfigError
        Nothing is left.

    Examples
    --------
    >>> from affuse.extractors.mfcc import Mfcc
    >>> asked = RobustnessConfig(white_noise=(10, 0), babble=())
    >>> [str(condition) for condition in conditions(asked, {"audio": Mfcc()})]
    ['white noise 10', 'white noise 0']
    """
    found = tuple(_all(asked, sources))
    if not found:
        raise ConfigError(
            f"robustness is enabled, but nothing can be degraded in {', '.join(sources)}: expected "
            "an extractor that reads recordings (a table of features cannot be degraded) and "
            "levels for it, or two modalities of which one can be gone"
        )
    return found


def not_degradable(sources: Mapping[Modality, Source]) -> list[str]:
    """A sentence for each modality whose recordings were not degraded.

    Parameters
    ----------
    sources : mapping of modality to Source
        What features come from.

    Returns
    -------
    list of str
        Empty where all were.
    """
    return [
        f"Robustness: {modality} features come from the table {source.path.name}, not from "
        f"recordings, so that {modality} was not degraded, only taken away."
        for modality, source in sources.items()
        if source.path is not None
    ]


def degraded(condition: Condition, extractor: Extractor, talkers: Talkers) -> Degraded | BySpeaker:
    """The extractor under a condition that is neither clean nor gone.

    Parameters
    ----------
    condition : Condition
    extractor : Extractor
        Of the modality that the condition touches.
    talkers : Talkers
        Who talks in the babble.

    Returns
    -------
    Degraded or BySpeaker
        BySpeaker for babble, which is made of other speakers.
    """
    level = 0.0 if condition.level is None else condition.level
    if condition.name == "babble":
        return BySpeaker(
            {
                speaker: Degraded(extractor, Babble(level, others))
                for speaker, others in talkers.items()
            }
        )
    return Degraded(extractor, _SIGNAL[condition.name](level))


_SIGNAL: Mapping[str, Callable[[float], WhiteNoise | Blur | Darken | DropFrames]] = {
    "white noise": WhiteNoise,
    "blur": Blur,
    "dark": Darken,
    "dropped frames": DropFrames,
}


def _all(asked: RobustnessConfig, sources: Mapping[Modality, Source]) -> Iterator[Condition]:
    levels: dict[Modality, dict[str, tuple[float, ...]]] = {
        "audio": {"white noise": asked.white_noise, "babble": asked.babble},
        "video": {"blur": asked.blur, "dark": asked.dark, "dropped frames": asked.dropped_frames},
    }
    for modality, source in sources.items():
        if source.path is None:
            for name, values in levels[modality].items():
                yield from (Condition(name, modality, value) for value in dict.fromkeys(values))
    if asked.without and len(sources) > 1:
        yield from (Condition(f"no {modality}", modality) for modality in sources)
