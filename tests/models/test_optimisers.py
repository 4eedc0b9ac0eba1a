"""Optimisers without torch's compiler: the same steps, and nothing of it imported."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from affuse.models.optimisers import without_compiler
from affuse.models.training import seeded_single_thread

torch = pytest.importorskip("torch")

TRAINING = """
import sys
import torch
from affuse.fusion.networks.bottleneck import BottleneckNetwork
from affuse.fusion.networks.layers import Attention
from affuse.models.optimisers import adam, without_compiler

with torch.device("meta"):
    Attention(8, 2, 0.1, timed=True)
    BottleneckNetwork({}, 2, 8, 0.1, n_heads=2, n_layers=1, n_tokens=4)
for make in (adam, without_compiler(torch.optim.AdamW)):
    network = torch.nn.Linear(2, 1)
    optimiser = make(network.parameters(), 0.1)
    optimiser.zero_grad(set_to_none=True)
    network(torch.ones(3, 2)).sum().backward()
    optimiser.step()
print("torch._dynamo" in sys.modules)
"""


@pytest.mark.parametrize("name", ["Adam", "AdamW", "SGD"])
def test_steps_are_those_of_torch(name):
    kind = getattr(torch.optim, name)
    found = []
    for each in (kind, without_compiler(kind)):
        with seeded_single_thread(0):
            network, X = torch.nn.Linear(5, 1), torch.randn(20, 5)
            optimiser = each(network.parameters(), lr=0.1, weight_decay=0.01)
            for _ in range(5):
                optimiser.zero_grad(set_to_none=True)
                network(X).square().mean().backward()
                optimiser.step()
        found.append(network.weight.detach().numpy())
    np.testing.assert_array_equal(*found)


def test_a_process_that_trains_does_not_import_the_compiler():
    ended = subprocess.run(
        [sys.executable, "-c", TRAINING], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "False\n"
