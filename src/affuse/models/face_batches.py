"""Batches of faces with their targets, augmented and mixed on the network's device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from affuse.corpora.face_votes import FaceVotes
from affuse.corpora.fer2013 import FaceSet
from affuse.models.face_augmentation import Draws, augmented
from affuse.models.face_network import standardised
from affuse.models.training import import_torch
from affuse.records import FER2013_EMOTIONS

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class FaceBatch:
    """Faces and their targets, as tensors on one device.

    Attributes
    ----------
    faces : (n, 1, size, size) tensor
        uint8 grey levels before they are varied, float32 and standardised after.
    labels : (n, 7) float32 tensor
        Shares of FER2013's labels: one of 1, or two where faces are mixed.
    votes : (n, 8) float32 tensor
        Shares of people's votes.
    voted : (n,) float32 tensor
        1 where there are such votes, else 0.
    """

    faces: Tensor
    labels: Tensor
    votes: Tensor
    voted: Tensor

    def take(self, rows: Tensor) -> FaceBatch:
        """Some of the faces.

        Parameters
        ----------
        rows : (n_rows,) int64 tensor

        Returns
        -------
        FaceBatch
        """
        return FaceBatch(self.faces[rows], self.labels[rows], self.votes[rows], self.voted[rows])

    def mixed_with(self, other: FaceBatch, share: float) -> FaceBatch:
        """Each face mixed with one of another batch (mixup): faces and targets by shares.

        Parameters
        ----------
        other : FaceBatch
            As many faces.
        share : float
            Of this batch.

        Returns
        -------
        FaceBatch
            People voted where they did on both.

        Notes
        -----
        Mixup: Zhang et al. 2018.
        """

        def mixed(own: Tensor, others: Tensor) -> Tensor:
            return share * own + (1 - share) * others

        return FaceBatch(
            mixed(self.faces, other.faces),
            mixed(self.labels, other.labels),
            mixed(self.votes, other.votes),
            self.voted * other.voted,
        )


def face_tensors(faces: FaceSet, votes: FaceVotes, device: str) -> FaceBatch:
    """All faces of a training, on its device.

    Parameters
    ----------
    faces : FaceSet
    votes : FaceVotes
        On these faces.
    device : str

    Returns
    -------
    FaceBatch
        Not varied yet.
    """
    torch = import_torch()
    labels = torch.from_numpy(faces.labels)
    return FaceBatch(
        torch.from_numpy(np.ascontiguousarray(faces.images)).unsqueeze(1).to(device),
        torch.nn.functional.one_hot(labels, len(FER2013_EMOTIONS)).float().to(device),
        torch.from_numpy(votes.shares).to(device),
        torch.from_numpy(votes.voted).float().to(device),
    )


def face_batches(
    faces: FaceBatch,
    batch_size: int,
    *,
    strength: float,
    mixed_share: float,
    mixing: float,
    seed: int,
) -> Iterator[FaceBatch]:
    """The faces of an epoch in random order, augmented, with some batches mixed.

    Parameters
    ----------
    faces : FaceBatch
        All of them, as `face_tensors` gives them.
    batch_size : int
        A last batch of one face joins the one before it: batch normalisation has no deviation to
        learn from a single one.
    strength : float
        As in `augmented`.
    mixed_share : float
        Of the batches, whose faces are mixed with each other.
    mixing : float
        Parameter of the beta distribution, both, from which the shares of a mixture come.
    seed : int

    Yields
    ------
    FaceBatch
    """
    rng, draws = np.random.default_rng(seed), Draws(seed, str(faces.faces.device))
    for rows in _cut(draws.order(len(faces.labels)), batch_size):
        chosen = faces.take(rows)
        varied = standardised(augmented(chosen.faces.float(), strength, draws))
        batch = replace(chosen, faces=varied)
        if rng.random() < mixed_share:
            share = float(rng.beta(mixing, mixing))
            batch = batch.mixed_with(batch.take(draws.order(len(rows))), share)
        yield batch


def _cut(order: Tensor, batch_size: int) -> list[Tensor]:
    parts = list(import_torch().split(order, batch_size))
    if len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [import_torch().cat(parts[-2:])]
    return parts
