"""Augmentation of mel levels: in a room, in noise, over a line; far cheaper than of waveforms.

All on the device of the levels, a whole batch at once; torch's current seed decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from affuse.features.voices.log_mel import HOP, RANGE_DB, SAMPLE_RATE
from affuse.models.training import import_torch

if TYPE_CHECKING:
    from torch import Tensor

ROOM_SHARE, ROOM_S, ECHO = 0.3, (0.2, 0.7), 0.4
"""Share of the sounds in a room, its reverberation time, the most of the power that is echoed."""
NOISE_SHARE, NOISE_DB = 0.6, (5.0, 40.0)
"""Share of the sounds in noise, and how far below the loud frames it lies."""
VOICE_SHARE, VOICE_DB = 0.15, (10.0, 35.0)
"""The same of another voice of the batch."""
TILT_DB, WAVE_DB, N_WAVES = 8.0, 4.0, 4
"""A line's tilt over all bands, and the height of the waves in what it lets through."""
CUT_SHARE, LOWEST_CUT = 0.3, 40
"""Share of lines that let nothing through above a band, and the lowest such band."""


def varied_levels(levels: Tensor) -> Tensor:
    """Random variants of a batch of sounds, scaled as `features.voices.log_mel` scales.

    Parameters
    ----------
    levels : (n, n_frames, 64) float32 tensor
        In dB.

    Returns
    -------
    (n, n_frames, 64) float32 tensor
    """
    torch = import_torch()
    power = _in_rooms(torch, 10 ** (levels / 10))
    power = _among_noise(torch, power, _loud(torch, levels))
    mel = 10 * torch.log10(power.clamp_min(1e-12)) + _lines(torch, levels)
    mel = mel - _loud(torch, mel)
    scaled: Tensor = 1 + 2 * mel.clamp_min(-RANGE_DB) / RANGE_DB
    return scaled


def _loud(torch: Any, levels: Tensor) -> Tensor:
    """Level of the loud frames of each sound: (n, 1, 1)."""
    loud: Tensor = torch.quantile(levels.amax(2), 0.95, dim=1)[:, None, None]
    return loud


def _uniform(torch: Any, like: Tensor, low: float, high: float, n_axes: int = 3) -> Tensor:
    shape = (len(like),) + (1,) * (n_axes - 1)
    drawn: Tensor = low + (high - low) * torch.rand(shape, device=like.device)
    return drawn


def _in_rooms(torch: Any, power: Tensor) -> Tensor:
    seconds = _uniform(torch, power, *ROOM_S, n_axes=2)
    # Falls by 60 dB within the reverberation time.
    kept = 10 ** (-6 * HOP / SAMPLE_RATE / seconds)
    share = _uniform(torch, power, 0.0, ECHO, n_axes=2)
    share = share * (_uniform(torch, power, 0.0, 1.0, n_axes=2) < ROOM_SHARE)
    echo, found = torch.zeros_like(power[:, 0]), []
    for frame in power.unbind(1):
        found.append(frame + share * echo)
        echo = kept * (echo + frame)
    sounding: Tensor = torch.stack(found, 1)
    return sounding


def _among_noise(torch: Any, power: Tensor, loud: Tensor) -> Tensor:
    n, n_frames, n_bands = power.shape
    bands = torch.linspace(-1, 1, n_bands, device=power.device)
    below = _uniform(torch, power, *NOISE_DB)
    colour = _uniform(torch, power, -15.0, 5.0) * bands
    ripple = 2.5 * torch.randn(n, n_frames, n_bands, device=power.device)
    noise = 10 ** ((loud - below - colour.abs().amax(2, keepdim=True) + colour + ripple) / 10)
    noise = noise * (_uniform(torch, power, 0.0, 1.0) < NOISE_SHARE)
    order = torch.rand(n, device=power.device).argsort()
    gain = loud - loud[order] - _uniform(torch, power, *VOICE_DB)
    voice = power[order] * 10 ** (gain / 10) * (_uniform(torch, power, 0.0, 1.0) < VOICE_SHARE)
    mixed: Tensor = power + noise + voice
    return mixed


def _lines(torch: Any, levels: Tensor) -> Tensor:
    """What a microphone and a line add to each band, in dB: (n, 1, 64)."""
    n, n_bands = len(levels), levels.shape[2]
    bands = torch.linspace(0, 1, n_bands, device=levels.device)
    added = _uniform(torch, levels, -TILT_DB, TILT_DB) * (bands - 0.5)
    for number in range(1, N_WAVES + 1):
        height = WAVE_DB / number * torch.randn(n, 1, 1, device=levels.device)
        phase = _uniform(torch, levels, 0.0, 6.28)
        added = added + height * torch.cos(3.14 * number * bands + phase)
    places = torch.arange(n_bands, device=levels.device)
    cut = _uniform(torch, levels, LOWEST_CUT, n_bands)
    is_cut = (_uniform(torch, levels, 0.0, 1.0) < CUT_SHARE) & (places > cut)
    through: Tensor = added - 40.0 * is_cut
    return through
