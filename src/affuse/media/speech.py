"""Where somebody speaks: a voice activity detector that goes by energy alone."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.errors import MediaError

SAMPLE_RATE = 16_000
"""Hz that `speech_frames` wants."""

FRAME_S = 0.01
"""One decision every so many seconds."""

REACH_S = 4.0
"""How far before and after a frame the level of the background is looked for."""

_HOP = round(FRAME_S * SAMPLE_RATE)
_WINDOW = 400
_N_FFT = 512
_BAND_HZ = (200.0, 4000.0)
_SMOOTH_FRAMES = 5
_ABOVE_FLOOR_DB = 8.0
_RANGE_DB = 45.0
_LOWEST_FLOOR_DB = -90.0
_STEADY_FRAMES = 61
_STEADY_DB = 1.5
_SHORTEST_FRAMES = 9
_HANGOVER_FRAMES = 21
_CONTEXT_FRAMES = round((REACH_S + 1) / FRAME_S)
_CHUNK_FRAMES = 400

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def speech_frames(signal: NDArray[np.floating], sample_rate: int = SAMPLE_RATE) -> Mask:
    """Whether there is speech, for every 10 ms of a signal.

    The level between 200 and 4000 Hz is compared with that of the background, which is the
    quietest moment within 4 s on either side: nothing depends on the level of the recording. A
    sound whose level stands still for 0.6 s is none of a voice, however loud: hum, a held note,
    the noise of a fan. What is shorter than 90 ms is a click; pauses shorter than 0.2 s belong to
    the speech around them.

    Energy does not know what speaks. Laughter, barking, applause and rhythmic music count as
    speech; whispering in noise does not, nor does any voice that is less than about 8 dB above
    its background.

    Parameters
    ----------
    signal : (n_samples,) float
        Mono, in [-1, 1].
    sample_rate : int
        Hz; 16000.

    Returns
    -------
    (n_frames,) bool
        ``n_samples // 160`` of them.

    Raises
    ------
    MediaError
        Another sample rate.

    Notes
    -----
    The background as a running minimum of the smoothed level is that of Martin 2001, "Noise power
    spectral density estimation based on optimal smoothing and minimum statistics".

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> syllables = np.sin(np.arange(32000) / 800) ** 2 * rng.standard_normal(32000)
    >>> quiet = 0.001 * rng.standard_normal(16000)
    >>> found = speech_frames(np.concatenate([quiet, syllables, quiet]))
    >>> bool(found[:90].any()), bool(found[110:290].all()), bool(found[325:].any())
    (False, True, False)
    """
    if sample_rate != SAMPLE_RATE:
        raise MediaError(
            f"a signal at {sample_rate} Hz was given; expected {SAMPLE_RATE} Hz: resample it first"
        )
    if len(signal) < _HOP:
        return np.zeros(0, bool)
    level = _levels(np.asarray(signal, np.float64))
    loud = level > _background(level) + _ABOVE_FLOOR_DB
    voice = (loud & ~_steady(level)).astype(np.float64)
    lasting = _highest(_lowest(voice, _SHORTEST_FRAMES), _SHORTEST_FRAMES)
    return _without_short_pauses(lasting)


class SpeechStream:
    """`speech_frames` of a recording that comes piece by piece; it lags by up to nine seconds.

    Memory stays that of the seconds around the frames to be decided next.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> signal = np.sin(np.arange(32000) / 800) ** 2 * rng.standard_normal(32000)
    >>> stream = SpeechStream()
    >>> parts = [stream.feed(signal[:20000]), stream.feed(signal[20000:]), stream.finish()]
    >>> bool(np.array_equal(np.concatenate(parts), speech_frames(signal)))
    True
    """

    def __init__(self) -> None:
        self._kept = np.zeros(0)
        self._n_before = 0

    def feed(self, signal: NDArray[np.floating]) -> Mask:
        """Decisions that this piece makes possible: (n_frames,) bool, often none."""
        self._kept = np.concatenate([self._kept, signal])
        decided = []
        while len(self._kept) >= (self._n_before + _CHUNK_FRAMES + _CONTEXT_FRAMES) * _HOP:
            n_seen = self._n_before + _CHUNK_FRAMES + _CONTEXT_FRAMES
            found = speech_frames(self._kept[: n_seen * _HOP])
            decided.append(found[self._n_before : self._n_before + _CHUNK_FRAMES])
            n_done = self._n_before + _CHUNK_FRAMES
            self._n_before = min(n_done, _CONTEXT_FRAMES)
            self._kept = self._kept[(n_done - self._n_before) * _HOP :]
        return np.concatenate([np.zeros(0, bool), *decided])

    def finish(self) -> Mask:
        """Decisions about what is left."""
        return speech_frames(self._kept)[self._n_before :]


def _levels(signal: Floats) -> Floats:
    """Level of the voice band around every 10 ms, smoothed, in dB of full scale."""
    n_frames = len(signal) // _HOP
    before = (_WINDOW - _HOP) // 2
    padded = np.pad(signal, (before, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:n_frames]
    window = np.hanning(_WINDOW + 1)[:-1]
    spectrum = np.fft.rfft(frames * window, _N_FFT, axis=1)
    hz = np.fft.rfftfreq(_N_FFT, 1 / SAMPLE_RATE)
    inside = (hz >= _BAND_HZ[0]) & (hz <= _BAND_HZ[1])
    power = np.square(np.abs(spectrum[:, inside])).sum(axis=1)
    # Twice the power of half the spectrum; a full-scale square wave is 0 dB.
    power *= 2 / (_N_FFT * np.square(window).sum())
    around = np.pad(power, _SMOOTH_FRAMES // 2, mode="edge")
    smooth = np.convolve(around, np.full(_SMOOTH_FRAMES, 1 / _SMOOTH_FRAMES), mode="valid")
    return np.asarray(10 * np.log10(np.maximum(smooth, 1e-12)))


def _background(level: Floats) -> Floats:
    """Lowest level within reach; not so low that breath or what coding leaves stands out."""
    reach = 2 * round(REACH_S / FRAME_S) + 1
    lowest, loudest = _lowest(level, reach), _highest(level, reach)
    return np.asarray(np.maximum(np.maximum(lowest, loudest - _RANGE_DB), _LOWEST_FLOOR_DB))


def _steady(level: Floats) -> Mask:
    """Frames of stretches of 0.6 s and more in which the level stands still."""
    if len(level) < _STEADY_FRAMES:
        return np.zeros(len(level), bool)
    spread = _highest(level, _STEADY_FRAMES) - _lowest(level, _STEADY_FRAMES)
    still = (spread < 2 * _STEADY_DB).astype(np.float64)
    return _highest(still, _STEADY_FRAMES) > 0


def _without_short_pauses(voice: Floats) -> Mask:
    around = np.pad(voice, _HANGOVER_FRAMES)
    closed = _lowest(_highest(around, _HANGOVER_FRAMES), _HANGOVER_FRAMES)
    return np.asarray(closed[_HANGOVER_FRAMES:-_HANGOVER_FRAMES] > 0)


def _lowest(values: Floats, size: int) -> Floats:
    """Running minimum over an odd number of values; what lies beyond the ends does not count."""
    return np.asarray(cv2.erode(values[None], np.ones((1, size), np.uint8))[0])


def _highest(values: Floats, size: int) -> Floats:
    """Running maximum, likewise."""
    return np.asarray(cv2.dilate(values[None], np.ones((1, size), np.uint8))[0])
