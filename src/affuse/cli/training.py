"""What `affuse train` does: train, say how it gets on, print the figures."""

from __future__ import annotations

import os
from pathlib import Path

import typer
from rich.console import Console

from affuse.cli.progress import progress_bars
from affuse.models.face_training import FaceTraining
from affuse.pretraining.face import pretrain_face


def train_face_and_print(
    source: Path, out: Path, architecture: str, epochs: int | None, device: str, seed: int
) -> None:
    """Train the face network; print what it reaches on faces it has not seen."""
    chosen = {"architecture": architecture, "device": device, "seed": seed}
    if epochs is not None:
        chosen["epochs"] = epochs
    settings = FaceTraining(threads=os.cpu_count() or 1, **chosen)  # type: ignore[arg-type]
    with progress_bars(Console(stderr=True)) as progress:
        figures = pretrain_face(
            source,
            out,
            settings,
            report=lambda done, total, loss: progress("epochs of the face network", done, total),
        )
    typer.echo(
        f"{figures.n_tested:,} test faces   accuracy {100 * figures.accuracy:.1f}   "
        f"UAR {100 * figures.uar:.1f}   ECE {figures.ece:.3f}   (temperature "
        f"{figures.temperature:.2f})\nWritten to {out / 'face.onnx'} and {out / 'face.json'}."
    )
