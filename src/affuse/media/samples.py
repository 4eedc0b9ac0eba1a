"""Decoded frames of sound -> checked mono samples at one rate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import soxr
from numpy.typing import NDArray

from affuse.errors import MediaError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

Signal = NDArray[np.float32]
Timed = tuple[float | None, Signal]
"""The time stamp of the first of some samples (None: they follow the ones before), and these."""

LOWEST_RATE, HIGHEST_RATE = 4_000, 1_536_000
"""Hz. Below, nothing is left of a voice; above, no converter records."""

_LARGEST = 100.0
"""Samples are in [-1, 1], or a little beyond where somebody amplified; this is another scale."""

_FLOATS = ("flt", "dbl")
"""How the names of FFmpeg's sample formats begin that can hold what is no number."""

_GAP_S = 0.05
"""Off by more than that, a time stamp says that something is missing."""

_ROUNDED_S = 0.001
"""Some formats round time stamps to that."""

_CANCELLED = 0.02
_MOST_WITHOUT_EFFECTS = 2
"""Channels: with more, one may hold effects."""

_TOGETHER_S = 0.25
"""Frames are mixed so many at once: for one alone Python costs more than its samples do."""

_MEMORY, _MEMORY_S = 0.9, 0.02
"""Share of the channels' energy that is still counted after so many seconds, about a frame."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """(n_channels, n_samples) as decoded, and what the file says of them."""

    time_s: float | None
    channels: Signal
    rate: int
    is_float: bool

    def is_like(self, other: _Frame) -> bool:
        """Whether both can be mixed in one array."""
        same = self.rate == other.rate and self.is_float == other.is_float
        return same and self.channels.shape == other.channels.shape


class Samples:
    """Mono samples of decoded frames, all at the rate of the first.

    A file may change its rate, its number of channels or its format on the way, as a broadcast
    does between programme and advertisement.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    """

    def __init__(self, name: str) -> None:
        self.sample_rate = 0
        self._name = name
        self._held: list[_Frame] = []
        self._mixer = _Mixer()
        self._other: _OtherRate | None = None
        self._n_samples = 0
        self._n_bad = 0

    def taken(self, frame: AudioFrame, time_s: float | None) -> Iterator[Timed]:
        """The samples of a frame and of those held back, each piece with its time stamp.

        Frames alike are held back until they are a quarter of a second. Nothing any more after
        samples that are no numbers: `finished` counts them.

        Parameters
        ----------
        frame : AudioFrame
        time_s : float or None
            What the file says; None where it says nothing.

        Yields
        ------
        Timed

        Raises
        ------
        MediaError
            A sample rate that no recording has, or samples of another scale.
        """
        rate = frame.sample_rate
        self.sample_rate = self.sample_rate or self._checked(rate)
        is_float = frame.format.name.startswith(_FLOATS)
        taken = _Frame(time_s, _channels(frame), rate, is_float)
        if self._held and not taken.is_like(self._held[0]):
            yield from self._released()
        self._held.append(taken)
        if len(self._held) * taken.channels.shape[1] >= _TOGETHER_S * rate:
            yield from self._released()

    def finished(self) -> Iterator[Timed]:
        """The samples that are left.

        Yields
        ------
        Timed

        Raises
        ------
        MediaError
            Some samples were no numbers; says how many of how many.
        """
        yield from self._released()
        if self._n_bad:
            raise MediaError(
                f"{self._name} has {self._n_bad:,} samples of {self._n_samples:,} that are no "
                "numbers (NaN or infinite); expected finite samples: export it again, or set them "
                "to 0"
            )
        yield from self._rest()

    def _released(self) -> Iterator[Timed]:
        """What was held back: at once, or frame by frame up to one that cannot be taken."""
        held, self._held = self._held, []
        if not held:
            return
        together = np.stack([frame.channels for frame in held], axis=1)
        if not held[0].is_float or _largest(together) <= _LARGEST:
            yield from self._mixed(held, together)
            return
        for frame in held:
            self._check(frame.channels)
            yield from self._mixed([frame], frame.channels[:, None])

    def _mixed(self, frames: list[_Frame], channels: Signal) -> Iterator[Timed]:
        self._n_samples += channels[0].size
        if self._n_bad:
            return
        rate = frames[0].rate
        mixed = self._mixer.mixed(channels, rate)
        if rate == self.sample_rate and self._other is None and _are_consecutive(frames):
            yield frames[0].time_s, mixed.reshape(-1)
            return
        for frame, mono in zip(frames, mixed, strict=True):
            yield from self._at_first_rate(mono, rate, frame.time_s)

    def _at_first_rate(self, mono: Signal, rate: int, time_s: float | None) -> Iterator[Timed]:
        if self._other is not None and (rate != self._other.rate or self._other.is_off(time_s)):
            yield from self._rest()
        if rate == self.sample_rate:
            yield time_s, mono
            return
        self._other = self._other or _OtherRate(self._checked(rate), self.sample_rate, time_s)
        yield from self._other.taken(mono)

    def _rest(self) -> Iterator[Timed]:
        other, self._other = self._other, None
        if other is not None:
            yield from other.finished()

    def _checked(self, rate: int) -> int:
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            raise MediaError(
                f"{self._name} has sound at {rate:,} Hz; expected {LOWEST_RATE:,} to "
                f"{HIGHEST_RATE:,} Hz, as recordings of voices have: record it again, or mend "
                "its header"
            )
        return rate

    def _check(self, channels: Signal) -> None:
        largest = _largest(channels)
        if largest <= _LARGEST:
            return
        n_finite = int(np.isfinite(channels).all(axis=0).sum())
        self._n_bad += channels.shape[1] - n_finite
        if math.isfinite(largest):
            raise MediaError(
                f"{self._name} has samples of up to {largest:,.4g}; expected floating-point "
                "samples from -1 to 1: divide them by their full scale (32768 for 16 bit)"
            )


class _Mixer:
    """Mixes channels to their mean, or takes one channel where they cancel each other.

    A cable with crossed wires turns one channel upside down: what both have in common, the voice,
    is gone from their mean.
    """

    def __init__(self) -> None:
        self._of_mean = 0.0
        self._of_channels: list[float] = []

    def mixed(self, channels: Signal, rate: int) -> Signal:
        """(n_channels, n_frames, n_samples) -> (n_frames, n_samples)."""
        n_channels, _, n_samples = channels.shape
        if n_channels == 1:
            return cast(Signal, channels[0])
        mixed = _mean(channels)
        if len(self._of_channels) != n_channels:
            self._of_mean, self._of_channels = 0.0, [0.0] * n_channels
        kept = _MEMORY ** (n_samples / rate / _MEMORY_S)
        powers = zip(_energies(mixed).tolist(), _energies(channels).T.tolist(), strict=True)
        for place, (of_mean, of_channels) in enumerate(powers):
            self._of_mean = kept * self._of_mean + of_mean
            self._of_channels = [
                kept * before + now
                for before, now in zip(self._of_channels, of_channels, strict=True)
            ]
            if self._of_mean < _CANCELLED * sum(self._of_channels) / n_channels:
                mixed[place] = channels[self._clearest(), place]
        return mixed

    def _clearest(self) -> int:
        """The first channel, or the loudest where that has more than twice its energy."""
        loudest = max(self._of_channels)
        is_first = self._of_channels[0] >= loudest / 2
        return 0 if is_first else self._of_channels.index(loudest)


class _OtherRate:
    """Resamples sound at another rate to that of the first frames."""

    def __init__(self, rate: int, wanted: int, time_s: float | None) -> None:
        self.rate = rate
        self._time_s = time_s
        self._end_s = time_s
        self._stream = soxr.ResampleStream(rate, wanted, 1, dtype="float32", quality="HQ")

    def is_off(self, time_s: float | None) -> bool:
        """Whether a time stamp leaves a gap, so that the samples do not continue these."""
        return None not in (time_s, self._end_s) and abs(time_s - self._end_s) > _GAP_S  # type: ignore[operator]

    def taken(self, signal: Signal) -> Iterator[Timed]:
        """The output so far; the resampler keeps a little back."""
        if self._end_s is not None:
            self._end_s += len(signal) / self.rate
        yield from self._stamped(self._stream.resample_chunk(signal))

    def finished(self) -> Iterator[Timed]:
        """The output that was kept back."""
        yield from self._stamped(self._stream.resample_chunk(np.zeros(0, np.float32), last=True))

    def _stamped(self, signal: Signal) -> Iterator[Timed]:
        if len(signal):
            time_s, self._time_s = self._time_s, None
            yield time_s, np.asarray(signal, np.float32)


def _are_consecutive(frames: list[_Frame]) -> bool:
    """Whether time stamps say that each frame begins where the one before it ends."""
    begin_s, length_s = frames[0].time_s, frames[0].channels.shape[1] / frames[0].rate
    return begin_s is not None and all(
        frame.time_s is not None and abs(frame.time_s - begin_s - n * length_s) <= _ROUNDED_S
        for n, frame in enumerate(frames)
    )


def _largest(channels: Signal) -> float:
    return float(np.abs(channels).max(initial=0.0))


def _energies(signals: Signal) -> NDArray[np.float64]:
    """(..., n_samples) -> (...,), the energy of each without its constant offset.

    It is `np.var` times the number of samples: that asks more of Python than of the processor for
    a codec's few hundred samples.
    """
    n_samples = signals.shape[-1]
    offsets = np.add.reduce(signals, axis=-1, dtype=np.float64, keepdims=True) / n_samples
    moved = signals - offsets
    squares = np.multiply(moved, moved, out=moved)
    counted: NDArray[np.float64] = np.add.reduce(squares, axis=-1) / n_samples * n_samples
    return counted


def _mean(channels: Signal) -> Signal:
    """(n_channels, ...) -> (...)."""
    total: Signal = np.add.reduce(channels, axis=0, dtype=np.float32)
    return np.divide(total, np.float32(len(channels)), out=total)


def _channels(frame: AudioFrame) -> Signal:
    """(n_channels, n_samples) float32 in [-1, 1]."""
    if frame.format.name == "fltp" and len(frame.planes) <= _MOST_WITHOUT_EFFECTS:
        # What most codecs decode to; `to_ndarray` takes longer.
        rows = (memoryview(plane) for plane in frame.planes)
        return np.array([np.frombuffer(row, np.float32, frame.samples) for row in rows])
    array: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        array = array.reshape(-1, frame.layout.nb_channels).T
    if len(array) > _MOST_WITHOUT_EFFECTS:
        # The thunder of a film is no part of a voice, and no downmix has it.
        names = [channel.name for channel in frame.layout.channels]
        array = array[[n for n, name in enumerate(names) if not name.startswith("LFE")]]
    return _as_float(array)


def _as_float(array: NDArray[Any]) -> Signal:
    numbers: Signal = array.astype(np.float32, copy=False)
    if array.dtype == np.uint8:
        return (numbers - np.float32(128)) / np.float32(128)
    if array.dtype.kind == "i":
        full_scale = np.float32(-float(np.iinfo(array.dtype).min))
        return np.divide(numbers, full_scale, dtype=np.float32)
    return numbers
