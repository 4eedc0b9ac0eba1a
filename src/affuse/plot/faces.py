"""Pictures side by side: frames of a clip, or faces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from affuse.errors import FeatureError
from affuse.plot.axes import axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def face_strip(images: ArrayLike, labels: Sequence[str] = (), *, axes: Axes | None = None) -> Axes:
    """Images of one size in a row, each with its label beneath.

    Parameters
    ----------
    images : (n, height, width) or (n, height, width, 3) uint8
        Grey or RGB.
    labels : sequence of str, optional
        One for each, such as its second or its emotion.
    axes : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    FeatureError
        There is no image, they have another shape, or the labels are of another number.
    MissingDependency
        matplotlib is not installed.

    Examples
    --------
    >>> import affuse
    >>> axes = affuse.plot.face_strip(np.zeros((3, 48, 48), np.uint8), ["0 s", "1 s", "2 s"])
    >>> axes.images[0].get_array().shape
    (48, 144)
    """
    strip = np.asarray(images)
    if strip.ndim not in (3, 4) or not len(strip) or (strip.ndim == 4 and strip.shape[-1] != 3):
        raise FeatureError(
            f"images of shape {strip.shape} were given; expected (n, height, width) or "
            "(n, height, width, 3), at least one"
        )
    if len(labels) not in (0, len(strip)):
        raise FeatureError(
            f"{len(labels)} labels were given for {len(strip)} images; expected as many, or none"
        )
    n, height, width = strip.shape[:3]
    drawn = axes_or_new(axes, 8, 8 * height / (n * width) + 0.4)
    drawn.imshow(np.concatenate(list(strip), axis=1), cmap="gray" if strip.ndim == 3 else None)
    drawn.set_xticks([width * (place + 0.5) for place in range(len(labels))], labels)
    drawn.set_yticks([])
    drawn.tick_params(length=0)
    return drawn
