"""Members whose features come from a table instead of a recording."""

from __future__ import annotations

from collections.abc import Collection

from affuse.bundle.bundle import Bundle
from affuse.bundle.manifest import Manifest
from affuse.bundle.member import FeatureSource
from affuse.errors import BundleError
from affuse.features.precomputed import Precomputed
from affuse.features.source import Source
from affuse.records import Modality
from affuse.storage.plain_text import first_few


def table_source(source: Source) -> FeatureSource:
    """The manifest's record of a table of features: its columns, in order.

    Parameters
    ----------
    source : Source
        One whose `path` is that of a table.

    Returns
    -------
    FeatureSource
    """
    return FeatureSource(
        name=source.name,
        label=source.label,
        shape=tuple(source.shape),
        settings={"columns": list(source.columns)},
    )


def tables_of(manifest: Manifest) -> dict[Modality, tuple[str, ...]]:
    """Modalities whose features come from a table, with the columns that it must have.

    Parameters
    ----------
    manifest : Manifest

    Returns
    -------
    dict of modality to tuple of str
        Empty where all features are made of recordings.
    """
    return {
        modality: tuple(source.settings.get("columns", ()))
        for member in manifest.members
        for modality, source in member.features.items()
        if source.name == Precomputed.name
    }


def refuse_without_tables(bundle: Bundle, given: Collection[str] = ()) -> None:
    """Refuse a bundle that takes features from a table where none is given.

    Parameters
    ----------
    bundle : Bundle
    given : collection of {"audio", "video"}
        Modalities that have a table, or are to be done without.

    Raises
    ------
    BundleError
        Says which columns a table must have, and how it is given.
    """
    for modality, columns in tables_of(bundle.manifest).items():
        if modality not in given:
            raise BundleError(
                f"{bundle.title} takes its {modality} features from a table (columns "
                f"{first_few(columns)}); expected one with a row for each recording: affuse "
                f"predict ... --features {modality}=FILE.csv, or {modality}=none to do without"
            )
