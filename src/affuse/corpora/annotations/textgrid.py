"""Praat's TextGrids -> tiers. praatio is imported inside the function."""

from __future__ import annotations

from pathlib import Path

from affuse.corpora.annotations.tiers import Annotated, Stretch, Tier
from affuse.errors import DatasetError, MissingDependency
from affuse.storage.remote import local_copy


def read_textgrid(path: Path) -> tuple[Annotated, ...]:
    """The interval tiers of a TextGrid; intervals without text are gaps.

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
        praatio is not installed.
    DatasetError
        It is no TextGrid.
    """
    try:
        from praatio import textgrid
    except ImportError as error:
        raise MissingDependency("praatio", "interop", "a TextGrid annotation") from error
    with local_copy(path) as file:
        try:
            grid = textgrid.openTextgrid(
                str(file), False, reportingMode="silence", duplicateNamesMode="rename"
            )
        except Exception as error:  # Whatever its parsing raises.
            raise DatasetError(
                f"{path} cannot be read as a TextGrid ({' '.join(str(error).split())}); expected "
                "one in Praat's long or short text format: save it again with Praat"
            ) from error
    tiers = tuple(
        Tier(tier.name, tuple(Stretch(*interval) for interval in tier.entries))
        for tier in grid.tiers
        if isinstance(tier, textgrid.IntervalTier)
    )
    return (Annotated(path, tiers),)
