"""What FFmpeg is told of the processor that it does not know itself."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from pathlib import Path
from types import ModuleType

_SLOW_GATHERS = 0x2000000
"""FFmpeg's AV_CPU_FLAG_SLOW_GATHER: one by one its loads from scattered places are quicker."""

_AMD = "AuthenticAMD"
_FIRST_BYTES = 200
"""Of what Linux says of processors: the name of the vendor is in the second line."""


@lru_cache(maxsize=1)
def mark_slow_gathers(library: ModuleType, described: Path = Path("/proc/cpuinfo")) -> bool:
    """Let libswscale shrink pictures without gathered loads on AMD's processors.

    FFmpeg avoids them up to Zen 3. On Zen 5 too, rows shrink in half of the time without them; the
    pictures are the same to the last bit.

    Parameters
    ----------
    library : module
        One of PyAV's that is linked with FFmpeg.
    described : Path
        What Linux says of the processor.

    Returns
    -------
    bool
        Whether they are avoided. Not so for other vendors, whose gathers are quick, nor where the
        vendor or FFmpeg's own functions cannot be found.
    """
    try:
        with described.open(encoding="ascii", errors="replace") as file:
            is_amd = _AMD in file.read(_FIRST_BYTES)
        loaded = ctypes.CDLL(library.__file__)
        known, force = loaded.av_get_cpu_flags, loaded.av_force_cpu_flags
    except (OSError, AttributeError):
        return False
    if is_amd:
        force(known() | _SLOW_GATHERS)
    return is_amd
