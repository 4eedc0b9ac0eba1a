"""The fixtures of `small_extractors`, and librosa."""

from __future__ import annotations

from typing import Any

import pytest
from small_extractors import *  # noqa: F403


@pytest.fixture(scope="session")
def librosa() -> Any:
    """It is imported by those alone who compare something with it."""
    pytest.importorskip("librosa", reason="librosa is not installed")
    from uncompiled_librosa import uncompiled_librosa

    return uncompiled_librosa()
