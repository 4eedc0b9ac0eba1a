"""Sound of a file -> one mono signal, placed by time stamps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import soxr
from numpy.typing import NDArray

from affuse.errors import MediaError
from affuse.media.decode import audio_stream, check_complete, frames_from, open_media, origin_s

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

_JITTER_S = 0.05
_SILENCE_S = 1.0
"""Silence comes in pieces of this length: however long a gap is, it takes no memory."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A mono signal.

    Attributes
    ----------
    signal : (n_samples,) float32
        In [-1, 1].
    sample_rate : int
        Hz.
    """

    signal: NDArray[np.float32]
    sample_rate: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.signal) / self.sample_rate


def read_audio(
    path: str | Path,
    *,
    sample_rate: int | None = None,
    start_s: float = 0.0,
    duration_s: float | None = None,
) -> Sound:
    """Mono sound of a file, a stretch of it where asked for.

    Decoding stops when the stretch is complete. Time runs from the file's common origin of sound
    and picture: sound that begins later is preceded by silence, gaps are filled with it.

    Parameters
    ----------
    path : str or Path
        Any file with sound: wav, flac, mp4, webm ...
    sample_rate : int, optional
        Hz to resample to (soxr, HQ); the file's own by default.
    start_s, duration_s : float
        Stretch in seconds; to the end by default. A file that ends sooner gives a shorter signal.

    Returns
    -------
    Sound

    Raises
    ------
    MediaError
        Not a media file, no sound, cut short, or the stretch begins after its end.
    """
    blocks = list(audio_blocks(path, start_s=start_s, duration_s=duration_s))
    own_rate = blocks[0].sample_rate
    signal = np.concatenate([block.signal for block in blocks])
    if sample_rate is None or sample_rate == own_rate:
        return Sound(signal, own_rate)
    resampled = soxr.resample(signal, own_rate, sample_rate, quality="HQ")
    return Sound(np.asarray(resampled, np.float32), sample_rate)


def audio_blocks(
    path: str | Path, *, start_s: float = 0.0, duration_s: float | None = None
) -> Iterator[Sound]:
    """The sound of `read_audio` at the file's own rate, as consecutive blocks.

    At least one block that is not empty; memory stays that of one block.

    Raises
    ------
    MediaError
        As `read_audio`.
    """
    with open_media(path, for_sound=True) as container:
        stream = audio_stream(container)
        begin_s = origin_s(container) + start_s
        line: _Line | None = None
        for frame in frames_from(container, stream, start_s):
            sound = cast("AudioFrame", frame)
            line = line or _Line(sound.sample_rate, duration_s)
            time_s = None if sound.time is None else sound.time - begin_s
            yield from line.placed(_mono(sound), time_s)
            if line.is_full:
                return
        end_s = 0.0 if line is None else start_s + line.position / line.sample_rate
        check_complete(container, stream, None if line is None else end_s)
        if line is None or not line.n_given:
            raise MediaError(
                f"{path} has no sound from {start_s:.2f} s on: it ends after {end_s:.2f} s; "
                "expected a stretch within it: mend the start of this clip"
            )


class _Line:
    """Where on the time axis of the asked stretch the next sample belongs."""

    def __init__(self, sample_rate: int, duration_s: float | None) -> None:
        self.sample_rate = sample_rate
        self.n_wanted = None if duration_s is None else max(round(duration_s * sample_rate), 1)
        self.position = 0
        self.n_given = 0
        self._begun = False

    @property
    def is_full(self) -> bool:
        return self.n_wanted is not None and self.n_given >= self.n_wanted

    def placed(self, signal: NDArray[np.float32], time_s: float | None) -> Iterator[Sound]:
        """What this block adds to the stretch: silence before it, less what lies outside."""
        first = self._first_sample(time_s)
        self.position = first + len(signal)
        while first > self.n_given and not self.is_full:
            length = min(first - self.n_given, max(round(_SILENCE_S * self.sample_rate), 1))
            yield from self._cut(np.zeros(length, np.float32))
        yield from self._cut(signal[max(self.n_given - first, 0) :])

    def _first_sample(self, time_s: float | None) -> int:
        expected = self.position
        if time_s is None:
            return expected
        stamped = round(time_s * self.sample_rate)
        begun, self._begun = self._begun, True
        off_s = abs(stamped - expected) / self.sample_rate
        return stamped if not begun or off_s > _JITTER_S else expected

    def _cut(self, signal: NDArray[np.float32]) -> Iterator[Sound]:
        if self.n_wanted is not None:
            signal = signal[: self.n_wanted - self.n_given]
        if len(signal):
            self.n_given += len(signal)
            yield Sound(signal, self.sample_rate)


def _mono(frame: AudioFrame) -> NDArray[np.float32]:
    """Mean of the channels, (n_samples,) in [-1, 1]."""
    array: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        array = array.reshape(-1, frame.layout.nb_channels).T
    channels = _as_float(array)
    if len(channels) == 1:
        return cast(NDArray[np.float32], channels[0])
    mean: NDArray[np.float32] = np.mean(channels, axis=0, dtype=np.float32)
    return mean


def _as_float(array: NDArray[Any]) -> NDArray[np.float32]:
    numbers: NDArray[np.float32] = array.astype(np.float32)
    if array.dtype == np.uint8:
        return (numbers - np.float32(128)) / np.float32(128)
    if np.issubdtype(array.dtype, np.signedinteger):
        full_scale = np.float32(-float(np.iinfo(array.dtype).min))
        return np.divide(numbers, full_scale, dtype=np.float32)
    return numbers
