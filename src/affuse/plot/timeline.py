"""Timeline: predictions for a recording over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from affuse.errors import ConfigError
from affuse.plot.axes import axes_or_new, emotion_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from affuse.records import Prediction, Segment


def timeline(
    prediction: Prediction,
    *,
    of: str = "fused",
    face: int | None = None,
    person: int | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Probability of each emotion over time, the emotion of each segment along the bottom.

    Parameters
    ----------
    prediction : Prediction
        Of `affuse.load().predict`.
    of : {"fused", "audio", "video"}
        Whose probabilities.
    face : int, optional
        Number of a face, where segments were made for each; the first by default.
    person : int, optional
        Number of a person, where people were asked for; the first by default.
    axes : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ConfigError
        No segment has these probabilities, or that face or person.
    MissingDependency
        matplotlib is not installed.

    Examples
    --------
    >>> import affuse
    >>> prediction = affuse.load().predict("holiday.mp4", window_s=2)   # doctest: +SKIP
    >>> affuse.plot.timeline(prediction)                                # doctest: +SKIP
    <Axes: xlabel='s', ylabel='probability in %'>
    """
    segments = _segments(prediction, of, face, person)
    drawn = axes_or_new(axes, 8, 3)
    times = [(segment.start_s + segment.end_s) / 2 for segment in segments]
    for name, colour in zip(prediction.classes, emotion_colours(prediction.classes), strict=True):
        shares = [100 * segment.probabilities[of].get(name, 0.0) for segment in segments]
        drawn.plot(times, shares, color=colour, marker="o", markersize=3, label=name)
    _name_segments(drawn, segments, prediction.classes)
    drawn.set_xlim(0, prediction.duration_s)
    drawn.set_ylim(-8, 102)
    drawn.set_xlabel("s")
    drawn.set_ylabel("probability in %")
    drawn.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return drawn


def _segments(
    prediction: Prediction, of: str, face: int | None, person: int | None
) -> list[Segment]:
    own = [segment for segment in prediction.segments if of in segment.probabilities]
    if person is not None or (prediction.people and face is None):
        numbers, which = [segment.person for segment in own], person
    else:
        numbers, which = [segment.face for segment in own], face
    chosen = which if which is not None else min(numbers, default=0)
    found = [segment for segment, number in zip(own, numbers, strict=True) if number == chosen]
    if not found:
        known = sorted({name for segment in prediction.segments for name in segment.probabilities})
        asked = {"face": face, "person": person}
        whose = "".join(f" of {kind} {n}" for kind, n in asked.items() if n is not None)
        raise ConfigError(
            f"{prediction.path} has no segment with {of!r}{whose}; expected one of "
            f"{', '.join(known) or 'none: nothing was recognised in it'}"
        )
    return found


def _name_segments(axes: Axes, segments: list[Segment], classes: tuple[str, ...]) -> None:
    """A strip along the bottom in the colour of each segment's emotion; grey if none was named."""
    colours = dict(zip(classes, emotion_colours(classes), strict=True))
    ends = [*(segment.start_s for segment in segments[1:]), segments[-1].end_s]
    for segment, end_s in zip(segments, ends, strict=True):
        colour = colours[segment.emotion] if segment.emotion else "#d0d0d0"
        axes.axvspan(segment.start_s, end_s, 0, 0.05, color=colour, linewidth=0)
