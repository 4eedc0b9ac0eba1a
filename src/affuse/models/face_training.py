"""Training of the face network: labels, votes and teachers; cosine schedule, averaged weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.face_votes import VOTED_EMOTIONS, FaceVotes
from affuse.models.checkpoint import load_checkpoint, save_checkpoint
from affuse.models.face_batches import FaceBatch, face_batches, face_tensors
from affuse.models.face_loss import (
    TARGETS_SHARE,
    TEACHERS_SHARE,
    targets_loss,
    teachers_answers,
    teachers_loss,
)
from affuse.models.face_network import ARCHITECTURES, face_network, standardised
from affuse.models.face_settings import QUIET_STRENGTH, FaceTraining, FaceTrainingData
from affuse.models.training import import_torch, mixed_precision

if TYPE_CHECKING:
    from torch.nn import Module

Floats = NDArray[np.float32]
Report = Callable[[int, int, float], None]
"""``(epochs done, epochs in all, mean loss)``."""

AVERAGE_EPOCHS = 2.0
"""The averaged weights look back over about so many epochs."""


def train_faces(
    data: FaceTrainingData, settings: FaceTraining, checkpoint: Path, report: Report
) -> Module:
    """A network trained on all of these faces, resuming from the checkpoint where there is one.

    Parameters
    ----------
    data : FaceTrainingData
    settings : FaceTraining
        The same on one device with as many threads give the same weights.
    checkpoint : Path
        Written after each epoch; one that was begun on another device goes on here.
    report : callable

    Returns
    -------
    torch.nn.Module
        As `face_network` makes it, with the averaged weights, in evaluation mode, on the CPU.

    Raises
    ------
    WeightsError
        The weights to start from are those of another architecture.
    """
    torch = import_torch()
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    course = _Course(data, settings)
    meaning = {"settings": settings.meaning, "data": data.meaning, "version": 2}
    first = course.restore(load_checkpoint(checkpoint, meaning))
    # A GPU is to choose its ways of computing by what is given, not by what was fastest just then.
    flags = torch.backends.cudnn.flags
    with flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=True):
        for epoch in range(first, settings.epochs):
            # Each epoch has a seed of its own, so that one that goes on is one that never stopped.
            seed = settings.seed * 100_003 + epoch
            torch.manual_seed(seed)
            losses = [course.step(batch) for batch in course.batches(epoch, seed)]
            save_checkpoint(checkpoint, meaning, course.state(epoch + 1))
            report(epoch + 1, settings.epochs, float(np.mean(losses)))
    average: Module = course.average.module.cpu().eval()
    return average


class _Course:
    """Network, teachers, optimiser, schedule and averaged weights of one training."""

    def __init__(self, data: FaceTrainingData, settings: FaceTraining) -> None:
        torch = import_torch()
        self.settings = settings
        self.voted = data.votes is not None
        network = face_network(ARCHITECTURES[settings.architecture], voted=self.voted)
        if data.start is not None:
            data.start.copy_into(network)
        self.network: Module = _placed(network, settings.device).train()
        self.teachers = [_placed(each.network(), settings.device) for each in data.teachers]
        votes = data.votes or _no_votes(len(data.faces))
        self.faces = face_tensors(data.faces, votes, settings.device)
        self.steps_per_epoch = math.ceil(len(data.faces) / settings.batch_size)
        decay = 1 - 1 / (AVERAGE_EPOCHS * self.steps_per_epoch)
        self.average = torch.optim.swa_utils.AveragedModel(
            self.network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(decay),
            use_buffers=True,
        )  # fmt: skip
        weight_decay = settings.student_weight_decay if self.teachers else settings.weight_decay
        self.optimiser = torch.optim.SGD(
            _parameter_groups(self.network, weight_decay),
            lr=settings.learning_rate,
            momentum=0.9,
            nesterov=True,
        )
        self.n_steps = 0

    def batches(self, epoch: int, seed: int) -> Iterator[FaceBatch]:
        """The batches of an epoch."""
        settings, quiet = self.settings, self.settings.is_quiet(epoch)
        return face_batches(
            self.faces,
            settings.batch_size,
            strength=QUIET_STRENGTH if quiet else 1.0,
            mixed_share=0.0 if quiet else settings.mixed_share,
            mixing=settings.mixing,
            seed=seed,
        )

    def step(self, batch: FaceBatch) -> float:
        """One step of the optimiser; returns the loss."""
        torch = import_torch()
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.rate_with_linear_warm_up(
                self.n_steps / self.steps_per_epoch
            )
        faces = batch.faces.contiguous(memory_format=torch.channels_last)
        with mixed_precision(self.settings.device):
            emotions, votes = self.network(faces)
        outputs = (emotions.float(), None if votes is None else votes.float())
        loss = targets_loss(outputs, batch, self.settings.label_smoothing)
        if self.teachers:
            taught = teachers_answers(self.teachers, faces)
            loss = TARGETS_SHARE * loss + TEACHERS_SHARE * teachers_loss(outputs, taught)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.n_steps += 1
        self._follow()
        return float(loss.detach())

    def state(self, epochs_done: int) -> dict[str, NDArray[Any]]:
        """All state of the training, as named arrays."""
        arrays = _arrays(self.network.state_dict(), "network.")
        arrays |= _arrays(self.average.state_dict(), "average.")
        momenta = self.optimiser.state_dict()["state"]
        arrays |= _arrays({k: v["momentum_buffer"] for k, v in momenta.items()}, "momentum.")
        return {**arrays, "epochs": np.array(epochs_done), "steps": np.array(self.n_steps)}

    def restore(self, arrays: dict[str, NDArray[Any]] | None) -> int:
        """Restore what `state` returned; returns the number of finished epochs."""
        if arrays is None:
            return 0
        self.network.load_state_dict(_tensors(arrays, "network."))
        self.average.load_state_dict(_tensors(arrays, "average."))
        state = self.optimiser.state_dict()
        momenta = _tensors(arrays, "momentum.")
        state["state"] = {int(k): {"momentum_buffer": v} for k, v in momenta.items()}
        self.optimiser.load_state_dict(state)
        self.n_steps = int(arrays["steps"])
        return int(arrays["epochs"])

    def _follow(self) -> None:
        """Update the averaged weights; in the first epochs they are the network's own."""
        if self.n_steps <= self.steps_per_epoch * 2:
            self.average.n_averaged.zero_()
        self.average.update_parameters(self.network)


def face_logits(
    networks: Sequence[Module], images: NDArray[np.uint8], *, mirrored: bool = True
) -> Floats:
    """Mean logits of FER2013's labels for faces (n, 48, 48): (n, 7).

    Parameters
    ----------
    networks : sequence of torch.nn.Module
    images : (n, 48, 48) uint8
    mirrored : bool
        Of their mirror images too.

    Returns
    -------
    (n, 7) float32
    """
    torch = import_torch()
    logits = []
    with torch.inference_mode():
        for start in range(0, len(images), 256):
            part = torch.from_numpy(np.ascontiguousarray(images[start : start + 256]))
            inputs = standardised(part.unsqueeze(1).float())
            views = [inputs, inputs.flip(3)] if mirrored else [inputs]
            outputs = [network(view)[0] for network in networks for view in views]
            logits.append(torch.stack(outputs).mean(0).numpy())
    return np.concatenate(logits)


def _placed(network: Module, device: str) -> Module:
    torch = import_torch()
    return network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _no_votes(n: int) -> FaceVotes:
    nobody = np.zeros(n, np.bool_)
    return FaceVotes(np.zeros((n, len(VOTED_EMOTIONS)), np.float32), nobody, nobody)


def _parameter_groups(network: Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay for kernels and matrices only, not for biases and scales."""
    wide = [p for p in network.parameters() if p.ndim > 1]
    narrow = [p for p in network.parameters() if p.ndim == 1]
    return [
        {"params": wide, "weight_decay": weight_decay},
        {"params": narrow, "weight_decay": 0.0},
    ]


def _arrays(state: dict[Any, Any], prefix: str) -> dict[str, NDArray[Any]]:
    return {
        f"{prefix}{name}": np.asarray(tensor.detach().cpu().numpy())
        for name, tensor in state.items()
    }


def _tensors(arrays: dict[str, NDArray[Any]], prefix: str) -> dict[str, Any]:
    torch = import_torch()
    return {
        name.removeprefix(prefix): torch.from_numpy(np.array(array))
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
