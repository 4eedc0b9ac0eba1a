"""The extractor of a pretrained encoder: its frames are stored, and pooled as they are read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from affuse.extractors.encoders.pooling import (
    OVER_TIME,
    Frames,
    Pooling,
    Sliceable,
    padded,
    statistics,
)
from affuse.extractors.encoders.register import UNKNOWN, Origin
from affuse.features.array import TIME
from affuse.features.decoding import AudioDecoding, Decoding, SoundStream
from affuse.features.source import Extractor, ExtractorDefaults, Learner, Provenance
from affuse.records import Modality

if TYPE_CHECKING:
    from affuse.config import Config

LAYER = "layer"
Layer = Literal["mean", "best"] | int
"""Mean over the layers, the one chosen in each fold's training clips, or a layer's number."""


class EncoderSettings(BaseModel, extra="forbid"):
    """Settings that the extractors of all encoders have."""

    pooling: Pooling = Field("statistics")
    layer: Layer = Field("mean")
    limit_s: float = Field(30.0, gt=0, le=86_400)
    device: Literal["cpu", "cuda"] = Field("cpu")
    batch_size: int = Field(8, ge=1)


class FrameEncoder(Protocol):
    """Gives an encoder's frames. A frozen object that pickles, and an extractor in parts."""

    @property
    def name(self) -> str:
        """As registered."""

    @property
    def modality(self) -> Modality:
        """Which of a clip's files it reads."""

    @property
    def version(self) -> int:
        """To be raised whenever the same settings give other numbers than before."""

    @property
    def label(self) -> str:
        """What results show, without the provenance."""

    @property
    def origin(self) -> Origin:
        """What is known of the training of the network."""

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes: "time" first, then perhaps "layer"."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a clip's frames, the first length -1."""

    @property
    def layers(self) -> tuple[int, ...]:
        """What the layers are called; empty: they are counted from 0."""

    @property
    def notes(self) -> tuple[str, ...]:
        """For readers of the results."""

    @property
    def frames_per_s(self) -> float:
        """Frames in a second of recording."""

    @property
    def decoding(self) -> Decoding:
        """The decoding that `parts` needs."""

    @property
    def dtype(self) -> str:
        """Type of the stored frames."""

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the numbers, ready for JSON.

        Returns
        -------
        mapping of str to object
        """

    def parts(self, decoded: Any) -> Iterator[Frames]:
        """Consecutive frames.

        Parameters
        ----------
        decoded : Sound, iterable of Sound, or iterable of (height, width, 3) uint8

        Yields
        ------
        (n, *shape[1:]) array
        """


class FrameDefaults(ExtractorDefaults):
    """Defaults of a frame encoder: an extractor whose array is its parts joined."""

    __slots__ = ()

    @property
    def layers(self) -> tuple[int, ...]:
        """None: they are counted from 0."""
        return ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is known of the training data."""
        origin: Origin = self.origin  # type: ignore[attr-defined]
        label: str = self.label  # type: ignore[attr-defined]
        return origin.notes(label)

    @property
    def dtype(self) -> str:
        """Half precision."""
        return "float16"

    def extract(self, decoded: Any) -> NDArray[np.floating[Any]]:
        """All frames of a clip, in memory.

        Parameters
        ----------
        decoded : what `decoding` asks for

        Returns
        -------
        (n_frames, ...) array
        """
        parts: Iterator[Frames] = self.parts(decoded)  # type: ignore[attr-defined]
        return np.concatenate(list(parts))


@dataclass(frozen=True, slots=True)
class Encoder(ExtractorDefaults):
    """Extractor: frames of a pretrained encoder, pooled over the clip or kept over time.

    Attributes
    ----------
    frames : FrameEncoder
        Its frames are what is stored, in half precision.
    named : str
        The file, folder or name after the colon in a recipe.
    limit_s : float
        Seconds after which a longer clip is cut.
    pooling : {"statistics", "mean", "attentive", "none"}
        Mean and deviation over time, the mean alone, both weighted by what each fold's training
        clips teach, or all frames. With the last two an array has all frames up to the limit, NaN
        after a clip's end.
    layer : "mean", "best" or int
        What is made of the layers, where the frames have an axis of them.
    """

    frames: FrameEncoder
    named: str
    limit_s: float = 30.0
    pooling: Pooling = "statistics"
    layer: Layer = "mean"

    @property
    def name(self) -> str:
        """As registered."""
        return self.frames.name

    @property
    def argument(self) -> str:
        """What follows the name in a recipe."""
        return self.named

    @property
    def modality(self) -> Modality:
        """Which of a clip's files it reads."""
        return self.frames.modality

    @property
    def version(self) -> int:
        """Of the frames and their pooling."""
        return self.frames.version

    @property
    def label(self) -> str:
        """What results show: the encoder, what is learned of it, and what is not known of it."""
        attentive = ", attentive pooling" if self.pooling == "attentive" else ""
        layer = f", layer {self._layer_name}" if self._has_layers and self.layer != "mean" else ""
        unknown = f", {UNKNOWN}" if self.frames.origin.trained_on is None else ""
        return f"{self.frames.label}{layer}{attentive}{unknown}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What is known of the training data, for readers of the results."""
        return self.frames.notes

    @property
    def provenance(self) -> tuple[Provenance, ...]:
        """Corpora that it was trained on, as a whole."""
        return tuple((corpus, ()) for corpus in self.frames.origin.trained_on or ())

    @property
    def axes(self) -> tuple[str, ...]:
        """Name of each axis of `shape`."""
        layers = (LAYER,) if self._keeps_layers else ()
        return (*((TIME,) if self.pooling in OVER_TIME else ()), *layers, "feature")

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_features,)``, with the layers before where one is chosen, and time before both."""
        layers = (self._n_layers,) if self._keeps_layers else ()
        if self.pooling in OVER_TIME:
            n_frames = max(math.ceil(self.limit_s * self.frames.frames_per_s), 1)
            return (n_frames, *layers, self._n_features)
        return (*layers, self._n_features * (2 if self.pooling == "statistics" else 1))

    @property
    def decoding(self) -> Decoding:
        """What `extract` needs: the whole sound, or frames one by one."""
        wanted = self.frames.decoding
        if isinstance(wanted, SoundStream):
            return AudioDecoding(wanted.sample_rate, wanted.duration_s)
        return wanted

    @property
    def stored(self) -> Extractor:
        """The frames."""
        return self.frames  # type: ignore[return-value]

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the numbers.

        Returns
        -------
        mapping of str to object
            Ready for JSON.
        """
        own: dict[str, object] = {"pooling": self.pooling}
        if self.pooling in OVER_TIME:
            own["after_end"] = "nan"
        if self._has_layers:
            own["layer"] = self.layer
        return {**self.frames.settings(), **own}

    def learned(self, config: Config) -> Learner | None:
        """Makes what each fold's training clips teach: which layer serves, or which frames count.

        Parameters
        ----------
        config : Config

        Returns
        -------
        callable or None
            Seed -> unfitted transformer.
        """
        if self.pooling == "attentive":
            from affuse.models.attentive_pooling import attentive_pooling

            return attentive_pooling
        if not self._keeps_layers:
            return None
        from affuse.models.layer_choice import layer_choice

        return partial(layer_choice, self.frames.layers or tuple(range(self._n_layers)))

    def pooled(self, array: Sliceable) -> NDArray[np.floating[Any]]:
        """Array of `shape` from the stored frames.

        Parameters
        ----------
        array : (n_frames, ...) array, or one on disk

        Returns
        -------
        array of `shape`
        """
        if self.pooling in OVER_TIME:
            kept = self._layered(np.asarray(array[: self.shape[0]]))
            return padded(kept, self.shape[0]).reshape(self.shape)
        rows = statistics(array, self._layered, deviation=self.pooling == "statistics")
        return rows.reshape(self.shape)

    def extract(self, decoded: Any) -> NDArray[np.floating[Any]]:
        """Features of one recording, `shape`.

        Parameters
        ----------
        decoded : what `decoding` asks for

        Returns
        -------
        array of `shape`
        """
        parts = [part.astype(self.frames.dtype) for part in self.frames.parts(decoded)]
        return self.pooled(np.concatenate(parts))

    def _layered(self, block: Frames) -> Frames:
        """Frames with the layers that are used: ``(n, n_layers, n_features)``, one layer or all."""
        layered = block.reshape(len(block), self._n_layers, self._n_features)
        if self._keeps_layers:
            return layered
        if isinstance(self.layer, int):
            return layered[:, [self.layer]]
        mean: Frames = layered.mean(axis=1, keepdims=True, dtype=np.float32)
        return mean

    @property
    def _layer_name(self) -> Layer:
        """The layer as the network counts it."""
        named = isinstance(self.layer, int) and self.frames.layers
        return self.frames.layers[self.layer] if named else self.layer  # type: ignore[index]

    @property
    def _has_layers(self) -> bool:
        return LAYER in self.frames.axes

    @property
    def _keeps_layers(self) -> bool:
        return self._has_layers and self.layer == "best"

    @property
    def _n_layers(self) -> int:
        return self.frames.shape[1] if self._has_layers else 1

    @property
    def _n_features(self) -> int:
        return math.prod(self.frames.shape[2 if self._has_layers else 1 :])
