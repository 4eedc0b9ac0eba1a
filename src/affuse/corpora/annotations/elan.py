"""ELAN's annotation files -> tiers. pympi is imported inside the function."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from affuse.corpora.annotations.tiers import Annotated, Stretch, Tier
from affuse.errors import DatasetError, MissingDependency
from affuse.storage.remote import local_copy


def read_elan(path: Path) -> tuple[Annotated, ...]:
    """The tiers of an ELAN document, and the media that it links to.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of Annotated
        One.

    Raises
    ------
    MissingDependency
        pympi-ling is not installed.
    DatasetError
        It is no ELAN document.
    """
    try:
        from pympi import Eaf
    except ImportError as error:
        raise MissingDependency("pympi-ling", "interop", "an ELAN annotation") from error
    with local_copy(path) as file:
        try:
            document = Eaf(str(file))
            tiers = tuple(_tier(document, name) for name in document.get_tier_names())
        except Exception as error:  # Whatever its parsing raises.
            raise DatasetError(
                f"{path} cannot be read as ELAN ({' '.join(str(error).split())}); expected an "
                ".eaf document: save it again with ELAN"
            ) from error
    return (Annotated(path, tiers, tuple(_links(document, path))),)


def _tier(document: Any, name: str) -> Tier:
    stretches = (
        Stretch(_seconds(start), _seconds(end), (value or "").strip())
        for start, end, value, *_ in document.get_annotation_data_for_tier(name)
    )
    ordered = sorted(stretches, key=lambda each: (each.start_s or 0.0, each.end_s or 0.0))
    about = document.get_parameters_for_tier(name)
    return Tier(name, tuple(ordered), (about.get("PARTICIPANT") or "").strip())


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _links(document: Any, path: Path) -> Iterator[Path]:
    for linked in document.get_linked_files():
        for url in (linked.get("RELATIVE_MEDIA_URL"), linked.get("MEDIA_URL")):
            for text in (url, unquote(url)) if url else ():
                yield path.parent / text.removeprefix("file://")
