"""Writes recordings of drawn faces and synthesised voices with real encoders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.synthetic.action_units import intensities
from affuse.synthetic.faces import make_face
from affuse.synthetic.identity import make_identity
from affuse.synthetic.voices import make_speaker, speak

Image = NDArray[np.uint8]
RATE = 48_000


@dataclass(frozen=True)
class Track:
    """What is to be written. `sound` None: none; `images` empty: no picture."""

    images: Sequence[Image] = ()
    fps: float = 10.0
    times_s: Sequence[float] = ()
    sound: NDArray[np.float32] | None = None
    sample_rate: int = RATE
    video_codec: str = "libx264"
    audio_codec: str = "aac"
    sound_from_s: float = 0.0


@lru_cache
def portrait(speaker: int = 1) -> Image:
    """A face in the middle of a picture, (360, 640, 3)."""
    whole = make_face(make_identity(speaker, seed=0)).draw(intensities({12: 1.0}))
    return np.asarray(cv2.resize(whole, (640, 360), interpolation=cv2.INTER_AREA))


@lru_cache
def small_portrait(speaker: int = 1) -> Image:
    """The same at half the size, which the detector sees alike, (180, 320, 3)."""
    return np.asarray(cv2.resize(portrait(speaker), (320, 180), interpolation=cv2.INTER_AREA))


@lru_cache
def head(side: int, speaker: int = 1) -> Image:
    """The face alone with some backdrop, (side, side, 3)."""
    return np.asarray(
        cv2.resize(portrait(speaker)[20:320, 170:470], (side, side), interpolation=cv2.INTER_AREA)
    )


def crowd(n_columns: int, n_rows: int, side: int = 144) -> Image:
    """Faces of one size side by side."""
    rows = [
        np.hstack([head(side, 1 + (row + column) % 2) for column in range(n_columns)])
        for row in range(n_rows)
    ]
    return np.vstack(rows)


def empty(height: int = 360, width: int = 640, grey: int = 0) -> Image:
    """A picture of nothing."""
    return np.full((height, width, 3), grey, np.uint8)


@lru_cache
def spoken(speaker: int = 1) -> NDArray[np.float32]:
    """A sentence between half a second of near silence, about 4 s at 48 kHz."""
    message = speak(
        "angry", "strong", "kids", make_speaker(speaker, seed=0), np.random.default_rng(speaker)
    )
    return message.signal


def fitted(signal: NDArray[np.float32], duration_s: float, rate: int = RATE) -> NDArray[np.float32]:
    """The signal cut or repeated to a length."""
    return np.resize(signal, round(duration_s * rate))


def write(path: Path, track: Track, **options: str) -> Path:
    """A file in the container that its suffix names."""
    with av.open(str(path), "w", options=options) as container:
        write_into(container, track)
    return path


def write_into(container: av.container.OutputContainer, track: Track) -> None:
    """Both streams, interleaved by the muxer."""
    video = _video_stream(container, track) if len(track.images) else None
    audio = None
    if track.sound is not None:
        audio = container.add_stream(track.audio_codec, rate=track.sample_rate)
        audio.layout = "mono"
        if track.audio_codec == "aac":
            audio.options = {"aac_coder": "fast"}
    if video is not None:
        for frame in _pictures(track):
            container.mux(video.encode(frame))
        container.mux(video.encode())
    if audio is not None:
        for block in _blocks(track):
            container.mux(audio.encode(block))
        container.mux(audio.encode())


def _video_stream(container: av.container.OutputContainer, track: Track) -> av.VideoStream:
    stream = container.add_stream(track.video_codec, rate=Fraction(track.fps))
    height, width = track.images[0].shape[:2]
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = Fraction(1, 90_000)
    stream.codec_context.thread_count = 1
    if track.video_codec == "libx264":
        stream.options = {"preset": "ultrafast", "crf": "18", "g": "30"}
    return stream


def _pictures(track: Track) -> Iterable[av.VideoFrame]:
    times_s = track.times_s or [number / track.fps for number in range(len(track.images))]
    before = frame = None
    for image, time_s in zip(track.images, times_s, strict=True):
        if frame is None or image is not before:  # One that is held is converted once.
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame, before = frame.reformat(format="yuv420p"), image
        frame.pts, frame.time_base = round(time_s * 90_000), Fraction(1, 90_000)
        yield frame


def _blocks(track: Track) -> Iterable[av.AudioFrame]:
    assert track.sound is not None
    whole = np.rint(np.clip(track.sound, -1, 1) * 32767).astype(np.int16)[None]
    planar = track.audio_codec not in ("pcm_s16le", "flac")
    for first in range(0, whole.shape[1], 1024):
        block = np.ascontiguousarray(whole[:, first : first + 1024])
        frame = av.AudioFrame.from_ndarray(block, format="s16p" if planar else "s16", layout="mono")
        frame.sample_rate = track.sample_rate
        frame.pts = first + round(track.sound_from_s * track.sample_rate)
        frame.time_base = Fraction(1, track.sample_rate)
        yield frame
