"""Windows of sound and crops of pictures -> the array that a graph is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.extractors.cepstra.analysis import mel_bands
from affuse.extractors.encoders.description import Description, LogMel
from affuse.extractors.encoders.pictures import FPS, crops
from affuse.extractors.encoders.windows import blocks_of, windows

Floats = NDArray[np.float32]


def batches(described: Description, decoded: Any, size: int) -> Iterator[Floats]:
    """What a graph is given, batch by batch.

    Parameters
    ----------
    described : Description
    decoded : Sound, iterable of Sound, or iterable of (height, width, 3) uint8
    size : int
        Windows or pictures at once.

    Yields
    ------
    array
        With the axes of `described.layout`.
    """
    if described.input != "picture":
        for signal in windows(
            blocks_of(decoded),
            described.window,
            described.hop,
            size,
            normalise=described.normalise,
        ):
            yield given(described, signal)
        return
    assert described.size is not None
    shown = crops(
        decoded,
        described.view,
        described.size,
        seconds_apart=max(round(FPS / described.per_s), 1) / FPS,
        margin=described.margin,
        batch=size,
    )
    for pictures in shown:
        yield given(described, pictures)


def blank(described: Description, n: int) -> Floats:
    """As `batches`, of silence or black pictures: for a trial of the graph.

    Parameters
    ----------
    described : Description
    n : int

    Returns
    -------
    array
    """
    if described.size is not None and described.input == "picture":
        return given(described, np.zeros((n, *described.size, 3), np.uint8))
    return given(described, np.zeros((n, described.window), np.float32))


def given(described: Description, raw: NDArray[Any]) -> Floats:
    """Windows or pictures in the form in which a graph takes them.

    Parameters
    ----------
    described : Description
    raw : (n, n_samples) float32, or (n, height, width, 3) uint8

    Returns
    -------
    array
        With the axes of `described.layout`.
    """
    values, axes = _spectral(described, raw)
    mean, deviation = (np.asarray(x, np.float32) for x in (described.mean, described.deviation))
    scaled = (values - mean) / deviation
    return _laid_out(scaled.astype(np.float32), axes, described.layout or described.usual_layout)


def log_mel(signal: Floats, sample_rate: int, mel: LogMel) -> Floats:
    """Log-mel spectrogram of each window: ``(n, n_bands, n_frames)``.

    Parameters
    ----------
    signal : (n, n_samples) float32
    sample_rate : int
        Hz.
    mel : LogMel

    Returns
    -------
    (n, n_bands, n_frames) float32
    """
    length, step = (max(round(s * sample_rate), 1) for s in (mel.frame_s, mel.step_s))
    short = max(length - signal.shape[1], 0)
    whole = np.pad(signal, ((0, 0), (0, short))).astype(np.float64)
    frames = np.lib.stride_tricks.sliding_window_view(whole, length, axis=1)[:, ::step]
    spectrum = np.fft.rfft(frames * np.hanning(length + 1)[:-1], max(mel.n_fft, length))
    power = spectrum.real**2 + spectrum.imag**2
    bands = mel_bands(sample_rate, max(mel.n_fft, length), mel.bands, True)
    rows = np.maximum((bands @ power.reshape(-1, power.shape[-1]).T).T, mel.least)
    logs = np.log(rows) if mel.log == "natural" else 10 * np.log10(rows)
    by_band = np.swapaxes(logs.reshape(*power.shape[:2], mel.bands), 1, 2)
    return np.asarray(by_band, np.float32)


def _spectral(described: Description, raw: NDArray[Any]) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Numbers with named axes, the last one that of `mean` and `deviation` where there are many."""
    if described.input == "waveform":
        return raw, ("window", "sample")
    if described.mel is not None and described.input == "log-mel":
        bands = log_mel(raw, described.sample_rate, described.mel)
        return np.swapaxes(bands, 1, 2), ("window", "time", "band")
    pictures = raw.astype(np.float32) / 255
    if described.colour == "grey":
        weights = np.array([0.299, 0.587, 0.114], np.float32)
        pictures = (pictures @ weights)[..., None]
    elif described.colour == "bgr":
        pictures = pictures[..., ::-1]
    return pictures, ("window", "height", "width", "channel")


def _laid_out(values: Floats, axes: tuple[str, ...], layout: tuple[str, ...]) -> Floats:
    """The axes in another order; one that is named and not there has the length 1."""
    for name in layout:
        if name not in axes:
            values, axes = values[..., None], (*axes, name)
    if "channel" in axes and "channel" not in layout:
        values, axes = values[..., 0], tuple(name for name in axes if name != "channel")
    return np.ascontiguousarray(values.transpose([axes.index(name) for name in layout]))
