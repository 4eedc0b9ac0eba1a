"""Names of what commands write, checked before the work begins."""

from __future__ import annotations

from pathlib import Path

from affuse.errors import OutputError


def check_suffix(out: Path | None, *suffixes: str) -> None:
    """Refuse a name whose suffix belongs to another kind of file.

    Parameters
    ----------
    out : Path or None
    *suffixes : str
        Those that it may have, the usual one first.

    Raises
    ------
    OutputError
        It has a suffix that is none of `suffixes`.
    """
    if out is not None and out.suffix and out.suffix.lower() not in suffixes:
        raise OutputError(
            f"--out {out} was given, but this command writes {suffixes[0]}; expected a name that "
            f"ends in {' or '.join(suffixes)}: rename it"
        )


def check_folder(out: Path | None) -> None:
    """Refuse a name in a folder that does not exist.

    Parameters
    ----------
    out : Path or None

    Raises
    ------
    OutputError
        There is no such folder.
    """
    if out is not None and not out.parent.is_dir():
        raise OutputError(
            f"--out {out} was given, but there is no folder {out.parent}; expected a file in an "
            "existing folder"
        )
