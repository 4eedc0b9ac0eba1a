"""Largest activations of VGG16's convolutions on clips, the ranges of 8-bit integers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affuse.config import Config
from affuse.corpora.index import Index
from affuse.errors import FeatureError, MediaError
from affuse.extractors.vgg.framing import BGR_MEANS, View, configured_view
from affuse.extractors.vgg.graph import INPUT, trunk
from affuse.extractors.vgg.network import network
from affuse.extractors.vgg.weights import layer_shapes
from affuse.features.decoding import decoded
from affuse.features.store import content_hash
from affuse.records import Clip
from affuse.storage.cache import cache_folder
from affuse.storage.error_log import logged
from affuse.storage.onnx_sessions import open_session
from affuse.storage.plain_text import counted
from affuse.storage.whole import atomic_file

N_CLIPS = 16
N_FRAMES = 2
"""Of each clip; a second lies between them."""

_DIGITS = 4


def with_ranges(config: Config, index: Index) -> Config:
    """The configuration with the ranges that 8-bit integers need, measured where they are missing.

    Ranges are measured on a few frames of clips spread over the index. They become part of the
    configuration, so that a run can be repeated and its bundle used on other clips. No label is
    looked at.

    Parameters
    ----------
    config : Config
    index : Index

    Returns
    -------
    Config
        The same one where nothing is to be measured.

    Raises
    ------
    FeatureError
        No clip has frames that can be decoded.
    """
    settings = config.features.vgg_face
    if config.features.video != "vgg_face" or settings.precision != "int8" or settings.ranges:
        return config
    view = configured_view(config)
    clips = _spread([clip for clip in index if clip.source("video") is not None])
    path = cache_folder() / "models" / f"ranges-{_identity(config, view, clips)}.json"
    if not path.is_file():
        ranges = activation_ranges(config, view, clips)
        with atomic_file(path) as temporary:
            temporary.write_text(json.dumps(ranges), "utf-8")
    return _changed(config, ranges=tuple(json.loads(path.read_text("utf-8"))))


def activation_ranges(config: Config, view: View, clips: Sequence[Clip]) -> list[float]:
    """Largest activation of each convolution, over frames of these clips.

    Parameters
    ----------
    config : Config
    view : View
    clips : sequence of Clip

    Returns
    -------
    list of 13 float

    Raises
    ------
    FeatureError
        No clip has frames that can be decoded.
    """
    settings, names = config.features.vgg_face, list(layer_shapes())
    graph = trunk(
        network(settings).weights(), BGR_MEANS[settings.preprocessing], with_activations=True
    )
    session = open_session(graph.SerializeToString())
    largest = np.zeros(len(names))
    for frame in _frames(view, clips):
        activations = session.run(names, {INPUT: frame[None]})
        largest = np.maximum(largest, [float(array.max()) for array in activations])
    if not largest.all():
        raise FeatureError(
            f"no frame of {counted(len(clips), 'clip')} gave activations to measure; expected "
            "clips with a picture: set features.vgg_face.precision = 'fp32', or check the clips"
        )
    return [float(f"{value:.{_DIGITS}g}") for value in largest]


def _changed(config: Config, **settings: object) -> Config:
    vgg = config.features.vgg_face.model_copy(update=settings)
    return config.model_copy(
        update={"features": config.features.model_copy(update={"vgg_face": vgg})}
    )


def _spread(clips: Sequence[Clip]) -> list[Clip]:
    """At most `N_CLIPS` of the clips, evenly spaced."""
    rows = np.linspace(0, len(clips) - 1, min(len(clips), N_CLIPS)).round().astype(int)
    return [clips[row] for row in rows]


def _identity(config: Config, view: View, clips: Sequence[Clip]) -> str:
    weights = network(config.features.vgg_face).identity
    parts = [json.dumps([weights, view.preprocessing, view.crop, view.decoding.height, N_FRAMES])]
    parts += [f"{_content(clip)} {clip.start_s} {clip.end_s}" for clip in clips]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _content(clip: Clip) -> str:
    source = clip.source("video")
    try:
        return content_hash(Path(source)) if source is not None else ""
    except OSError:
        return "cannot be read"


def _frames(view: View, clips: Sequence[Clip]) -> Iterator[NDArray[np.uint8]]:
    """A few framed frames of each clip; clips that cannot be read give none."""
    fps = view.decoding.fps
    sparse = replace(view.decoding, frame_step=max(round(fps), 1), duration_s=float(N_FRAMES))
    for clip in clips:
        source = clip.source("video")
        if source is None:
            continue
        try:
            frames = decoded(source, sparse, clip.start_s, clip.end_s)
            yield from islice(view.framed(frames), N_FRAMES)  # type: ignore[arg-type]
        except MediaError:
            continue
        except Exception as error:
            logged(str(source), error)
