"""The JSON beside an ONNX file that says how to feed it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from affuse.errors import WeightsError
from affuse.extractors.encoders.pictures import View
from affuse.features.sources import named_place
from affuse.records import Modality
from affuse.storage.plain_json import read_plain

_MOST = 1e9
"""Beyond it single precision holds no difference between two samples."""
_MOST_SECONDS = 600.0
_MOST_PIXELS = 4096


def _divides(number: float) -> float:
    if abs(number) < 1 / _MOST:
        raise ValueError(f"{number:g} divides nothing; expected {1 / _MOST:g} at least")
    return number


Finite = Annotated[float, Field(ge=-_MOST, le=_MOST)]
Divisor = Annotated[Finite, AfterValidator(_divides)]
Number = Finite | tuple[Finite, ...]
Divisors = Divisor | tuple[Divisor, ...]
Positive = Annotated[float, Field(gt=0, le=_MOST)]
Seconds = Annotated[float, Field(ge=1e-4, le=_MOST_SECONDS)]
Side = Annotated[int, Field(ge=1, le=_MOST_PIXELS)]
Name = Annotated[str, Field(min_length=1)]

_LAYOUTS = {
    "waveform": ("window", "sample"),
    "log-mel": ("window", "band", "time"),
    "picture": ("window", "channel", "height", "width"),
}
_OUTPUT = {2: ("window", "feature"), 3: ("window", "time", "feature")}


class Part(BaseModel, frozen=True, extra="forbid"):
    """Fields of every description: how numbers are scaled, and which output is taken."""

    mean: Number = 0.0
    deviation: Divisors = 1.0
    output: str = ""


class Before(Part):
    """A graph that runs before the one that is described, such as a spectrogram.

    Attributes
    ----------
    file : str
        Beside the other.
    mean, deviation : float
        What the next graph is given is (output - mean) / deviation.
    transpose : tuple of int
        Order in which the axes of the output are passed on; none: as they are.
    """

    file: Name
    transpose: tuple[int, ...] = ()


class LogMel(BaseModel, frozen=True, extra="forbid"):
    """A log-mel spectrogram: ln (or dB) of the power in Slaney's mel bands.

    Attributes
    ----------
    bands, n_fft : int
    frame_s, step_s : float
        Length of a Hann window, and from one to the next.
    log : {"natural", "decibel"}
    least : float
        Powers below it count as it.
    """

    bands: int = Field(ge=1, le=1024)
    n_fft: int = Field(512, ge=2, le=1 << 16)
    frame_s: Annotated[Seconds, Field(le=1)] = 0.025
    step_s: Seconds = 0.010
    log: Literal["natural", "decibel"] = "natural"
    least: Positive = 1e-10


class Description(Part):
    """How an ONNX encoder is fed.

    Attributes
    ----------
    input : {"waveform", "log-mel", "picture"}
    name, licence : str
        Of the network, as published.
    trained_on : tuple of str or None
        Corpora; none given: the register is asked, else it is unknown.
    sample_rate : int
        Hz of the sound.
    window_s, hop_s : float
        Length of a window of sound, and from one to the next.
    normalise : bool
        Whether each window of sound is brought to mean 0 and deviation 1, over its own samples.
    mel : LogMel
        Of a log-mel spectrogram.
    view : {"face", "centre", "frame"}
        What is shown of a picture.
    size : (int, int)
        Height and width of a picture in pixels.
    per_s : float
        Pictures in a second.
    margin : float
        Around a face, as a share of its side.
    colour : {"rgb", "bgr", "grey"}
    mean, deviation : float or one for each channel
        The graph is given (x - mean) / deviation; samples lie in [-1, 1], pixels in [0, 1].
    layout : tuple of str
        Axes of the input: "window" first; "sample" and "channel"; "band", "time" and "channel";
        or "channel", "height" and "width".
    output : str
        Name of the output; the first one by default.
    axes : tuple of str
        Names of the output's axes, "window" first; "time", "layer" and others.
    before : tuple of Before
        Graphs that run first.
    threshold : float or None
        Of a network that tells people apart: cosine from which two are one person, of the mean
        embeddings of faces, and in the mean over pairs of embeddings of voices.
    """

    input: Literal["waveform", "log-mel", "picture"]
    name: str = ""
    licence: str = ""
    trained_on: tuple[Name, ...] | None = None
    sample_rate: int = Field(16_000, ge=1000, le=192_000)
    window_s: Seconds | None = None
    hop_s: Seconds | None = None
    normalise: bool = False
    mel: LogMel | None = None
    view: View = "face"
    size: tuple[Side, Side] | None = None
    per_s: Annotated[float, Field(gt=0, le=30)] = 6.0
    margin: Annotated[float, Field(ge=0, le=2)] = 0.0
    colour: Literal["rgb", "bgr", "grey"] = "rgb"
    layout: tuple[str, ...] = ()
    axes: tuple[str, ...] = ()
    before: tuple[Before, ...] = ()
    threshold: Annotated[float, Field(ge=-1, le=1)] | None = None

    @model_validator(mode="after")
    def _says_what_its_input_needs(self) -> Self:
        needed = {"waveform": ("window_s",), "log-mel": ("window_s", "mel"), "picture": ("size",)}
        missing = [name for name in needed[self.input] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"input {self.input!r} needs {' and '.join(missing)}")
        if self.normalise and self.input == "picture":
            raise ValueError("normalise is of sound, and input is 'picture'")
        usual = {*self.usual_layout, "channel"}
        odd = set(self.layout) - usual
        if self.layout and (odd or not set(self.usual_layout) <= set(self.layout) | {"channel"}):
            raise ValueError(
                f"layout {list(self.layout)} is not made of {', '.join(self.usual_layout)}"
            )
        for key in ("layout", "axes"):
            names = getattr(self, key)
            if len(set(names)) < len(names):
                raise ValueError(f"{key} {list(names)} names an axis twice")
        numbers = (self.mean, self.deviation)
        wrong = [n for n in numbers if isinstance(n, tuple) and len(n) != self._n_numbers]
        if wrong:
            raise ValueError(
                f"mean and deviation are one number or {self._n_numbers}, not {len(wrong[0])}"
            )
        if "time" in self.axes and self.hop != self.window:
            raise ValueError("windows that overlap have no common time: hop_s must be window_s")
        return self

    @property
    def modality(self) -> Modality:
        """Which of a clip's files it reads."""
        return "video" if self.input == "picture" else "audio"

    @property
    def usual_layout(self) -> tuple[str, ...]:
        """Axes of the input where none are given."""
        return _LAYOUTS[self.input]

    @property
    def window(self) -> int:
        """Samples of a window."""
        return max(round((self.window_s or 0.0) * self.sample_rate), 1)

    @property
    def hop(self) -> int:
        """Samples from one window to the next; the windows follow each other by default."""
        return self.window if self.hop_s is None else max(round(self.hop_s * self.sample_rate), 1)

    @property
    def _n_numbers(self) -> int:
        """How many means there may be: one for each channel, or for each band."""
        if self.input == "picture":
            return 1 if self.colour == "grey" else 3
        return self.mel.bands if self.mel is not None and self.input == "log-mel" else 1

    def output_axes(self, n_axes: int) -> tuple[str, ...]:
        """Names of the axes of an output that has so many.

        Parameters
        ----------
        n_axes : int

        Returns
        -------
        tuple of str
            Empty where they must be given, or other ones are.
        """
        named = self.axes or _OUTPUT.get(n_axes, ())
        return named if len(named) == n_axes and named[0] == "window" else ()


def read_description(model: Path) -> Description:
    """The description beside an ONNX file, in the file of its name that ends in .json.

    Parameters
    ----------
    model : Path

    Returns
    -------
    Description

    Raises
    ------
    WeightsError
        There is none, it is no JSON, or a key is missing, unknown or of another type.
    """
    path = model.with_suffix(".json")
    if not path.is_file():
        raise WeightsError(
            f"{path} is not there; expected a JSON file beside {model.name} that says how to feed "
            'it, such as {"input": "waveform", "window_s": 1.0}'
        )
    try:
        return Description.model_validate(_read(path))
    except ValidationError as error:
        first = error.errors()[0]
        raise WeightsError(
            f"{path} does not describe {model.name} ({_place(first['loc'])}"
            f"{_plain(first['msg'])}); expected input, and its "
            f"{', '.join(list(Description.model_fields)[6:12])} ...: mend it (docs/encoders)"
        ) from error


def _read(path: Path) -> Any:
    try:
        return read_plain(path.read_bytes())
    except ValueError as error:
        raise WeightsError(
            f"{path} is no JSON ({error}); expected an object such as "
            '{"input": "waveform", "window_s": 1.0}: mend it'
        ) from error


def _place(location: Sequence[int | str]) -> str:
    return f"{'.'.join(named_place(location))}: " if location else ""


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").lower()
