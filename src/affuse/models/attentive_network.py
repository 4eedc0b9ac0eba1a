"""The network that learns which steps of a clip count. Imports torch: import it only with one."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from affuse.models.graphs.builder import GraphBuilder
from affuse.models.graphs.networks import layers, single

_FAR = -1e9
"""Score of a step that there is not; minus infinity would make rows of NaN of absent clips."""
_LEAST_VARIANCE = 1e-5


class AttentiveNetwork(nn.Module):
    """Steps of clips -> their weighted mean and deviation, and what a linear layer tells of these.

    Its first weights are the same for all steps of a clip.

    Parameters
    ----------
    mean, deviation : (n_numbers,) float32
        By which steps are scaled.
    n_hidden : int
        Neurons between a step and its score.
    n_outputs : int
    dropout : float
        Share of the clips' numbers dropped in a training step.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(
        self,
        mean: NDArray[np.float32],
        deviation: NDArray[np.float32],
        n_hidden: int,
        n_outputs: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean.copy()))
        self.register_buffer("deviation", torch.from_numpy(deviation.copy()))
        last = nn.Linear(n_hidden, 1)
        nn.init.zeros_(last.weight)
        self.scores = nn.Sequential(nn.Linear(len(mean), n_hidden), nn.Tanh(), last)
        self.decide = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * len(mean), n_outputs))

    def shares(self, scaled: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        """How much each step counts in its clip: (n_clips, n_steps, 1), 0 where there is none.

        Parameters
        ----------
        scaled : (n_clips, n_steps, n_numbers) tensor
        known : (n_clips, n_steps, 1) bool tensor

        Returns
        -------
        tensor
        """
        scores = self.scores(scaled).masked_fill(~known, _FAR)
        shares: torch.Tensor = scores.softmax(1)
        return shares

    def pooled(self, steps: torch.Tensor) -> torch.Tensor:
        """Weighted mean and deviation: (n_clips, 2 * n_numbers).

        Parameters
        ----------
        steps : (n_clips, n_steps, n_numbers) tensor
            NaN where there is no step.

        Returns
        -------
        tensor
        """
        known = ~steps.isnan().all(2, keepdim=True)
        scaled = torch.where(known, (steps - self.mean) / self.deviation, 0.0)
        shares = self.shares(scaled, known)
        mean = (shares * scaled).sum(1, keepdim=True)
        variance = (shares * (scaled - mean).square()).sum(1)
        return torch.cat([mean[:, 0], (variance + _LEAST_VARIANCE).sqrt()], 1)

    def forward(self, steps: torch.Tensor) -> torch.Tensor:
        """Logits or numbers: (n_clips, n_outputs).

        Parameters
        ----------
        steps : (n_clips, n_steps, n_numbers) tensor

        Returns
        -------
        tensor
        """
        outputs: torch.Tensor = self.decide(self.pooled(steps))
        return outputs

    def pooled_nodes(self, graph: GraphBuilder, steps: str, n_steps: int) -> str:
        """As `pooled`, in a graph; NaN for a clip without any step.

        Parameters
        ----------
        graph : GraphBuilder
            Grows by the nodes.
        steps : str
            (n, n_steps, n_numbers) float.
        n_steps : int

        Returns
        -------
        str
            (n, 2 * n_numbers) float.
        """
        axis = graph.constant([1], np.int64)
        n_numbers = len(self.mean)
        first = graph.node("Gather", steps, graph.constant([0], np.int64), axis=2)
        known = graph.node("Not", graph.node("IsNaN", first))
        centred = graph.subtract(steps, single(graph, self.mean))
        scaled = graph.divide(centred, single(graph, self.deviation))
        scaled = graph.node("Where", known, scaled, graph.constant(0, np.float32))
        rows = graph.node("Reshape", scaled, graph.constant([-1, n_numbers], np.int64))
        scores = layers(graph, rows, self.scores)
        scores = graph.node("Reshape", scores, graph.constant([-1, n_steps, 1], np.int64))
        scores = graph.node("Where", known, scores, graph.constant(_FAR, np.float32))
        shares = graph.node("Softmax", scores, axis=1)
        mean = graph.node("ReduceSum", graph.multiply(shares, scaled), axis)
        apart = graph.subtract(scaled, mean)
        squares = graph.multiply(shares, graph.multiply(apart, apart))
        least = graph.constant(_LEAST_VARIANCE, np.float32)
        variance = graph.add(graph.node("ReduceSum", squares, axis), least)
        made = graph.side_by_side([mean, graph.node("Sqrt", variance)])
        flat = graph.node("Reshape", made, graph.constant([-1, 2 * n_numbers], np.int64))
        has = graph.node("ReduceMax", graph.cast(known, "FLOAT"), axis)
        has = graph.node("Reshape", graph.cast(has, "BOOL"), graph.constant([-1, 1], np.int64))
        return graph.node("Where", has, flat, graph.constant(np.nan, np.float32))
