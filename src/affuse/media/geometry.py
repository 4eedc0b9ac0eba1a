"""Decoded frames as they are meant to be shown: upright, unmirrored, square pixels, RGB."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.video import reformatter
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from affuse.errors import MediaError
from affuse.media.processor import mark_slow_gathers

if TYPE_CHECKING:
    from av.buffer import Buffer
    from av.video.frame import VideoFrame

Image = NDArray[np.uint8]

WIDEST_PIXEL = 10
"""A pixel stated to be wider or narrower than that is a damaged header: it is taken as square."""

LONGEST_SHAPE = 20
"""How much longer than its other side a picture may be: beyond, nobody can be seen in it."""

_EXACT = 0x2000 | 0x40000
"""libswscale's SWS_FULL_CHR_H_INT and SWS_ACCURATE_RND, which PyAV 17 takes but does not name.

Without them, pictures of even width come out one or two grey levels too dark."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """What a display matrix does to a stored picture, in this order.

    Attributes
    ----------
    transposed : bool
        Rows become columns.
    flips_across, flips_down : bool
        Left and right, or above and below, change places.
    """

    transposed: bool = False
    flips_across: bool = False
    flips_down: bool = False

    @property
    def mirrored(self) -> bool:
        """Whether left and right are swapped after the rotation."""
        return self.transposed ^ self.flips_across ^ self.flips_down

    @property
    def rotation(self) -> int:
        """Degrees counterclockwise by which the stored picture is turned before mirroring."""
        if self.transposed:
            return 90 if self.flips_down else -90
        return 180 if self.flips_down else 0

    def upright(self, image: Image) -> Image:
        """The stored picture, (height, width, 3), as it is to be shown.

        Parameters
        ----------
        image : (height, width, 3) uint8
            As it is stored.

        Returns
        -------
        (height, width, 3) uint8
        """
        if self == Orientation():
            return image
        turned = image.swapaxes(0, 1) if self.transposed else image
        across, down = (-1 if flips else 1 for flips in (self.flips_across, self.flips_down))
        return np.ascontiguousarray(turned[::down, ::across])


def orientation(frame: VideoFrame) -> Orientation:
    """The orientation that a frame's display matrix asks for, to the nearest quarter turn.

    The matrix takes a stored pixel (x, y) to (a x + c y, b x + d y), so that -1 for `a` alone is a
    mirrored selfie, and not the half turn that its angle says.

    Parameters
    ----------
    frame : VideoFrame

    Returns
    -------
    Orientation
    """
    try:
        # Not frame.side_data: frame and container would keep each other until Python looks for
        # cycles, and by then hundreds of MB of pictures wait.
        container = SideDataContainer(frame)  # type: ignore[call-arg]  # PyAV's stub lacks it
        stored = cast("Buffer | None", container.get("DISPLAYMATRIX"))
    except ValueError:
        # Beside it lies something that PyAV has no name for: EXIF, the views of a spatial video.
        return _turned(frame.rotation)
    if stored is None:
        return Orientation()
    a, b, _, c, d = struct.unpack_from("=5i", stored)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(False, a < 0, d < 0)
    return Orientation(True, c < 0, b < 0)


def _turned(counterclockwise: int) -> Orientation:
    """Rotation in degrees, to the nearest quarter turn."""
    quarters = round(counterclockwise / 90) % 4
    return Orientation(quarters % 2 == 1, quarters in (2, 3), quarters in (1, 2))


def pixel_aspect(stated: Fraction | None) -> Fraction:
    """Width of a pixel divided by its height: as stated where plausible, else 1.

    Parameters
    ----------
    stated : Fraction or None
        By the file.

    Returns
    -------
    Fraction

    Examples
    --------
    >>> pixel_aspect(Fraction(16, 11)), pixel_aspect(Fraction(1 << 30)), pixel_aspect(None)
    (Fraction(16, 11), Fraction(1, 1), Fraction(1, 1))
    """
    if not stated or not Fraction(1, WIDEST_PIXEL) <= stated <= WIDEST_PIXEL:
        return Fraction(1)
    return stated


def upright_shape(frame: VideoFrame, stated_aspect: Fraction | None) -> tuple[Fraction, Fraction]:
    """Height and width of a frame as shown, in stored pixels: exact, before any scaling.

    Parameters
    ----------
    frame : VideoFrame
    stated_aspect : Fraction or None
        Of a pixel, by the file.

    Returns
    -------
    tuple of (Fraction, Fraction)
        Height and width.
    """
    height = Fraction(frame.height)
    width = frame.width * pixel_aspect(stated_aspect)
    return (width, height) if orientation(frame).transposed else (height, width)


class Scaler:
    """Scales decoded frames to upright RGB; caches what one size needs.

    Parameters
    ----------
    name : str
        The file that the frames are of, for errors.
    """

    def __init__(self, name: str) -> None:
        mark_slow_gathers(reformatter)
        self._name = name
        self._smaller, self._coloured, self._packed = (VideoReformatter() for _ in range(3))

    def __call__(self, frame: VideoFrame, height: int, stated_aspect: Fraction | None) -> Image:
        """One decoded frame as upright RGB of a given height, (height, width, 3) uint8.

        The width keeps the aspect, rounded down.

        Raises
        ------
        MediaError
            The picture is a line rather than a picture, or of a format that cannot be converted.
        """
        full_height, full_width = upright_shape(frame, stated_aspect)
        if not 1 / LONGEST_SHAPE <= full_width / full_height <= LONGEST_SHAPE:
            raise MediaError(
                f"{self._name} has a picture of {frame.width} x {frame.height} pixels; expected no "
                f"side more than {LONGEST_SHAPE} times as long as the other: "
                "the file is damaged, or no recording of a face"
            )
        width = max(int(full_width * height / full_height), 1)
        turn = orientation(frame)
        try:
            return turn.upright(self._scaled(frame, height, width, transposed=turn.transposed))
        except (ValueError, OverflowError, MemoryError, OSError) as error:
            raise MediaError(
                f"{self._name} has pictures that cannot be converted ({frame.width} x "
                f"{frame.height} {frame.format.name}: {error}); expected pictures as cameras "
                "record them: convert it to mp4 or webm"
            ) from error

    def _scaled(self, frame: VideoFrame, height: int, width: int, *, transposed: bool) -> Image:
        shape = (height, width) if transposed else (width, height)
        shrinks = shape[0] <= frame.width and shape[1] <= frame.height
        kind = (Interpolation.AREA if shrinks else Interpolation.BICUBIC) | _EXACT
        if shrinks and frame.format.name == "yuv420p":
            return self._planewise(frame, *shape, kind)
        small = self._coloured.reformat(frame, *shape, "rgb24", interpolation=kind, threads=1)
        return cast(Image, small.to_ndarray())

    def _planewise(self, frame: VideoFrame, width: int, height: int, kind: int) -> Image:
        """Brightness and colour shrink apart, and only then become red, green and blue.

        A third cheaper than the other way round, and the same within two grey levels. For
        separate planes of red, green and blue libswscale has vector code, for pixels it has none;
        the numbers are the same.
        """
        shape, asked = (width, height), {"interpolation": kind, "threads": 1}
        small = self._smaller.reformat(frame, *shape, "yuv444p", **asked)
        planes = self._coloured.reformat(small, *shape, "gbrp", **asked)
        return cast(Image, self._packed.reformat(planes, *shape, "rgb24", **asked).to_ndarray())
