"""Writes small real media files: tones and click tracks, grey frames that count, turned ones."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

LEVEL_STEP, FIRST_LEVEL, N_LEVELS = 4, 24, 50


@dataclass(frozen=True)
class Media:
    """What a file is to hold. `times_s`: presentation time of each frame, at no constant rate."""

    duration_s: float = 1.0
    fps: Fraction | int = 30
    width: int = 320
    height: int = 240
    has_video: bool = True
    has_audio: bool = True
    sample_rate: int = 48_000
    n_channels: int = 1
    tone_hz: float = 440.0
    video_codec: str = "libx264"
    audio_codec: str = "aac"
    times_s: tuple[float, ...] = ()
    flash_s: float | None = None


def write_media(path: Path, media: Media = Media(), **options: str) -> Path:
    """A file in the container that its suffix names; `options` go to that container."""
    with av.open(str(path), "w", options=options) as container:
        _write(container, media)
    return path


def write_endless_webm(path: Path, media: Media) -> Path:
    """A webm as browsers record it: written to a pipe, so it never learns its own duration."""

    class Pipe(io.RawIOBase):
        def __init__(self, file: io.BufferedWriter) -> None:
            self.file = file

        def writable(self) -> bool:
            return True

        def write(self, block: object) -> int:
            return self.file.write(block)  # type: ignore[arg-type]

    with path.open("wb") as file, av.open(Pipe(file), "w", format="webm") as container:
        _write(container, media)
    return path


def tone(media: Media) -> NDArray[np.float32]:
    """(n_channels, n_samples): a tone, an octave higher in each further channel; or one click."""
    time_s = np.arange(round(media.duration_s * media.sample_rate)) / media.sample_rate
    if media.flash_s is not None:
        click = (np.abs(time_s - media.flash_s) < 0.002).astype(np.float32) * 0.9
        return np.tile(click, (media.n_channels, 1))
    pitches = media.tone_hz * 2.0 ** np.arange(media.n_channels)[:, None]
    return (0.4 * np.sin(2 * np.pi * pitches * time_s)).astype(np.float32)


def level(number: int) -> int:
    """Grey level of the frame of that number; they repeat after `N_LEVELS`."""
    return FIRST_LEVEL + LEVEL_STEP * (number % N_LEVELS)


def number(image: NDArray[np.uint8]) -> int:
    """Number of the frame that an image shows."""
    return round((float(image.mean()) - FIRST_LEVEL) / LEVEL_STEP)


def quarters(path: Path, clockwise_turns: int, media: Media = Media()) -> Path:
    """An mp4 with a white upper left quarter as stored, to be turned by its display matrix."""
    image = np.zeros((media.height, media.width, 3), np.uint8)
    image[: media.height // 2, : media.width // 2] = 255
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = media.width, media.height, "yuv420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        container.mux(stream.encode())
    _set_display_matrix(path, clockwise_turns)
    return path


def cut(source: Path, target: Path, share: float) -> Path:
    """The first `share` of the bytes of a file."""
    content = source.read_bytes()
    target.write_bytes(content[: int(len(content) * share)])
    return target


def _write(container: av.container.OutputContainer, media: Media) -> None:
    video = _add_video(container, media) if media.has_video else None
    audio = None
    if media.has_audio:
        audio = container.add_stream(media.audio_codec, rate=media.sample_rate)
        audio.layout = "mono" if media.n_channels == 1 else "stereo"
        if media.audio_codec == "aac":
            audio.options = {"aac_coder": "fast"}
    if video:
        for image, time_s in _images(media):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = round(time_s * 90_000), Fraction(1, 90_000)
            container.mux(video.encode(frame))
        container.mux(video.encode())
    if audio:
        for frame in _sound(media, audio.layout.name):
            container.mux(audio.encode(frame))
        container.mux(audio.encode())


def _add_video(container: av.container.OutputContainer, media: Media) -> av.VideoStream:
    stream = container.add_stream(media.video_codec, rate=Fraction(media.fps))
    stream.width, stream.height = media.width, media.height
    odd = media.width % 2 or media.height % 2
    stream.pix_fmt = "yuv444p" if odd else "yuv420p"
    stream.codec_context.time_base = Fraction(1, 90_000)
    stream.codec_context.thread_count = 1
    if media.video_codec == "libx264":
        stream.options = {"preset": "ultrafast", "crf": "0"}
    return stream


def _images(media: Media) -> list[tuple[NDArray[np.uint8], float]]:
    times_s = media.times_s or tuple(
        float(n / Fraction(media.fps)) for n in range(round(media.duration_s * media.fps))
    )
    images = []
    for n, time_s in enumerate(times_s):
        lit = media.flash_s is not None and abs(time_s - media.flash_s) < 0.5 / float(media.fps)
        grey = level(n) if media.flash_s is None else 255 * lit
        images.append((np.full((media.height, media.width, 3), grey, np.uint8), time_s))
    return images


def _sound(media: Media, layout: str) -> list[av.AudioFrame]:
    whole = np.rint(tone(media) * 32767).astype(np.int16)
    frames = []
    for first in range(0, whole.shape[1], 1024):
        block = np.ascontiguousarray(whole[:, first : first + 1024])
        frame = av.AudioFrame.from_ndarray(block, format="s16p", layout=layout)
        frame.sample_rate, frame.pts = media.sample_rate, first
        frame.time_base = Fraction(1, media.sample_rate)
        frames.append(frame)
    return frames


def _set_display_matrix(path: Path, clockwise_turns: int) -> None:
    cos, sin = [(1, 0), (0, 1), (-1, 0), (0, -1)][clockwise_turns % 4]
    set_display_matrix(path, (cos, sin, -sin, cos))


def set_display_matrix(path: Path, abcd: tuple[float, float, float, float]) -> None:
    """Let an mp4 say that its stored pixel (x, y) is to be seen at (a x + c y, b x + d y)."""
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    a, b, c, d = (round(value * (1 << 16)) for value in abcd)
    struct.pack_into(">9i", content, matrix, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)


def set_pixel_aspect(path: Path, width: int, height: int) -> None:
    """Let an mp4 of one H.264 stream, its table at the end, state the shape of its pixels."""
    content = bytearray(path.read_bytes())
    for box in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        at = content.rindex(box) - 4
        struct.pack_into(">I", content, at, struct.unpack_from(">I", content, at)[0] + 16)
    at = content.rindex(b"avcC") - 4
    end = at + struct.unpack_from(">I", content, at)[0]
    content[end:end] = struct.pack(">I4s2I", 16, b"pasp", width, height)
    path.write_bytes(content)
