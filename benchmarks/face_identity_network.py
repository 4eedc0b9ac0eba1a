"""Trains affuse's network that tells faces apart: it learns what a published one says of FER2013.

usage: python benchmarks/face_identity_network.py FER2013.zip TEACHER.onnx OUT.onnx
                                                  [--epochs 12 14] [--checkpoint FILE.pt]

TEACHER is what benchmarks/face_descriptor.py writes. It is shown each face of FER2013 and its
mirror image; the mean of its embeddings is centred, turned to its 64 principal axes and brought to
length 1. The student is shown the face shifted, turned, scaled, mirrored, blurred and lit
otherwise, and learns the embedding (cosine) and which faces of a batch are alike (squared
difference of cosines). Several numbers of epochs: one cycle of the learning rate after the other.
Takes some 25 CPU seconds an epoch; prints the mean cosine with the teacher on `val`, whose faces
are not trained on.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from affuse.corpora.fer2013 import read_fer2013
from face_descriptor import embedded

N_DIMENSIONS = 64
WIDTHS = (24, 48, 96, 160)
BATCH = 128
RATES = (3e-3, 1.6e-3)
"""Highest learning rate of the first cycle, and of later ones."""


class Block(nn.Module):
    """Two convolutions beside a shortcut; halves the picture."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(n_in, n_out, 3, 2, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(n_out)
        self.second = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(n_out)
        self.shortcut = nn.Conv2d(n_in, n_out, 1, 2, bias=False)
        self.shortcut_norm = nn.BatchNorm2d(n_out)

    def forward(self, x: Tensor) -> Tensor:
        """Half as high and wide."""
        inner = self.second_norm(self.second(torch.relu(self.first_norm(self.first(x)))))
        return torch.relu(inner + self.shortcut_norm(self.shortcut(x)))


class Student(nn.Module):
    """Faces (n, 1, 48, 48), grey levels from 0 to 255 -> embeddings (n, 64) of length 1."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, WIDTHS[0], 5, 2, 2, bias=False)
        self.stem_norm = nn.BatchNorm2d(WIDTHS[0])
        self.blocks = nn.ModuleList(Block(a, b) for a, b in pairwise(WIDTHS))
        self.head = nn.Linear(9 * WIDTHS[-1], N_DIMENSIONS)

    def forward(self, faces: Tensor) -> Tensor:
        """Rows of length 1."""
        x = torch.relu(self.stem_norm(self.stem((faces - 128) / 64)))
        for block in self.blocks:
            x = block(x)
        return nn.functional.normalize(self.head(x.flatten(1)), dim=1)


def main() -> None:
    """Train and export."""
    parser = argparse.ArgumentParser()
    parser.add_argument("faces", type=Path)
    parser.add_argument("teacher", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, nargs="+", default=[12, 14])
    parser.add_argument("--checkpoint", type=Path)
    asked = parser.parse_args()
    torch.manual_seed(0)
    images = {part: read_fer2013(asked.faces, part).images for part in ("train", "val")}
    targets = taught(asked.teacher, images)
    tensors = {
        part: (torch.from_numpy(images[part]).float()[:, None], torch.from_numpy(targets[part]))
        for part in images
    }
    student = Student().to(memory_format=torch.channels_last)
    for number, n_epochs in enumerate(asked.epochs):
        train(student, tensors, n_epochs, RATES[min(number, 1)])
    if asked.checkpoint is not None:
        torch.save(student.state_dict(), asked.checkpoint)
    onnx.save(Export(student.eval()).model(), asked.out)


def taught(path: Path, images: dict[str, NDArray[np.uint8]]) -> dict[str, NDArray[np.float32]]:
    """What the student is to say of each face."""
    session = onnxruntime.InferenceSession(path)
    raw = {part: embedded(session, faces) for part, faces in images.items()}
    middle = raw["train"].mean(axis=0)
    _, _, axes = np.linalg.svd(units(raw["train"] - middle), full_matrices=False)
    return {p: units(units(rows - middle) @ axes[:N_DIMENSIONS].T) for p, rows in raw.items()}


def units(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length 1."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def train(
    student: Student, tensors: dict[str, tuple[Tensor, Tensor]], n_epochs: int, rate: float
) -> None:
    """One cycle of the learning rate, in place."""
    faces, targets = tensors["train"]
    drawn = torch.Generator().manual_seed(1)
    n_steps = n_epochs * (len(faces) // BATCH)
    optimiser = torch.optim.AdamW(student.parameters(), lr=rate, weight_decay=0.02)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, n_steps, pct_start=0.15)
    for epoch in range(n_epochs):
        began = time.process_time()
        student.train()
        for places in batches(len(faces), drawn):
            said = student(varied(faces[places], drawn))
            wanted = targets[places]
            between = (said @ said.T - wanted @ wanted.T) ** 2
            loss = (1 - (said * wanted).sum(1)).mean() + 2 * between.mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            cycle.step()
        student.eval()
        with torch.no_grad():
            shown = torch.cat([student(part) for part in tensors["val"][0].split(256)])
        cosine = float((shown * tensors["val"][1]).sum(1).mean())
        print(f"{epoch} {cosine:.4f} {time.process_time() - began:.0f} s", flush=True)


def batches(n_faces: int, drawn: torch.Generator) -> Iterator[Tensor]:
    """All faces in some order; what is left over is left out."""
    order = torch.randperm(n_faces, generator=drawn)
    return (order[at : at + BATCH] for at in range(0, n_faces - BATCH + 1, BATCH))


def varied(faces: Tensor, drawn: torch.Generator) -> Tensor:
    """The faces otherwise framed, blurred and lit."""

    def between(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(len(faces), *shape, generator=drawn)

    angle, scale = math.radians(12) * between(-1, 1), torch.exp(between(-0.12, 0.12))
    side = torch.where(between(0, 1) < 0.5, -1.0, 1.0)
    across, down = scale * torch.cos(angle), scale * torch.sin(angle)
    first = [across * side, -down, between(-0.08, 0.08)]
    rows = [first, [down * side, across, between(-0.08, 0.08)]]
    maps = torch.stack([torch.stack(row, 1) for row in rows], 1)
    grid = nn.functional.affine_grid(maps, list(faces.shape), align_corners=False)
    seen = nn.functional.grid_sample(faces, grid, padding_mode="border", align_corners=False)
    blurred = nn.functional.interpolate(seen[: len(seen) // 2], size=(24, 24), mode="area")
    blurred = nn.functional.interpolate(blurred, size=(48, 48), mode="bilinear")
    seen = torch.cat([blurred, seen[len(seen) // 2 :]])
    ramp = torch.linspace(-1, 1, 48) * between(-30, 30, 1, 1, 1)
    contrast, light = torch.exp(between(-0.4, 0.4, 1, 1, 1)), between(-35, 35, 1, 1, 1)
    lit = (seen - 128) * contrast + 128 + light + ramp
    return lit.clamp(0, 255).contiguous(memory_format=torch.channels_last)


class Export:
    """Writes the student as a graph, its weights in half precision."""

    def __init__(self, student: Student) -> None:
        self._student = student
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def model(self) -> onnx.ModelProto:
        """The whole graph."""
        student = self._student
        rows = self._add("Sub", "faces", self._exact("middle", 128.0))
        rows = self._add("Div", rows, self._exact("scale", 64.0))
        rows = self._add("Relu", self._convolution(rows, student.stem, student.stem_norm))
        for block in student.blocks:
            inner = self._add("Relu", self._convolution(rows, block.first, block.first_norm))
            inner = self._convolution(inner, block.second, block.second_norm)
            beside = self._convolution(rows, block.shortcut, block.shortcut_norm)
            rows = self._add("Relu", self._add("Add", inner, beside))
        head = student.head
        weights, bias = self._half(head.weight), self._half(head.bias)
        rows = self._add("Gemm", self._add("Flatten", rows), weights, bias, transB=1)
        rows = self._add("LpNormalization", rows, axis=1, p=2)
        graph = helper.make_graph(
            self._nodes, "faces",
            [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["n", 1, 48, 48])],
            [helper.make_tensor_value_info(rows, TensorProto.FLOAT, ["n", N_DIMENSIONS])],
            self._constants,
        )  # fmt: skip
        versions = [helper.make_opsetid("", 17)]
        return helper.make_model(graph, opset_imports=versions, ir_version=8)

    def _convolution(self, rows: str, layer: nn.Conv2d, norm: nn.BatchNorm2d) -> str:
        """A convolution with the norm that follows it."""
        assert norm.running_mean is not None
        assert norm.running_var is not None
        gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weights = self._half(layer.weight * gain[:, None, None, None])
        bias = self._half(norm.bias - norm.running_mean * gain)
        (stride, _), (pad, _) = layer.stride, layer.padding
        return self._add("Conv", rows, weights, bias, strides=[stride] * 2, pads=[int(pad)] * 4)

    def _half(self, values: Tensor) -> str:
        name = f"half{len(self._constants)}"
        stored = values.detach().numpy().astype(np.float16)
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(stored), name))
        return self._add("Cast", name, to=TensorProto.FLOAT)

    def _exact(self, name: str, value: float) -> str:
        self._constants.append(numpy_helper.from_array(np.array(value, np.float32), name))
        return name

    def _add(self, kind: str, *inputs: str, **settings: Any) -> str:
        name = f"value{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **settings))
        return name


if __name__ == "__main__":
    main()
