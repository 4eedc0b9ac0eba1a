"""Losses of a face network: labels, people's votes, and teachers' outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from affuse.models.face_batches import FaceBatch
from affuse.models.training import import_torch, mixed_precision

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

Outputs = tuple["Tensor", "Tensor | None"]
"""Logits (n, 7) of FER2013's labels; (n, 8) of people's votes, where there is a head for them."""

TEMPERATURE = 2.0
"""Of the teachers' answers and of the network's when it learns from them."""
TEACHERS_SHARE = 0.5
"""Of the loss against the teachers; the gradients of soft targets are smaller by its square."""
TARGETS_SHARE = 0.25
"""Of the loss against labels and votes beside teachers."""


def targets_loss(outputs: Outputs, batch: FaceBatch, smoothing: float) -> Tensor:
    """Cross-entropy with the labels, and with the vote shares where there are some.

    Parameters
    ----------
    outputs : pair of tensor
    batch : FaceBatch
    smoothing : float
        Share of the labels that is spread over all of them.

    Returns
    -------
    tensor
        One number: the mean over the faces.
    """
    emotions, votes = outputs
    labels = batch.labels * (1 - smoothing) + smoothing / batch.labels.shape[1]
    loss = -(labels * emotions.log_softmax(1)).sum(1).mean()
    if votes is not None:
        loss = loss - (batch.voted * (batch.votes * votes.log_softmax(1)).sum(1)).mean()
    return loss


def teachers_loss(outputs: Outputs, taught: Outputs) -> Tensor:
    """Cross-entropy with the teachers' mean probabilities, at `TEMPERATURE`.

    Parameters
    ----------
    outputs : pair of tensor
        The network's logits.
    taught : pair of tensor
        Probabilities, as `teachers_answers` gives them.

    Returns
    -------
    tensor
        One number: the mean over the faces.

    Notes
    -----
    Hinton, Vinyals & Dean 2015, "Distilling the knowledge in a neural network".
    """
    loss: Tensor = import_torch().zeros((), device=outputs[0].device)
    for logits, probabilities in zip(outputs, taught, strict=True):
        if logits is not None and probabilities is not None:
            logs = (logits / TEMPERATURE).log_softmax(1)
            loss = loss - (probabilities * logs).sum(1).mean()
    return loss * TEMPERATURE**2


def teachers_answers(teachers: Sequence[Module], faces: Tensor) -> Outputs:
    """Mean probabilities of the teachers, at `TEMPERATURE`.

    Parameters
    ----------
    teachers : sequence of torch.nn.Module
        As `face_network` makes them, on the device of the faces.
    faces : (n, 1, size, size) float32 tensor
        Standardised.

    Returns
    -------
    pair of tensor
        The second: of those that have a head of votes, or None.
    """
    torch = import_torch()
    with torch.no_grad(), mixed_precision(faces.device.type):
        logits = [teacher(faces) for teacher in teachers]
    votes = [each[1] for each in logits if each[1] is not None]
    mean = _mean_probabilities([each[0] for each in logits])
    return mean, _mean_probabilities(votes) if votes else None


def _mean_probabilities(logits: Sequence[Tensor]) -> Tensor:
    torch = import_torch()
    soft = [(each.float() / TEMPERATURE).softmax(1) for each in logits]
    mean: Tensor = torch.stack(soft).mean(0)
    return mean
