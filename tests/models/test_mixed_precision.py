"""Networks are trained in bfloat16 only where the processor computes in it."""

from __future__ import annotations

from pathlib import Path

import pytest

import affuse
from affuse.models.training import mixed_precision

torch = pytest.importorskip("torch")


@pytest.mark.parametrize(
    ("capability", "name"),
    [("AVX2", "float32"), ("DEFAULT", "float32"), ("AVX512", "bfloat16")],
)
def test_bfloat16_is_not_emulated(capability, name, monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    with mixed_precision("cpu"):
        found = torch.nn.functional.linear(torch.ones(1, 2), torch.ones(3, 2))
    assert found.dtype == getattr(torch, name)


def test_one_place_chooses_the_precision_of_all_trainings():
    package = Path(affuse.__file__).parent
    naming = [path for path in package.rglob("*.py") if "bfloat16" in path.read_text("utf-8")]
    assert [path.relative_to(package).as_posix() for path in naming] == ["models/training.py"]
