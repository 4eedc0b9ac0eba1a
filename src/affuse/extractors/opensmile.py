"""Features of openSMILE: eGeMAPSv02, ComParE_2016 and others, of the clip or frame by frame."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from affuse.errors import ConfigError, FeatureError, MissingDependency
from affuse.extractors.encoders.checks import check_layer, of_bounded_size
from affuse.extractors.encoders.encoder import Encoder, EncoderSettings, FrameDefaults
from affuse.extractors.encoders.register import Origin
from affuse.features.array_parts import ANY_LENGTH
from affuse.features.decoding import RecordedSound
from affuse.features.source import ExtractorDefaults
from affuse.features.sources import own_settings
from affuse.media.audio import Sound

if TYPE_CHECKING:
    from affuse.config import Config

NAME = "opensmile"
LICENCE = "openSMILE may be used for research and by individuals, not commercially (audEERING)."

_FRAMES_PER_S = 100.0


class Settings(EncoderSettings):
    """Settings of openSMILE, under ``features.settings.opensmile``.

    Attributes
    ----------
    feature_set : str
        As openSMILE calls it: eGeMAPSv02, ComParE_2016 ...
    level : {"functionals", "frames"}
        One row a clip, or low-level descriptors every 10 ms, which are pooled.
    sample_rate : int or None
        Hz that sound is brought to; None: as it is recorded, which is what openSMILE does. Features
        of recordings at several rates differ by that.
    """

    feature_set: str = "eGeMAPSv02"
    level: Literal["functionals", "frames"] = "functionals"
    sample_rate: int | None = Field(None, ge=1000, le=192_000)


@dataclass(frozen=True, slots=True)
class Functionals(ExtractorDefaults):
    """Extractor: functionals of the whole clip, without padding.

    Eyben et al. 2016, "The Geneva minimalistic acoustic parameter set"; Schuller et al. 2016, "The
    INTERSPEECH 2016 computational paralinguistics challenge".

    Attributes
    ----------
    feature_set : str
    decoding : RecordedSound
    """

    feature_set: str
    decoding: RecordedSound

    name = NAME
    modality: Literal["audio"] = "audio"
    version = 1
    axes = ("feature",)
    notes = (LICENCE,)

    @property
    def label(self) -> str:
        """What results show."""
        return self.feature_set

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the features, as openSMILE has them."""
        return feature_names(self.feature_set, "functionals")

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_features,)``."""
        return (len(self.columns),)

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the numbers.

        Returns
        -------
        mapping of str to object
            Ready for JSON.
        """
        return {"feature_set": self.feature_set, "opensmile": metadata.version("opensmile")}

    def extract(self, decoded: Sound) -> NDArray[np.float32]:
        """Features of one sound, ``(n_features,)``.

        Parameters
        ----------
        decoded : Sound

        Returns
        -------
        (n_features,) float32

        Raises
        ------
        FeatureError
            The sound is too short for openSMILE.
        """
        row: NDArray[np.float32] = computed(decoded, self.feature_set, "functionals")[0]
        return row


@dataclass(frozen=True, slots=True)
class Descriptors(FrameDefaults):
    """Low-level descriptors of openSMILE, one frame every 10 ms.

    Attributes
    ----------
    feature_set : str
    decoding : RecordedSound
    """

    feature_set: str
    decoding: RecordedSound

    name = NAME
    modality: Literal["audio"] = "audio"
    version = 1
    axes = ("time", "feature")
    frames_per_s = _FRAMES_PER_S
    notes = (LICENCE,)

    @property
    def dtype(self) -> str:
        """Single precision: some descriptors are beyond half precision."""
        return "float32"

    @property
    def label(self) -> str:
        """What results show."""
        return f"{self.feature_set}, frames"

    @property
    def origin(self) -> Origin:
        """There is no network."""
        return Origin(())

    @property
    def shape(self) -> tuple[int, ...]:
        """``(-1, n_features)``."""
        return (ANY_LENGTH, len(feature_names(self.feature_set, "frames")))

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the numbers.

        Returns
        -------
        mapping of str to object
            Ready for JSON.
        """
        version = metadata.version("opensmile")
        return {"feature_set": self.feature_set, "level": "frames", "opensmile": version}

    def parts(self, decoded: Sound) -> Iterator[NDArray[np.floating[Any]]]:
        """All frames at once: openSMILE reads the whole sound.

        Parameters
        ----------
        decoded : Sound

        Yields
        ------
        (n_frames, n_features) float32
        """
        yield computed(decoded, self.feature_set, "frames")


def make(config: Config) -> Functionals | Encoder:
    """The extractor that a configuration asks for.

    Parameters
    ----------
    config : Config
        Its ``features.settings.opensmile``.

    Returns
    -------
    Functionals, or Encoder
        An encoder where frames are asked for.

    Raises
    ------
    ConfigError
        There is no such feature set, or a setting does not fit.
    MissingDependency
        The extra ``opensmile`` is not installed.
    """
    own = own_settings(config, NAME, Settings)
    check_layer(own.layer, own.pooling, 1, NAME)
    decoding = RecordedSound(own.sample_rate, own.limit_s)
    feature_names(own.feature_set, own.level)
    if own.level == "functionals":
        if own.pooling == "attentive":
            raise ConfigError(
                f'features.settings.{NAME}.pooling = "attentive" was given, and functionals are '
                f'one row a clip; expected features.settings.{NAME}.level = "frames" with it'
            )
        return Functionals(own.feature_set, decoding)
    frames = Descriptors(own.feature_set, decoding)
    return of_bounded_size(Encoder(frames, "", own.limit_s, own.pooling))


def computed(sound: Sound, feature_set: str, level: str) -> NDArray[np.float32]:
    """Features of a sound as openSMILE gives them.

    Parameters
    ----------
    sound : Sound
    feature_set : str
    level : {"functionals", "frames"}

    Returns
    -------
    (n, n_features) float32
        One row for the whole sound, or one every 10 ms.

    Raises
    ------
    FeatureError
        There is none: the sound is too short.
    """
    smile = _smile(feature_set, level)
    with warnings.catch_warnings():
        # Of segments that are too short: that is said below, once for each clip.
        warnings.simplefilter("ignore", UserWarning)
        found = smile.process_signal(sound.signal, sound.sample_rate).to_numpy(np.float32)
    if not len(found) or (len(found) == 1 and np.isnan(found).all()):
        raise FeatureError(
            f"openSMILE gave no {feature_set} of {sound.duration_s:.3g} s of sound; expected more "
            "of it: leave this clip out"
        )
    return cast("NDArray[np.float32]", found)


@lru_cache(maxsize=4)
def feature_names(feature_set: str, level: str) -> tuple[str, ...]:
    """Names of the features of a set.

    Parameters
    ----------
    feature_set : str
    level : {"functionals", "frames"}

    Returns
    -------
    tuple of str
    """
    return tuple(_smile(feature_set, level).feature_names)


@lru_cache(maxsize=4)
def _smile(feature_set: str, level: str) -> Any:
    try:
        import opensmile
    except ImportError as error:
        raise MissingDependency("opensmile", "opensmile", "features of openSMILE") from error
    sets = [each.name for each in opensmile.FeatureSet]
    if feature_set not in sets:
        raise ConfigError(
            f"features.settings.opensmile.feature_set = {feature_set!r} was given; expected one of "
            f"{', '.join(sets)}"
        )
    levels = opensmile.FeatureLevel
    chosen = levels.Functionals if level == "functionals" else levels.LowLevelDescriptors
    return opensmile.Smile(opensmile.FeatureSet[feature_set], chosen)
