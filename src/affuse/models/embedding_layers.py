"""First layer of late fusion's network. Imports torch, so import it only to make a network.

It is a module of its own because networks are pickled, and a pickle finds classes by name.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from affuse.models.combination import Combination
from affuse.models.graphs.builder import GraphBuilder
from affuse.models.graphs.networks import single


class CombineEmbeddings(torch.nn.Module):
    """Embeddings (n_clips, n_modalities, n_embedding) of several modalities -> one row a clip.

    Parameters
    ----------
    combination : str
    n_modalities : int
    absent : (n_modalities, n_embedding) array, optional
        What stands at first where an embedding is NaN; it is learned with the network.

    Attributes
    ----------
    weight : (n_modalities,) parameter
        With "weighted" only; equal at first.
    """

    def __init__(
        self,
        combination: Combination,
        n_modalities: int,
        absent: NDArray[np.float32] | None = None,
    ) -> None:
        super().__init__()
        self.combination = combination
        self.absent = None if absent is None else torch.nn.Parameter(torch.from_numpy(absent))
        if combination == "weighted":
            self.weight = torch.nn.Parameter(torch.full((n_modalities,), 1 / n_modalities))

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """(n_clips, n_embedding), or (n_clips, n_modalities * n_embedding) side by side.

        Parameters
        ----------
        embeddings : (n_clips, n_modalities, n_embedding) float32
            NaN where a clip lacks the modality.

        Returns
        -------
        tensor of float32
        """
        if self.absent is not None:
            embeddings = torch.where(torch.isnan(embeddings), self.absent, embeddings)
        if self.combination == "add":
            return embeddings.sum(dim=1)
        if self.combination == "multiply":
            return embeddings.prod(dim=1)
        if self.combination == "weighted":
            return (embeddings * self.weight[:, None]).sum(dim=1)
        return embeddings.flatten(1)

    def to_graph(self, graph: GraphBuilder, value: str) -> str:
        """The same in a graph, from (n, n_modalities, n_embedding) float.

        Parameters
        ----------
        graph : GraphBuilder
            Grows by the nodes.
        value : str
            Name of what it takes.

        Returns
        -------
        str
            Name of the value.
        """
        if self.absent is not None:
            missing = graph.node("IsNaN", value)
            value = graph.node("Where", missing, single(graph, self.absent), value)
        axis = graph.constant([1], np.int64)
        if self.combination == "add":
            return graph.node("ReduceSum", value, axis, keepdims=0)
        if self.combination == "multiply":
            return graph.node("ReduceProd", value, axis, keepdims=0)
        if self.combination == "weighted":
            weighted = graph.node("Mul", value, single(graph, self.weight[:, None]))
            return graph.node("ReduceSum", weighted, axis, keepdims=0)
        return graph.node("Flatten", value, axis=1)
