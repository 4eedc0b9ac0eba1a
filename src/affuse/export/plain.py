"""Predictions <-> data of plain types: the one place that defines the keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from affuse.errors import OutputError
from affuse.messages import coded, read_message
from affuse.records import (
    Box,
    Explanation,
    Person,
    Prediction,
    Probabilities,
    Segment,
    Stretch,
    sentences,
    with_sentences,
)

UNDECIDED = "undecided"
"""Stands where an emotion would, when the recogniser abstained."""

Source = Literal["fused", "audio", "video"]
SOURCES: tuple[Source, ...] = ("fused", "audio", "video")
"""Keys of `probabilities`: what was made of both modalities, and of each."""

_DIGITS = 6


def to_plain(prediction: Prediction) -> dict[str, Any]:
    """A prediction as dicts, lists, strings, numbers and None, ready for JSON.

    Numbers are rounded to six decimals. The keys are those of the records, and those that
    ``prediction.schema.json`` describes.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    dict

    Examples
    --------
    >>> from affuse.records import Prediction
    >>> spoken = Prediction("a.wav", 1.5, None, None, {}, (), ("calm", "sad"), "affuse 1f2e")
    >>> to_plain(spoken)["duration_s"]
    1.5
    """
    return {
        "path": prediction.path,
        "duration_s": rounded(prediction.duration_s),
        **_findings(prediction),
        "segments": [_segment(segment) for segment in prediction.segments],
        "classes": list(prediction.classes),
        "recogniser": prediction.recogniser,
        "notes": list(prediction.notes),
        **_note_messages(prediction.notes),
        **_explanation(prediction.explanation),
        **_people(prediction),
    }


def from_plain(record: Mapping[str, Any]) -> Prediction:
    """The prediction that `to_plain` was given; unknown keys are ignored.

    Parameters
    ----------
    record : mapping

    Returns
    -------
    Prediction

    Raises
    ------
    OutputError
        A key is missing or holds something else; says which.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return _with_codes(TypeAdapter(Prediction).validate_python(dict(record)), record)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise OutputError(
            f"prediction of {record.get('path')!r} does not read back: {where}: {first['msg']}; "
            "expected what affuse writes as JSON: write it again with affuse predict"
        ) from error


def _with_codes(found: Prediction, record: Mapping[str, Any]) -> Prediction:
    """The prediction with its sentences as messages, where the record has their codes."""
    notes = record.get("note_messages") or ()
    codes = [
        record.get("abstained_message"),
        *(notes if len(notes) == len(found.notes) else [None] * len(found.notes)),
        *(segment.get("abstained_message") for segment in record.get("segments", ())),
        *(person["overall"].get("abstained_message") for person in record.get("people", ())),
        (record.get("explanation") or {}).get("reason_message"),
    ]
    return with_sentences(found, map(read_message, sentences(found), codes))


def rounded(number: float | None) -> float | None:
    """A number with the six decimals that files hold.

    Parameters
    ----------
    number : float or None

    Returns
    -------
    float or None
    """
    return None if number is None else round(float(number), _DIGITS)


def stretches(prediction: Prediction) -> tuple[Segment, ...]:
    """The timeline; if there is none, the whole file as its one segment.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    tuple of Segment
        At least one.
    """
    return prediction.segments or (whole(prediction),)


def whole(prediction: Prediction) -> Segment:
    """The prediction of the whole file, as one segment.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    Segment
        From 0 s to the end.
    """
    return Segment(
        start_s=0.0,
        end_s=prediction.duration_s,
        emotion=prediction.emotion,
        confidence=prediction.confidence,
        probabilities=prediction.probabilities,
        speech=prediction.speech,
        face_seen=prediction.face_seen,
        abstained=prediction.abstained,
        disagreement=prediction.disagreement,
        values=prediction.values,
        set=prediction.set,
        familiarity=prediction.familiarity,
    )


def top_emotion(found: Prediction | Segment, source: Source) -> tuple[str, float] | None:
    """Most probable emotion of one source and its probability; None if it has none.

    Parameters
    ----------
    found : Prediction or Segment
    source : {"fused", "audio", "video"}

    Returns
    -------
    (str, float) or None
    """
    probabilities = found.probabilities.get(source)
    if not probabilities:
        return None
    emotion = max(probabilities, key=lambda name: probabilities[name])
    return emotion, float(probabilities[emotion])


def all_classes(predictions: Sequence[Prediction]) -> tuple[str, ...]:
    """Emotions of all bundles that predicted, in order of first appearance.

    Parameters
    ----------
    predictions : sequence of Prediction

    Returns
    -------
    tuple of str
    """
    return tuple(dict.fromkeys(name for one in predictions for name in one.classes))


def target_names(predictions: Sequence[Prediction]) -> tuple[str, ...]:
    """Targets of all predictions of numbers, in order of first appearance.

    Parameters
    ----------
    predictions : sequence of Prediction

    Returns
    -------
    tuple of str
    """
    names = (
        name
        for one in predictions
        for values in (one.values, *(segment.values for segment in one.segments))
        for name in values
    )
    return tuple(dict.fromkeys(names))


def has_sets(predictions: Sequence[Prediction]) -> bool:
    """Whether any prediction has a set of emotions.

    Parameters
    ----------
    predictions : sequence of Prediction

    Returns
    -------
    bool
    """
    return any(one.set or any(part.set for part in one.segments) for one in predictions)


def has_annotators(predictions: Sequence[Prediction]) -> bool:
    """Whether somebody has corrected any timeline.

    Parameters
    ----------
    predictions : sequence of Prediction

    Returns
    -------
    bool
    """
    return any(part.annotator for one in predictions for part in one.segments)


def figures(segment: Segment, emotions: Sequence[str]) -> list[float | None]:
    """Probabilities of each emotion: fused, audio, video; None where not available.

    Parameters
    ----------
    segment : Segment
    emotions : sequence of str

    Returns
    -------
    list of float or None
        3 * n_emotions.
    """
    return [
        rounded(segment.probabilities.get(source, {}).get(emotion))
        for source in SOURCES
        for emotion in emotions
    ]


def percent(share: float) -> str:
    """A share in [0, 1] in percent.

    Parameters
    ----------
    share : float

    Returns
    -------
    str
        Such as "71 %".
    """
    return f"{100 * share:.0f} %"


def _findings(found: Prediction | Segment) -> dict[str, Any]:
    return {
        "emotion": found.emotion,
        "confidence": rounded(found.confidence),
        "abstained": found.abstained,
        **_message("abstained_message", found.abstained),
        "disagreement": found.disagreement,
        "probabilities": {
            source: _numbers(found.probabilities[source])
            for source in SOURCES
            if source in found.probabilities
        },
        **({"values": _numbers(found.values)} if found.values else {}),
        **({"set": list(found.set)} if found.set else {}),
        **({"familiarity": _numbers(found.familiarity)} if found.familiarity else {}),
        "speech": rounded(found.speech),
        "face_seen": rounded(found.face_seen),
    }


def _message(key: str, text: str) -> dict[str, Any]:
    """Code and values of a sentence, under a key of their own; nothing where it has none."""
    found = coded(text)
    return {} if found is None else {key: found}


def _note_messages(notes: Sequence[str]) -> dict[str, Any]:
    found = [coded(note) for note in notes]
    return {"note_messages": found} if any(found) else {}


def _numbers(probabilities: Probabilities) -> dict[str, float | None]:
    return {emotion: rounded(value) for emotion, value in probabilities.items()}


def _segment(segment: Segment) -> dict[str, Any]:
    return {
        "start_s": rounded(segment.start_s),
        "end_s": rounded(segment.end_s),
        **_findings(segment),
        "face": segment.face,
        "box": None if segment.box is None else _box(segment.box),
        **({"annotator": segment.annotator} if segment.annotator else {}),
        **({"person": segment.person} if segment.person else {}),
    }


def _people(prediction: Prediction) -> dict[str, Any]:
    if not prediction.people:
        return {}
    unattributed = _stretches(prediction.unattributed)
    return {"people": list(map(_person, prediction.people)), "unattributed": unattributed}


def _person(person: Person) -> dict[str, Any]:
    portrait = person.portrait
    return {
        "number": person.number,
        "name": person.name,
        "overall": _segment(person.overall),
        "turns": _stretches(person.turns),
        "visible": _stretches(person.visible),
        "portrait": None
        if portrait is None
        else {"time_s": rounded(portrait.time_s), "box": _box(portrait.box)},
    }


def _stretches(found: Sequence[Stretch]) -> list[list[float | None]]:
    return [[rounded(start_s), rounded(end_s)] for start_s, end_s in found]


def _explanation(found: Explanation | None) -> dict[str, Any]:
    if found is None:
        return {}
    moments = {
        modality: {
            "start_s": rounded(moment.start_s),
            "end_s": rounded(moment.end_s),
            "probability": rounded(moment.probability),
            "without": rounded(moment.without),
            "box": None if moment.box is None else _box(moment.box),
            "against": moment.against,
        }
        for modality, moment in found.moments.items()
    }
    known = {
        "emotion": found.emotion,
        "chance": rounded(found.chance),
        "reason": found.reason,
        **_message("reason_message", found.reason),
    }
    contributions = _numbers(found.contributions)
    return {"explanation": {**known, "contributions": contributions, "moments": moments}}


def _box(box: Box) -> dict[str, float | None]:
    return {
        "left": rounded(box.left),
        "top": rounded(box.top),
        "width": rounded(box.width),
        "height": rounded(box.height),
    }
