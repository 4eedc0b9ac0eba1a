"""Settings of encoders that do not fit what the encoder is."""

from __future__ import annotations

import math

from affuse.errors import ConfigError
from affuse.extractors.encoders.encoder import Encoder, Layer
from affuse.extractors.encoders.pooling import OVER_TIME, Pooling
from affuse.features.memory import machine_memory

_BYTES = 4


def of_bounded_size(encoder: Encoder) -> Encoder:
    """The encoder, if what it makes of one clip may be held in memory.

    Parameters
    ----------
    encoder : Encoder

    Returns
    -------
    Encoder

    Raises
    ------
    ConfigError
        All frames up to the limit take more than half of the machine's memory.
    """
    n_bytes, limit = _BYTES * math.prod(encoder.shape), machine_memory() // 2
    if n_bytes > limit:
        name = f"features.settings.{encoder.name}"
        raise ConfigError(
            f'{name}.pooling = "{encoder.pooling}" was given with limit_s = {encoder.limit_s:g}: '
            f"{n_bytes / 2**30:.3g} GiB a clip, and {limit / 2**30:.3g} GiB may be held in memory; "
            "expected a smaller limit_s, to which every clip is filled up, or another pooling"
        )
    return encoder


def check_layer(layer: Layer, pooling: Pooling, n_layers: int, name: str) -> None:
    """Refuse a layer that is not there, and a choice that is left to each fold's training clips.

    Parameters
    ----------
    layer : "mean", "best" or int
    pooling : {"statistics", "mean", "attentive", "none"}
    n_layers : int
    name : str
        Of the extractor.

    Raises
    ------
    ConfigError
        There is no such layer, or one is to be chosen of frames that are not pooled.
    """
    if isinstance(layer, int) and not -n_layers <= layer < n_layers:
        raise ConfigError(
            f"features.settings.{name}.layer = {layer} was given, and {n_layers} layers are "
            f'stored; expected 0 to {n_layers - 1}, "mean" or "best"'
        )
    if layer == "best" and n_layers == 1:
        raise ConfigError(
            f'features.settings.{name}.layer = "best" was given, and one layer alone is stored; '
            'expected "mean", or an encoder that gives several'
        )
    if layer == "best" and pooling in OVER_TIME:
        raise ConfigError(
            f'features.settings.{name}.layer = "best" was given with pooling = "{pooling}"; '
            'expected pooling = "statistics" or "mean", by which layers are compared, or a '
            "layer's number"
        )
