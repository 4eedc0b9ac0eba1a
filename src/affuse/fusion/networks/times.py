"""When the steps of a clip are, as numbers: modalities of different rates have one time.

Imports torch, so import it only with a network.
"""

from __future__ import annotations

import math

import torch

from affuse.fusion.networks.backend import Backend, Value

N_WAVES = 6
"""Sines and cosines of a step's time: the quickest has eight periods in a clip."""


def share_passed(backend: Backend, places: Value, valid: Value) -> Value:
    """When each step is: 0 at a clip's first step, 1 at its own last one.

    Parameters
    ----------
    backend : Backend
    places : value (1, n_steps, 1)
        0, 1, 2 ...
    valid : value (n_clips, n_steps, 1)
        1 for steps of the clip, 0 after its end.

    Returns
    -------
    value (n_clips, n_steps, 1)
        Beyond 1 after the end.

    Examples
    --------
    >>> from affuse.fusion.networks.tensors import TensorBackend
    >>> valid = torch.tensor([[1.0, 1, 1, 0, 0]])[:, :, None]
    >>> share_passed(TensorBackend(), torch.arange(5.0)[None, :, None], valid).flatten().tolist()
    [0.0, 0.5, 1.0, 1.5, 2.0]
    """
    # A clip of one step has no length to divide by.
    beyond_two = backend.add(backend.total(valid, axis=1), backend.number(-2.0))
    last = backend.add(backend.relu(beyond_two), backend.number(1.0))
    return backend.divide(places, last)


def time_apart(backend: Backend, own: Value, others: Value) -> Value:
    """How far steps of two modalities are apart, as a share of the clip.

    Parameters
    ----------
    backend : Backend
    own : value (n_clips, n_own, 1)
    others : value (n_clips, n_others, 1)
        As `share_passed` gives them.

    Returns
    -------
    value (n_clips, 1, n_own, n_others)
    """
    apart = backend.minus(own, backend.transpose(others, (0, 2, 1)))
    signs = (backend.number(1.0), backend.number(-1.0))
    ahead, behind = (backend.relu(backend.multiply(apart, sign)) for sign in signs)
    return backend.unsqueeze(backend.add(ahead, behind), 1)


def waves(backend: Backend, when: Value) -> Value:
    """A step's time in sines and cosines.

    Parameters
    ----------
    backend : Backend
    when : value (n_clips, n_steps, 1)
        As `share_passed` gives it.

    Returns
    -------
    value (n_clips, n_steps, 2 * N_WAVES)
    """
    angles = backend.multiply(when, backend.constant(math.pi / 2 * 2.0 ** torch.arange(N_WAVES)))
    ahead = backend.add(angles, backend.number(math.pi / 2))
    return backend.concat([backend.sine(angles), backend.sine(ahead)], 2)
