"""Training of the face network: two courses, cosine schedules, label smoothing, averaged weights.

The second course goes on from the averaged weights of the first with less of everything that
keeps a network from learning its faces by heart: after the first it knows those it was trained on
hardly better than new ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.fer2013 import FaceSet
from affuse.models.checkpoint import load_checkpoint, save_checkpoint
from affuse.models.face_augmentation import augmented
from affuse.models.face_network import ARCHITECTURES, face_network, standardised
from affuse.models.training import import_torch, shuffled_batches
from affuse.records import FER2013_EMOTIONS

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module, Sequential

Floats = NDArray[np.float32]
Report = Callable[[int, int, float], None]
"""``(epochs done, epochs in all, mean loss)``."""

WARM_UP = 0.1
AVERAGE_EPOCHS = 2.0
"""The averaged weights look back over about so many epochs."""


@dataclass(frozen=True, slots=True)
class FaceTraining:
    """Settings of one training; the same on one machine with as many threads give the same weights.

    Attributes
    ----------
    architecture : str
        Key of `ARCHITECTURES`.
    epochs, batch_size : int
    learning_rate : float
        The highest, of SGD with Nesterov's momentum.
    weight_decay, label_smoothing : float
    small_size : int
        Side of the pictures in the first `small_share` of the epochs; then 48. Smaller pictures
        cost less, and a network that pools takes any size.
    small_share : float
    calm_epochs : int
        More epochs at the end, over faces that are varied less: closer to what is met later.
    calm_learning_rate, calm_strength : float
        The highest there; how much faces are still varied.
    second_epochs : int
        Epochs of the second course; 0: none.
    second_learning_rate, second_strength, second_dropout, second_weight_decay : float
        The highest rate there, how much faces are still varied, and what replaces the dropout of
        the architecture and `weight_decay`.
    threads : int
    device : str
        "cpu" or "cuda".
    seed : int
    """

    architecture: str = "small"
    epochs: int = 45
    batch_size: int = 128
    learning_rate: float = 0.05
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    small_size: int = 36
    small_share: float = 0.5
    calm_epochs: int = 4
    calm_learning_rate: float = 0.01
    calm_strength: float = 0.4
    second_epochs: int = 16
    second_learning_rate: float = 0.02
    second_strength: float = 0.5
    second_dropout: float = 0.2
    second_weight_decay: float = 1e-4
    threads: int = 2
    device: str = "cpu"
    seed: int = 0

    def lasting(self, epochs: int) -> FaceTraining:
        """The same, with another number of epochs before the calm ones.

        Parameters
        ----------
        epochs : int

        Returns
        -------
        FaceTraining
        """
        return replace(self, epochs=epochs)

    @property
    def size_at(self) -> Callable[[int], int]:
        """Epoch -> side of the pictures."""
        return lambda epoch: self.small_size if epoch < self.small_share * self.epochs else 48

    @property
    def first_epochs(self) -> int:
        """Those of the first course, its calm end included."""
        return self.epochs + self.calm_epochs

    @property
    def all_epochs(self) -> int:
        """Those of both courses."""
        return self.first_epochs + self.second_epochs

    def strength_at(self, epoch: int) -> float:
        """How much faces are varied in an epoch, as a share of each change's range.

        Parameters
        ----------
        epoch : int
            From 0.

        Returns
        -------
        float
            In [0, 1].
        """
        if epoch < self.epochs:
            return 1.0
        return self.calm_strength if epoch < self.first_epochs else self.second_strength

    def learning_rate_at(self, epochs: float) -> float:
        """After so many epochs: linear warm-up and half a cosine, and half a cosine each after.

        Parameters
        ----------
        epochs : float
            That are over, parts of one included.

        Returns
        -------
        float
        """
        if epochs < WARM_UP * self.epochs:
            return self.learning_rate * (0.05 + 0.95 * epochs / (WARM_UP * self.epochs))
        if epochs < self.epochs:
            share = (epochs / self.epochs - WARM_UP) / (1 - WARM_UP)
            return _falling(self.learning_rate, share)
        if epochs < self.first_epochs:
            return _falling(self.calm_learning_rate, (epochs - self.epochs) / self.calm_epochs)
        return _falling(
            self.second_learning_rate, (epochs - self.first_epochs) / self.second_epochs
        )


def train_faces(
    faces: FaceSet, settings: FaceTraining, checkpoint: Path, report: Report
) -> Sequential:
    """A network trained on all of these faces; goes on from the checkpoint where there is one.

    Parameters
    ----------
    faces : FaceSet
    settings : FaceTraining
    checkpoint : Path
        Written after each epoch.
    report : callable

    Returns
    -------
    torch.nn.Sequential
        With the averaged weights, in evaluation mode, on the CPU.
    """
    torch = import_torch()
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    course = _Course(settings, len(faces))
    meaning = {"settings": asdict(settings), "faces": len(faces), "version": 1}
    first = course.restore(load_checkpoint(checkpoint, meaning))
    for epoch in range(first, settings.all_epochs):
        if epoch == settings.first_epochs:
            course.begin_second()
        # Each epoch has a seed of its own, so that one that goes on is one that never stopped.
        torch.manual_seed(settings.seed * 100_003 + epoch)
        batches = _batches(faces, settings, epoch)
        losses = [course.step(*batch) for batch in batches]
        save_checkpoint(checkpoint, meaning, course.state(epoch + 1))
        report(epoch + 1, settings.all_epochs, float(np.mean(losses)))
    average: Sequential = course.average.module.cpu().eval()
    return average


class _Course:
    """Network, optimiser, schedule and averaged weights of one training."""

    def __init__(self, settings: FaceTraining, n_faces: int) -> None:
        torch = import_torch()
        self.settings = settings
        self.steps_per_epoch = math.ceil(n_faces / settings.batch_size)
        architecture = ARCHITECTURES[settings.architecture]
        network = face_network(architecture, len(FER2013_EMOTIONS))
        network = network.to(settings.device)
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network: Sequential = network.train()
        decay = 1 - 1 / (AVERAGE_EPOCHS * self.steps_per_epoch)
        self.average = torch.optim.swa_utils.AveragedModel(
            self.network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(decay),
            use_buffers=True,
        )  # fmt: skip
        self.optimiser = torch.optim.SGD(
            _parameter_groups(self.network, settings.weight_decay),
            lr=settings.learning_rate,
            momentum=0.9,
            nesterov=True,
        )
        self.loss = torch.nn.CrossEntropyLoss(label_smoothing=settings.label_smoothing)
        self.n_steps = 0

    def begin_second(self) -> None:
        """Go on from the averaged weights, held back less."""
        self.network.load_state_dict(self.average.module.state_dict())
        self.optimiser.state.clear()
        self._hold_back_less()

    def _hold_back_less(self) -> None:
        self.optimiser.param_groups[0]["weight_decay"] = self.settings.second_weight_decay
        for layer in self.network.modules():
            if isinstance(layer, import_torch().nn.Dropout):
                layer.p = self.settings.second_dropout

    def step(self, faces: Tensor, labels: Tensor) -> float:
        """One step of the optimiser; the loss."""
        torch = import_torch()
        device = self.settings.device
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate_at(self.n_steps / self.steps_per_epoch)
        inputs = faces.to(device, memory_format=torch.channels_last)
        with torch.autocast(device, torch.bfloat16):
            logits = self.network(inputs)
        loss = self.loss(logits.float(), labels.to(device))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.n_steps += 1
        self._follow()
        return float(loss.detach())

    def state(self, epochs_done: int) -> dict[str, NDArray[Any]]:
        """All that changes, as named arrays."""
        arrays = {f"network.{k}": v for k, v in _arrays(self.network.state_dict())}
        arrays |= {f"average.{k}": v for k, v in _arrays(self.average.state_dict())}
        momenta = self.optimiser.state_dict()["state"]
        arrays |= {f"momentum.{k}": _array(v["momentum_buffer"]) for k, v in momenta.items()}
        return {**arrays, "epochs": np.array(epochs_done), "steps": np.array(self.n_steps)}

    def restore(self, arrays: dict[str, NDArray[Any]] | None) -> int:
        """Take over what `state` gave; how many epochs that was after."""
        if arrays is None:
            return 0
        self.network.load_state_dict(_tensors(arrays, "network."))
        self.average.load_state_dict(_tensors(arrays, "average."))
        state = self.optimiser.state_dict()
        momenta = _tensors(arrays, "momentum.")
        state["state"] = {int(k): {"momentum_buffer": v} for k, v in momenta.items()}
        self.optimiser.load_state_dict(state)
        if int(arrays["epochs"]) > self.settings.first_epochs:
            self._hold_back_less()
        self.n_steps = int(arrays["steps"])
        return int(arrays["epochs"])

    def _follow(self) -> None:
        """Averaged weights follow; in the first epochs they are the network's own."""
        if self.n_steps <= self.steps_per_epoch * 2:
            self.average.n_averaged.zero_()
        self.average.update_parameters(self.network)


def _parameter_groups(network: Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay on kernels and matrices alone, not on biases and scales."""
    wide = [p for p in network.parameters() if p.ndim > 1]
    narrow = [p for p in network.parameters() if p.ndim == 1]
    return [
        {"params": wide, "weight_decay": weight_decay},
        {"params": narrow, "weight_decay": 0.0},
    ]


def _falling(highest: float, share: float) -> float:
    return highest * (1 + math.cos(math.pi * share)) / 2


def _batches(faces: FaceSet, settings: FaceTraining, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    torch = import_torch()
    strength, size = settings.strength_at(epoch), settings.size_at(epoch)
    for rows in shuffled_batches(len(faces), settings.batch_size):
        images = torch.from_numpy(faces.images[rows]).unsqueeze(1).float()
        yield standardised(augmented(images, size, strength)), torch.from_numpy(faces.labels[rows])


def face_logits(
    networks: Sequence[Sequential], images: NDArray[np.uint8], *, mirrored: bool = True
) -> Floats:
    """Mean logits of faces (n, 48, 48): (n, n_classes); `mirrored`: of their mirror images too.

    Parameters
    ----------
    networks : sequence of torch.nn.Sequential
    images : (n, 48, 48) uint8
    mirrored : bool

    Returns
    -------
    (n, n_classes) float32
    """
    torch = import_torch()
    logits = []
    with torch.inference_mode():
        for start in range(0, len(images), 256):
            part = torch.from_numpy(np.ascontiguousarray(images[start : start + 256]))
            inputs = standardised(part.unsqueeze(1).float())
            views = [inputs, inputs.flip(3)] if mirrored else [inputs]
            outputs = [network(view) for network in networks for view in views]
            logits.append(torch.stack(outputs).mean(0).numpy())
    return np.concatenate(logits)


def _array(tensor: Tensor) -> NDArray[Any]:
    return np.asarray(tensor.detach().cpu().numpy())


def _arrays(state: dict[str, Tensor]) -> Iterator[tuple[str, NDArray[Any]]]:
    return ((name, _array(tensor)) for name, tensor in state.items())


def _tensors(arrays: dict[str, NDArray[Any]], prefix: str) -> dict[str, Tensor]:
    torch = import_torch()
    return {
        name.removeprefix(prefix): torch.from_numpy(np.array(array))
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
