"""Sound of a clip for an encoder: complete, at its own times, in one or two channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from numpy.typing import NDArray

from affuse.media.decode import frames_from, origin_s

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

_AAC_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 8_000)
_OTHER_RATE = 48_000
_FORMAT = "fltp"
_JITTER_S = 0.05

Block = NDArray[np.float32]
"""(n_channels, n_samples)"""


@dataclass(frozen=True, slots=True)
class SoundShape:
    """The format in which sound is encoded: Hz, and "mono" or "stereo"."""

    sample_rate: int
    layout: str

    @property
    def n_channels(self) -> int:
        """1 or 2."""
        return 1 if self.layout == "mono" else 2


def encodable(stream: AudioStream) -> SoundShape:
    """The stream's own rate and channels where AAC has them; 48,000 Hz and stereo for others.

    Parameters
    ----------
    stream : av.AudioStream

    Returns
    -------
    SoundShape
    """
    rate = stream.codec_context.sample_rate
    layout = "mono" if stream.codec_context.channels == 1 else "stereo"
    return SoundShape(rate if rate in _AAC_RATES else _OTHER_RATE, layout)


def sound_frames(
    container: InputContainer, stream: AudioStream, shape: SoundShape
) -> Iterator[AudioFrame]:
    """All sound as frames without gap or overlap, from the file's time origin on.

    Sound that begins late is preceded by silence, as gaps are filled with it; what lies before
    the origin, or overlaps what was there, is left out.

    Parameters
    ----------
    container : av.container.InputContainer
    stream : av.AudioStream
    shape : SoundShape
        What the frames are brought to.

    Yields
    ------
    av.AudioFrame
    """
    n_given = 0
    for block in _placed(container, stream, shape):
        frame = av.AudioFrame.from_ndarray(block, format=_FORMAT, layout=shape.layout)
        frame.sample_rate, frame.pts = shape.sample_rate, n_given
        frame.time_base = Fraction(1, shape.sample_rate)
        n_given += block.shape[1]
        yield frame


def _placed(container: InputContainer, stream: AudioStream, shape: SoundShape) -> Iterator[Block]:
    n_given, n_surplus = 0, 0
    origin, rate = origin_s(container), shape.sample_rate
    for time_s, blocks in _resampled(container, stream, shape):
        off = 0 if time_s is None else round((time_s - origin) * rate) - n_given
        if off > _JITTER_S * rate:
            n_given += off
            yield from _silence(off, shape)
        elif off < -_JITTER_S * rate:
            n_surplus = -off
        for block in blocks:
            kept = block[:, n_surplus:]
            n_surplus -= block.shape[1] - kept.shape[1]
            n_given += kept.shape[1]
            if kept.shape[1]:
                yield np.ascontiguousarray(kept)


def _resampled(
    container: InputContainer, stream: AudioStream, shape: SoundShape
) -> Iterator[tuple[float | None, list[Block]]]:
    """Time and content of each resampled frame; what the resampler still holds comes last."""
    resampler: av.AudioResampler | None = None
    resampled: tuple[str, str, int] | None = None
    for decoded in frames_from(container, stream, 0.0):
        frame = cast("AudioFrame", decoded)
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != resampled:
            if resampler is not None:
                yield None, [_array(part) for part in resampler.resample(None)]
            resampler = av.AudioResampler(_FORMAT, shape.layout, shape.sample_rate)
            resampled = kind
        time_s, frame.pts = frame.time, None
        assert resampler is not None
        yield time_s, [_array(part) for part in resampler.resample(frame)]
    if resampler is not None:
        yield None, [_array(part) for part in resampler.resample(None)]


def _array(frame: AudioFrame) -> Block:
    return np.asarray(frame.to_ndarray(), np.float32)


def _silence(n_samples: int, shape: SoundShape) -> Iterator[Block]:
    """Zeros, a second at a time."""
    for first in range(0, n_samples, shape.sample_rate):
        length = min(shape.sample_rate, n_samples - first)
        yield np.zeros((shape.n_channels, length), np.float32)
