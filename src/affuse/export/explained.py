"""What an answer rests on, in lines for a terminal and in columns for a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from affuse.export.plain import percent, rounded
from affuse.export.timeline import clock
from affuse.records import MODALITIES, Explanation, Modality, Prediction, TellingMoment

_WHO: Mapping[Modality, str] = {"audio": "voice", "video": "face"}

COLUMNS = (
    "explained",
    "chance",
    *(f"contribution_{modality}" for modality in MODALITIES),
    *(f"telling_{modality}_{end}" for modality in MODALITIES for end in ("start_s", "end_s")),
)
"""Of the whole file, the same in each of its rows."""


def explanation_lines(prediction: Prediction) -> list[str]:
    """How much voice and face contributed, and when each tells most.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    list of str
        Empty where no explanation was asked for.

    Examples
    --------
    >>> shares, face = {"audio": -0.05, "video": 0.65}, {"video": TellingMoment(2.4, 2.6, 0.9)}
    >>> why = Explanation("happy", 0.125, shares, face)
    >>> found = Prediction("a.mp4", 4.0, "happy", 0.725, {}, (), ("happy", "sad"), "affuse 1f2e",
    ...                    explanation=why)
    >>> for line in explanation_lines(found):
    ...     print(line)
    happy 72.5 % = chance 12.5 - voice 5.0 + face 65.0
    no moment of the voice stands out
    face tells most for happy from 0:02.4 to 0:02.6 (90 %)
    """
    found = prediction.explanation
    if found is None:
        return []
    if found.emotion is None:
        return [f"nothing to explain: {found.reason}"]
    lines = [_sum(found) or found.reason]
    lines += [
        _moment_line(found, modality)
        for modality in MODALITIES
        if modality in {**found.contributions, **found.moments}
        and not _is_all(found.moments.get(modality), prediction.duration_s)
    ]
    return [*lines, *_familiarity(prediction)]


def explanation_cells(prediction: Prediction) -> list[str | float | None]:
    """The cells of `COLUMNS`.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    list of str, float or None
        None where nothing is known.
    """
    found = prediction.explanation
    if found is None:
        return [None] * len(COLUMNS)
    moments = [found.moments.get(modality) for modality in MODALITIES]
    return [
        found.emotion,
        rounded(found.chance),
        *(rounded(found.contributions.get(modality)) for modality in MODALITIES),
        *(
            None if moment is None else rounded(time_s)
            for moment in moments
            for time_s in ((None, None) if moment is None else (moment.start_s, moment.end_s))
        ),
    ]


def has_explanations(predictions: Sequence[Prediction]) -> bool:
    """Whether any prediction has an explanation.

    Parameters
    ----------
    predictions : sequence of Prediction

    Returns
    -------
    bool
    """
    return any(prediction.explanation is not None for prediction in predictions)


def _sum(found: Explanation) -> str:
    """Base value and contributions as a sum in percent; empty where there are none."""
    if not found.contributions or found.chance is None:
        return ""
    total = found.chance + sum(found.contributions.values())
    parts = [
        f"{'-' if round(value, 3) < 0 else '+'} {_WHO[modality]} {100 * abs(value):.1f}"
        for modality in MODALITIES
        if (value := found.contributions.get(modality)) is not None
    ]
    first = f"{found.emotion} {100 * total:.1f} % = chance {100 * found.chance:.1f}"
    return " ".join([first, *parts])


def _is_all(moment: TellingMoment | None, duration_s: float) -> bool:
    """Whether a moment is the whole recording, as of a photo, and so no particular moment."""
    return moment is not None and moment.start_s <= 0 and moment.end_s >= duration_s


def _moment_line(found: Explanation, modality: Modality) -> str:
    moment = found.moments.get(modality)
    if moment is None:
        return f"no moment of the {_WHO[modality]} stands out"
    way = "against" if moment.against else "for"
    return f"{_WHO[modality]} tells most {way} {found.emotion} {_when(moment)}"


def _familiarity(prediction: Prediction) -> list[str]:
    """How far the recording is from the training clips, in a line; empty where unknown."""
    shares = [
        f"the {_WHO[modality]}{{}} than {percent(share)}"
        for modality in MODALITIES
        if (share := prediction.familiarity.get(modality)) is not None
    ]
    if not shares:
        return []
    first = shares[0].format(" is nearer to training") + " of clips kept apart from it"
    return [", ".join([first, *(share.format("") for share in shares[1:])])]


def _when(moment: TellingMoment) -> str:
    without = "" if moment.without is None else f", without it {percent(moment.without)}"
    span = f"from {clock(moment.start_s)} to {clock(moment.end_s)}"
    return f"{span} ({percent(moment.probability)}{without})"
