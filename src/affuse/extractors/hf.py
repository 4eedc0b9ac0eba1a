"""Pretrained transformers as published on the hub: `hf:NAME`, or `hf:FOLDER`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from affuse.errors import ConfigError
from affuse.extractors.encoders.checks import check_layer, of_bounded_size
from affuse.extractors.encoders.encoder import (
    LAYER,
    Encoder,
    EncoderSettings,
    FrameDefaults,
)
from affuse.extractors.encoders.hub import folder_of
from affuse.extractors.encoders.opening import open_checkpoint
from affuse.extractors.encoders.pictures import FPS, View, crops, picture_decoding
from affuse.extractors.encoders.register import Origin, origin_of
from affuse.extractors.encoders.transformer import Checkpoint
from affuse.extractors.encoders.windows import blocks_of
from affuse.features.array import TIME
from affuse.features.array_parts import ANY_LENGTH
from affuse.features.decoding import Decoding, SoundStream
from affuse.features.sources import own_settings
from affuse.records import Modality

if TYPE_CHECKING:
    from affuse.config import Config

NAME = "hf"


class Settings(EncoderSettings):
    """Settings of transformers, under ``features.settings.hf``.

    Attributes
    ----------
    layers : tuple of int
        Hidden layers that are stored, 0 being the embedding before the first; none: all.
    window_s : float
        Seconds of sound that the network sees at once.
    view, per_s, margin
        What is shown of a picture, how many in a second, and what around a face, as a share.
    trained_on : tuple of str or None
        Corpora that the checkpoint was trained on, by the user's own word.
    revision : str
        Branch, tag or commit on the hub, or an open request to change one, as ``refs/pr/1``.
    download : bool
        Whether it may be downloaded.
    """

    layers: tuple[int, ...] = ()
    window_s: float = Field(20.0, gt=0.1, le=60)
    view: View = "face"
    per_s: float = Field(6.0, gt=0, le=30)
    margin: float = Field(0.3, ge=0, le=2)
    trained_on: tuple[str, ...] | None = None
    revision: str = Field("main", min_length=1)
    download: bool = False


@dataclass(frozen=True, slots=True)
class TransformerFrames(FrameDefaults):
    """Hidden layers of a transformer, frame by frame.

    Attributes
    ----------
    checkpoint : Checkpoint
    label : str
        Its name as published, or that of its folder.
    origin : Origin
        What is known of its training.
    kept : tuple of int
        The layers that are stored.
    limit_s, window_s : float
    batch_size : int
    device : {"cpu", "cuda"}
    view, per_s, margin
        As in `Settings`.
    """

    checkpoint: Checkpoint
    label: str
    origin: Origin
    kept: tuple[int, ...]
    limit_s: float
    window_s: float
    batch_size: int
    device: str
    view: View
    per_s: float
    margin: float

    name = NAME
    version = 1
    axes = (TIME, LAYER, "feature")

    @property
    def modality(self) -> Modality:
        """As the checkpoint takes pictures or sound."""
        return "video" if self.checkpoint.kind == "picture" else "audio"

    @property
    def layers(self) -> tuple[int, ...]:
        """What the layers are called."""
        return self.kept

    @property
    def shape(self) -> tuple[int, ...]:
        """``(-1, n_layers, n_features)``."""
        return (ANY_LENGTH, len(self.kept), self.checkpoint.n_features)

    @property
    def frames_per_s(self) -> float:
        """Frames in a second of recording."""
        if self.checkpoint.kind == "picture":
            return self.per_s
        return self.checkpoint.sample_rate / self.checkpoint.samples_per_frame

    @property
    def decoding(self) -> Decoding:
        """Sound in blocks, or pictures one by one."""
        if self.checkpoint.kind == "picture":
            return picture_decoding(self.per_s, self.limit_s)
        return SoundStream(self.checkpoint.sample_rate, self.limit_s)

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the numbers.

        Returns
        -------
        mapping of str to object
            Ready for JSON.
        """
        own: dict[str, object] = {"checkpoint": self.checkpoint.digest, "layers": list(self.kept)}
        if self.checkpoint.kind == "picture":
            return {**own, "view": self.view, "margin": self.margin}
        return {**own, "window_s": self.window_s}

    def parts(self, decoded: Any) -> Iterator[NDArray[np.floating[Any]]]:
        """Frames in batches.

        Parameters
        ----------
        decoded : Sound, iterable of Sound, or iterable of (height, width, 3) uint8

        Yields
        ------
        (n, n_layers, n_features) float32
        """
        for hidden in self._hidden(decoded):
            yield hidden[:, list(self.kept)]

    def _hidden(self, decoded: Any) -> Iterator[NDArray[np.floating[Any]]]:
        checkpoint = self.checkpoint
        if checkpoint.kind != "picture":
            yield from checkpoint.of_sound(
                blocks_of(decoded), self.window_s, self.batch_size, self.device
            )
            return
        shown = crops(
            decoded,
            self.view,
            (checkpoint.side, checkpoint.side),
            seconds_apart=max(round(FPS / self.per_s), 1) / FPS,
            margin=self.margin,
            batch=self.batch_size,
        )
        for pictures in shown:
            yield checkpoint.of_pictures(pictures, self.device)


def make(config: Config, argument: str = "") -> Encoder:
    """The extractor that a configuration asks for.

    Parameters
    ----------
    config : Config
        Its ``features.settings.hf``.
    argument : str
        Name of the checkpoint, or its folder.

    Returns
    -------
    Encoder

    Raises
    ------
    ConfigError
        Nothing was named, it has not been downloaded, or a setting does not fit.
    WeightsError
        It is no whole checkpoint of an encoder of sound or pictures.
    DownloadError
        It cannot be had.
    MissingDependency
        The extra ``foundation`` is not installed.
    """
    if not argument:
        raise ConfigError(
            "extractor 'hf' was given without a checkpoint; expected hf:NAME or hf:FOLDER, such as "
            "hf:microsoft/wavlm-base-plus"
        )
    own = own_settings(config, NAME, Settings)
    folder = folder_of(argument, download=own.download, revision=own.revision)
    checkpoint = open_checkpoint(folder, own.device)
    layers = _layers(own.layers, checkpoint.n_layers)
    layer = layers.index(own.layer) if own.layer in layers else own.layer
    check_layer(layer, own.pooling, len(layers), NAME)
    name = folder.resolve().name if Path(argument).is_dir() else argument
    frames = TransformerFrames(
        checkpoint, name, origin_of(name, own.trained_on), layers, own.limit_s, own.window_s,
        own.batch_size, own.device, own.view, own.per_s, own.margin,
    )  # fmt: skip
    return of_bounded_size(Encoder(frames, argument, own.limit_s, own.pooling, layer))


def _layers(asked: tuple[int, ...], n_layers: int) -> tuple[int, ...]:
    every = tuple(range(n_layers))
    if not set(asked) <= set(every):
        raise ConfigError(
            f"features.settings.hf.layers = {list(asked)} was given, and the network has "
            f"{n_layers} hidden layers; expected some of 0 to {n_layers - 1}"
        )
    return tuple(sorted(set(asked))) or every
