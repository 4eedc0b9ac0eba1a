"""Small files of pictures in motion, all different, as cameras and encoders write them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

N, WIDTH, HEIGHT, RATE = 60, 96, 64, 25
B_FRAMES = {"x264-params": "bframes=3:b-adapt=0:keyint=24", "preset": "veryfast"}
PYRAMID = {"x264-params": "bframes=7:b-adapt=0:b-pyramid=normal:open-gop=1:keyint=24"}
HEVC = {"x265-params": "log-level=0:bframes=4:b-pyramid=1:keyint=24:pools=1:frame-threads=1"}


def moving(path: Path, codec: str, options: dict[str, str] | None = None, **known: Any) -> Path:
    """A file of pictures in motion, all different; `times` in ticks of a thousandth of a second."""
    pattern = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    wall = np.kron(pattern, np.ones((4, 4, 1), np.uint8))
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE, options=options or {})
        stream.width, stream.height = WIDTH, HEIGHT
        usual = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.pix_fmt = known.get("pix_fmt", usual)
        stream.codec_context.thread_count = 1
        if "times" in known:
            stream.codec_context.time_base = Fraction(1, 1000)
        if "b_frames" in known:
            stream.codec_context.max_b_frames, stream.codec_context.gop_size = known["b_frames"], 12
        times = known.get("times", range(0, N * 40, 40))
        for number, time in enumerate(times):
            image = wall[number // 2 : number // 2 + HEIGHT, 2 * number : 2 * number + WIDTH]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            tick = stream.codec_context.time_base or Fraction(1, RATE)
            frame.pts, frame.time_base = round(Fraction(time, 1000) / tick), tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def beginning(source: Path, target: Path, end_s: float) -> Path:
    """The packets of a file's first seconds, sound and picture as they are."""
    with av.open(str(source)) as before, av.open(str(target), "w") as after:
        kept = [*before.streams.video[:1], *before.streams.audio[:1]]
        copies = {stream.index: after.add_stream_from_template(stream) for stream in kept}
        for packet in before.demux(kept):
            if packet.size and packet.dts * packet.time_base < end_s:
                packet.stream = copies[packet.stream.index]
                after.mux(packet)
    return target


def remuxed(
    source: Path, target: Path, options: dict[str, str], lost_pts: int | None = None
) -> Path:
    """The same packets in another file; of one picture nothing but zeros."""
    with av.open(str(source)) as before, av.open(str(target), "w", options=options) as after:
        stream = before.streams.video[0]
        copy = after.add_stream_from_template(stream)
        for packet in before.demux(stream):
            if not packet.size:
                continue
            if packet.pts == lost_pts:
                stamps = packet.pts, packet.dts, packet.duration
                packet = av.Packet(bytes(packet.size))
                packet.pts, packet.dts, packet.duration = stamps
                packet.time_base = stream.time_base
            packet.stream = copy
            after.mux(packet)
    return target
