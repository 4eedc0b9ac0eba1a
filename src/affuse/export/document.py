"""Predictions <-> one JSON document, as ``prediction.schema.json`` describes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from affuse.errors import OutputError
from affuse.export.plain import from_plain, to_plain
from affuse.records import Prediction
from affuse.storage.plain_text import steers

FORMAT, VERSION = "affuse-predictions", 1


def to_json(predictions: Sequence[Prediction]) -> str:
    """All predictions as one JSON document, indented, in UTF-8.

    Numbers are rounded to six decimals; what is unknown is null. `VERSION` rises when a reader of
    the old document would misread the new one; further keys alone do not raise it.

    Parameters
    ----------
    predictions : sequence of Prediction

    Returns
    -------
    str
        With a final newline.
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "made_by": f"affuse {metadata.version('affuse')}",
        "predictions": [to_plain(prediction) for prediction in predictions],
    }
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
    # All of JSON's own signs are seen, but for line feeds: whatever is not stands within a string.
    return "\n".join(map(_steering_nothing, text.split("\n"))) + "\n"


def read_json(path: str | Path) -> tuple[Prediction, ...]:
    """The predictions of a document that `to_json` wrote.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    tuple of Prediction

    Raises
    ------
    OutputError
        There is no such file, or it is something else, or of a newer version of affuse.
    """
    try:
        document = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise OutputError(
            f"{path} cannot be read as JSON ({error}); expected a file that "
            "affuse predict --format json wrote: write it again"
        ) from error
    _check(path, document)
    return tuple(from_plain(record) for record in document["predictions"])


def prediction_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the document that `to_json` writes.

    Returns
    -------
    dict
    """
    text = (resources.files("affuse.export") / "prediction.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _steering_nothing(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(json.dumps(sign)[1:-1] if steers(sign) else sign for sign in line)


def _check(path: str | Path, document: Any) -> None:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise OutputError(
            f"{path} is JSON, but not of the format {FORMAT!r}; expected a file that "
            "affuse predict --format json wrote: name such a file"
        )
    if document.get("version") != VERSION:
        raise OutputError(
            f"{path} has version {document.get('version')!r} of the format {FORMAT!r}; expected "
            f"version {VERSION}: update affuse, or write the file again"
        )
    records = document.get("predictions")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise OutputError(
            f"{path} has no list of predictions; expected a file that "
            "affuse predict --format json wrote: write it again"
        )
