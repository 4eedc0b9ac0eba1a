"""librosa as it is written: what a compiler would take half a minute for runs as plain Python."""

from __future__ import annotations

from typing import Any

import numba
import pytest


def _as_written(*given: Any, **settings: Any) -> Any:
    """In the place of a compiler's decorator, with or without settings."""
    return given[0] if given and callable(given[0]) else lambda function: function


with pytest.MonkeyPatch.context() as _patch:
    for _name in ("jit", "stencil", "vectorize", "guvectorize"):
        _patch.setattr(numba, _name, _as_written)
    import librosa

    # They are imported when they are asked for.
    features, resample = librosa.feature.mfcc, librosa.resample

__all__ = ["librosa"]
