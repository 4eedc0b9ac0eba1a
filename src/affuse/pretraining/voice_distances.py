"""Distances of utterances from those that a voice network was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.features.voices.voice_input import unpacked
from affuse.models.training import import_torch
from affuse.pretraining.distances import N_REFERENCE, Centres, centres_of
from affuse.pretraining.voice_clips import Rows, VoiceClips
from affuse.pretraining.voice_networks import Part
from affuse.records import ProgressCallback

if TYPE_CHECKING:
    from torch.nn import Module

Floats = NDArray[np.float64]


def embeddings_of(
    clips: VoiceClips,
    network: Module,
    rows: Rows,
    progress: ProgressCallback | None = None,
    stage: str = "embeddings",
) -> Floats:
    """Penultimate layer of a network for some clips.

    Parameters
    ----------
    clips : VoiceClips
    network : torch.nn.Module
    rows : (n,) int64
    progress : callable, optional
    stage : str
        For `progress`.

    Returns
    -------
    (n, n_embedding) float64
    """
    torch, found = import_torch(), []
    embed: Any = network.embed
    for number, row in enumerate(rows):
        # One by one and as long as they are: what is shipped is given them so.
        spectrograms, lengths, _ = unpacked(clips.inputs.rows([row])[:, 0])
        with torch.inference_mode():
            embedding = embed(torch.from_numpy(spectrograms[:, : lengths[0]]))
        found.append(embedding.double().numpy()[0])
        if progress is not None:
            progress(stage, number + 1, len(rows))
    return np.array(found).reshape(len(rows), -1)


def training_centres(
    clips: VoiceClips, part: Part, network: Module, progress: ProgressCallback | None = None
) -> Centres:
    """Means of each emotion of each corpus over some training clips of a part's network.

    Parameters
    ----------
    clips : VoiceClips
    part : Part
    network : torch.nn.Module
    progress : callable, optional

    Returns
    -------
    Centres
    """
    known = np.setdiff1d(np.arange(len(clips)), part.held_out)
    rows = np.sort(np.random.default_rng(part.seed).permutation(known)[:N_REFERENCE])
    stage = f"embeddings of the training of {part.name}"
    embeddings = embeddings_of(clips, network, rows, progress, stage)
    groups = [f"{clips.clips[row].corpus}/{clips.clips[row].emotion}" for row in rows]
    return centres_of(embeddings, groups)
