"""What a training's steps cost in bfloat16, in single precision, and as affuse chooses.

usage: python benchmarks/training_precision.py [--steps 10]

CPU seconds of forward and backward passes of the voice network on made spectrograms, one thread.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import torch

from affuse.models.training import mixed_precision
from affuse.models.voice_network import VoiceArchitecture, voice_network

CLIPS, FRAMES, BANDS, CLASSES = 24, 60, 64, 8


def cpu_seconds(precision: Callable[[], Any], n_steps: int) -> float:
    """CPU seconds of so many steps, after one that is not counted."""
    torch.manual_seed(0)
    network = voice_network(VoiceArchitecture(), CLASSES).to(memory_format=torch.channels_last)
    inputs = torch.randn(CLIPS, FRAMES, BANDS)
    lengths = torch.full((CLIPS,), FRAMES)
    for step in range(n_steps + 1):
        if step == 1:
            began = time.process_time()
        with precision():
            logits = network(inputs, lengths)
        logits.float().square().mean().backward()
    return time.process_time() - began


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10)
    n_steps = parser.parse_args().steps
    torch.set_num_threads(1)
    print(f"processor: {torch.backends.cpu.get_cpu_capability()}; {n_steps} steps")
    for name, precision in {
        "bfloat16": lambda: torch.autocast("cpu", torch.bfloat16),
        "single precision": lambda: torch.autocast("cpu", torch.bfloat16, enabled=False),
        "as affuse chooses": lambda: mixed_precision("cpu"),
    }.items():
        print(f"{name:<20}{cpu_seconds(precision, n_steps):8.2f} CPU s")


if __name__ == "__main__":
    main()
