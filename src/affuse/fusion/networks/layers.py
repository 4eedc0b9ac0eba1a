"""Layers of the networks that join modalities. Imports torch: import it only with a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from affuse.fusion.networks.backend import FAR, Backend, Value
from affuse.fusion.networks.steps import Extent
from affuse.fusion.networks.times import N_WAVES, share_passed, waves

STEEPNESS = 16.0
"""What a second head takes at first from the score of a step that is a whole clip away."""
_LEAST_VARIANCE = 1e-5


@dataclass(frozen=True, slots=True)
class Modality:
    """One modality of some clips within a network.

    Attributes
    ----------
    steps : value (n_clips, n_steps, width)
    valid : value (n_clips, n_steps, 1)
        1 for steps of the clip, 0 after its end; 1 throughout where the modality is absent.
    has : value (n_clips, 1, 1)
        1 where the clip has the modality.
    when : value (n_clips, n_steps, 1), or None
        Share of the clip that has passed; None where time has no part.
    """

    steps: Value
    valid: Value
    has: Value
    when: Value = None


class Scaling(nn.Module):
    """Steps brought to mean 0 and deviation 1, 0 where there are none.

    Parameters
    ----------
    extent : Extent
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, extent: Extent) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(extent.mean.copy()))
        self.register_buffer("deviation", torch.from_numpy(extent.deviation.copy()))
        self.longest = extent.longest

    def scaled(self, backend: Backend, steps: Value) -> Modality:
        """Scaled steps (n_clips, n_steps, n_numbers), which of them there are, and whether any.

        No more than the longest training clip has, or the longest of these clips.

        Parameters
        ----------
        backend : Backend
        steps : value (n_clips, n_steps, n_numbers)

        Returns
        -------
        Modality
        """
        steps = backend.cut(steps, self.longest)
        known = backend.known(backend.part(steps, 0, 1, axis=2))
        has = backend.largest(known, axis=1)
        centred = backend.minus(steps, backend.constant(self.mean))
        scaled = backend.divide(centred, backend.constant(self.deviation))
        filled = backend.where(known, scaled, backend.number(0.0))
        lacks = backend.minus(backend.number(1.0), has)
        return Modality(filled, backend.add(known, lacks), has)


class StepDescription(nn.Module):
    """Each step, with its time, in `width` numbers; learned ones where the modality is absent.

    Parameters
    ----------
    extent : Extent
    width : int
    dropout : float
    """

    def __init__(self, extent: Extent, width: int, dropout: float) -> None:
        super().__init__()
        self.scaling = Scaling(extent)
        self.inner = nn.Linear(extent.n_numbers, width)
        self.time = nn.Linear(2 * N_WAVES, width, bias=False)
        self.outer = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.absent = nn.Parameter(torch.zeros(1, 1, width))

    def described(self, backend: Backend, steps: Value) -> Modality:
        """The steps of a modality.

        Parameters
        ----------
        backend : Backend
        steps : value (n_clips, n_steps, n_numbers)

        Returns
        -------
        Modality
        """
        given = self.scaling.scaled(backend, steps)
        when = share_passed(backend, backend.places(given.valid), given.valid)
        time = backend.linear(self.time, waves(backend, when))
        inner = backend.relu(backend.add(backend.linear(self.inner, given.steps), time))
        own = backend.linear(self.outer, backend.dropout(self.dropout, inner))
        described = backend.where(given.has, own, backend.constant(self.absent))
        return Modality(described, given.valid, given.has, when)


class ClipDescription(nn.Module):
    """A whole clip in `width` numbers: mean and deviation of its steps, a dense layer.

    Parameters
    ----------
    extent : Extent
    width : int
    dropout : float
    """

    def __init__(self, extent: Extent, width: int, dropout: float) -> None:
        super().__init__()
        self.scaling = Scaling(extent)
        self.has_time = extent.n_steps > 1
        self.dense = nn.Linear(extent.n_numbers * (2 if self.has_time else 1), width)
        self.dropout = nn.Dropout(dropout)
        self.absent = nn.Parameter(torch.zeros(1, width))
        self.width = width

    def described(self, backend: Backend, steps: Value) -> tuple[Value, Value]:
        """The clip (n_clips, width) and whether it has the modality (n_clips, 1).

        Parameters
        ----------
        backend : Backend
        steps : value (n_clips, n_steps, n_numbers)

        Returns
        -------
        tuple of values
        """
        given = self.scaling.scaled(backend, steps)
        pooled = self._pooled(backend, given)
        hidden = backend.tanh(backend.linear(self.dense, backend.dropout(self.dropout, pooled)))
        has = backend.reshape(given.has, (-1, 1))
        flat = backend.reshape(hidden, (-1, self.width))
        return backend.where(has, flat, backend.constant(self.absent)), has

    def _pooled(self, backend: Backend, given: Modality) -> Value:
        """Mean and deviation over the steps that there are: (n_clips, 1, n)."""
        if not self.has_time:
            return given.steps
        n_steps = backend.total(given.valid, axis=1)
        # Steps that there are not are 0 already; of their distance to the mean that is not so.
        mean = backend.divide(backend.total(given.steps, axis=1), n_steps)
        apart = backend.multiply(backend.minus(given.steps, mean), given.valid)
        squares = backend.total(backend.multiply(apart, apart), axis=1)
        variance = backend.add(backend.divide(squares, n_steps), backend.number(_LEAST_VARIANCE))
        return backend.concat([mean, backend.root(variance)], axis=2)


class Attention(nn.Module):
    """A block of a transformer: attention with several heads, then two dense layers.

    Vaswani et al. 2017, "Attention is all you need". What is attended to is not normalised: that
    would make a step in which nothing happens as large as one in which something does.

    Parameters
    ----------
    width, n_heads : int
        `n_heads` divides `width`.
    dropout : float
    timed : bool
        Each head counts the less of a step the further it is away in time, by a factor that is
        learned (as Press et al. 2022, "Train short, test long", who have it fixed); the first head
        begins without.
    """

    def __init__(self, width: int, n_heads: int, dropout: float, *, timed: bool = False) -> None:
        super().__init__()
        self.n_heads, self.width, self.timed = n_heads, width, timed
        if timed:
            # Not torch's own arange: on the meta device it imports the compiler.
            steepness = torch.from_numpy(STEEPNESS * np.arange(n_heads, dtype=np.float32))
            self.steepness = nn.Parameter(steepness.reshape(1, n_heads, 1, 1))
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)
        self.dense_norm = nn.LayerNorm(width)
        self.inner, self.outer = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(dropout)

    def attended(
        self, backend: Backend, own: Value, others: Value, valid: Value, apart: Value = None
    ) -> Value:
        """Each of `own` with what it found among `others`.

        Parameters
        ----------
        backend : Backend
        own : value (n_clips, n_own, width)
        others : value (n_clips, n_others, width)
        valid : value (n_clips, n_others, 1)
            0 for those that nothing must be found in.
        apart : value (n_clips, 1, n_own, n_others)
            How far they are apart in time, where that has a part.

        Returns
        -------
        value (n_clips, n_own, width)
        """
        found = self._found(backend, own, others, valid, apart)
        joined = backend.add(own, backend.dropout(self.dropout, found))
        normed = backend.normalised(self.dense_norm, joined)
        dense = backend.linear(self.outer, backend.relu(backend.linear(self.inner, normed)))
        return backend.add(joined, backend.dropout(self.dropout, dense))

    def _found(
        self, backend: Backend, own: Value, others: Value, valid: Value, apart: Value
    ) -> Value:
        queries = self._heads(backend, backend.linear(self.query, own), (0, 2, 1, 3))
        keys = self._heads(backend, backend.linear(self.key, others), (0, 2, 3, 1))
        values = self._heads(backend, backend.linear(self.value, others), (0, 2, 1, 3))
        scale = backend.number((self.width / self.n_heads) ** -0.5)
        scores = backend.multiply(backend.matmul(queries, keys), scale)
        closed = backend.transpose(far_where_not(backend, valid), (0, 2, 1))
        scores = backend.add(scores, backend.unsqueeze(closed, 1))
        if self.timed:
            far = backend.multiply(apart, backend.constant(self.steepness))
            scores = backend.minus(scores, far)
        shares = backend.softmax(scores, 3)
        found = backend.transpose(backend.matmul(shares, values), (0, 2, 1, 3))
        return backend.linear(self.out, backend.join_heads(found))

    def _heads(self, backend: Backend, value: Value, axes: tuple[int, ...]) -> Value:
        return backend.transpose(backend.split_heads(value, self.n_heads), axes)


class AttentivePooling(nn.Module):
    """Steps -> one row a clip: their mean, weighted by how much each matters.

    Parameters
    ----------
    width : int
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1)
        self.width = width

    def pooled(self, backend: Backend, steps: Value, valid: Value) -> Value:
        """One row for each clip.

        Parameters
        ----------
        backend : Backend
        steps : value (n_clips, n_steps, width)
        valid : value (n_clips, n_steps, 1)

        Returns
        -------
        value (n_clips, width)
        """
        scores = backend.add(backend.linear(self.score, steps), far_where_not(backend, valid))
        share = backend.softmax(scores, 1)
        pooled = backend.total(backend.multiply(share, steps), axis=1)
        return backend.reshape(pooled, (-1, self.width))


def far_where_not(backend: Backend, flags: Value) -> Value:
    """0 where a flag is 1, far below every score where it is 0.

    Parameters
    ----------
    backend : Backend
    flags : value

    Returns
    -------
    value of the shape of `flags`
    """
    lacking = backend.minus(flags, backend.number(1.0))
    return backend.multiply(lacking, backend.number(-FAR))
