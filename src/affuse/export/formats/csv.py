"""Predictions -> CSV: one row per segment."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from affuse.evaluation.conformal import SEPARATOR
from affuse.export.explained import COLUMNS, explanation_cells, has_explanations
from affuse.export.format import Format
from affuse.export.people import people_apart
from affuse.export.plain import (
    SOURCES,
    all_classes,
    figures,
    has_annotators,
    has_sets,
    rounded,
    stretches,
    target_names,
)
from affuse.records import Box, Prediction, Segment
from affuse.storage.plain_text import csv_cell

_FIRST = ("file", "start_s", "end_s", "emotion", "confidence", "abstained", "speech")
_PERSON = ("person", "name")
_FACE = ("face", "face_seen", "box_left", "box_top", "box_width", "box_height")

Cell = str | float | None


def to_csv(predictions: Sequence[Prediction]) -> str:
    """One row per segment of all predictions, with a header.

    Columns: ``file,start_s,end_s,emotion,confidence,abstained,speech,face,face_seen,box_left,
    box_top,box_width,box_height``, then ``p_fused_<emotion>``, ``p_audio_<emotion>`` and
    ``p_video_<emotion>`` for each emotion, then ``disagreement``, then each target of a recogniser
    that gives numbers, then ``set`` where one tells sets (emotions, with | between them), then what
    the answer of the whole file rests on where that was asked for
    (`affuse.export.explained.COLUMNS`), then ``annotator`` (person or recogniser) where somebody
    has corrected a timeline, then ``person`` (number) and ``name`` where people have a timeline
    each. Times are those of the windows, which may overlap. What is unknown is
    empty. A file without a timeline has one row. A name that a spreadsheet would take
    for a formula begins with an apostrophe; so does one that holds signs which steer a terminal, as
    escapes (`affuse.storage.plain_text.csv_cell`).

    Parameters
    ----------
    predictions : sequence of Prediction

    Returns
    -------
    str
        Lines that end in a line feed.
    """
    emotions = all_classes(predictions)
    targets = target_names(predictions)
    probabilities = [f"p_{source}_{emotion}" for source in SOURCES for emotion in emotions]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    last = ["disagreement", *targets, *(["set"] if has_sets(predictions) else [])]
    explains = has_explanations(predictions)
    last += COLUMNS if explains else ()
    annotated = has_annotators(predictions)
    last += ["annotator"] if annotated else []
    apart = any(map(people_apart, predictions))
    last += _PERSON if apart else ()
    writer.writerow([*_FIRST, *_FACE, *map(csv_cell, [*probabilities, *last])])
    for prediction in predictions:
        names = {person.number: person.name for person in prediction.people}
        for segment in stretches(prediction):
            values = [*_cells(segment), *figures(segment, emotions), segment.disagreement]
            numbers = [rounded(segment.values.get(target)) for target in targets]
            sets = [SEPARATOR.join(segment.set)] if has_sets(predictions) else []
            rests_on = explanation_cells(prediction) if explains else []
            annotator = [segment.annotator] if annotated else []
            person = [segment.person or None, names.get(segment.person)] if apart else []
            cells = [prediction.path, *values, *numbers, *sets, *rests_on, *annotator, *person]
            writer.writerow([csv_cell(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue()


def _cells(segment: Segment) -> list[Cell]:
    return [
        rounded(segment.start_s),
        rounded(segment.end_s),
        segment.emotion,
        rounded(segment.confidence),
        segment.abstained,
        rounded(segment.speech),
        segment.face,
        rounded(segment.face_seen),
        *_corners(segment.box),
    ]


def _corners(box: Box | None) -> list[float | None]:
    if box is None:
        return [None] * 4
    return [rounded(side) for side in (box.left, box.top, box.width, box.height)]


FORMAT = Format(
    "CSV table",
    to_csv,
    "many",
    ".csv",
    "text/csv; charset=utf-8",
    numbers=True,
    explains=True,
    annotators=True,
)
