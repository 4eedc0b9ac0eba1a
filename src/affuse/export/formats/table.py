"""Predictions as plain text that reads well in a terminal of 100 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.cells import cell_len

from affuse.export.explained import explanation_lines
from affuse.export.format import Format
from affuse.export.numbers_table import number_findings, number_headings
from affuse.export.people import people_apart, presence, segments_of, titles
from affuse.export.plain import UNDECIDED, Source, percent, target_names, top_emotion
from affuse.export.timeline import clock
from affuse.records import Prediction, Segment
from affuse.storage.plain_text import printable

HEADINGS = ("file", "emotion", "p", "voice", "face", "no face", "")
_NUMBERS = ("p", "no face")

Row = tuple[str, ...]
Findings = Callable[[Prediction | Segment], Row]


def to_table(predictions: Sequence[Prediction]) -> str:
    """One line per clip, with its timeline under it where that has more than one segment.

    Of several people each has a block: name, how much the person is seen and speaks, and the
    timeline.

    Columns: file, emotion, its probability, what voice and face said by themselves, and the share
    of sampled frames without a face. "undecided" stands where the recogniser abstained. The line
    ends with the reason, or with what voice and face say where they contradict each other, and with
    the emotions of its set where there are several. What else a reader must know stands under it,
    and what the answer rests on where that was asked for.

    Parameters
    ----------
    predictions : sequence of Prediction

    Returns
    -------
    str
        Several lines with a final newline.
    """
    names = _names(predictions)
    headings: Row = HEADINGS
    findings: Findings = _findings
    to_right: Row = _NUMBERS
    if target_names(predictions):
        headings, findings = number_headings(predictions), number_findings(predictions)
        to_right = headings[1:-1]
    blocks = [_block(one, name, findings) for one, name in zip(predictions, names, strict=True)]
    lines: list[Row | str] = [headings, *(line for block in blocks for line in block)]
    rows = [line for line in lines if not isinstance(line, str)]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(headings))]
    right = [heading in to_right for heading in headings]
    aligned = [line if isinstance(line, str) else _aligned(line, widths, right) for line in lines]
    return "\n".join(aligned) + "\n"


def _names(predictions: Sequence[Prediction]) -> list[str]:
    """File names; the path as it was given where two files share a name."""
    counts = Counter(Path(one.path).name for one in predictions)
    return [
        printable(Path(one.path).name if counts[Path(one.path).name] == 1 else one.path)
        for one in predictions
    ]


def _block(prediction: Prediction, name: str, findings: Findings) -> list[Row | str]:
    """Lines of one clip: rows of cells, and notes that no column holds."""
    lines: list[Row | str] = [(name, *findings(prediction))]
    lines += [f"  note: {printable(note)}" for note in prediction.notes]
    lines += [f"  {printable(line)}" for line in explanation_lines(prediction)]
    if people_apart(prediction):
        return lines + _people(prediction, findings)
    if len(prediction.segments) > 1:
        several = len({segment.face for segment in prediction.segments} - {0}) > 1
        lines += [_segment(segment, several, findings) for segment in prediction.segments]
    return lines


def _people(prediction: Prediction, findings: Findings) -> list[Row | str]:
    """A block for each person, and what is known of nobody."""
    lines: list[Row | str] = []
    people = people_apart(prediction)
    called = titles(people)
    for person in people:
        lines.append((f"  {printable(called[person.number])}", *findings(person.overall)))
        lines.append(f"    {presence(person, prediction.duration_s)}")
        own = segments_of(prediction, person)
        if len(own) > 1:
            rows = (_segment(segment, False, findings) for segment in own)
            lines += [(f"  {span}", *cells) for span, *cells in rows]
    unknown_s = sum(end_s - start_s for start_s, end_s in prediction.unattributed)
    if unknown_s:
        lines.append(f"  of {unknown_s:.1f} s of speech it cannot be told who speaks")
    return lines


def _segment(segment: Segment, several: bool, findings: Findings) -> Row:
    whose = f"  face {segment.face}" if several and segment.face else ""
    span = f"  {clock(segment.start_s)} - {clock(segment.end_s)}{whose}"
    return (span, *findings(segment))


def _findings(found: Prediction | Segment) -> Row:
    return (
        printable(found.emotion or UNDECIDED),
        "-" if found.confidence is None else percent(found.confidence),
        _source_words(found, "audio"),
        _source_words(found, "video"),
        "-" if found.face_seen is None else percent(1 - found.face_seen),
        printable("; ".join(filter(None, (found.abstained or found.disagreement, _set(found))))),
    )


def _set(found: Prediction | Segment) -> str:
    return f"one of {', '.join(found.set)}" if len(found.set) > 1 else ""


def _source_words(found: Prediction | Segment, source: Source) -> str:
    word = top_emotion(found, source)
    return "-" if word is None else f"{printable(word[0])} {percent(word[1])}"


def _aligned(cells: Row, widths: Sequence[int], to_right: Sequence[bool]) -> str:
    padded = []
    for cell, width, right in zip(cells, widths, to_right, strict=True):
        space = " " * (width - cell_len(cell))
        padded.append(space + cell if right else cell + space)
    return "   ".join(padded).rstrip()


FORMAT = Format(
    "Table of text", to_table, "many", ".txt", on_page=False, numbers=True, explains=True
)
