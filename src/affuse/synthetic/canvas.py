"""Smooth shapes on RGB pixels: soft-edged polygons, strokes and curves."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Image = NDArray[np.uint8]
Points = NDArray[np.float64]
Colour = tuple[float, float, float]
"""Red, green, blue from 0 to 255."""

_SHIFT = 4


def fixed(points: ArrayLike) -> NDArray[np.int32]:
    """Points (n, 2) in pixels as OpenCV's fixed-point coordinates of 1/16 pixel.

    Parameters
    ----------
    points : (n, 2) array_like
        In pixels.

    Returns
    -------
    (n, 2) int32
    """
    return np.round(np.asarray(points, np.float64) * (1 << _SHIFT)).astype(np.int32)


def tinted(colour: Colour, factor: float) -> Colour:
    """A colour made darker (below 1) or lighter.

    Parameters
    ----------
    colour : Colour
    factor : float
        1 leaves it as it is.

    Returns
    -------
    Colour
    """
    red, green, blue = (min(255.0, channel * factor) for channel in colour)
    return red, green, blue


def rgb(colour: Colour) -> NDArray[np.float32]:
    """A colour as an array (3,).

    Parameters
    ----------
    colour : Colour

    Returns
    -------
    (3,) float32
    """
    return np.array(colour, np.float32)


def pixels_of(values: NDArray[np.floating]) -> Image:
    """Values cut to 0 to 255 and rounded down.

    Parameters
    ----------
    values : (...) float

    Returns
    -------
    (...) uint8
    """
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def fill(image: Image, points: ArrayLike, colour: Sequence[float]) -> None:
    """Fill a polygon (n, 2) with one colour, edges antialiased.

    Parameters
    ----------
    image : (h, w, 3) uint8
        Changed in place.
    points : (n, 2) array_like
        In pixels.
    colour : sequence of float
        RGB, 0 to 255.
    """
    cv2.fillPoly(image, [fixed(points)], tuple(colour), cv2.LINE_AA, _SHIFT)


def stroke(image: Image, points: ArrayLike, colour: Sequence[float], width_px: float) -> None:
    """Draw an open line through points (n, 2).

    Parameters
    ----------
    image : (h, w, 3) uint8
        Changed in place.
    points : (n, 2) array_like
        In pixels.
    colour : sequence of float
        RGB, 0 to 255.
    width_px : float
        In pixels.
    """
    width = max(1, round(width_px))
    cv2.polylines(image, [fixed(points)], False, tuple(colour), width, cv2.LINE_AA, _SHIFT)


def disc(image: Image, centre: ArrayLike, radius_px: float, colour: Sequence[float]) -> None:
    """Fill a circle.

    Parameters
    ----------
    image : (h, w, 3) uint8
        Changed in place.
    centre : (2,) array_like
        In pixels.
    radius_px : float
        In pixels.
    colour : sequence of float
        RGB, 0 to 255.
    """
    x, y = fixed(centre)
    radius = max(1, round(radius_px * (1 << _SHIFT)))
    cv2.circle(image, (int(x), int(y)), radius, tuple(colour), -1, cv2.LINE_AA, _SHIFT)


def mask(shape: tuple[int, int], points: ArrayLike, blur_px: float = 0.0) -> Image:
    """Coverage (h, w) of a polygon, 0 to 255.

    Parameters
    ----------
    shape : tuple of (int, int)
        Height and width.
    points : (n, 2) array_like
        In pixels.
    blur_px : float
        In pixels.

    Returns
    -------
    (h, w) uint8
    """
    covered = np.zeros(shape, np.uint8)
    cv2.fillPoly(covered, [fixed(points)], 255, cv2.LINE_AA, _SHIFT)
    return blurred(covered, blur_px)


def blend(image: Image, top: Image | Sequence[float], coverage: Image) -> None:
    """Lay `top` (an image, or one colour) over `image` where `coverage` (h, w) says so.

    Parameters
    ----------
    image : (h, w, 3) uint8
        Changed in place.
    top : Image or sequence of float
    coverage : (h, w) uint8
        0 to 255.
    """
    layer = top
    if not isinstance(layer, np.ndarray):
        layer = np.empty_like(image)
        layer[...] = np.asarray(top).astype(np.uint8)
    weight = cv2.merge((coverage, coverage, coverage))
    above = cv2.multiply(layer, weight, scale=1 / 255)
    below = cv2.multiply(np.ascontiguousarray(image), cv2.bitwise_not(weight), scale=1 / 255)
    image[...] = np.asarray(cv2.add(above, below), np.uint8)


def faded(image: Image, factor: float) -> Image:
    """All values times a factor.

    Parameters
    ----------
    image : (...) uint8
    factor : float

    Returns
    -------
    (...) uint8
    """
    return np.asarray(cv2.convertScaleAbs(image, alpha=factor), np.uint8)


def soft_fill(
    image: Image, points: ArrayLike, colour: Sequence[float], blur_px: float, opacity: float = 1.0
) -> None:
    """Fill a polygon with soft edges and some transparency, working on its surroundings only.

    Parameters
    ----------
    image : (h, w, 3) uint8
        Changed in place.
    points : (n, 2) array_like
        In pixels.
    colour : sequence of float
        RGB, 0 to 255.
    blur_px : float
        In pixels.
    opacity : float
        0 to 1.
    """
    outline = np.asarray(points, np.float64)
    margin = 3 * blur_px + 2
    left, top = np.maximum(np.floor(outline.min(axis=0) - margin), 0).astype(int)
    right, bottom = np.ceil(outline.max(axis=0) + margin).astype(int)
    patch = image[top:bottom, left:right]
    if patch.size == 0:
        return
    coverage = mask(patch.shape[:2], outline - (left, top), blur_px)
    if opacity < 1:
        coverage = faded(coverage, opacity)
    blend(patch, colour, coverage)


def smooth(points: ArrayLike, n: int = 12, *, closed: bool = False) -> Points:
    """Catmull-Rom curve through points (k, 2), `n` steps between neighbours.

    Parameters
    ----------
    points : (k, 2) array_like
    n : int
        Steps between two neighbours.
    closed : bool
        Whether the last point leads to the first.

    Returns
    -------
    (m, 2) float64
    """
    knots = np.asarray(points, np.float64)
    if closed:
        padded = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    t = np.linspace(0, 1, n, endpoint=False)[:, None, None]
    a, b, c, d = (padded[i : len(padded) - 3 + i] for i in range(4))
    curve = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    flat = curve.transpose(1, 0, 2).reshape(-1, 2)
    return flat if closed else np.concatenate([flat, knots[-1:]])


def blurred(image: Image, blur_px: float) -> Image:
    """Image softened by about `blur_px` pixels; two box filters, much faster than a Gaussian.

    Parameters
    ----------
    image : (h, w) or (h, w, 3) uint8
    blur_px : float
        In pixels.

    Returns
    -------
    (h, w) or (h, w, 3) uint8
    """
    if blur_px <= 0:
        return image
    width = 2 * max(1, round(1.2 * blur_px)) + 1
    return np.asarray(cv2.blur(cv2.blur(image, (width, width)), (width, width)), np.uint8)
