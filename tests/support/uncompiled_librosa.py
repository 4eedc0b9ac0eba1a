"""librosa as it is written: what a compiler would take half a minute for runs as plain Python."""

from __future__ import annotations

from typing import Any

import pytest


def uncompiled_librosa() -> Any:
    """The module, imported when it is asked for, as far as tests compare with it."""
    import numba

    with pytest.MonkeyPatch.context() as patch:
        for name in ("jit", "stencil", "vectorize", "guvectorize"):
            patch.setattr(numba, name, _as_written)
        import librosa

        # Its modules are imported by those who ask for their functions.
        assert callable(librosa.feature.mfcc)
        assert callable(librosa.resample)
    return librosa


def _as_written(*given: Any, **settings: Any) -> Any:
    """In the place of a compiler's decorator, with or without settings."""
    return given[0] if given and callable(given[0]) else lambda function: function
