"""Augmentation of waveforms: faster, in a room, in noise, over a telephone.

All on the device of the waveforms, a whole batch at once; torch's current seed decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from affuse.features.voices.log_mel import SAMPLE_RATE
from affuse.models.training import import_torch
from affuse.models.utterances import fast_size

if TYPE_CHECKING:
    from torch import Tensor

SPEED = (0.88, 1.14)
ROOM_SHARE, ROOM_S = 0.25, 0.6
"""Share of the sounds that are put into a room; the longest reverberation time."""
NOISE_SHARE, NOISE_DB = 0.7, (2.0, 40.0)
"""Share of the sounds that get noise; how far below the voice it lies."""
VOICES_SHARE = 0.25
"""Share of the noises that are other voices."""
TILT_DB = 8.0
LOW_PASS_HZ, HIGH_PASS_HZ, HIGH_PASS_SHARE = (3000.0, 12_000.0), 300.0, 0.4
CLIPPED_SHARE = 0.2
BANDS_HIDDEN, FRAMES_HIDDEN = 10, 20
HIDDEN_VALUE = -0.4
GAIN = 0.1


def varied_sounds(waveforms: Tensor, n_samples: int, speeds: Tensor | None = None) -> Tensor:
    """Random variants of a batch of sounds.

    Parameters
    ----------
    waveforms : (n, n_given) float32 tensor
        Mono, at 16 kHz; `n_samples` times the highest of `SPEED`, or more.
    n_samples : int
        Of each variant.
    speeds : (n,) float32 tensor, optional
        Of each; random ones within `SPEED` by default.

    Returns
    -------
    (n, n_samples) float32 tensor

    Notes
    -----
    Speed and pitch change together. Rooms are noise that dies away; noise has any colour, or is
    the sum of two other sounds of the batch; microphones and lines tilt and limit the spectrum.
    """
    torch = import_torch()
    waveforms = _at_other_speed(torch, waveforms, n_samples, speeds)
    level = waveforms.square().mean(1, keepdim=True).sqrt().clamp_min(1e-4)
    waveforms = _among_noise(torch, _in_rooms(torch, waveforms), level)
    return _clipped(torch, _through_lines(torch, waveforms))


def hidden_parts(spectrograms: Tensor) -> Tensor:
    """Spectrograms with two frequency bands and two time spans hidden (SpecAugment).

    Parameters
    ----------
    spectrograms : (n, n_frames, 64) float32 tensor

    Returns
    -------
    tensor of the same shape

    Notes
    -----
    SpecAugment: Park et al. 2019.
    """
    torch = import_torch()
    n, n_frames, n_bands = spectrograms.shape
    hidden = torch.zeros_like(spectrograms, dtype=torch.bool)
    for _ in range(2):
        hidden |= _stretches(torch, spectrograms, n_bands, BANDS_HIDDEN)[:, None, :]
        hidden |= _stretches(torch, spectrograms, n_frames, FRAMES_HIDDEN)[:, :, None]
    louder = (_random(torch, spectrograms, n, 1, 1) * 2 - 1) * GAIN
    return spectrograms.masked_fill(hidden, HIDDEN_VALUE) + louder


def _random(torch: Any, like: Tensor, *shape: int) -> Tensor:
    numbers: Tensor = torch.rand(*shape, device=like.device)
    return numbers


def _at_other_speed(torch: Any, waveforms: Tensor, n_samples: int, speeds: Tensor | None) -> Tensor:
    slowest, fastest = SPEED
    if speeds is None:
        speeds = slowest + (fastest - slowest) * _random(torch, waveforms, len(waveforms))
    speed = speeds.unsqueeze(1)
    places = torch.arange(n_samples, device=waveforms.device) * speed
    before = places.long().clamp_max(waveforms.shape[1] - 2)
    part = places - before
    mixed: Tensor = torch.lerp(waveforms.gather(1, before), waveforms.gather(1, before + 1), part)
    return mixed


def _in_rooms(torch: Any, waveforms: Tensor) -> Tensor:
    n, longest = waveforms.shape
    n_echo = int(ROOM_S * SAMPLE_RATE)
    dying = 0.1 + (ROOM_S - 0.1) * _random(torch, waveforms, n, 1)
    times = torch.arange(n_echo, device=waveforms.device) / SAMPLE_RATE
    # Falls by 60 dB within the reverberation time.
    echo = torch.randn(n, n_echo, device=waveforms.device) * torch.exp(-6.9 * times / dying)
    echo = echo * _random(torch, waveforms, n, 1) * 0.5
    echo[:, 0] = 1.0
    size = fast_size(longest + n_echo)
    product = torch.fft.rfft(waveforms, size) * torch.fft.rfft(echo, size)
    sounding = torch.fft.irfft(product, size)[:, :longest]
    chosen = _random(torch, waveforms, n, 1) < ROOM_SHARE
    return torch.where(chosen, sounding, waveforms)  # type: ignore[no-any-return]


def _among_noise(torch: Any, waveforms: Tensor, level: Tensor) -> Tensor:
    n, longest = waveforms.shape
    spectrum = torch.fft.rfft(torch.randn(n, longest, device=waveforms.device))
    bins = torch.arange(spectrum.shape[1], device=waveforms.device).clamp_min(1).float()
    colour = bins ** (-1.2 * _random(torch, waveforms, n, 1))
    noise = torch.fft.irfft(spectrum * colour, longest)
    first, second = (_random(torch, waveforms, n).argsort() for _ in range(2))
    of_voices = _random(torch, waveforms, n, 1) < VOICES_SHARE
    noise = torch.where(of_voices, waveforms[first] + waveforms[second], noise)
    noise = noise / noise.square().mean(1, keepdim=True).sqrt().clamp_min(1e-5)
    low, high = NOISE_DB
    below = low + (high - low) * _random(torch, waveforms, n, 1)
    chosen = _random(torch, waveforms, n, 1) < NOISE_SHARE
    mixed: Tensor = waveforms + chosen * noise * level * 10 ** (-below / 20)
    return mixed


def _through_lines(torch: Any, waveforms: Tensor) -> Tensor:
    n, longest = waveforms.shape
    spectrum = torch.fft.rfft(waveforms)
    hz = torch.linspace(0, SAMPLE_RATE / 2, spectrum.shape[1], device=waveforms.device)
    tilt = (_random(torch, waveforms, n, 1) * 2 - 1) * TILT_DB / 20
    lowest, highest = LOW_PASS_HZ
    upper = lowest + (highest - lowest) * _random(torch, waveforms, n, 1)
    lower = HIGH_PASS_HZ * _random(torch, waveforms, n, 1)
    lower = lower * (_random(torch, waveforms, n, 1) < HIGH_PASS_SHARE)
    passed = torch.sigmoid((upper - hz) / 100) * torch.sigmoid((hz - lower) / 20)
    shaped = spectrum * 10 ** (tilt * (hz / 4000 - 1).clamp(-1, 1)) * passed
    through: Tensor = torch.fft.irfft(shaped, longest)
    return through


def _clipped(torch: Any, waveforms: Tensor) -> Tensor:
    n = len(waveforms)
    top = waveforms.abs().amax(1, keepdim=True)
    limit = top * (0.2 + 0.6 * _random(torch, waveforms, n, 1))
    chosen = _random(torch, waveforms, n, 1) < CLIPPED_SHARE
    limit = torch.where(chosen, limit, top)
    return torch.maximum(torch.minimum(waveforms, limit), -limit)  # type: ignore[no-any-return]


def _stretches(torch: Any, like: Tensor, size: int, widest: int) -> Tensor:
    """Where a stretch of random width lies, for each of a batch: (n, size) bool."""
    width = _random(torch, like, len(like), 1) * widest
    begin = _random(torch, like, len(like), 1) * (size - width)
    at = torch.arange(size, device=like.device)
    inside: Tensor = (at >= begin) & (at < begin + width)
    return inside
