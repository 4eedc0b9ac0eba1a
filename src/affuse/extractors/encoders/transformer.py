"""A pretrained transformer: opened from a folder, and its hidden layers window by window."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from affuse.errors import FeatureError, MissingDependency
from affuse.extractors.encoders.windows import stretches
from affuse.models.training import seeded_single_thread

Kind = Literal["waveform", "spectrogram", "picture"]
Hidden = NDArray[np.floating[Any]]

_USUAL_SIDE = 224
_UNUSED = re.compile(r"pooler|classifier|masked_spec_embed|mask_token")
"""Weights that no hidden layer depends on; published checkpoints often lack them."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A pretrained transformer, and how it is fed.

    Attributes
    ----------
    folder : Path
    digest : str
        SHA-256 of its files.
    kind : {"waveform", "spectrogram", "picture"}
        What it takes.
    n_layers, n_features : int
        Hidden layers, the embedding before the first one included, and numbers of each frame.
    sample_rate : int
        Hz of sound.
    samples_per_frame : int
    least_samples : int
        Shorter sounds are filled up with silence.
    most_s : float
        Seconds of sound that it takes at once.
    side : int
        Pixels of a picture.
    mean, deviation : tuple of float
        Of red, green and blue in [0, 1].
    """

    folder: Path
    digest: str
    kind: Kind
    n_layers: int
    n_features: int
    sample_rate: int = 16_000
    samples_per_frame: int = 320
    least_samples: int = 400
    most_s: float = math.inf
    side: int = _USUAL_SIDE
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    deviation: tuple[float, ...] = (0.5, 0.5, 0.5)

    def of_sound(
        self, blocks: Iterable[NDArray[np.float32]], window_s: float, batch_size: int, device: str
    ) -> Iterator[Hidden]:
        """Hidden layers of a sound, window by window: ``(n_frames, n_layers, n_features)``.

        Parameters
        ----------
        blocks : iterable of (n_samples,) float32
        window_s : float
            Seconds that the network sees at once.
        batch_size : int
            Windows at once; the last one, which is shorter, goes alone.
        device : {"cpu", "cuda"}

        Yields
        ------
        (n, n_layers, n_features) float32
        """
        size = max(round(min(window_s, self.most_s) * self.sample_rate), self.least_samples)
        waiting: list[NDArray[np.float32]] = []
        for window in stretches(blocks, size, size):
            if waiting and (len(waiting) == batch_size or len(window) < size):
                yield self._heads(waiting, device)
                waiting = []
            waiting.append(window)
        if waiting:
            yield self._heads(waiting, device)

    def of_pictures(self, pictures: NDArray[np.uint8], device: str) -> Hidden:
        """Class token of each layer: ``(n, n_layers, n_features)``.

        Parameters
        ----------
        pictures : (n, side, side, 3) uint8
            RGB.
        device : {"cpu", "cuda"}

        Returns
        -------
        (n, n_layers, n_features) float32
        """
        mean, deviation = (np.asarray(x, np.float32) for x in (self.mean, self.deviation))
        scaled = (pictures.astype(np.float32) / 255 - mean) / deviation
        given = {"pixel_values": np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))}
        return self._layers(given, device)[:, :, 0]

    def _heads(self, windows: list[NDArray[np.float32]], device: str) -> Hidden:
        """Frames of windows of one length, one after the other."""
        n_samples = len(windows[0])
        short = max(self.least_samples - n_samples, 0)
        prepare = _preparation(self.folder, self.digest)
        padded = [np.pad(window, (0, short)) for window in windows]
        given = prepare(padded, sampling_rate=self.sample_rate, return_tensors="np")
        name = "input_features" if "input_features" in given else "input_values"
        layers = self._layers({name: np.asarray(given[name], np.float32)}, device)
        if self.kind == "spectrogram":
            # It always sees 30 s: what is beyond the sound is silence that nobody recorded.
            layers = layers[:, :, : math.ceil(n_samples / self.samples_per_frame)]
        by_frame = layers.transpose(0, 2, 1, 3)
        return by_frame.reshape(-1, *by_frame.shape[2:])

    def _layers(self, given: Mapping[str, NDArray[Any]], device: str) -> Hidden:
        """All hidden layers, (n, n_layers, n_positions, n_features)."""
        network = _network(self.folder, self.digest, device)
        with seeded_single_thread(0) as torch, torch.inference_mode():
            tensors = {name: torch.from_numpy(value).to(device) for name, value in given.items()}
            hidden = network(**tensors, output_hidden_states=True).hidden_states
            return np.stack([layer.float().cpu().numpy() for layer in hidden], axis=1)


def import_transformers() -> Any:
    """The package transformers, without its progress bars.

    Returns
    -------
    module

    Raises
    ------
    MissingDependency
        It is not installed, or torch is not.
    """
    try:
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise MissingDependency("transformers", "foundation", "a pretrained encoder") from error
    output: Any = transformers.utils.logging
    output.disable_progress_bar()
    output.set_verbosity_error()
    return transformers


@lru_cache(maxsize=2)
def _preparation(folder: Path, digest: str) -> Any:
    transformers = import_transformers()
    return transformers.AutoFeatureExtractor.from_pretrained(folder, local_files_only=True)


@lru_cache(maxsize=1)
def _network(folder: Path, digest: str, device: str) -> Any:
    """The encoder in evaluation mode, loaded once per process."""
    transformers = import_transformers()
    try:
        network, found = transformers.AutoModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except Exception as error:  # Whatever the library raises.
        raise FeatureError(
            f"{folder} cannot be opened ({type(error).__name__}: "
            f"{' '.join(str(error).split())[:120]}); expected a whole checkpoint: download it again"
        ) from error
    part = ""
    if hasattr(network, "vision_model"):
        network, part = network.vision_model, "vision_model."
    elif network.config.is_encoder_decoder:
        network, part = network.get_encoder(), "encoder."
    _refuse_random(folder, [name for name in found["missing_keys"] if name.startswith(part)])
    return network.eval().to(device)


def _refuse_random(folder: Path, missing: Iterable[str]) -> None:
    """The library gives random numbers to weights that a checkpoint lacks, and goes on."""
    lacking = sorted(name for name in missing if not _UNUSED.search(name))
    if lacking:
        raise FeatureError(
            f"{folder} lacks {len(lacking)} of the weights that its config.json asks for, such as "
            f"{lacking[0]}; expected all of them: download it again"
        )
