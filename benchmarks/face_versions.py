"""Films made harder for a detector of faces, the place of the face carried along."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from io import BytesIO

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

CANVAS = (853, 480)
GREY = 96
NOISE = 2.0
BITS_PER_S = 40_000


@dataclass(frozen=True, slots=True)
class Square:
    """Where a face is, in pixels; x and y are its centre."""

    x: float
    y: float
    side: float


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture and the face in it; `square` None: nobody, or not known."""

    time_s: float
    image: Image
    square: Square | None
    is_known: bool = True


Version = Callable[[Sequence[Scene], int], Iterator[Scene]]


def as_it_is(scenes: Sequence[Scene], number: int) -> Iterator[Scene]:
    """The film."""
    yield from scenes


def mirrored(scenes: Sequence[Scene], number: int) -> Iterator[Scene]:
    """Left and right swapped."""
    for scene in scenes:
        square, width = scene.square, scene.image.shape[1]
        swapped = None if square is None else replace(square, x=width - square.x)
        yield replace(scene, image=np.ascontiguousarray(scene.image[:, ::-1]), square=swapped)


def turned(scenes: Sequence[Scene], number: int, degrees: float) -> Iterator[Scene]:
    """The picture turned about the first face, every second film the other way."""
    about = _first(scenes)
    clockwise = degrees if number % 2 else -degrees
    turn = cv2.getRotationMatrix2D((about.x, about.y), -clockwise, 1.0)
    for scene in scenes:
        height, width = scene.image.shape[:2]
        image = cv2.warpAffine(scene.image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
        yield replace(scene, image=image, square=_moved(scene.square, turn, 1.0))


def small(scenes: Sequence[Scene], number: int, side: float) -> Iterator[Scene]:
    """The picture made so small that its first face has this side, on a grey canvas."""
    about = _first(scenes)
    scale = side / about.side
    for scene in scenes:
        less = cv2.resize(scene.image, None, None, scale, scale, interpolation=cv2.INTER_AREA)
        left, top = 0.45 * CANVAS[0] - scale * about.x, 0.4 * CANVAS[1] - scale * about.y
        shift = np.array([[1.0, 0.0, left], [0.0, 1.0, top]])
        image = cv2.warpAffine(less, shift, CANVAS, borderValue=(GREY, GREY, GREY))
        both = np.array([[scale, 0.0, left], [0.0, scale, top]])
        yield replace(scene, image=image, square=_moved(scene.square, both, scale))


def dark(scenes: Sequence[Scene], number: int, factor: float) -> Iterator[Scene]:
    """All levels times a factor, with a little noise."""
    rng = np.random.default_rng(number)
    for scene in scenes:
        noise = rng.normal(0.0, NOISE, scene.image.shape)
        levels = np.rint(factor * scene.image + noise)
        yield replace(scene, image=np.clip(levels, 0, 255).astype(np.uint8))


def mouth_covered(scenes: Sequence[Scene], number: int) -> Iterator[Scene]:
    """A grey bar over nose and mouth."""
    for scene in scenes:
        yield _painted(scene, scene.square, (-0.7, 0.08, 0.7, 0.75))


def side_covered(scenes: Sequence[Scene], number: int) -> Iterator[Scene]:
    """A grey bar over one side of the face."""
    for scene in scenes:
        yield _painted(scene, scene.square, (0.12, -0.8, 0.9, 0.8))


def leaves(scenes: Sequence[Scene], number: int) -> Iterator[Scene]:
    """From the middle of the film on, where the face was is the noise of a grey wall."""
    rng = np.random.default_rng(number)
    for at, scene in enumerate(scenes):
        if at < len(scenes) // 2 or scene.square is None:
            yield scene
            continue
        gone = _painted(scene, scene.square, (-1.0, -1.1, 1.0, 1.0))
        noise = rng.normal(0.0, NOISE, gone.image.shape)
        image = np.clip(np.rint(gone.image + noise), 0, 255).astype(np.uint8)
        yield replace(gone, image=image, square=None)


def few_bits(scenes: Sequence[Scene], number: int) -> Iterator[Scene]:
    """Coded with a tenth of the usual bits, and decoded again."""
    height, width = (2 * (length // 2) for length in scenes[0].image.shape[:2])
    file = BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = BITS_PER_S
        for scene in scenes:
            frame = av.VideoFrame.from_ndarray(scene.image[:height, :width], format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file) as container:
        images = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    for scene, image in zip(scenes, images, strict=True):
        yield replace(scene, image=image)


VERSIONS: Mapping[str, Version] = {
    "as it is": as_it_is,
    "mirrored": mirrored,
    "turned 15": partial(turned, degrees=15.0),
    "turned 30": partial(turned, degrees=30.0),
    "face of 60 pixels": partial(small, side=60.0),
    "face of 40 pixels": partial(small, side=40.0),
    "a fifth of the light": partial(dark, factor=0.2),
    "a tenth of the light": partial(dark, factor=0.1),
    "mouth covered": mouth_covered,
    "one side covered": side_covered,
    "few bits": few_bits,
    "leaves": leaves,
}


def _first(scenes: Sequence[Scene]) -> Square:
    """The first face; the middle of the picture where there is none."""
    height, width = scenes[0].image.shape[:2]
    squares = (scene.square for scene in scenes if scene.square is not None)
    return next(squares, Square(width / 2, height / 2, height / 3))


def _moved(square: Square | None, by: NDArray[np.float64], scale: float) -> Square | None:
    if square is None:
        return None
    x, y = by @ np.array([square.x, square.y, 1.0])
    return Square(float(x), float(y), scale * square.side)


def _painted(
    scene: Scene, square: Square | None, sides: tuple[float, float, float, float]
) -> Scene:
    """Grey from left, top to right, bottom, in sides of the face from its centre."""
    if square is None:
        return scene
    left, top, right, bottom = (round(side * square.side) for side in sides)
    x, y = round(square.x), round(square.y)
    image = scene.image.copy()
    image[max(y + top, 0) : max(y + bottom, 0), max(x + left, 0) : max(x + right, 0)] = GREY
    return replace(scene, image=image)
