"""Any encoder in an ONNX file: `onnx:FILE`, with a JSON beside it that says how to feed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import ConfigError
from affuse.extractors.encoders.checks import check_layer, of_bounded_size
from affuse.extractors.encoders.encoder import (
    Encoder,
    EncoderSettings,
    FrameDefaults,
)
from affuse.extractors.encoders.graph import Graph, frames_per_s, open_graph, settings_of
from affuse.extractors.encoders.pictures import picture_decoding
from affuse.extractors.encoders.register import Origin, origin_of
from affuse.features.array_parts import ANY_LENGTH
from affuse.features.decoding import Decoding, SoundStream
from affuse.features.sources import own_settings
from affuse.records import Modality

if TYPE_CHECKING:
    from affuse.config import Config

NAME = "onnx"


@dataclass(frozen=True, slots=True)
class GraphFrames(FrameDefaults):
    """Frames of an encoder in ONNX.

    Attributes
    ----------
    graph : Graph
    limit_s : float
        Seconds after which a longer clip is cut.
    batch_size : int
        Windows at once.
    """

    graph: Graph
    limit_s: float
    batch_size: int

    name = NAME
    version = 1

    @property
    def modality(self) -> Modality:
        """As the description says."""
        return self.graph.described.modality

    @property
    def label(self) -> str:
        """Its name as published, or that of the file."""
        return self.graph.described.name or self.graph.path.stem

    @property
    def origin(self) -> Origin:
        """What the description states, else what the register has under its name."""
        described = self.graph.described
        return origin_of(described.name, described.trained_on, described.licence)

    @property
    def axes(self) -> tuple[str, ...]:
        """Of a clip's frames."""
        return self.graph.axes

    @property
    def shape(self) -> tuple[int, ...]:
        """``(-1, ...)``: as many frames as the clip has."""
        return (ANY_LENGTH, *self.graph.shape)

    @property
    def frames_per_s(self) -> float:
        """Frames in a second of recording."""
        return frames_per_s(self.graph.described, self.graph.per_window)

    @property
    def decoding(self) -> Decoding:
        """Sound in blocks, or pictures one by one."""
        described = self.graph.described
        if described.input == "picture":
            return picture_decoding(described.per_s, self.limit_s)
        return SoundStream(described.sample_rate, self.limit_s)

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the numbers.

        Returns
        -------
        mapping of str to object
            Ready for JSON.
        """
        return settings_of(self.graph)

    def parts(self, decoded: Any) -> Iterator[NDArray[np.floating[Any]]]:
        """Frames in batches.

        Parameters
        ----------
        decoded : Sound, iterable of Sound, or iterable of (height, width, 3) uint8

        Yields
        ------
        (n, *shape[1:]) array
        """
        yield from self.graph.frames(decoded, self.batch_size)


def make(config: Config, argument: str = "") -> Encoder:
    """The extractor that a configuration asks for.

    Parameters
    ----------
    config : Config
        Its ``features.settings.onnx``.
    argument : str
        The file.

    Returns
    -------
    Encoder

    Raises
    ------
    ConfigError
        No file was named, or a setting does not fit.
    WeightsError
        The file or its description does not fit.
    """
    if not argument:
        raise ConfigError(
            "extractor 'onnx' was given without a file; expected onnx:FILE, such as "
            "onnx:encoder.onnx with encoder.json beside it"
        )
    own = own_settings(config, NAME, EncoderSettings)
    graph = open_graph(Path(argument), own.device)
    frames = GraphFrames(graph, own.limit_s, own.batch_size)
    check_layer(own.layer, own.pooling, graph.n_layers, NAME)
    return of_bounded_size(Encoder(frames, argument, own.limit_s, own.pooling, own.layer))
