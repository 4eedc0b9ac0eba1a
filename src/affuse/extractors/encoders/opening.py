"""The folder of a transformer -> how it is fed, after it was tried once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from affuse.errors import AffuseError, ConfigError, WeightsError
from affuse.extractors.encoders.checkpoint import (
    CONFIG,
    PREPROCESSOR,
    checked_weights,
    digest_of,
    n_tensors,
    read_json,
)
from affuse.extractors.encoders.transformer import Checkpoint, Hidden, import_transformers

_COLOUR = (0.5, 0.5, 0.5)
_LEAST_RATE, _MOST_RATE = 1000, 192_000
_MOST_SIDE = 4096
_MOST_SECONDS = 600.0
_TRIED_SECONDS = 0.5


def open_checkpoint(folder: Path, device: str) -> Checkpoint:
    """Read how a checkpoint is fed, after its files were found to be whole.

    Parameters
    ----------
    folder : Path
    device : {"cpu", "cuda"}

    Returns
    -------
    Checkpoint

    Raises
    ------
    WeightsError
        It is no checkpoint of an encoder of sound or pictures.
    ConfigError
        The device is not there.
    MissingDependency
        The extra ``foundation`` is not installed.
    """
    files = checked_weights(folder)
    transformers = import_transformers()
    _check_device(device)
    config = _config(transformers, folder)
    try:
        checkpoint = _described(folder, config)
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _unfit(folder, error) from error
    if checkpoint.n_layers - 1 > n_tensors(files):
        raise WeightsError(
            f"{folder / CONFIG} asks for {checkpoint.n_layers - 1:,} layers, which the weights do "
            "not have; expected the configuration that belongs to them: download it again"
        )
    _try(checkpoint, device)
    return checkpoint


def _described(folder: Path, config: Any) -> Checkpoint:
    """How it is fed, as its two JSON files have it."""
    prepared = read_json(folder / PREPROCESSOR)
    seen = getattr(config, "vision_config", config)
    digest = digest_of(folder)
    if hasattr(seen, "image_size"):
        return Checkpoint(
            folder, digest, "picture", seen.num_hidden_layers + 1, seen.hidden_size,
            side=_side(prepared, seen.image_size),
            mean=_colours(prepared, "image_mean"), deviation=_colours(prepared, "image_std"),
        )  # fmt: skip
    if hasattr(config, "num_mel_bins") and hasattr(config, "max_source_positions"):
        rate, hop = _rate(prepared), int(_number(prepared, "hop_length", 160, 1, _MOST_RATE))
        chunk = _number(prepared, "chunk_length", 30, 1, _MOST_SECONDS)
        per_frame = round(chunk * rate / config.max_source_positions)
        return Checkpoint(
            folder, digest, "spectrogram", config.encoder_layers + 1, config.d_model,
            sample_rate=rate, samples_per_frame=per_frame, least_samples=hop, most_s=chunk,
        )  # fmt: skip
    if hasattr(config, "conv_stride") and hasattr(config, "conv_kernel"):
        return Checkpoint(
            folder, digest, "waveform", config.num_hidden_layers + 1, config.hidden_size,
            sample_rate=_rate(prepared),
            samples_per_frame=math.prod(config.conv_stride),
            least_samples=_field(config.conv_kernel, config.conv_stride),
        )  # fmt: skip
    raise WeightsError(
        f"{folder} is a checkpoint of {config.model_type!r}; expected an encoder of sound (as "
        "wav2vec 2.0, HuBERT, WavLM, Whisper) or of pictures (as CLIP, DINOv2, ViT): choose another"
    )


def _config(transformers: Any, folder: Path) -> Any:
    try:
        return transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # Of a kind that it does not know, or remote code.
        raise WeightsError(
            f"{folder / CONFIG} is of no network that transformers {transformers.__version__} "
            f"knows ({' '.join(str(error).split())[:120]}); expected an encoder of sound or "
            "pictures: choose another"
        ) from error


def _field(kernels: Iterable[int], strides: Iterable[int]) -> int:
    """Samples that the first frame of a stack of convolutions sees."""
    seen, step = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        seen, step = seen + (kernel - 1) * step, step * stride
    return seen


def _side(prepared: Mapping[str, Any], usual: int) -> int:
    """Pixels of a picture, as the preprocessor's or else the network's configuration has them."""
    size = prepared.get("crop_size") or prepared.get("size") or usual
    if isinstance(size, Mapping):
        size = size.get("height") or size.get("shortest_edge") or usual
    if not 1 <= int(size) <= _MOST_SIDE:
        raise ValueError(f"size {size} of a picture is not within 1 and {_MOST_SIDE} pixels")
    return int(size)


def _rate(prepared: Mapping[str, Any]) -> int:
    return int(_number(prepared, "sampling_rate", 16_000, _LEAST_RATE, _MOST_RATE))


def _number(
    prepared: Mapping[str, Any], name: str, usual: float, least: float, most: float
) -> float:
    number = float(prepared.get(name, usual))
    if not least <= number <= most:
        raise ValueError(f"{name} {number:g} is not within {least:g} and {most:g}")
    return number


def _colours(prepared: Mapping[str, Any], name: str) -> tuple[float, ...]:
    numbers = tuple(float(number) for number in prepared.get(name) or _COLOUR)
    if len(numbers) != len(_COLOUR):
        raise ValueError(f"{name} {list(numbers)} is not three numbers")
    if name == "image_std" and 0 in numbers:
        raise ValueError(f"{name} {list(numbers)} divides by nothing")
    return numbers


def _check_device(device: str) -> None:
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "features.settings.hf.device = 'cuda' was given, and this torch "
            f"{torch.__version__} finds no GPU; expected one and a torch built for it: take 'cpu'"
        )


@lru_cache(maxsize=4)
def _try(checkpoint: Checkpoint, device: str) -> None:
    """Run it once on silence or a black picture, before any clip is read."""
    try:
        (hidden,) = _blank(checkpoint, device)
    except Exception as error:  # Whatever the library raises.
        raise _unfit(checkpoint.folder, error) from error
    if hidden.shape[1:] != (checkpoint.n_layers, checkpoint.n_features):
        raise WeightsError(
            f"{checkpoint.folder} gave {hidden.shape[1]} hidden layers of {hidden.shape[2]} "
            f"numbers; expected {checkpoint.n_layers} of {checkpoint.n_features}, as its {CONFIG} "
            "has them: choose another"
        )


def _blank(checkpoint: Checkpoint, device: str) -> Iterable[Hidden]:
    if checkpoint.kind == "picture":
        pictures = np.zeros((1, checkpoint.side, checkpoint.side, 3), np.uint8)
        return [checkpoint.of_pictures(pictures, device)]
    silence = np.zeros(round(_TRIED_SECONDS * checkpoint.sample_rate), np.float32)
    return checkpoint.of_sound([silence], _TRIED_SECONDS, 1, device)


def _unfit(folder: Path, error: Exception) -> WeightsError:
    if isinstance(error, AffuseError):
        return WeightsError(str(error))
    return WeightsError(
        f"{folder} cannot be used ({' '.join(str(error).split())[:160]}); expected a whole "
        f"checkpoint with the {CONFIG} and {PREPROCESSOR} that were published with it: download it "
        "again"
    )
