"""The sound of a recording, window by window, for a voice network; and its speech."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from affuse.errors import CutShort
from affuse.media.audio import audio_blocks
from affuse.media.speech import FRAME_S, SAMPLE_RATE, SpeechStream
from affuse.predict.observer import Signal, Take
from affuse.predict.windows import Span, Windows

BLOCK_S = 1.0
"""Sound is handed on in pieces of this length, however finely the file has it."""


@dataclass
class VoiceActivity:
    """Where there is speech in the sound of a recording, once it has been read.

    Attributes
    ----------
    speech : (n_frames,) bool
        Whether there is speech, for every 10 ms.
    duration_s : float
        Of the sound; 0: there is none.
    cut : CutShort or None
        Set where the file ends too early.
    """

    speech: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    duration_s: float = 0.0
    cut: CutShort | None = None

    def speech_s(self, span: Span) -> float:
        """Seconds of speech within a stretch.

        Parameters
        ----------
        span : Span

        Returns
        -------
        float
        """
        first, end = (round(time_s / FRAME_S) for time_s in (span.start_s, span.end_s))
        return float(self.speech[first:end].sum()) * FRAME_S


def detect_speech(
    path: str | Path,
    windows: Windows,
    picture_s: Callable[[], float],
    on_window: Callable[[int, Signal, float], None],
    reached: Callable[[float], None] | None = None,
    *,
    audio_track: int | None = None,
    take: Take | None = None,
) -> VoiceActivity:
    """Read the sound of a file once, in bounded memory.

    Parameters
    ----------
    path : str or Path
    windows : Windows
    picture_s : callable
        Says how long the file's picture lasts, asked when all sound has been read: the recording
        lasts as long as the longer of both.
    on_window : callable
        Called for each window with its number, its sound, (n_samples,) at 16 kHz, and the seconds
        of speech in it; windows after the end of the sound are left out.
    reached : callable, optional
        Called with the seconds read so far; what it raises ends the reading.
    audio_track : int, optional
        As in `affuse.media.audio.read_audio`.
    take : callable, optional
        Called with all of the sound, piece by piece, (n_samples,) at 16 kHz.

    Returns
    -------
    VoiceActivity

    Raises
    ------
    MediaError
        The file has no sound, or it cannot be decoded.
    """
    activity = VoiceActivity()
    buffer = _SignalBuffer(SpeechStream())
    pieces = _resampled(path, activity, audio_track)
    for piece in pieces:
        buffer.take(piece)
        if take is not None:
            take(piece)
        if reached is not None:
            reached(buffer.end / SAMPLE_RATE)
        while buffer.is_ready(windows):
            buffer.pass_on(windows, np.inf, on_window)
    buffer.finish()
    activity.duration_s = buffer.end / SAMPLE_RATE
    duration_s = max(activity.duration_s, picture_s())
    for number in range(buffer.number, windows.count(duration_s)):
        if windows.span(number).start_s < activity.duration_s:
            buffer.pass_on(windows, duration_s, on_window)
    activity.speech = buffer.speech
    return activity


@dataclass
class _SignalBuffer:
    """The sound that later windows need, and all speech decisions."""

    stream: SpeechStream
    number: int = 0
    start: int = 0
    _decided: list[NDArray[np.bool_]] = field(default_factory=list)
    _signal: Signal = field(default_factory=lambda: np.zeros(0, np.float32))
    _n_decided: int = 0

    @property
    def end(self) -> int:
        """Samples read so far."""
        return self.start + len(self._signal)

    @property
    def speech(self) -> NDArray[np.bool_]:
        """All decisions so far."""
        if len(self._decided) > 1:
            self._decided = [np.concatenate(self._decided)]
        return self._decided[0] if self._decided else np.zeros(0, bool)

    def take(self, piece: Signal) -> None:
        self._signal = np.concatenate([self._signal, piece])
        self._decide(self.stream.feed(piece))

    def finish(self) -> None:
        self._decide(self.stream.finish())

    def is_ready(self, windows: Windows) -> bool:
        """Whether the next window is complete, not the last, and its speech is decided."""
        end_s = windows.span(self.number).end_s
        settled = windows.settled(self.end / SAMPLE_RATE) > self.number
        return settled and self._n_decided * FRAME_S >= end_s

    def pass_on(
        self, windows: Windows, duration_s: float, on_window: Callable[[int, Signal, float], None]
    ) -> None:
        span = windows.span(self.number, duration_s)
        first = round(span.start_s * SAMPLE_RATE)
        end = self.end if span.end_s * SAMPLE_RATE > self.end else round(span.end_s * SAMPLE_RATE)
        signal = self._signal[first - self.start : end - self.start]
        on_window(self.number, signal, VoiceActivity(self.speech).speech_s(span))
        self.number += 1
        next_first = round(windows.span(self.number).start_s * SAMPLE_RATE)
        self._signal = self._signal[max(next_first - self.start, 0) :]
        self.start = max(next_first, self.start)

    def _decide(self, frames: NDArray[np.bool_]) -> None:
        if len(frames):
            self._decided.append(frames)
            self._n_decided += len(frames)


def _resampled(
    path: str | Path, activity: VoiceActivity, audio_track: int | None
) -> Iterator[Signal]:
    """The sound at 16 kHz in pieces of about a second; a cut is recorded, not raised."""
    resampler: soxr.ResampleStream | None = None
    pending: list[Signal] = []
    n_pending = 0
    try:
        for block in audio_blocks(path, audio_track=audio_track):
            if resampler is None:
                resampler = soxr.ResampleStream(
                    block.sample_rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ"
                )
            pending.append(block.signal)
            n_pending += len(block.signal)
            if n_pending >= BLOCK_S * block.sample_rate:
                yield resampler.resample_chunk(np.concatenate(pending))
                pending, n_pending = [], 0
    except CutShort as error:
        activity.cut = error
    if resampler is not None:
        rest = np.concatenate([np.zeros(0, np.float32), *pending])
        yield resampler.resample_chunk(rest, last=True)
