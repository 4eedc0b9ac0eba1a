"""Frames and sound -> an mp4 file that is either complete or not there."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.errors import MediaError
from affuse.media.decode import comment_of
from affuse.storage.whole import atomic_file
from affuse.synthetic.canvas import Image
from affuse.synthetic.frame import HEIGHT, WIDTH
from affuse.synthetic.performance import FPS

_X264 = {"preset": "ultrafast", "crf": "20", "threads": "1", "g": "60"}
_AUDIO_BITS_PER_S = 128_000


def write_clip(
    path: Path,
    frames: Iterable[Image],
    signal: NDArray[np.float32],
    sample_rate: int,
    comment: str,
) -> None:
    """Write one mp4: H.264 at 30 frames per second, AAC.

    The file appears under its name only once it is complete.

    Parameters
    ----------
    path : Path
        Where it goes; folders above are made.
    frames : iterable of (720, 1280, 3) uint8
        RGB pictures.
    signal : (n_samples,) float32
        In [-1, 1].
    sample_rate : int
        Hz; one that AAC knows, such as 48,000.
    comment : str
        How it was made; stands in the file, so that a later run knows its own work.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    with (
        atomic_file(path, lasting=False) as temporary,
        av.open(str(temporary), "w", format="mp4") as container,
    ):
        container.metadata["comment"] = comment
        _encode(container, frames, signal, sample_rate)


def made_by(path: Path) -> str | None:
    """Comment of a media file; empty without one, None where there is no complete file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str or None
    """
    try:
        return comment_of(path)
    except MediaError:
        return None


def _encode(
    container: av.container.OutputContainer,
    frames: Iterable[Image],
    signal: NDArray[np.float32],
    sample_rate: int,
) -> None:
    video = container.add_stream("libx264", rate=FPS, options=_X264)
    video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    video.codec_context.thread_count = 1
    audio = container.add_stream("aac", rate=sample_rate, layout="mono")
    audio.bit_rate = _AUDIO_BITS_PER_S
    sound = av.AudioFrame.from_ndarray(signal[None, :], format="fltp", layout="mono")
    sound.sample_rate, sound.pts, sound.time_base = sample_rate, 0, Fraction(1, sample_rate)
    container.mux(audio.encode(sound))
    container.mux(audio.encode(None))
    for number, picture in enumerate(frames):
        planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420), np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        container.mux(video.encode(frame))
    container.mux(video.encode(None))
