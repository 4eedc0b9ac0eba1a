"""How much memory there is, and what is refused because it does not fit."""

from __future__ import annotations

import os

from affuse.errors import WeightsError

_ASSUMED_BYTES = 8 << 30
"""Where the operating system does not say how many there are."""


def machine_memory() -> int:
    """Bytes of memory of this machine.

    Returns
    -------
    int
    """
    if not hasattr(os, "sysconf"):
        return _ASSUMED_BYTES
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def refuse_larger_than_memory(name: str, n_bytes: int) -> None:
    """Refuse a network whose weights alone take more than half of the memory.

    Parameters
    ----------
    name : str
    n_bytes : int
        Of its weights.

    Raises
    ------
    WeightsError
        Says both sizes.
    """
    limit = machine_memory() // 2
    if n_bytes > limit:
        raise WeightsError(
            f"{name} has {n_bytes / 2**30:.3g} GiB of weights, and {limit / 2**30:.3g} GiB may be "
            "held in memory; expected a smaller network: take a smaller one, or a larger machine"
        )
