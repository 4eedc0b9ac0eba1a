"""Predictions of numbers as plain text: one line per clip, a column for each target."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from affuse.export.plain import percent, target_names
from affuse.records import Prediction, Segment
from affuse.storage.plain_text import printable

Row = tuple[str, ...]


def number_headings(predictions: Sequence[Prediction]) -> Row:
    """Headings: file, each target, share of frames without a face, reason for no prediction.

    Parameters
    ----------
    predictions : sequence of Prediction
        Of bundles of numbers.

    Returns
    -------
    tuple of str
        One heading per column.
    """
    return ("file", *map(printable, target_names(predictions)), "no face", "")


def number_findings(predictions: Sequence[Prediction]) -> Callable[[Prediction | Segment], Row]:
    """The cells under these headings, except the file.

    Parameters
    ----------
    predictions : sequence of Prediction
        Those that share the table: they say which targets have a column.

    Returns
    -------
    callable
        Prediction or Segment -> a cell per heading but the first.
    """
    targets = target_names(predictions)

    def findings(found: Prediction | Segment) -> Row:
        numbers = (f"{found.values[t]:.3g}" if t in found.values else "-" for t in targets)
        no_face = "-" if found.face_seen is None else percent(1 - found.face_seen)
        return (*numbers, no_face, printable(found.abstained))

    return findings
