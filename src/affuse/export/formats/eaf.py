"""A prediction -> ELAN's annotation format, one tier per kind of result."""

from __future__ import annotations

import mimetypes
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from affuse.export.format import Format
from affuse.export.tiers import Tier, tiers
from affuse.records import Prediction
from affuse.storage.plain_text import printable

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_TYPE = "default-lt"
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONSTRAINTS = (
    ("Time_Subdivision", "Time subdivision of parent annotation's time interval, no gaps"),
    ("Symbolic_Subdivision", "Symbolic subdivision of a parent annotation"),
    ("Symbolic_Association", "1-1 association with a parent annotation"),
    ("Included_In", "Time alignable annotations within the parent's interval, gaps allowed"),
)


def to_eaf(prediction: Prediction, folder: Path) -> str:
    """An ELAN document (EAF 3.0) that links to the clip.

    Parameters
    ----------
    prediction : Prediction
    folder : Path
        Where the document will lie: the link to the clip counts from there, so that the two can
        move together. ELAN takes these links as paths, not as percent-encoded URLs.

    Returns
    -------
    str
        XML. Tiers as `affuse.export.tiers.tiers` says, times in whole milliseconds.

    Source  ELAN Annotation Format 3.0, Max Planck Institute for Psycholinguistics
    """
    root = ET.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "affuse",
            "DATE": datetime.now(UTC).isoformat(timespec="seconds"),
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": _XSI,
            "xsi:noNamespaceSchemaLocation": _SCHEMA,
        },
    )
    header = _add_header(root, prediction, folder)
    n_annotations = _add_tiers(root, tiers(prediction))
    _add_property(header, "lastUsedAnnotationId", str(n_annotations))
    _add_types(root)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add_header(root: ET.Element, prediction: Prediction, folder: Path) -> ET.Element:
    header = ET.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    clip = Path(os.path.abspath(prediction.path))
    link = {
        "MEDIA_URL": _legal(f"file:///{clip.as_posix().lstrip('/')}"),
        "MIME_TYPE": mimetypes.guess_type(clip.name)[0] or "unknown",
    }
    relative = _relative(clip, folder)
    if relative is not None:
        link["RELATIVE_MEDIA_URL"] = _legal(relative)
    ET.SubElement(header, "MEDIA_DESCRIPTOR", link)
    _add_property(header, "recogniser", prediction.recogniser)
    for number, note in enumerate(prediction.notes, start=1):
        _add_property(header, f"note {number}", note)
    return header


def _relative(clip: Path, folder: Path) -> str | None:
    """Path from the folder to the clip; None where there is none, as between two drives."""
    try:
        path = Path(os.path.relpath(clip, os.path.abspath(folder))).as_posix()
    except ValueError:
        return None
    return path if path.startswith("../") else f"./{path}"


def _add_property(header: ET.Element, name: str, value: str) -> None:
    ET.SubElement(header, "PROPERTY", {"NAME": name}).text = printable(value)


def _add_tiers(root: ET.Element, found: tuple[Tier, ...]) -> int:
    """Write time slots and tiers; returns the number of annotations."""
    kept = {tier.name: [(a, b, text) for a, b, text in _in_ms(tier) if b > a] for tier in found}
    times = sorted({time for stretch in kept.values() for a, b, _ in stretch for time in (a, b)})
    slots = {time: f"ts{number}" for number, time in enumerate(times, start=1)}
    order = ET.SubElement(root, "TIME_ORDER")
    for time, slot in slots.items():
        ET.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": slot, "TIME_VALUE": str(time)})
    number = 0
    whose = {tier.name: tier.participant for tier in found}
    for name, stretches in kept.items():
        known = {"PARTICIPANT": printable(whose[name])} if whose[name] else {}
        identity = {"LINGUISTIC_TYPE_REF": _TYPE, "TIER_ID": printable(name), **known}
        tier = ET.SubElement(root, "TIER", identity)
        for start_ms, end_ms, text in stretches:
            number += 1
            _add_annotation(tier, number, (slots[start_ms], slots[end_ms]), text)
    return number


def _in_ms(tier: Tier) -> list[tuple[int, int, str]]:
    return [(round(a * 1000), round(b * 1000), text) for a, b, text in tier.intervals]


def _add_annotation(tier: ET.Element, number: int, slots: tuple[str, str], text: str) -> None:
    identity = {
        "ANNOTATION_ID": f"a{number}",
        "TIME_SLOT_REF1": slots[0],
        "TIME_SLOT_REF2": slots[1],
    }
    annotation = ET.SubElement(ET.SubElement(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION", identity)
    ET.SubElement(annotation, "ANNOTATION_VALUE").text = printable(text)


def _add_types(root: ET.Element) -> None:
    ET.SubElement(
        root,
        "LINGUISTIC_TYPE",
        {
            "GRAPHIC_REFERENCES": "false",
            "LINGUISTIC_TYPE_ID": _TYPE,
            "TIME_ALIGNABLE": "true",
        },
    )
    for stereotype, description in _CONSTRAINTS:
        constraint = {"STEREOTYPE": stereotype, "DESCRIPTION": description}
        ET.SubElement(root, "CONSTRAINT", constraint)


def _legal(link: str) -> str:
    """A path with everything that XML can hold, line breaks included; the rest as escapes."""
    return _ILLEGAL.sub(lambda found: printable(found.group()), link)


FORMAT = Format("ELAN", to_eaf, "linked", ".eaf", "application/xml", annotators=True)
