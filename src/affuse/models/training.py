"""What the small networks share: one thread, one seed, minibatches, Adam and cross-entropy."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from affuse.errors import ConfigError, Diverged, MissingDependency

if TYPE_CHECKING:
    import torch

    from affuse.models.loss_terms import LossTerms

Batch = tuple["torch.Tensor", "torch.Tensor"] | tuple["torch.Tensor", "torch.Tensor", "BatchTerms"]
BatchSource = Callable[[], Iterator[Batch]]
"""Inputs, targets and perhaps loss terms of one epoch, in a new order at each call."""

DEVICES = ("cpu", "cuda")

BATCH_NORM_MOMENTUM = 0.1
"""Share of a batch in the running statistics, as torch has it (0.9 in Keras's words).

Keras's own default (0.01 here) would leave them two thirds at their start after ten epochs over 32
clips in batches of 8, and a network that predicts with statistics which are not those of its
input. `BATCH_NORM_EPS` is Keras's.
"""
BATCH_NORM_EPS = 1e-3

PREDICTION_ROWS = 256
"""Rows per pass when nothing is learned: bounds the memory, changes no number."""


def import_torch() -> Any:
    """The torch module; MissingDependency where it is not installed.

    Returns
    -------
    module

    Raises
    ------
    MissingDependency
        torch is not installed.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise MissingDependency("torch", "train") from error
    return torch


def mixed_precision(device: str, cache_enabled: bool = True) -> Any:
    """Compute in bfloat16 within this context, where the device does so quickly.

    A processor without AVX-512 computes in single precision: torch would emulate the other, far
    slower than that (``benchmarks/training_precision.py``).

    Parameters
    ----------
    device : {"cpu", "cuda"}
    cache_enabled : bool
        Keep converted weights within the context, as `torch.autocast` has it.

    Returns
    -------
    torch.autocast
    """
    torch = import_torch()
    quick = device != "cpu" or torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    return torch.autocast(device, torch.bfloat16, enabled=quick, cache_enabled=cache_enabled)


class BatchTerms(NamedTuple):
    """Loss terms of the clips of a batch, as tensors; None as in `LossTerms`.

    Attributes
    ----------
    possible : (n_clips, n_classes) bool tensor or None
    weights : (n_clips,) float32 tensor or None
    shares : (n_clips, n_classes) float32 tensor or None
    """

    possible: torch.Tensor | None
    weights: torch.Tensor | None
    shares: torch.Tensor | None = None


def check_device(device: str) -> None:
    """Refuse a device that networks cannot be trained on here.

    Parameters
    ----------
    device : str

    Raises
    ------
    ConfigError
        It is neither ``cpu`` nor ``cuda``, or torch finds no GPU.
    MissingDependency
        torch is not installed.
    """
    if device not in DEVICES:
        raise ConfigError(f"device {device!r} was given; expected {' or '.join(DEVICES)}")
    if device == "cuda" and not import_torch().cuda.is_available():
        raise ConfigError(
            "device 'cuda' was given, and torch finds no GPU here; expected one: use cpu, or "
            "install torch with CUDA where there is one"
        )


@contextmanager
def seeded_single_thread(seed: int | None) -> Iterator[Any]:
    """Torch on one thread and from one seed within; as it was found afterwards.

    One thread because sums of several depend on their number, and folds already run side by side.
    A seed of None draws from numpy's global state, as scikit-learn's estimators do.

    Parameters
    ----------
    seed : int or None

    Yields
    ------
    module
        torch.
    """
    torch = import_torch()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            # torch.manual_seed would seed GPUs too, and write down the stack each time.
            torch.default_generator.manual_seed(np.random.randint(2**31) if seed is None else seed)
            yield torch
    finally:
        torch.set_num_threads(threads)


def shuffled_batches(n_rows: int, batch_size: int) -> list[NDArray[np.int64]]:
    """Row numbers in random order, cut into batches; torch's current seed determines it.

    A last batch of one row joins the one before it: batch normalisation has no deviation to learn
    from a single row.

    Parameters
    ----------
    n_rows : int
    batch_size : int

    Returns
    -------
    list of (n,) int
    """
    torch = import_torch()
    order = torch.randperm(n_rows).numpy()
    starts = list(range(0, n_rows, batch_size))
    if len(starts) > 1 and n_rows - starts[-1] == 1:
        starts.pop()
    return np.split(order, starts[1:])


def initialise(network: torch.nn.Module) -> None:
    """Set weights as Keras does: Glorot's uniform distribution, biases of zero.

    Parameters
    ----------
    network : torch.nn.Module
    """
    torch = import_torch()
    for layer in network.modules():
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv1d):
            torch.nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                torch.nn.init.zeros_(layer.bias)


def train(
    network: torch.nn.Module,
    batches: BatchSource,
    epochs: int,
    optimiser: torch.optim.Optimizer,
    after_step: Callable[[], None] | None = None,
    after_epoch: Callable[[], bool] | None = None,
) -> NDArray[np.float64]:
    """Minimise a loss over `epochs` calls of `batches`; the network ends in eval mode.

    Cross-entropy where targets are labels, the mean squared error where they are numbers; of labels
    as loss terms, where batches have them, say.

    Returns the mean loss of each epoch's steps: (epochs,).

    Parameters
    ----------
    network : torch.nn.Module
    batches : callable
        Gives (rows, labels) tensors, and `BatchTerms` perhaps, batch after batch, in a new order at
        each call.
    epochs : int
    optimiser : torch.optim.Optimizer
    after_step : callable, optional
        Called after each step.
    after_epoch : callable, optional
        Called after each epoch, with the network in eval mode; gives True to stop there.

    Returns
    -------
    (n_epochs,) float64

    Raises
    ------
    Diverged
        A weight or the mean loss of an epoch is no number any more.
    """
    torch = import_torch()
    means: list[float] = []
    for _ in range(epochs):
        network.train()
        losses = []
        for inputs, targets, *terms in batches():
            optimiser.zero_grad(set_to_none=True)
            loss = _loss(network(inputs), targets, *terms)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(loss.detach())
            if after_step is not None:
                after_step()
        means.append(float(torch.stack(losses).mean()))
        _refuse_divergence(network, means)
        network.eval()
        if after_epoch is not None and after_epoch():
            break
    network.eval()
    return np.array(means)


def _refuse_divergence(network: torch.nn.Module, means: Sequence[float]) -> None:
    finite = all(bool(each.isfinite().all()) for each in network.parameters())
    if math.isnan(means[-1]) or not finite:
        raise Diverged(
            f"a network's loss was {means[-1]:.3g} after epoch {len(means)}, and its weights were "
            "beyond all numbers; expected training that converges: lower its learning_rate"
        )


def _loss(
    outputs: torch.Tensor, targets: torch.Tensor, terms: BatchTerms | None = None
) -> torch.Tensor:
    """Mean loss of a batch."""
    functional = import_torch().nn.functional
    if targets.is_floating_point():
        loss: torch.Tensor = functional.mse_loss(outputs, targets)
        return loss
    if terms is None:
        loss = functional.cross_entropy(outputs, targets)
        return loss
    if terms.possible is not None:
        outputs = outputs.masked_fill(~terms.possible, -math.inf)
    if terms.shares is None:
        losses: torch.Tensor = functional.cross_entropy(outputs, targets, reduction="none")
    else:
        logs = functional.log_softmax(outputs, dim=1)
        # Nothing times minus infinity, where a clip cannot be of a class, would be no number.
        losses = -(terms.shares * logs.masked_fill(terms.shares == 0, 0.0)).sum(dim=1)
    return (losses if terms.weights is None else losses * terms.weights).mean()


def row_batches(
    rows: NDArray[np.float32],
    targets: NDArray[Any],
    batch_size: int,
    terms: LossTerms | None = None,
) -> BatchSource:
    """Minibatches of an array in memory, in a new order at each call.

    Parameters
    ----------
    rows : (n_clips, ...) float32
    targets : (n_clips, ...) array
    batch_size : int
        Clips; the last batch may have fewer.
    terms : LossTerms, optional
        Of the clips, over the classes that targets are positions of.

    Returns
    -------
    callable
        Gives the batches of one epoch.
    """
    torch = import_torch()
    inputs, aims = torch.from_numpy(np.array(rows)), torch.from_numpy(targets)

    def batches() -> Iterator[Batch]:
        for chosen in shuffled_batches(len(inputs), batch_size):
            yield inputs[chosen], aims[chosen], *batch_terms(terms, chosen)

    return batches


def batch_terms(terms: LossTerms | None, rows: NDArray[np.int64]) -> tuple[BatchTerms, ...]:
    """Loss terms of some clips as the end of a batch; nothing where there are none.

    Parameters
    ----------
    terms : LossTerms or None
    rows : (n,) int64

    Returns
    -------
    tuple of BatchTerms
        One or none.
    """
    if not terms:
        return ()
    torch, own = import_torch(), terms.take(rows)
    possible = None if own.possible is None else torch.from_numpy(own.possible)
    weights = None if own.weights is None else torch.from_numpy(own.weights.astype(np.float32))
    shares = None if own.shares is None else torch.from_numpy(own.shares.astype(np.float32))
    return (BatchTerms(possible, weights, shares),)


def outputs(network: torch.nn.Module, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a network in eval mode gives for each row: (n_rows, ...) float32.

    Parameters
    ----------
    network : torch.nn.Module
    rows : (n_rows, ...) float32

    Returns
    -------
    (n_rows, ...) float32
    """
    with seeded_single_thread(0) as torch, torch.inference_mode():
        parts = np.split(rows, range(PREDICTION_ROWS, len(rows), PREDICTION_ROWS))
        return np.concatenate([network(torch.from_numpy(np.array(p))).numpy() for p in parts])


def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Softmax in double precision, so that rows sum to 1: (n_rows, n_classes).

    Parameters
    ----------
    logits : (n_rows, n_classes) float32

    Returns
    -------
    (n_rows, n_classes) float64
    """
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def parameter_counts(network: torch.nn.Module) -> tuple[int, int]:
    """All numbers a network holds (running statistics of batch normalisation too), and trainable.

    As Keras counts: ``(total, trainable)``.

    Parameters
    ----------
    network : torch.nn.Module

    Returns
    -------
    (int, int)
    """
    trainable = sum(p.numel() for p in network.parameters())
    statistics = sum(b.numel() for b in network.buffers() if b.is_floating_point())
    return trainable + statistics, trainable
