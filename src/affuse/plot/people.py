"""People of a recording: who is seen, who speaks, and the emotion of each over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from affuse.errors import ConfigError
from affuse.plot.axes import axes_or_new, emotion_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from affuse.records import Prediction, Segment, Stretch

_UNDECIDED, _SEEN, _SPEAKS = "#d0d0d0", "#b0b0b0", "#202020"
_HEIGHT, _THIN = 0.4, 0.1


def people(prediction: Prediction, *, axes: Axes | None = None) -> Axes:
    """A lane for each person: the emotion of each window, when the person speaks and is seen.

    Parameters
    ----------
    prediction : Prediction
        Of `affuse.load().predict` with `people`.
    axes : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        People from top to bottom; in each lane the emotions, in grey where none is named, a black
        line where the person speaks, and a grey one where the face is seen.

    Raises
    ------
    ConfigError
        The prediction has no people.
    MissingDependency
        matplotlib is not installed.

    Examples
    --------
    >>> import affuse
    >>> prediction = affuse.load().predict("talk.mp4", people=True)     # doctest: +SKIP
    >>> affuse.plot.people(prediction)                                  # doctest: +SKIP
    <Axes: xlabel='s'>
    """
    if not prediction.people:
        raise ConfigError(
            f"{prediction.path} has no people; expected a prediction of predict(path, people=True)"
        )
    drawn = axes_or_new(axes, 8, 0.8 + 0.6 * len(prediction.people))
    colours = dict(zip(prediction.classes, emotion_colours(prediction.classes), strict=True))
    for row, person in enumerate(prediction.people):
        own = [segment for segment in prediction.segments if segment.person == person.number]
        for start_s, end_s, emotion in _stretches(own):
            colour = colours.get(emotion or "", _UNDECIDED)
            drawn.broken_barh([(start_s, end_s - start_s)], (row - 0.35, _HEIGHT), color=colour)
        drawn.broken_barh(_bars(person.turns), (row + 0.1, _THIN), color=_SPEAKS)
        drawn.broken_barh(_bars(person.visible), (row + 0.25, _THIN), color=_SEEN)
    named = dict.fromkeys(part.emotion for part in prediction.segments if part.emotion)
    for emotion in named:
        drawn.plot([], [], color=colours[emotion], linewidth=6, label=emotion)
    drawn.plot([], [], color=_SPEAKS, linewidth=2, label="speaks")
    drawn.plot([], [], color=_SEEN, linewidth=2, label="seen")
    drawn.set_yticks(range(len(prediction.people)), [each.title for each in prediction.people])
    drawn.set_ylim(len(prediction.people) - 0.5, -0.5)
    drawn.set_xlim(0, prediction.duration_s)
    drawn.set_xlabel("s")
    drawn.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return drawn


def _stretches(segments: Sequence[Segment]) -> list[tuple[float, float, str | None]]:
    """Windows of one person: each ends in the middle of its overlap with the next."""
    starts = [segment.start_s for segment in segments]
    ends = [segment.end_s for segment in segments]
    for place in range(1, len(segments)):
        if starts[place] < ends[place - 1]:
            middle = (starts[place] + ends[place - 1]) / 2
            starts[place] = ends[place - 1] = middle
    return list(zip(starts, ends, (part.emotion for part in segments), strict=True))


def _bars(stretches: Sequence[Stretch]) -> list[tuple[float, float]]:
    return [(start_s, end_s - start_s) for start_s, end_s in stretches]
