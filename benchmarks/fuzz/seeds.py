"""Small good files of every usual format: a drawn face that speaks for a second; tables; JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.export.document import to_json
from affuse.predict.recogniser import SHIPPED, load
from affuse.synthetic.action_units import intensities
from affuse.synthetic.faces import make_face
from affuse.synthetic.identity import make_identity
from affuse.synthetic.voices import SAMPLE_RATE, make_speaker, speak

Image = NDArray[np.uint8]

SECONDS = 1.2
FPS = 10
WIDTH, HEIGHT = 192, 144
_GRAPH_BYTES = 20_000


@dataclass(frozen=True)
class Format:
    """A container by its suffix, with the encoders of its picture and its sound."""

    suffix: str
    picture: str | None = None
    sound: str | None = None
    sample_rate: int = SAMPLE_RATE
    pix_fmt: str = "yuv420p"


FORMATS = (
    Format("wav", sound="pcm_s16le"),
    Format("flac", sound="flac"),
    Format("opus", sound="libopus"),
    Format("ogg", sound="flac"),
    Format("mp3", sound="libmp3lame"),
    Format("m4a", sound="aac"),
    Format("aiff", sound="pcm_s16be"),
    Format("mp4", "libx264", "aac"),
    Format("mov", "mpeg4", "pcm_s16le"),
    Format("mkv", "libx264", "libopus"),
    Format("webm", "libvpx", "libopus"),
    Format("avi", "mpeg4", "libmp3lame"),
    Format("ts", "libx264", "aac"),
    Format("mpg", "mpeg2video", "mp2"),
    Format("flv", "flv", "libmp3lame", 44_100),
    Format("gif", "gif", pix_fmt="rgb8"),
    Format("png", "png", pix_fmt="rgb24"),
)

TABLES = {
    "clips.csv": (
        "path,emotion,speaker,start,end\n"
        "mp4.mp4,happy,anna,0,0.5\nmp4.mp4,sad,anna,0.5,1\nwav.wav,happy,ben,,\nflac.flac,sad,ben,,\n"
    ),
    "features.csv": (
        "clip,AU01_r,AU12_r,loudness\n"
        "mp4,0.5,1.5,-3\nwav,0.25,2,-4\nflac,1,0,-5.5\nmkv,2,0.125,1e-3\n"
    ),
    "folds.csv": "speaker,fold\nanna,0\nben,1\n",
}


def make_seeds(folder: Path) -> list[Path]:
    """Write all seeds that this PyAV can encode; paths by name, whatever their content."""
    pictures, signal = _pictures(), _signal()
    for form in FORMATS:
        if {form.picture, form.sound} - {None} <= av.codecs_available:
            write_clip(folder / f"{form.suffix}.{form.suffix}", form, pictures, signal)
    for name, content in TABLES.items():
        (folder / name).write_text(content)
    prediction = load().predict(folder / "mp4.mp4")
    (folder / "predictions.json").write_text(to_json([prediction]))
    (folder / "manifest.bundle").write_bytes((SHIPPED / "bundle.json").read_bytes())
    (folder / "graph.onnx").write_bytes((SHIPPED / "voice.onnx").read_bytes()[:_GRAPH_BYTES])
    return sorted(folder.iterdir())


def write_clip(
    path: Path,
    form: Format,
    pictures: list[Image],
    signal: NDArray[np.float32],
    stamps_s: tuple[float, ...] = (),
    aspect: Fraction | None = None,
    sound_from_s: float = 0.0,
) -> Path:
    """One file; pictures are stamped evenly where no times are given."""
    with av.open(str(path), "w") as container:
        video = audio = None
        if form.picture is not None:
            video = container.add_stream(form.picture, rate=FPS)
            video.height, video.width = pictures[0].shape[:2]
            video.pix_fmt = form.pix_fmt
            if aspect is not None:
                video.codec_context.sample_aspect_ratio = aspect
        if form.sound is not None:
            audio = container.add_stream(form.sound, rate=form.sample_rate, layout="mono")
        if video is not None:
            images = pictures[:1] if form.suffix == "png" else pictures
            times_s = stamps_s or tuple(number / FPS for number in range(len(images)))
            for image, time_s in zip(images, times_s, strict=False):
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts, frame.time_base = round(time_s * 1000), Fraction(1, 1000)
                container.mux(video.encode(frame.reformat(format=form.pix_fmt)))
            container.mux(video.encode(None))
        if audio is not None:
            for packet in _sound(audio, signal, form.sample_rate, sound_from_s):
                container.mux(packet)
    return path


def _sound(
    stream: av.AudioStream, signal: NDArray[np.float32], sample_rate: int, from_s: float
) -> Iterator[av.Packet]:
    """Packets of the signal; its first seconds where the rate is not its own, at another pitch."""
    resampler = av.AudioResampler(stream.codec_context.format, "mono", sample_rate)
    block = stream.codec_context.frame_size or 1024
    first = round(from_s * sample_rate)
    for start in range(0, len(signal), block):
        part = np.ascontiguousarray(signal[None, start : start + block])
        frame = av.AudioFrame.from_ndarray(part, format="flt", layout="mono")
        frame.sample_rate, frame.pts = sample_rate, first + start
        frame.time_base = Fraction(1, sample_rate)
        for ready in resampler.resample(frame):
            yield from stream.encode(ready)
    yield from stream.encode(None)


def _pictures() -> list[Image]:
    """A drawn face that begins to smile, cut out of its large picture and made small."""
    face = make_face(make_identity(1, seed=0))
    made = []
    for number in range(round(SECONDS * FPS)):
        large = face.draw(intensities({6: 3, 12: min(number, 5)}))
        height, width = large.shape[:2]
        side = height * WIDTH // HEIGHT
        square = large[:, (width - side) // 2 : (width + side) // 2]
        small = cv2.resize(square, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        made.append(np.ascontiguousarray(small, np.uint8))
    return made


def _signal() -> NDArray[np.float32]:
    speaker = make_speaker(1, seed=0)
    voice = speak("happy", "strong", "kids", speaker, np.random.default_rng(0)).signal
    loud = np.flatnonzero(np.abs(voice) > 0.05)[0]
    return voice[loud : loud + round(SECONDS * SAMPLE_RATE)]
