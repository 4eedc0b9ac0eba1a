"""Stretches of sound -> embeddings that are alike where one voice speaks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from affuse.errors import WeightsError
from affuse.extractors.encoders.graph import Graph
from affuse.extractors.networks.shipped import shipped_folder
from affuse.features.voices.log_mel import SAMPLE_RATE, log_mel_of_windows
from affuse.media.audio import Sound
from affuse.people.embeddings import finite_rows, graph_named, unit_rows
from affuse.storage.onnx_sessions import Session, open_session

Floats = NDArray[np.float32]

FOLDER = "speaker"
"""Of the shipped network, within that of the shipped bundle."""
GRAPH, FACTS = "speaker.onnx", "speaker.json"
WINDOW_S = 1.5
"""Seconds of the windows that the shipped network takes."""

_BATCH = 32
_LONGEST_S = 10.0
"""A longer window would hold several turns."""


class VoiceEmbedder(Protocol):
    """Says of stretches of sound what tells voices apart.

    Attributes
    ----------
    window_s : float
        Seconds of a stretch.
    threshold : float
        Mean cosine of pairs of stretches from which two groups of them are taken for one voice.
    """

    @property
    def window_s(self) -> float:
        """Seconds of a stretch."""

    @property
    def threshold(self) -> float:
        """Mean cosine of pairs of stretches from which two groups are one voice."""

    def embed(self, signals: Floats) -> Floats:
        """Embeddings of stretches.

        Parameters
        ----------
        signals : (n, n_samples) float32
            Mono, at 16 kHz, `window_s` long.

        Returns
        -------
        (n, n_dimensions) float32
            Rows of length 1.
        """


class ShippedVoices:
    """The speaker network that comes with affuse.

    Parameters
    ----------
    folder : Path, optional
        As `affuse train speaker` writes it; that of the shipped one by default.

    Attributes
    ----------
    window_s : float
    threshold : float
    """

    window_s = WINDOW_S

    def __init__(self, folder: Path | None = None) -> None:
        place = shipped_folder() / FOLDER if folder is None else folder
        self._session, facts = _opened(place)
        self.threshold = float(facts["threshold"])

    def embed(self, signals: Floats) -> Floats:
        """Embeddings of stretches.

        Parameters
        ----------
        signals : (n, n_samples) float32
            Mono, at 16 kHz; of any length from 0.5 s.

        Returns
        -------
        (n, 128) float32
            Rows of length 1.
        """
        (found,) = self._session.run(["embedding"], {"log_mel": log_mel_of_windows(signals)})
        return unit_rows(found)


class GraphVoices:
    """A user's network in ONNX, with the JSON beside it that says how to feed it.

    Parameters
    ----------
    graph : Graph
        Of sound, one vector for each window; its description has a `threshold`.

    Attributes
    ----------
    window_s : float
    threshold : float
    """

    def __init__(self, graph: Graph) -> None:
        described, name = graph.described, graph.path.with_suffix(".json").name
        if described.input == "picture" or described.sample_rate != SAMPLE_RATE:
            raise WeightsError(
                f"{name} says input {described.input!r} and {described.sample_rate} Hz; expected a "
                f"network of sound at {SAMPLE_RATE} Hz: name another file, or mend them"
            )
        if described.threshold is None:
            raise WeightsError(
                f"{name} has no threshold; expected the mean cosine from which stretches are one "
                'voice, such as "threshold": 0.3: python benchmarks/dialogues.py fits one'
            )
        window_s = described.window / SAMPLE_RATE
        if window_s > _LONGEST_S:
            raise WeightsError(
                f"{name} says window_s {window_s:g}; expected {_LONGEST_S:g} at most, as a window "
                "is to hold one voice: mend it"
            )
        if graph.axes != ("time", "feature"):
            raise WeightsError(
                f"{graph.path} gives rows with the axes {', '.join(graph.axes[1:])}; expected one "
                f"embedding for a window: mend axes or output in {name}"
            )
        # Windows overlap as the division of a recording wants it, not as the description says.
        own = described.model_copy(update={"hop_s": None})
        self._graph = replace(graph, described=own)
        self.window_s = window_s
        self.threshold = described.threshold

    def embed(self, signals: Floats) -> Floats:
        """Embeddings of stretches.

        Parameters
        ----------
        signals : (n, n_samples) float32
            Mono, at 16 kHz, `window_s` long.

        Returns
        -------
        (n, n_dimensions) float32
            Rows of length 1; means over the time of a window where the graph gives several rows.

        Raises
        ------
        FeatureError
            The graph does not run on them, or gives NaN or infinity.
        """
        graph = self._graph
        whole = Sound(np.ascontiguousarray(signals, np.float32).reshape(-1), SAMPLE_RATE)
        rows = np.concatenate([np.zeros((0, *graph.shape)), *graph.frames(whole, _BATCH)])
        means = rows.reshape(len(signals), graph.per_window, -1).mean(axis=1)
        return np.asarray(unit_rows(finite_rows(means, signals, graph.path)), np.float32)


def open_voice_embedder(name: str = "") -> VoiceEmbedder:
    """The embedder of a name.

    Parameters
    ----------
    name : str
        ``onnx:FILE`` for a network of the user's; affuse's own where it is empty.

    Returns
    -------
    VoiceEmbedder

    Raises
    ------
    ConfigError
        No such embedder.
    WeightsError
        The file or its description does not fit.

    Examples
    --------
    >>> embedder = open_voice_embedder()
    >>> noise = np.random.default_rng(0).standard_normal((2, 24000)).astype(np.float32)
    >>> embedder.embed(noise).shape
    (2, 128)
    """
    if not name:
        return _shipped()
    return GraphVoices(graph_named(name, "voice"))


@lru_cache(maxsize=1)
def _shipped() -> ShippedVoices:
    return ShippedVoices()


def _opened(folder: Path) -> tuple[Session, dict[str, Any]]:
    """The graph of a folder and what is known of it."""
    graph, facts = folder / GRAPH, folder / FACTS
    if not graph.is_file() or not facts.is_file():
        raise WeightsError(
            f"{folder} holds no {GRAPH} and {FACTS}; expected a folder of affuse train speaker: "
            "for the network that comes with affuse install it again"
        )
    known: dict[str, Any] = json.loads(facts.read_text("utf-8"))
    data = graph.read_bytes()
    if hashlib.sha256(data).hexdigest() != known.get("sha256"):
        raise WeightsError(
            f"{graph} is not the graph that {FACTS} tells of; expected both as affuse train "
            "speaker wrote them"
        )
    return open_session(data), known
