"""Sound of a file -> one mono signal, aligned by time stamps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import soxr
from numpy.typing import NDArray

from affuse.errors import MediaError
from affuse.media.decode import audio_stream, check_complete, frames_from, open_media, origin_s
from affuse.media.offset import OffsetRemoval
from affuse.media.samples import Samples, Signal, Timed

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

_JITTER_S = 0.05
_SILENCE_S = 1.0
"""Silence comes in pieces of this length: however long a gap is, it takes no memory."""

_WITHOUT_STAMPS = ("aac",)
"""Formats for which FFmpeg makes time stamps up, by the first rate also where it changes."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A mono signal.

    Attributes
    ----------
    signal : (n_samples,) float32
        In [-1, 1].
    sample_rate : int
        Hz.

    Examples
    --------
    >>> Sound(np.zeros(16_000, np.float32), 8000).duration_s
    2.0
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
    audio_track: int | None = None,
    remove_offset: bool = True,
) -> Sound:
    """Mono sound of a file, or of a stretch of it.

    Decoding stops when the stretch is complete. Time runs from the file's common origin of sound
    and picture: sound that begins later is preceded by silence, gaps are filled with it. Samples
    are checked and mixed by `affuse.media.samples.Samples`: channels that cancel each other give
    the first of them, and a rate that changes on the way is brought to that of the beginning. A
    constant offset is taken away (`affuse.media.offset.OffsetRemoval`); where there is none, no
    sample changes.

    Parameters
    ----------
    path : str or Path
        Any file with sound: wav, flac, mp4, webm ...
    sample_rate : int, optional
        Hz to resample to (soxr, HQ); the file's own by default.
    start_s, duration_s : float
        Stretch in seconds; to the end by default. A file that ends sooner gives a shorter signal.
    audio_track : int, optional
        Number of the track, from 1; the one marked as default, else the first.
    remove_offset : bool
        Whether a constant offset is taken away.

    Returns
    -------
    Sound

    Raises
    ------
    MediaError
        Not a media file, no sound, cut short, or the stretch begins after its end; samples that
        are no numbers, of another scale, or at a rate that no recording has.

    Examples
    --------
    >>> import affuse
    >>> sound = affuse.read_audio("talk.mp4", sample_rate=8000, duration_s=4)  # doctest: +SKIP
    >>> sound.signal.shape                                              # doctest: +SKIP
    (32000,)
    """
    blocks = list(
        audio_blocks(
            path,
            start_s=start_s,
            duration_s=duration_s,
            audio_track=audio_track,
            remove_offset=remove_offset,
        )
    )
    own_rate = blocks[0].sample_rate
    signal = np.concatenate([block.signal for block in blocks])
    if sample_rate is None or sample_rate == own_rate:
        return Sound(signal, own_rate)
    resampled = soxr.resample(signal, own_rate, sample_rate, quality="HQ")
    return Sound(np.asarray(resampled, np.float32), sample_rate)


def audio_blocks(
    path: str | Path,
    *,
    start_s: float = 0.0,
    duration_s: float | None = None,
    audio_track: int | None = None,
    remove_offset: bool = True,
) -> Iterator[Sound]:
    """The sound of `read_audio` at the file's own rate, as consecutive blocks.

    At least one block that is not empty, none of more than a second or a frame; memory stays that
    of a few seconds.

    Parameters
    ----------
    path : str or Path
    start_s : float
        Where the stretch begins.
    duration_s : float, optional
        How long it is at most; to the end by default.
    audio_track : int, optional
        Number of the track, from 1; the default one otherwise.
    remove_offset : bool
        Whether a constant offset is taken away.

    Yields
    ------
    Sound
        Blocks one after the other, at the same rate.

    Raises
    ------
    MediaError
        As `read_audio`.
    """
    with open_media(path, only="sound") as container:
        stream = audio_stream(container, audio_track)
        samples, line = Samples(container.name), _Line(duration_s)
        offset: OffsetRemoval | None = None
        for time_s, signal in _timed(container, stream, samples, start_s):
            line.sample_rate = samples.sample_rate
            offset = offset or OffsetRemoval(samples.sample_rate)
            for piece, is_recorded in line.placed(signal, time_s):
                pieces = offset.taken(piece, is_recorded) if remove_offset else (piece,)
                for done in pieces:
                    yield Sound(done, samples.sample_rate)
            if line.is_full:
                break
        for done in () if offset is None else offset.finished():
            yield Sound(done, samples.sample_rate)
        if line.is_full:
            return
        end_s = 0.0 if offset is None else start_s + line.position / samples.sample_rate
        check_complete(container, stream, None if offset is None else end_s)
        if not line.n_given:
            raise MediaError(
                f"{path} has no sound from {start_s:.2f} s on: it ends after {end_s:.2f} s; "
                "expected a stretch within it: mend the start of this clip"
            )


def _timed(
    container: InputContainer, stream: AudioStream, samples: Samples, start_s: float
) -> Iterator[Timed]:
    """Mono samples with their times, counted from the beginning of the stretch."""
    begin_s = origin_s(container) + start_s
    counted_s = 0.0 if container.format.name in _WITHOUT_STAMPS else None
    for frame in frames_from(container, stream, start_s):
        sound = cast("AudioFrame", frame)
        time_s = sound.time if counted_s is None else counted_s + origin_s(container)
        yield from samples.taken(sound, None if time_s is None else time_s - begin_s)
        if counted_s is not None:
            counted_s += sound.samples / sound.sample_rate
    yield from samples.finished()


class _Line:
    """Position of the next sample on the time axis of the stretch."""

    def __init__(self, duration_s: float | None) -> None:
        self.sample_rate = 0
        self.position = 0
        self.n_given = 0
        self._duration_s = duration_s
        self._begun = False

    @property
    def n_wanted(self) -> int | None:
        if self._duration_s is None:
            return None
        return max(round(self._duration_s * self.sample_rate), 1)

    @property
    def is_full(self) -> bool:
        return self.n_wanted is not None and self.n_given >= self.n_wanted

    def placed(self, signal: Signal, time_s: float | None) -> Iterator[tuple[Signal, bool]]:
        """The samples to append, and whether they were recorded or fill a gap with silence."""
        first = self._first_sample(time_s)
        self.position = first + len(signal)
        while first > self.n_given and not self.is_full:
            length = min(first - self.n_given, round(_SILENCE_S * self.sample_rate))
            yield from self._cut(np.zeros(length, np.float32), False)
        yield from self._cut(signal[max(self.n_given - first, 0) :], True)

    def _first_sample(self, time_s: float | None) -> int:
        expected = self.position
        if time_s is None:
            return expected
        stamped = round(time_s * self.sample_rate)
        begun, self._begun = self._begun, True
        off_s = abs(stamped - expected) / self.sample_rate
        return stamped if not begun or off_s > _JITTER_S else expected

    def _cut(self, signal: Signal, is_recorded: bool) -> Iterator[tuple[Signal, bool]]:
        if self.n_wanted is not None:
            signal = signal[: self.n_wanted - self.n_given]
        if len(signal):
            self.n_given += len(signal)
            yield signal, is_recorded
