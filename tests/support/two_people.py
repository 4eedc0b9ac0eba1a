"""A drawn face that speaks beside one that is silent."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from drawn_faces import portrait

SIDE, FPS = 240, 15


def side_by_side(clip: Path, out: Path) -> Path:
    """The drawn `clip` with its sound to the left, another person at rest to the right."""
    listener = cv2.resize(portrait(2), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    with av.open(str(clip)) as source, av.open(str(out), "w") as target:
        picture = target.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = 2 * SIDE, SIDE, "yuv420p"
        sound = target.add_stream_from_template(source.streams.audio[0])
        step = round(float(source.streams.video[0].average_rate) / FPS)
        for packet in source.demux():
            if packet.stream.type == "audio" and packet.dts is not None:
                packet.stream = sound
                target.mux(packet)
            elif packet.stream.type == "video":
                for frame in packet.decode():
                    number = round(frame.time * FPS * step)
                    if number % step == 0:
                        target.mux(picture.encode(_beside(frame, listener, number // step)))
        target.mux(picture.encode(None))
    return out


def _beside(frame: av.VideoFrame, listener: np.ndarray, number: int) -> av.VideoFrame:
    middle = frame.to_ndarray(format="rgb24")[:, 280:1000]
    left = cv2.resize(middle, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    both = av.VideoFrame.from_ndarray(np.hstack([left, listener]), format="rgb24")
    both.pts, both.time_base = number, Fraction(1, FPS)
    return both
