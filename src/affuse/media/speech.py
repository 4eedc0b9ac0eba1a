"""Voice activity detection by energy."""

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

ABOVE_BACKGROUND_DB = 8.0
"""What stands out of the background is so much louder."""

LOWEST_BACKGROUND_DB = -90.0
"""No background is taken to be quieter, in dB of full scale."""

DIGITAL_SILENCE_DB = -95.0
"""What is quieter was not recorded, in dB of full scale."""

_HOP = round(FRAME_S * SAMPLE_RATE)
_WINDOW = 400
_N_FFT = 512
_BAND_HZ = (200.0, 4000.0)
_SMOOTH_FRAMES = 5
_RANGE_DB = 45.0
_MOMENT_FRAMES = 21
_SHOULDER_FRAMES = 15
_INAUDIBLE = 10 ** ((LOWEST_BACKGROUND_DB + ABOVE_BACKGROUND_DB) / 20)
"""A peak below it cannot stand out of the lowest background there is."""

_QUIET_DB = -35.0
_QUIET_FRAMES = 101
_VOICE_WINDOW = 640
_N_VOICE_FFT = 1024
_VOICE_HZ = (200.0, 1200.0)
_PITCH_HZ = (70.0, 400.0)
_PERIODIC = 0.7
_VOICED_FRAMES = 5
_NEARBY_FRAMES = 201
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
    quietest moment within 4 s on either side; a moment of digital silence, as before the first
    frame of a codec, is none. A sound whose level stands still for 0.6 s is none of a voice,
    however loud: hum, a held note, the noise of a fan. What is shorter than 90 ms is a click;
    pauses shorter than 0.2 s belong to the speech around them.

    What is as quiet as the noise of a room (under -35 dB of full scale for half a second on either
    side) also has to be voiced: periodic for 50 ms within a second. Noise that moves is not. These
    numbers were set by the quietest of 1,080 RAVDESS clips, which peak at -57 dB and of which none
    loses its speech, and by noise of six colours that moves by 20 dB around an RMS of 0.004.

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
    samples = np.asarray(signal, np.float64)
    if np.abs(samples).max() < _INAUDIBLE:
        return np.zeros(len(samples) // _HOP, bool)
    level = _levels(samples)
    loud = level > _background(level) + ABOVE_BACKGROUND_DB
    quiet = _highest(level, _QUIET_FRAMES) < _QUIET_DB
    if (loud & quiet).any():
        loud &= ~quiet | _voiced_nearby(samples, quiet)
    voice = (loud & ~_steady(level)).astype(np.float64)
    lasting = _highest(_lowest(voice, _SHORTEST_FRAMES), _SHORTEST_FRAMES)
    return _without_short_pauses(lasting)


class SpeechStream:
    """`speech_frames` of a recording that arrives piece by piece; lags by up to nine seconds.

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
        self._pieces: list[NDArray[np.floating]] = []
        self._n_kept = 0
        self._n_before = 0

    def feed(self, signal: NDArray[np.floating]) -> Mask:
        """Decisions that this piece makes possible: (n_frames,) bool, often none.

        Parameters
        ----------
        signal : (n_samples,) float
            At 16 kHz, in [-1, 1].

        Returns
        -------
        (n_frames,) bool
        """
        self._pieces.append(signal)
        self._n_kept += len(signal)
        decided = []
        while self._n_kept >= (self._n_before + _CHUNK_FRAMES + _CONTEXT_FRAMES) * _HOP:
            n_seen = self._n_before + _CHUNK_FRAMES + _CONTEXT_FRAMES
            kept = np.concatenate(self._pieces)
            found = speech_frames(kept[: n_seen * _HOP])
            decided.append(found[self._n_before : self._n_before + _CHUNK_FRAMES])
            n_done = self._n_before + _CHUNK_FRAMES
            self._n_before = min(n_done, _CONTEXT_FRAMES)
            self._pieces = [kept[(n_done - self._n_before) * _HOP :]]
            self._n_kept = len(self._pieces[0])
        return np.concatenate([np.zeros(0, bool), *decided])

    def finish(self) -> Mask:
        """The remaining decisions.

        Returns
        -------
        (n_frames,) bool
        """
        kept = np.concatenate([np.zeros(0), *self._pieces])
        return speech_frames(kept)[self._n_before :]


def _levels(signal: Floats) -> Floats:
    """Level of the voice band every 10 ms, smoothed, in dB of full scale."""
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
    """Lowest level within reach, raised so that breath or coding noise does not exceed it."""
    reach = 2 * round(REACH_S / FRAME_S) + 1
    filled = _lowest(_highest(level, _MOMENT_FRAMES), _MOMENT_FRAMES)
    dropped = (level < DIGITAL_SILENCE_DB) & (filled > DIGITAL_SILENCE_DB)
    beside = _highest(dropped.astype(np.float64), _SHOULDER_FRAMES) > 0
    lowest = _lowest(np.where(beside, filled, level), reach)
    loudest = _highest(level, reach)
    return np.asarray(np.maximum(np.maximum(lowest, loudest - _RANGE_DB), LOWEST_BACKGROUND_DB))


def _voiced_nearby(signal: Floats, wanted: Mask) -> Mask:
    """Whether 50 ms within a second of a frame are periodic; looked for in the wanted ones."""
    n_frames = len(wanted)
    before = (_VOICE_WINDOW - _HOP) // 2
    padded = np.pad(signal, (before, _VOICE_WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _VOICE_WINDOW)[::_HOP][:n_frames]
    window = np.hanning(_VOICE_WINDOW + 1)[:-1]
    hz = np.fft.rfftfreq(_N_VOICE_FFT, 1 / SAMPLE_RATE)
    outside = (hz < _VOICE_HZ[0]) | (hz > _VOICE_HZ[1])
    shape = np.fft.irfft(np.square(np.abs(np.fft.rfft(window, _N_VOICE_FFT))))
    lags = slice(*(round(SAMPLE_RATE / pitch) for pitch in reversed(_PITCH_HZ)))
    periodic = np.zeros(n_frames)
    for first in range(0, n_frames, _CHUNK_FRAMES):
        chosen = first + np.flatnonzero(wanted[first : first + _CHUNK_FRAMES])
        power = np.square(np.abs(np.fft.rfft(frames[chosen] * window, _N_VOICE_FFT, axis=1)))
        power[:, outside] = 0
        like = np.fft.irfft(power, axis=1)
        like = like[:, lags] / np.maximum(like[:, :1], 1e-20) / (shape[lags] / shape[0])
        periodic[chosen] = like.max(axis=1, initial=0.0) > _PERIODIC
    voiced = _highest(_lowest(periodic, _VOICED_FRAMES), _VOICED_FRAMES)
    return _highest(voiced, _NEARBY_FRAMES) > 0


def _steady(level: Floats) -> Mask:
    """Frames in stretches of at least 0.6 s with constant level."""
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
    """Running minimum over an odd number of values; positions beyond the ends do not count."""
    return np.asarray(cv2.erode(values[None], np.ones((1, size), np.uint8))[0])


def _highest(values: Floats, size: int) -> Floats:
    """Running maximum, likewise."""
    return np.asarray(cv2.dilate(values[None], np.ones((1, size), np.uint8))[0])
